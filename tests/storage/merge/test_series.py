"""A change of the whole series on one side, of a single instance on the other: what a person expects to find."""

import pytest

from storage.content import read, same
from storage.model import CollectionKind
from storage.recurrence.expand import expand
from storage.sync.merge import Policy, merge

Z = "TZID=Europe/Berlin"
MASTER = f"""UID:s
DTSTAMP:20260101T000000Z
DTSTART;{Z}:20260105T100000
DTEND;{Z}:20260105T110000
RRULE:FREQ=WEEKLY;COUNT=4
SUMMARY:Standup
"""


def text(master: str = MASTER, *overrides: str) -> str:
    parts = "".join(f"BEGIN:VEVENT\n{each}END:VEVENT\n" for each in (master, *overrides))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//series//EN\n{parts}END:VCALENDAR\n".replace("\n", "\r\n")


def override(instance: str, start: str, end: str, more: str = "SUMMARY:Standup\n") -> str:
    return (
        f"UID:s\nDTSTAMP:20260101T000000Z\nRECURRENCE-ID;{Z}:{instance}\nDTSTART;{Z}:{start}\nDTEND;{Z}:{end}\n{more}"
    )


def shown(entry: str) -> list[str]:
    """Start, minutes and summary of every occurrence, in UTC."""
    content = read(entry, CollectionKind.CALENDAR)
    found = []
    for each in expand(content, None, None).occurrences:
        day, second = divmod(each.start, 86400)
        clock = f"{second // 3600:02}:{second % 3600 // 60:02}"
        summary = content.components[each.position].summary
        found.append(f"{day - 20454:+}d {clock} {(each.end - each.start) // 60}m {summary}")
    return found


BASE = text()
TEN = ["+4d 09:00 60m Standup", "+11d 09:00 60m Standup", "+18d 09:00 60m Standup", "+25d 09:00 60m Standup"]
ELEVEN = text(MASTER.replace("T10", "TXX").replace("T11", "T12").replace("TXX", "T11"))
MOVED = text(MASTER, override("20260112T100000", "20260112T150000", "20260112T160000"))
CANCELLED = text(MASTER.replace("SUMMARY", f"EXDATE;{Z}:20260112T100000\nSUMMARY"))
RENAMED_ONE = text(MASTER, override("20260112T100000", "20260112T100000", "20260112T110000", "SUMMARY:Review\n"))


def both(one: str, other: str, base: str = BASE) -> list[str]:
    """What is shown after the merge, whoever is the upstream; nothing clashes."""
    results = []
    for ours, theirs in ((one, other), (other, one)):
        found = merge(base, ours, theirs)
        assert found.clashes == ()
        assert not found.whole
        results.append(shown(found.text))
        again = merge(theirs, found.text, theirs)
        assert same(again.text, found.text)
    assert results[0] == results[1]
    return results[0]


def test_what_is_shown_at_first() -> None:
    assert shown(BASE) == TEN


def test_a_moved_instance_of_a_series_that_moves_is_there_once() -> None:
    assert both(ELEVEN, MOVED) == [
        "+4d 10:00 60m Standup",
        "+11d 14:00 60m Standup",
        "+18d 10:00 60m Standup",
        "+25d 10:00 60m Standup",
    ]


def test_a_cancelled_instance_of_a_series_that_moves_stays_cancelled() -> None:
    assert both(ELEVEN, CANCELLED) == ["+4d 10:00 60m Standup", "+18d 10:00 60m Standup", "+25d 10:00 60m Standup"]


def test_a_renamed_instance_of_a_series_that_moves_moves_along() -> None:
    assert both(ELEVEN, RENAMED_ONE) == [
        "+4d 10:00 60m Standup",
        "+11d 10:00 60m Review",
        "+18d 10:00 60m Standup",
        "+25d 10:00 60m Standup",
    ]


def test_a_series_that_changes_its_weekday_takes_its_exceptions_along() -> None:
    tuesday = text(MASTER.replace("20260105", "20260106"))
    assert both(tuesday, CANCELLED) == ["+5d 09:00 60m Standup", "+19d 09:00 60m Standup", "+26d 09:00 60m Standup"]


def test_a_series_that_begins_a_week_later_keeps_the_exceptions_where_they_are() -> None:
    later = text(MASTER.replace("20260105", "20260112"))
    third = text(MASTER.replace("SUMMARY", f"EXDATE;{Z}:20260119T100000\nSUMMARY"))
    assert both(later, third) == ["+11d 09:00 60m Standup", "+25d 09:00 60m Standup", "+32d 09:00 60m Standup"]


def test_a_series_that_becomes_all_day_keeps_its_cancelled_day() -> None:
    days = text(
        MASTER.replace(f"DTSTART;{Z}:20260105T100000", "DTSTART;VALUE=DATE:20260105").replace(
            f"DTEND;{Z}:20260105T110000", "DTEND;VALUE=DATE:20260106"
        )
    )
    assert both(days, CANCELLED) == [f"+{day}d 00:00 1440m Standup" for day in (4, 18, 25)]


def test_a_client_that_names_its_instances_anew_meets_an_edit_under_the_old_name() -> None:
    base = RENAMED_ONE
    eleven = text(
        MASTER.replace("T10", "TXX").replace("T11", "T12").replace("TXX", "T11"),
        override("20260112T110000", "20260112T110000", "20260112T120000", "SUMMARY:Review\n"),
    )
    placed = text(
        MASTER, override("20260112T100000", "20260112T100000", "20260112T110000", "SUMMARY:Review\nLOCATION:Hall\n")
    )
    assert both(eleven, placed, base)[1] == "+11d 10:00 60m Review"
    for ours, theirs in ((eleven, placed), (placed, eleven)):
        found = merge(base, ours, theirs).text
        assert found.count("RECURRENCE-ID") == 1
        assert "LOCATION:Hall" in found


def test_a_series_renamed_as_a_whole_renames_the_instance_that_was_only_moved() -> None:
    renamed = text(MASTER.replace("Standup", "Daily"))
    assert both(renamed, MOVED) == [
        "+4d 09:00 60m Daily",
        "+11d 14:00 60m Daily",
        "+18d 09:00 60m Daily",
        "+25d 09:00 60m Daily",
    ]
    assert both(renamed, RENAMED_ONE)[1] == "+11d 09:00 60m Review"


def test_an_instance_renamed_here_and_moved_there_is_both() -> None:
    assert both(RENAMED_ONE, MOVED)[1] == "+11d 14:00 60m Review"


def test_a_longer_rule_and_a_moved_instance() -> None:
    assert both(text(MASTER.replace("COUNT=4", "COUNT=5")), MOVED)[1:] == [
        "+11d 14:00 60m Standup",
        *TEN[2:],
        "+32d 09:00 60m Standup",
    ]


@pytest.mark.parametrize("upstream_shortens", [True, False])
def test_an_instance_edited_here_beyond_the_new_end_of_the_series_stays_and_is_said(upstream_shortens: bool) -> None:
    short = text(MASTER.replace("COUNT=4", "COUNT=1"))
    ours, theirs = (MOVED, short) if upstream_shortens else (short, MOVED)
    found = merge(BASE, ours, theirs)
    assert shown(found.text) == ["+4d 09:00 60m Standup", "+11d 14:00 60m Standup"]
    (clash,) = found.clashes
    assert (clash.component, clash.name) == ("20260112T100000", "RECURRENCE-ID")
    assert (clash.ours is None) is not upstream_shortens
    shorter = Policy.THEIRS if upstream_shortens else Policy.OURS
    assert shown(merge(BASE, ours, theirs, policy=shorter).text) == ["+4d 09:00 60m Standup"]


@pytest.mark.parametrize("upstream_cancels", [True, False])
@pytest.mark.parametrize("base", [BASE, MOVED], ids=["no override before", "an override before"])
def test_an_instance_edited_on_one_side_and_struck_out_on_the_other_stays(base: str, upstream_cancels: bool) -> None:
    edited = text(MASTER, override("20260112T100000", "20260112T170000", "20260112T180000"))
    ours, theirs = (edited, CANCELLED) if upstream_cancels else (CANCELLED, edited)
    found = merge(base, ours, theirs)
    assert shown(found.text)[1] == "+11d 16:00 60m Standup"
    assert "EXDATE" not in found.text
    (clash,) = found.clashes
    assert (clash.component, clash.name) == ("20260112T100000", "VEVENT")
    struck = merge(base, ours, theirs, policy=Policy.THEIRS if upstream_cancels else Policy.OURS)
    assert len(shown(struck.text)) == 3


def test_an_instance_struck_out_here_and_untouched_there_is_gone() -> None:
    assert len(both(CANCELLED, text(MASTER.replace("Standup", "Daily"), *[]), BASE)) == 3
    moved_and_placed = MOVED.replace("SUMMARY:Standup\r\nEND:VEVENT\r\nBEGIN", "LOCATION:x\r\nEND:VEVENT\r\nBEGIN")
    assert len(both(CANCELLED, moved_and_placed, MOVED)) == 3


def test_two_cancelled_instances() -> None:
    other = text(MASTER.replace("SUMMARY", "EXDATE:20260119T090000Z\nSUMMARY"))
    assert both(CANCELLED, other) == [TEN[0], TEN[3]]


def test_moved_here_and_longer_there_is_moved_and_longer() -> None:
    longer = text(MASTER.replace(f"DTEND;{Z}:20260105T110000", f"DTEND;{Z}:20260105T123000"))
    assert both(ELEVEN, longer)[0] == "+4d 10:00 150m Standup"


def test_moved_to_two_times_is_the_upstreams_as_a_whole() -> None:
    two = text(MASTER.replace("T10", "T14").replace("T11", "T15"))
    found = merge(BASE, ELEVEN, two)
    assert shown(found.text)[0] == "+4d 13:00 60m Standup"
    assert [(c.component, c.name) for c in found.clashes] == [("master", "DTSTART"), ("master", "DTEND")]
    mine = merge(BASE, ELEVEN, two, policy=Policy.OURS)
    assert shown(mine.text)[0] == "+4d 10:00 60m Standup"


def test_a_start_without_its_rule_is_nobodys_wish() -> None:
    tuesdays = text(MASTER.replace("20260105", "20260106").replace("COUNT=4", "COUNT=4;BYDAY=TU"))
    daily = text(MASTER.replace("WEEKLY;COUNT=4", "DAILY;COUNT=3"))
    found = merge(BASE, tuesdays, daily)
    assert shown(found.text) == [f"+{day}d 09:00 60m Standup" for day in (4, 5, 6)]
    assert {c.name for c in found.clashes} == {"DTSTART", "DTEND", "RRULE"}
