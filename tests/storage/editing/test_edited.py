"""Changes of events that are there: what is written, what keeps its bytes, what becomes of a series. Contract A.10."""

import pytest

from storage.editing.change import Change, Custom, Description, Guest, Reminder, Times
from storage.editing.entry import edited, edited_instance, without_instance
from storage.errors import InvalidChange, NotFound
from storage.ical.conference import Meeting
from storage.ical.read import read
from storage.recurrence.expand import expand
from tests.storage.editing.texts import ALICE, BERLIN, at, events, said
from tests.storage.texts import calendar, event

SERIES = calendar(
    "BEGIN:VEVENT\r\nUID:s@example.org\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260105T100000\r\n"
    "DTEND;TZID=Europe/Berlin:20260105T110000\r\nRRULE:FREQ=WEEKLY;COUNT=10\r\n"
    "EXDATE;TZID=Europe/Berlin:20260112T100000\r\nSUMMARY:Planning\r\nX-OWN;X-P=1:kept\r\nEND:VEVENT\r\n"
    "BEGIN:VEVENT\r\nUID:s@example.org\r\nDTSTAMP:20260101T000000Z\r\n"
    "RECURRENCE-ID;TZID=Europe/Berlin:20260119T100000\r\nDTSTART;TZID=Europe/Berlin:20260119T140000\r\n"
    "DTEND;TZID=Europe/Berlin:20260119T150000\r\nSUMMARY:Moved\r\nEND:VEVENT\r\n"
)
ALARMS = (
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:Soon\r\nX-A:1\r\nEND:VALARM\r\n"
    "BEGIN:VALARM\r\nACTION:NONE\r\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\r\nEND:VALARM\r\n"
    "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER;RELATED=END:-PT2H\r\nEND:VALARM\r\n"
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:PT5M\r\nDESCRIPTION:Late\r\nEND:VALARM\r\n"
)
GUESTS = (
    "ORGANIZER;CN=Alice:mailto:alice@example.com\r\n"
    "ATTENDEE;CN=P;PARTSTAT=ACCEPTED;X-MINE=7:mailto:P@example.com\r\nATTENDEE:mailto:q@example.com\r\n"
)


def starts(text: str) -> list[str]:
    """The instances of a text, by their canonical RECURRENCE-ID."""
    return [each.recurrence_id for each in expand(read(text), None, None).occurrences]


def test_a_name_alone_leaves_everything_else() -> None:
    text = event(more="X-OWN:1\r\nLOCATION:Room\\, 1\r\nDESCRIPTION:a\r\n b\r\n")
    after = edited(text, Change(name="New"), ALICE)
    assert after == text.replace("SUMMARY:Standup", "SUMMARY:New").replace(
        "DTSTAMP:20260101T000000Z", "DTSTAMP:20270115T080000Z"
    ).replace("END:VEVENT", "LAST-MODIFIED:20270115T080000Z\r\nEND:VEVENT")


@pytest.mark.parametrize(
    "change",
    [
        Change(),
        Change(name="Standup"),
        Change(location=None, description=None, visibility=None),
        Change(times=Times(at("2026-11-21T10:00:00Z"), at("2026-11-21T12:00:00+01:00"))),
        Change(times=Times(all_day=False)),
        Change(recurrence=(), attendees=(), reminders=(), custom=(), meeting=None, transparent=False),
    ],
)
def test_a_change_that_says_what_is_so_gives_the_same_text(change: Change) -> None:
    text = event()
    assert edited(text, change, ALICE) is text


def test_a_line_that_means_it_already_keeps_its_bytes() -> None:
    text = event(start=";TZID=W. Europe Standard Time:20261121T100000", end=";TZID=Europe/Berlin:20261121T110000")
    times = Times(at("2026-11-21T10:00:00+01:00"), start_zone="Europe/Berlin")
    assert edited(text, Change(times=times), ALICE) is text


@pytest.mark.parametrize(
    ("start", "end", "times", "written"),
    [
        (
            ":20261121T100000Z",
            ":20261121T110000Z",
            Times(start_zone="Europe/Berlin", end_zone="Europe/Berlin"),
            ["DTSTART;TZID=Europe/Berlin:20261121T110000", "DTEND;TZID=Europe/Berlin:20261121T120000"],
        ),
        (
            ":20261121T100000",
            ":20261121T110000",
            Times(at("2026-11-21T10:00:00"), at("2026-11-21T11:00:00")),
            ["DTSTART:20261121T100000", "DTEND:20261121T110000"],
        ),
        (
            ":20261121T100000",
            ":20261121T110000",
            Times(end=at("2026-11-21T11:30:00")),
            ["DTSTART;TZID=Europe/Berlin:20261121T100000", "DTEND;TZID=Europe/Berlin:20261121T113000"],
        ),
        (
            ":20261121T100000Z",
            ":20261121T110000Z",
            Times(all_day=True),
            ["DTSTART;VALUE=DATE:20261121", "DTEND;VALUE=DATE:20261122"],
        ),
        (
            ";VALUE=DATE:20261121",
            "",
            Times(all_day=False),
            ["DTSTART;TZID=Europe/Berlin:20261121T000000", "DTEND;TZID=Europe/Berlin:20261122T000000"],
        ),
        (
            ";VALUE=DATE:20261121",
            ";VALUE=DATE:20261122",
            Times(start=at("2026-11-20")),
            ["DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261122"],
        ),
        (
            ";TZID=America/New_York:20261121T100000",
            ";TZID=America/New_York:20261121T110000",
            Times(start=at("2026-11-21T09:00:00")),
            ["DTSTART;TZID=America/New_York:20261121T090000", "DTEND;TZID=America/New_York:20261121T110000"],
        ),
        (
            ";TZID=America/New_York:20261121T100000",
            ";TZID=America/New_York:20261121T110000",
            Times(start_zone=None, end_zone=None),
            ["DTSTART;TZID=Europe/Berlin:20261121T160000", "DTEND;TZID=Europe/Berlin:20261121T170000"],
        ),
    ],
    ids=["zone", "floating", "no-longer-floating", "all-day", "timed", "days", "own-zone", "calendar-zone"],
)
def test_times_are_read_beside_those_that_stay(start: str, end: str, times: Times, written: list[str]) -> None:
    after = edited(event(start=start, end=end), Change(times=times), BERLIN)
    assert said(after, "DTSTART") + said(after, "DTEND") == written
    assert edited(after, Change(times=times), BERLIN) is after


def test_a_duration_becomes_an_end_when_the_start_moves() -> None:
    text = event(end="", more="DURATION:PT1H\r\n")
    after = edited(text, Change(times=Times(at("2026-11-21T09:00:00Z"), start_zone="UTC")), ALICE)
    assert said(after, "DTSTART") + said(after, "DTEND") == ["DTSTART:20261121T090000Z", "DTEND:20261121T110000Z"]
    assert not said(after, "DURATION")


def test_a_start_behind_the_end_that_stays_is_refused() -> None:
    with pytest.raises(InvalidChange, match="before the start"):
        edited(event(), Change(times=Times(at("2026-11-21T12:00:00Z"))), ALICE)


def test_the_organizer_counts_what_guests_must_know() -> None:
    text = event(more=f"SEQUENCE:3\r\n{GUESTS}")
    moved = edited(text, Change(times=Times(at("2026-11-21T09:00:00Z"))), ALICE)
    assert said(moved, "SEQUENCE") == ["SEQUENCE:4"]
    assert said(edited(text, Change(name="x"), ALICE), "SEQUENCE") == ["SEQUENCE:3"]
    theirs = text.replace("alice@example.com", "boss@example.com")
    assert said(edited(theirs, Change(times=Times(at("2026-11-21T09:00:00Z"))), ALICE), "SEQUENCE") == ["SEQUENCE:3"]


def test_attendees_that_were_there_keep_what_is_not_given() -> None:
    text = event(more=f"SEQUENCE:3\r\n{GUESTS}")
    after = edited(text, Change(attendees=(Guest("p@example.com", "P"), Guest("r@example.com", "R"))), ALICE)
    assert said(after, "ATTENDEE") == [
        "ATTENDEE;CN=P;PARTSTAT=ACCEPTED;X-MINE=7:mailto:P@example.com",
        "ATTENDEE;CN=R;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:r@example.com",
    ]
    assert said(after, "SEQUENCE") == ["SEQUENCE:4"]
    changed = edited(text, Change(attendees=(Guest("p@example.com", None, "DECLINED", required=False),)), ALICE)
    assert said(changed, "ATTENDEE") == [
        "ATTENDEE;CN=P;PARTSTAT=DECLINED;X-MINE=7;ROLE=OPT-PARTICIPANT:mailto:P@example.com"
    ]


def test_an_answer_is_nobody_elses() -> None:
    text = event(more=GUESTS.replace("alice@", "boss@").replace("q@example.com", "A.Smith@example.com"))
    after = edited(text, Change(reply="TENTATIVE"), ALICE)
    assert said(after, "ATTENDEE") == [
        "ATTENDEE;CN=P;PARTSTAT=ACCEPTED;X-MINE=7:mailto:P@example.com",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:A.Smith@example.com",
    ]
    assert not said(after, "SEQUENCE")
    with pytest.raises(InvalidChange, match="not invited"):
        edited(event(more=GUESTS), Change(reply="ACCEPTED"), ALICE)


def test_reminders_replace_those_that_can_be_told_and_keep_the_others() -> None:
    after = edited(event(more=ALARMS), Change(reminders=(Reminder(5), Reminder(15, "Soon"))), ALICE)
    [main] = events(after)
    triggers = [each.lines("TRIGGER")[0].value for each in main.components("VALARM")]
    assert triggers == ["19760401T005545Z", "PT5M", "-PT5M", "-PT15M"]
    assert "X-A:1" in after
    # The second is an hour long, so two hours before its end is one hour before its start.
    assert edited(event(more=ALARMS), Change(reminders=(Reminder(15), Reminder(60))), ALICE) == event(more=ALARMS)


def test_a_description_with_and_without_marks() -> None:
    html = Description("Hello", "<b>Hello</b>")
    marked = edited(event(more='DESCRIPTION;ALTREP="cid:1";LANGUAGE=en:old\r\n'), Change(description=html), ALICE)
    assert said(marked, "DESCRIPTION") == ["DESCRIPTION;LANGUAGE=en:Hello"]
    assert edited(marked, Change(description=html), ALICE) is marked
    plain = edited(marked, Change(description=Description("Plain")), ALICE)
    assert not said(plain, "X-ALT-DESC")


def test_busy_as_outlook_says_it() -> None:
    away = event(more="X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\nTRANSP:OPAQUE\r\n")
    assert edited(away, Change(transparent=False), ALICE) is away
    free = edited(away, Change(transparent=True), ALICE)
    assert said(free, "TRANSP") + said(free, "X-MICROSOFT-CDO-BUSYSTATUS") == [
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
    ]


def test_custom_properties_are_merged_by_key_and_scope() -> None:
    both = "X-GATEWAY-PROP;X-KEY=a;X-SCOPE=SHARED:1\r\nX-GATEWAY-PROP;X-KEY=b;X-SCOPE=PRIVATE:2\r\n"
    text = event(more=both)
    after = edited(text, Change(custom=(Custom("a", "3"), Custom("b", None), Custom("no", None))), ALICE)
    assert said(after, "X-GATEWAY-PROP") == ["X-GATEWAY-PROP;X-KEY=a;X-SCOPE=SHARED:3"]
    assert not said(edited(text, Change(custom=None), ALICE), "X-GATEWAY-PROP")
    assert len(said(edited(text, Change(custom=(Custom("a", "3", private=True),)), ALICE), "X-GATEWAY-PROP")) == 3


def test_a_meeting_goes_with_what_vendors_wrote_of_it() -> None:
    text = event(more="X-GOOGLE-CONFERENCE:https://meet.google.com/abc\r\n")
    assert "CONFERENCE" not in edited(text, Change(meeting=None), ALICE)
    assert "X-PROVIDER=teamsForBusiness" in edited(event(), Change(meeting=Meeting("teamsForBusiness")), ALICE)


# -- series -----------------------------------------------------------------------------------------------------------


def test_one_instance_becomes_an_exception_and_nothing_else_changes() -> None:
    after = edited_instance(SERIES, "20260126T090000Z", Change(name="Once"), ALICE)
    assert after.startswith(SERIES.removesuffix("END:VCALENDAR\r\n"))
    assert said(after, "RECURRENCE-ID", 2) == ["RECURRENCE-ID;TZID=Europe/Berlin:20260126T100000"]
    assert said(after, "DTSTART", 2) == ["DTSTART;TZID=Europe/Berlin:20260126T100000"]
    assert said(after, "X-OWN", 2) == ["X-OWN;X-P=1:kept"]
    assert not said(after, "RRULE", 2)
    assert starts(after) == starts(SERIES)
    assert edited_instance(after, "20260126T090000Z", Change(name="Once"), ALICE) is after


def test_an_exception_is_changed_where_it_stands() -> None:
    after = edited_instance(SERIES, "20260119T090000Z", Change(location="Elsewhere"), ALICE)
    assert len(events(after)) == 2
    assert said(after, "LOCATION", 1) == ["LOCATION:Elsewhere"]
    assert said(after, "DTSTART", 1) == ["DTSTART;TZID=Europe/Berlin:20260119T140000"]


@pytest.mark.parametrize("key", ["20260112T090000Z", "20260126T100000Z", "20260126", "20360126T090000Z", "nonsense"])
def test_what_is_no_instance_is_not_found(key: str) -> None:
    with pytest.raises(NotFound):
        edited_instance(SERIES, key, Change(name="x"), ALICE)
    with pytest.raises(NotFound):
        without_instance(SERIES, key, ALICE)


def test_one_instance_does_not_recur() -> None:
    with pytest.raises(InvalidChange) as refused:
        edited_instance(SERIES, "20260126T090000Z", Change(recurrence=()), ALICE)
    assert refused.value.member == "recurrence"


@pytest.mark.parametrize("key", ["20260126T090000Z", "20260119T090000Z", "20260105T090000Z"])
def test_an_instance_is_excluded_and_its_exception_goes(key: str) -> None:
    after = without_instance(SERIES, key, ALICE)
    assert after is not None
    assert starts(after) == [each for each in starts(SERIES) if each != key]
    assert f"EXDATE;TZID=Europe/Berlin:{key[:8]}T100000" in after
    with pytest.raises(NotFound):
        without_instance(after, key, ALICE)


def test_the_last_exception_without_a_series_takes_its_entry_along() -> None:
    alone = calendar(SERIES[SERIES.rindex("BEGIN:VEVENT") : SERIES.rindex("END:VCALENDAR")])
    assert "Elsewhere" in edited_instance(alone, "20260119T090000Z", Change(location="Elsewhere"), ALICE)
    assert without_instance(alone, "20260119T090000Z", ALICE) is None
    with pytest.raises(NotFound):
        edited(alone, Change(name="x"), ALICE)


def test_a_series_that_moves_loses_what_no_longer_occurs() -> None:
    after = edited(SERIES, Change(times=Times(at("2026-01-05T09:30:00"), at("2026-01-05T10:30:00"))), ALICE)
    assert len(events(after)) == 1
    assert not said(after, "EXDATE")
    assert len(starts(after)) == 10


def test_a_series_that_only_ends_later_keeps_its_exceptions() -> None:
    after = edited(SERIES, Change(times=Times(end=at("2026-01-05T12:00:00"))), ALICE)
    assert events(after)[1].begin
    assert starts(after) == starts(SERIES)


def test_a_new_rule_keeps_the_exceptions_that_it_still_has() -> None:
    after = edited(SERIES, Change(recurrence=("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3",)), ALICE)
    assert starts(after) == ["20260105T090000Z", "20260119T090000Z", "20260202T090000Z"]
    assert [said(after, "SUMMARY", 1), said(after, "EXDATE")] == [["SUMMARY:Moved"], []]
    gone = edited(SERIES, Change(recurrence=("FREQ=WEEKLY;COUNT=2",)), ALICE)
    assert len(events(gone)) == 1
    excluded = edited(SERIES, Change(recurrence=("FREQ=WEEKLY;COUNT=5", "EXDATE:20260119T090000Z")), ALICE)
    assert len(events(excluded)) == 1


def test_a_series_in_another_zone_names_what_it_keeps_by_that_zone() -> None:
    times = Times(start_zone="Europe/Paris", end_zone="Europe/Paris")
    after = edited(SERIES, Change(times=times), ALICE)
    assert said(after, "RECURRENCE-ID", 1) == ["RECURRENCE-ID;TZID=Europe/Paris:20260119T100000"]
    assert starts(after) == starts(SERIES)


def test_no_recurrence_makes_one_event_of_a_series() -> None:
    after = edited(SERIES, Change(recurrence=()), ALICE)
    assert len(events(after)) == 1
    assert not said(after, "RRULE") + said(after, "EXDATE")
    assert starts(after) == [""]


def test_a_rule_makes_a_series_of_one_event() -> None:
    assert len(starts(edited(event(), Change(recurrence=("FREQ=DAILY;COUNT=3",)), ALICE))) == 3


def test_a_series_that_becomes_all_day_is_one_throughout() -> None:
    text = SERIES.replace("COUNT=10", "UNTIL=20260209T090000Z")
    after = edited(text, Change(times=Times(all_day=True)), ALICE)
    assert said(after, "DTSTART") + said(after, "RRULE") == [
        "DTSTART;VALUE=DATE:20260105",
        "RRULE:FREQ=WEEKLY;UNTIL=20260209",
    ]
    assert said(after, "EXDATE") == ["EXDATE;VALUE=DATE:20260112"]
    assert len(starts(after)) == 5


def test_an_exception_for_all_future_instances_stays_so_for_the_others() -> None:
    text = SERIES.replace("RECURRENCE-ID;TZID", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID")
    times = {each.recurrence_id: (each.start, each.end) for each in expand(read(text), None, None).occurrences}
    for key in ("20260119T090000Z", "20260202T090000Z"):
        after = edited_instance(text, key, Change(name="Once"), ALICE)
        expanded = expand(read(after), None, None).occurrences
        assert {each.recurrence_id: (each.start, each.end) for each in expanded} == times
        names = {each.recurrence_id: read(after).components[each.position].summary for each in expanded}
        assert names == {one: "Once" if one == key else "Moved" if one > "20260118" else "Planning" for one in times}


def test_an_instance_that_a_period_adds_keeps_its_length() -> None:
    text = SERIES.replace("EXDATE", "RDATE;VALUE=PERIOD:20260107T090000Z/PT3H\r\nEXDATE")
    after = edited_instance(text, "20260107T090000Z", Change(name="Long"), ALICE)
    assert said(after, "DTEND", 2) == ["DTEND;TZID=Europe/Berlin:20260107T130000"]


def test_a_zone_that_comes_into_a_text_is_defined_there_in_its_own_line_ends() -> None:
    text = event().replace("\r\n", "\n")
    after = edited(text, Change(times=Times(start_zone="Europe/Berlin", end_zone="Europe/Berlin")), ALICE)
    assert after.count("BEGIN:VTIMEZONE\nTZID:Europe/Berlin\n") == 1
    assert "\r" not in after
