"""Both sides edited the same thing: the upstream's is live and ours is told; an edit wins over a deletion."""

import pytest

from storage.content import same
from storage.ical.canonical import canonical
from storage.sync.merge import Policy, merge
from tests.storage.merge.texts import BERLIN, MEETING, Edit, drop, put, swap

RIVALS = [
    ("SUMMARY", put("SUMMARY", "ours"), put("SUMMARY", "theirs")),
    ("DESCRIPTION", put("DESCRIPTION", "ours"), put("DESCRIPTION", "theirs")),
    ("LOCATION", put("LOCATION", "ours"), put("LOCATION", "theirs")),
    ("STATUS", put("STATUS", "TENTATIVE"), put("STATUS", "CANCELLED")),
    ("CLASS", put("CLASS", "CONFIDENTIAL"), put("CLASS", "PUBLIC")),
    ("PRIORITY", put("PRIORITY", "1"), put("PRIORITY", "9")),
    ("URL", put("URL", "https://example.org/o"), put("URL", "https://example.org/t")),
    ("X-MINE", put("X-MINE", "o"), put("X-MINE", "t")),
    ("X-NEW", put("X-NEW", "o"), put("X-NEW", "t")),
    ("RRULE", put("RRULE", "FREQ=DAILY;COUNT=3"), put("RRULE", "FREQ=WEEKLY;COUNT=3")),
    ("DTEND", put("DTEND", "20260105T113000", BERLIN), put("DTEND", "20260105T114500", BERLIN)),
    ("ATTENDEE", swap("=NEEDS-ACTION;RSVP=TRUE:mailto:bob", "=ACCEPTED;RSVP=TRUE:mailto:bob"),
     swap("=NEEDS-ACTION;RSVP=TRUE:mailto:bob", "=DECLINED;RSVP=TRUE:mailto:bob")),
    ("ORGANIZER", swap("CN=Alice:mailto", "CN=Alice O:mailto"), swap("CN=Alice:mailto", "CN=Alice T:mailto")),
    ("TRIGGER", swap("TRIGGER:-PT15M", "TRIGGER:-PT1M"), swap("TRIGGER:-PT15M", "TRIGGER:-PT2M")),
    ("SUMMARY", put("SUMMARY", "ours"), drop("SUMMARY")),
]  # fmt: skip


@pytest.mark.parametrize("override", [False, True])
@pytest.mark.parametrize(("name", "mine", "other"), RIVALS, ids=[f"{n} {name}" for n, (name, *_) in enumerate(RIVALS)])
def test_the_upstreams_is_live_and_ours_is_told(name: str, mine: object, other: object, override: bool) -> None:
    assert callable(mine)
    assert callable(other)
    if override and name in ("RRULE", "DTEND"):
        return
    ours = Edit("", "", mine, override)(MEETING)
    theirs = Edit("", "", other, override)(MEETING)
    found = merge(MEETING, ours, theirs)
    (clash,) = found.clashes
    assert clash.name == name
    assert clash.component == ("20260119T100000" if override else "master")
    assert clash.ours is not None
    live = ours if clash.theirs is None else theirs
    assert same(found.text, live)
    assert same(merge(MEETING, ours, theirs, policy=Policy.OURS).text, ours)
    assert same(merge(MEETING, ours, theirs, policy=Policy.THEIRS).text, theirs)


def test_whoever_removes_what_the_other_edited_is_told() -> None:
    ours, theirs = Edit("", "", drop("LOCATION"))(MEETING), Edit("", "", put("LOCATION", "Hall"))(MEETING)
    for mine, other in ((ours, theirs), (theirs, ours)):
        found = merge(MEETING, mine, other)
        assert "LOCATION:Hall" in found.text
        (clash,) = found.clashes
        assert {clash.ours, clash.theirs} == {None, "Hall"}


def test_an_attendee_removed_here_who_answered_there_stays() -> None:
    carol = "ATTENDEE;CN=Carol;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:carol@example.org\r\n"
    ours, theirs = MEETING.replace(carol, ""), MEETING.replace(carol, carol.replace("NEEDS-ACTION", "ACCEPTED"))
    found = merge(MEETING, ours, theirs)
    assert "CN=Carol;PARTSTAT=ACCEPTED" in found.text
    assert [(c.name, c.ours) for c in found.clashes] == [("ATTENDEE", None)]


def test_parameters_of_one_attendee_are_things_of_their_own() -> None:
    ours = MEETING.replace("CN=Bob;PARTSTAT=NEEDS-ACTION", "CN=Bob;PARTSTAT=ACCEPTED", 1)
    theirs = MEETING.replace("RSVP=TRUE:mailto:bob", "RSVP=TRUE;ROLE=CHAIR;SCHEDULE-STATUS=1.2:mailto:BOB", 1)
    found = merge(MEETING, ours, theirs)
    assert found.clashes == ()
    (bob,) = [each for each in found.text.replace("\r\n ", "").split("\r\n") if "bob@" in each and "CHAIR" in each]
    for part in ("CN=Bob", "PARTSTAT=ACCEPTED", "ROLE=CHAIR", "RSVP=TRUE", "SCHEDULE-STATUS=1.2"):
        assert part in bob


def test_stamps_and_counters_never_clash_and_never_go_back() -> None:
    ours = MEETING.replace("SEQUENCE:2", "SEQUENCE:5").replace("SUMMARY:Planning\r", "SUMMARY:Ours\r")
    ours = ours.replace("LAST-MODIFIED:2026", "LAST-MODIFIED:2027")
    theirs = MEETING.replace("SEQUENCE:2", "SEQUENCE:3").replace("Room 1", "Hall").replace("-//test", "-//other")
    found = merge(MEETING, ours, theirs)
    assert found.clashes == ()
    for line in ("SEQUENCE:5", "SUMMARY:Ours", "LOCATION:Hall", "LAST-MODIFIED:20270101T000000Z"):
        assert f"\r\n{line}\r\n" in found.text
    assert canonical(merge(MEETING, found.text, theirs).text) == canonical(found.text)


@pytest.mark.parametrize(("me", "sequence"), [("mailto:alice@example.org", 4), ("mailto:bob@example.org", 3)])
def test_only_the_organizer_announces_a_time_that_nobody_announced_before(me: str, sequence: int) -> None:
    ours = MEETING.replace("SEQUENCE:2", "SEQUENCE:3").replace("20260105T110000", "20260105T113000")
    theirs = MEETING.replace("SEQUENCE:2", "SEQUENCE:3").replace("STATUS:CONFIRMED", "STATUS:TENTATIVE", 1)
    found = merge(MEETING, ours, theirs, me=frozenset({me}))
    assert f"SEQUENCE:{sequence}\r\n" in found.text
    again = merge(theirs, found.text, theirs, me=frozenset({me}))
    assert again.text == found.text
    assert merge(MEETING, found.text, theirs, me=frozenset({me})).text == found.text


def test_two_new_entries_of_one_uid_hold_what_either_says() -> None:
    ours = MEETING.replace("LOCATION:Room 1\r\n", "").replace("X-MINE:one", "X-OURS:o")
    found = merge(None, ours, MEETING)
    assert "LOCATION:Room 1" in found.text
    assert "X-OURS:o" in found.text
    assert found.clashes == ()


@pytest.mark.parametrize("ours", ["no calendar", MEETING.replace("VEVENT", "VTODO").replace("DTEND", "DUE")])
def test_what_cannot_be_taken_apart_is_decided_as_a_whole(ours: str) -> None:
    theirs = MEETING.replace("Room 1", "Hall")
    found = merge(MEETING, ours, theirs)
    assert (found.text, found.whole) == (theirs, True)
    assert merge(MEETING, ours, theirs, policy=Policy.OURS).text == ours


def test_a_snooze_on_one_device_and_a_dismissal_on_another() -> None:
    ours = MEETING.replace("TRIGGER:-PT15M", "TRIGGER:-PT15M\r\nACKNOWLEDGED:20260105T084500Z", 1)
    theirs = MEETING.replace("TRIGGER:-PT15M", "TRIGGER:-PT15M\r\nACKNOWLEDGED:20260105T085500Z", 1)
    assert merge(MEETING, ours, theirs).clashes == ()
    assert "ACKNOWLEDGED:20260105T085500Z" in merge(MEETING, ours, theirs).text


def test_a_zone_stays_as_long_as_something_uses_it() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
    zone += "TZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    base = MEETING.replace("Europe/Berlin", "Own").replace("BEGIN:VEVENT", zone + "BEGIN:VEVENT", 1)
    theirs = base.replace("20260119T150000", "20260119T153000")
    ours = MEETING.replace("SUMMARY:Planning\r", "SUMMARY:Elsewhere\r").replace("20260119T100000", "20260119T100000")
    found = merge(base, ours, theirs)
    assert found.text.count("BEGIN:VTIMEZONE") == ("TZID=Own" in found.text)
