"""Occurrences of whole entries: what each rule of RFC 5545 means here, and where we differ from others on purpose."""

import pytest

from storage.ical.read import read
from storage.recurrence.expand import expand
from tests.storage.recurrence.written import BERLIN, DAILY, WEEKLY, entry, expanded, seconds, spans, starts


def test_a_single_event_is_one_occurrence_without_a_recurrence_id() -> None:
    found = expanded(entry("DTSTART:20260310T100000Z DURATION:PT1H"))
    [only] = found.occurrences
    assert (only.start, only.end, only.recurrence_id) == (
        seconds("2026-03-10 10:00"),
        seconds("2026-03-10 11:00"),
        "",
    )
    assert (found.complete_from, found.complete_until) == (None, None)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-03-10 10:59", "2026-03-11", 1),
        ("2026-03-10 11:00", "2026-03-11", 0),
        ("2026-03-09", "2026-03-10 10:00", 0),
        ("2026-03-09", "2026-03-10 10:01", 1),
    ],
)
def test_the_window_holds_its_start_and_not_its_end(first: str, last: str, found: int) -> None:
    single = entry("DTSTART:20260310T100000Z DTEND:20260310T110000Z")
    assert len(starts(single, first, last)) == found
    series = entry("DTSTART:20260310T100000Z DTEND:20260310T110000Z RRULE:FREQ=YEARLY")
    assert len(starts(series, first, last)) == found


def test_an_event_of_no_length_counts_from_its_start_on() -> None:
    text = entry("DTSTART:20260310T100000Z RRULE:FREQ=DAILY")
    assert starts(text, "2026-03-12 10:00", "2026-03-13 10:00") == ["03-12 10:00"]


def test_local_time_stays_when_the_clocks_change() -> None:
    assert starts(entry(WEEKLY), "2026-03-20", "2026-04-06") == ["03-22 09:00", "03-29 08:00", "04-05 08:00"]


def test_skipped_and_repeated_local_times_mean_what_rfc_5545_3_3_5_says() -> None:
    """The offset from before the gap (02:30 is 01:30 UTC), and the first of two."""
    text = entry(f"DTSTART;{BERLIN}:20260328T023000 RRULE:FREQ=DAILY;COUNT=3")
    assert starts(text) == ["03-28 01:30", "03-29 01:30", "03-30 00:30"]
    text = entry(f"DTSTART;{BERLIN}:20261024T023000 RRULE:FREQ=DAILY;COUNT=3")
    assert starts(text) == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


def test_hours_that_the_clocks_skip_are_not_listed_twice() -> None:
    text = entry(f"DTSTART;{BERLIN}:20260329T000000 RRULE:FREQ=HOURLY;COUNT=6")
    assert starts(text) == ["03-28 23:00", "03-29 00:00", "03-29 01:00", "03-29 02:00", "03-29 03:00"]


def test_recurrence_ids_are_canonical_in_the_kind_of_time_of_the_series() -> None:
    def ids(master: str) -> list[str]:
        return [each.recurrence_id for each in expanded(entry(master)).occurrences]

    assert ids(f"DTSTART;{BERLIN}:20260301T100000 RRULE:FREQ=WEEKLY;COUNT=1") == ["20260301T090000Z"]
    assert ids("DTSTART:20260301T100000 RRULE:FREQ=WEEKLY;COUNT=1") == ["20260301T100000"]
    assert ids("DTSTART;VALUE=DATE:20260301 RRULE:FREQ=WEEKLY;COUNT=1") == ["20260301"]


def test_dtstart_counts_first_even_where_the_rule_does_not_match_it() -> None:
    """RFC 5545 §3.3.10; dateutil leaves it out, recurring-ical-events adds it beyond COUNT."""
    text = entry("DTSTART:20260310T100000Z RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3")
    assert starts(text) == ["03-10 10:00", "03-16 10:00", "03-23 10:00"]


def test_a_series_that_ended_before_it_began_has_no_occurrence() -> None:
    assert starts(entry("DTSTART:20260310T100000Z RRULE:FREQ=DAILY;UNTIL=20260309T100000Z")) == []


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SOMETIMES",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;UNTIL=tomorrow",
        "INTERVAL=2",
        "FREQ=MONTHLY;RSCALE=CHINESE",
        "rubbish",
    ],
)
def test_an_invalid_rule_leaves_the_one_occurrence_of_dtstart(rule: str) -> None:
    assert starts(entry(f"DTSTART:20260310T100000Z RRULE:{rule}")) == ["03-10 10:00"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260318T090000Z", "03-18 09:00"),  # the instant itself counts
        ("20260318T085959Z", "03-17 09:00"),
        ("20260318T100000", "03-18 09:00"),  # local time: the zone of the series
        ("20260318", "03-18 09:00"),  # a date on a timed series: its whole day
    ],
)
def test_until_is_compared_in_the_zone_of_the_series(until: str, last: str) -> None:
    assert starts(entry(f"DTSTART;{BERLIN}:20260301T100000 RRULE:FREQ=DAILY;UNTIL={until}"))[-1] == last


def test_until_with_a_time_ends_an_all_day_series_on_its_date() -> None:
    text = entry("DTSTART;VALUE=DATE:20260301 RRULE:FREQ=DAILY;UNTIL=20260303T070000Z")
    assert starts(text) == ["03-01 00:00", "03-02 00:00", "03-03 00:00"]


def test_two_rules_give_their_union() -> None:
    text = entry("DTSTART:20260302T100000Z RRULE:FREQ=WEEKLY;COUNT=2 RRULE:FREQ=DAILY;INTERVAL=7;COUNT=3")
    assert starts(text) == ["03-02 10:00", "03-09 10:00", "03-16 10:00"]


def test_exrule_takes_away_what_it_yields() -> None:
    text = entry("DTSTART:20260302T100000Z RRULE:FREQ=DAILY;COUNT=5 EXRULE:FREQ=DAILY;INTERVAL=2")
    assert starts(text) == ["03-03 10:00", "03-05 10:00"]


def test_count_counts_what_exdate_takes_away_and_not_what_rdate_adds() -> None:
    rule = "DTSTART:20260302T100000Z RRULE:FREQ=DAILY;COUNT=3"
    text = entry(f"{rule} EXDATE:20260303T100000Z RDATE:20260310T100000Z,20260302T100000Z")
    assert starts(text) == ["03-02 10:00", "03-04 10:00", "03-10 10:00"]


@pytest.mark.parametrize(
    "exdate",
    [
        "EXDATE:20260308T090000Z",
        f"EXDATE;{BERLIN}:20260308T100000",
        "EXDATE;TZID=America/New_York:20260308T050000",
        "EXDATE;VALUE=DATE:20260308",
        "EXDATE:20260308T100000",
        f"EXDATE;{BERLIN}:nonsense,20260308T100000",
    ],
)
def test_exdate_means_the_same_instant_in_any_spelling_and_a_date_its_local_day(exdate: str) -> None:
    assert starts(entry(f"{WEEKLY} {exdate}"), "", "2026-03-17") == ["03-01 09:00", "03-15 09:00"]


def test_exdate_with_a_time_excludes_the_day_of_an_all_day_series() -> None:
    text = entry(f"DTSTART;VALUE=DATE:20260301 RRULE:FREQ=DAILY;COUNT=3 EXDATE;{BERLIN}:20260302T000000")
    assert starts(text) == ["03-01 00:00", "03-03 00:00"]


def test_rdate_alone_makes_a_series() -> None:
    text = entry("DTSTART:20260310T100000Z DTEND:20260310T110000Z RDATE:20260305T080000Z")
    assert spans(text) == ["03-05 08:00 > 03-05 09:00 0", "03-10 10:00 > 03-10 11:00 0"]


def test_rdate_periods_bring_their_own_length() -> None:
    text = entry(
        f"DTSTART;{BERLIN}:20260310T100000 DURATION:PT1H "
        f"RDATE;VALUE=PERIOD;{BERLIN}:20260311T100000/PT30M,20260312T100000/20260312T130000"
    )
    assert [each.removesuffix(" 0") for each in spans(text)] == [
        "03-10 09:00 > 03-10 10:00",
        "03-11 09:00 > 03-11 09:30",
        "03-12 09:00 > 03-12 12:00",
    ]


def test_a_long_rdate_period_reaches_into_the_window() -> None:
    text = entry("DTSTART:20260101T100000Z RDATE;VALUE=PERIOD:20260201T000000Z/P30D")
    assert starts(text, "2026-02-20", "2026-02-21") == ["02-01 00:00"]


def test_an_rdate_day_on_a_timed_series_is_at_the_time_of_dtstart() -> None:
    text = entry(f"DTSTART;{BERLIN}:20260310T100000 RDATE;VALUE=DATE:20260401")
    assert starts(text) == ["03-10 09:00", "04-01 08:00"]


def test_dtend_gives_an_exact_length_and_duration_nominal_days() -> None:
    """RFC 5545 §3.8.5.3: 28 March 22:00 to 29 March 22:00 in Berlin is 23 hours."""
    exact = f"DTSTART;{BERLIN}:20260327T220000 DTEND;{BERLIN}:20260328T220000 RRULE:FREQ=DAILY;COUNT=2"
    assert spans(entry(exact))[1] == "03-28 21:00 > 03-29 21:00 0"
    nominal = f"DTSTART;{BERLIN}:20260327T220000 DURATION:P1D RRULE:FREQ=DAILY;COUNT=2"
    assert spans(entry(nominal))[1] == "03-28 21:00 > 03-29 20:00 0"
    hours = f"DTSTART;{BERLIN}:20260327T220000 DURATION:PT24H RRULE:FREQ=DAILY;COUNT=2"
    assert spans(entry(hours))[1] == "03-28 21:00 > 03-29 21:00 0"


def test_all_day_events_last_days_whatever_the_clocks_do() -> None:
    text = entry("DTSTART;VALUE=DATE:20260328 DTEND;VALUE=DATE:20260330 RRULE:FREQ=WEEKLY;COUNT=2")
    assert spans(text) == ["03-28 00:00 > 03-30 00:00 0", "04-04 00:00 > 04-06 00:00 0"]


def test_times_in_a_rule_are_ignored_on_an_all_day_series() -> None:
    assert starts(entry("DTSTART;VALUE=DATE:20260328 RRULE:FREQ=DAILY;BYHOUR=9;COUNT=2")) == [
        "03-28 00:00",
        "03-29 00:00",
    ]


def test_what_began_before_the_window_and_lasts_into_it_is_found() -> None:
    text = entry("DTSTART:20260101T000000Z DTEND:20260111T000000Z RRULE:FREQ=MONTHLY")
    assert starts(text, "2026-05-10", "2026-05-11") == ["05-01 00:00"]


def test_tasks_occur_at_their_dtstart_or_their_due() -> None:
    both = entry("DTSTART:20260310T100000Z DUE:20260310T120000Z RRULE:FREQ=DAILY;COUNT=2", kind="VTODO")
    assert spans(both) == ["03-10 10:00 > 03-10 12:00 0", "03-11 10:00 > 03-11 12:00 0"]
    due = entry("DUE:20260310T100000Z RRULE:FREQ=DAILY;COUNT=2", kind="VTODO")
    assert spans(due) == ["03-10 10:00 > 03-10 10:00 0", "03-11 10:00 > 03-11 10:00 0"]
    assert starts(entry("RRULE:FREQ=DAILY", kind="VTODO")) == []
    assert starts(entry("SUMMARY:x", kind="VTODO")) == []


def test_a_journal_of_a_day_lasts_that_day() -> None:
    text = entry("DTSTART;VALUE=DATE:20260310 RRULE:FREQ=DAILY;COUNT=2", kind="VJOURNAL")
    assert spans(text)[1] == "03-11 00:00 > 03-12 00:00 0"
    assert starts(entry("SUMMARY:x", kind="VJOURNAL")) == []


def test_an_endless_series_says_how_far_it_was_followed() -> None:
    text = entry("DTSTART:20260310T100000Z RRULE:FREQ=DAILY")
    found = expanded(text, limit=10)
    assert len(found.occurrences) == 10
    assert (found.complete_from, found.complete_until) == (None, seconds("2026-03-20 10:00"))
    window = expanded(text, "2026-04-01", "2026-05-01")
    assert (len(window.occurrences), window.complete_from, window.complete_until) == (
        30,
        seconds("2026-04-01"),
        seconds("2026-05-01"),
    )


def test_a_series_that_lies_inside_the_window_is_complete_for_ever() -> None:
    moved = "RECURRENCE-ID:20260312T100000Z DTSTART:20260401T100000Z"
    found = expanded(entry(DAILY, moved), "2026-01-01", "2027-01-01")
    assert (found.complete_from, found.complete_until) == (None, None)
    cut = expanded(entry(DAILY, moved), "2026-01-01", "2026-03-31")
    assert (cut.complete_from, cut.complete_until) == (None, seconds("2026-03-31"))


@pytest.mark.parametrize("freq", ["SECONDLY", "MINUTELY"])
def test_endless_seconds_are_followed_from_the_window_on_as_far_as_the_limit_goes(freq: str) -> None:
    found = expanded(entry(f"DTSTART:19700101T000000Z RRULE:FREQ={freq}"), "2026-01-01", "2031-01-01", limit=100)
    step = {"SECONDLY": 1, "MINUTELY": 60}[freq]
    first = seconds("2026-01-01")
    assert [each.start for each in found.occurrences] == list(range(first, first + 100 * step, step))
    assert found.complete_until == first + 100 * step


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1,3,5",
        "FREQ=SECONDLY;BYDAY=MO;COUNT=999999999",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
    ],
)
def test_a_rule_that_hardly_ever_matches_gives_up_and_says_so(rule: str) -> None:
    found = expanded(entry(f"DTSTART:19700101T000000Z RRULE:{rule}"), "", "", limit=5)
    assert found.occurrences[0].start == 0
    assert found.complete_until is None or found.complete_until > 0


def test_a_second_master_is_shown_as_it_stands() -> None:
    text = entry(DAILY, "DTSTART:20260601T100000Z DTEND:20260601T110000Z")
    assert spans(text, "2026-05-01") == ["06-01 10:00 > 06-01 11:00 1"]


@pytest.mark.parametrize("edge", ["00010101", "99991231"])
def test_the_ends_of_the_calendar_are_survived(edge: str) -> None:
    text = entry(f"DTSTART;{BERLIN}:{edge}T120000 RRULE:FREQ=YEARLY")
    assert expanded(text, "2026-02-01", "2026-06-01").occurrences == ()
    assert len(expand(read(text), -(1 << 60), 1 << 60, limit=3).occurrences) <= 3
