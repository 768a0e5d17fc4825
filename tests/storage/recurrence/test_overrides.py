"""Overrides: moved, cancelled, orphaned and detached instances, and RANGE=THISANDFUTURE (conformance finding F8)."""

from datetime import UTC, datetime

import pytest

from tests.storage.recurrence.written import BERLIN, DAILY, WEEKLY, entry, expanded, seconds, spans, starts


def override(key: str, start: str, end: str, more: str = "") -> str:
    return f"RECURRENCE-ID{key} DTSTART:{start} DTEND:{end} {more}"


MOVED_OUT = override(":20260312T100000Z", "20260401T100000Z", "20260401T110000Z")


def test_an_override_moved_out_of_the_range_is_not_in_it_and_its_slot_stays_empty() -> None:
    text = entry(DAILY, MOVED_OUT)
    assert starts(text, "2026-03-11", "2026-03-14") == ["03-11 10:00", "03-13 10:00"]
    assert starts(text, "2026-03-12", "2026-03-13") == []


def test_an_override_moved_into_the_range_appears_there() -> None:
    assert spans(entry(DAILY, MOVED_OUT), "2026-04-01", "2026-04-02") == ["04-01 10:00 > 04-01 11:00 1"]


@pytest.mark.parametrize(
    "key",
    [
        ":20260315T090000Z",
        f";{BERLIN}:20260315T100000",
        ";TZID=America/New_York:20260315T050000",
        ";VALUE=DATE:20260315",
        ":20260315T100000",
    ],
)
def test_an_override_names_its_instance_in_any_spelling(key: str) -> None:
    text = entry(WEEKLY, override(key, "20260316T120000Z", "20260316T130000Z"))
    found = expanded(text, "2026-03-14", "2026-03-23").occurrences
    assert [(each.position, each.recurrence_id) for each in found] == [(1, "20260315T090000Z"), (0, "20260322T090000Z")]


def test_overrides_before_their_master_in_the_text_keep_their_position() -> None:
    assert spans(entry(MOVED_OUT, DAILY), "2026-03-15")[-1] == "04-01 10:00 > 04-01 11:00 0"


def test_a_cancelled_override_is_an_occurrence_for_the_caller_to_judge() -> None:
    key = override(":20260312T100000Z", "20260312T100000Z", "20260312T110000Z", "STATUS:CANCELLED")
    assert "03-12 10:00 > 03-12 11:00 1" in spans(entry(DAILY, key))


def test_an_override_of_an_instance_that_the_rule_never_yields_still_appears() -> None:
    orphan = override(":20260510T100000Z", "20260511T100000Z", "20260511T110000Z")
    assert spans(entry(DAILY, orphan), "2026-04-01") == ["05-11 10:00 > 05-11 11:00 1"]


def test_exdate_takes_an_instance_away_together_with_its_override() -> None:
    """RFC 5545 §3.8.5.1: exclusions take precedence over inclusions."""
    assert "04-01 10:00" not in starts(entry(f"{DAILY} EXDATE:20260312T100000Z", MOVED_OUT))


def test_overrides_without_a_master_appear_alone() -> None:
    other = override(":20260313T100000Z", "20260313T120000Z", "20260313T130000Z")
    assert spans(entry(MOVED_OUT, other)) == ["03-13 12:00 > 03-13 13:00 1", "04-01 10:00 > 04-01 11:00 0"]
    assert spans(entry(MOVED_OUT), "2026-03-12", "2026-03-13") == []


def test_of_two_overrides_of_one_instance_the_higher_sequence_counts() -> None:
    newer = override(":20260312T100000Z", "20260312T120000Z", "20260312T130000Z", "SEQUENCE:2")
    older = override(":20260312T100000Z", "20260312T140000Z", "20260312T150000Z", "SEQUENCE:1")
    assert starts(entry(DAILY, newer, older), "2026-03-12", "2026-03-13") == ["03-12 12:00"]


def test_this_and_future_moves_and_describes_the_later_instances() -> None:
    later = override(";RANGE=THISANDFUTURE:20260312T100000Z", "20260312T123000Z", "20260312T130000Z")
    assert spans(entry(DAILY, later), "2026-03-11", "2026-03-14") == [
        "03-11 10:00 > 03-11 11:00 0",
        "03-12 12:30 > 03-12 13:00 1",
        "03-13 12:30 > 03-13 13:00 1",
    ]
    assert [each.recurrence_id for each in expanded(entry(DAILY, later), "2026-03-15").occurrences] == [
        "20260315T100000Z"
    ]


def test_this_and_future_keeps_single_overrides_and_gives_way_to_the_next() -> None:
    later = override(";RANGE=THISANDFUTURE:20260311T100000Z", "20260311T120000Z", "20260311T130000Z")
    latest = override(";RANGE=THISANDFUTURE:20260314T100000Z", "20260314T150000Z", "20260314T160000Z")
    single = override(":20260312T100000Z", "20260312T080000Z", "20260312T090000Z")
    found = [each.split(" > ")[0] for each in spans(entry(DAILY, later, latest, single))]
    assert found == ["03-10 10:00", "03-11 12:00", "03-12 08:00", "03-13 12:00", "03-14 15:00", "03-15 15:00"]


def test_this_and_future_shifts_wall_clock_time_and_looks_beyond_the_window() -> None:
    later = f"RECURRENCE-ID;RANGE=THISANDFUTURE;{BERLIN}:20260308T100000 DTSTART;{BERLIN}:20260310T120000"
    assert starts(entry(WEEKLY, later), "2026-03-31", "2026-04-01") == ["03-31 10:00"]
    earlier = f"RECURRENCE-ID;RANGE=THISANDFUTURE;{BERLIN}:20260308T100000 DTSTART;{BERLIN}:20260303T120000"
    assert starts(entry(WEEKLY, earlier), "2026-03-17", "2026-03-18") == ["03-17 11:00"]


def test_this_and_future_may_turn_a_timed_series_into_days() -> None:
    later = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260314T100000Z DTSTART;VALUE=DATE:20260314"
    found = expanded(entry(DAILY, later), "2026-03-15", "2026-03-16").occurrences
    assert [(each.start, each.end, each.all_day) for each in found] == [
        (seconds("2026-03-15"), seconds("2026-03-16"), True)
    ]


def test_eight_hundred_overrides_are_all_found() -> None:
    keys = [datetime.fromtimestamp(seconds("2020-01-01 10:00") + day * 86400, UTC) for day in range(800)]
    moved = [override(f":{key:%Y%m%dT%H%M%SZ}", f"{key:%Y%m%dT}120000Z", f"{key:%Y%m%dT}130000Z") for key in keys]
    found = expanded(entry("DTSTART:20200101T100000Z RRULE:FREQ=DAILY;COUNT=1000", *moved)).occurrences
    assert len(found) == 1000
    assert sorted(each.position for each in found if each.position) == list(range(1, 801))
