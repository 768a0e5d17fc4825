"""Each repair: what the strict reading refuses, the lenient one understands; valid values stay untouched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ical import quirks
from storage.ical.lines import Line, line, parse

_STRICT_MOMENT = re.compile(r"[0-9]{8}(T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z?)?")
_STRICT_DURATION = re.compile(r"[+-]?P([0-9]+W|([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?)(?<!P)")


def _line(text: str) -> Line:
    child = parse(text).children[0]
    assert isinstance(child, Line)
    return child


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("DTSTART:19970901T1300Z", "DTSTART:19970901T130000Z"),
        ("DTSTART:20260101Z", "DTSTART;VALUE=DATE:20260101"),
        ("DTSTART;VALUE=DATE:20260101T", "DTSTART;VALUE=DATE:20260101"),
        ("DTSTART:20260101T100000+0130", "DTSTART:20260101T083000Z"),
        ("DTSTART:20260101T003000-03:00", "DTSTART:20260101T033000Z"),
        ("DTSTART:20261231T235960Z", "DTSTART:20261231T235959Z"),
        ("DTEND;TZID=Europe/Berlin:20261231T240000", "DTEND;TZID=Europe/Berlin:20270101T000000"),
        ("DTSTART;VALUE=DATE:20251222T000000", "DTSTART;VALUE=DATE:20251222"),
        ("DTSTART;VALUE=DATE;TZID=Europe/Berlin:20251222T000000Z", "DTSTART;TZID=Europe/Berlin;VALUE=DATE:20251222"),
        ("dtstart:20210704", "DTSTART;VALUE=DATE:20210704"),
        ("DTSTART: 20260101t100000z ", "DTSTART:20260101T100000Z"),
        ("DTSTART;TZID=Europe/Berlin:20260101T100000Z", "DTSTART:20260101T100000Z"),
        ("EXDATE:20260101T1000Z,20260102T1000Z", "EXDATE:20260101T100000Z,20260102T100000Z"),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE;X-Y=1:20260101", "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260101"),
    ],
)
def test_moments_are_repaired(written: str, read: str) -> None:
    source = _line(written)
    strict = all(_STRICT_MOMENT.fullmatch(each) for each in source.value.split(","))
    typed = (source.param("VALUE") == "DATE") == (len(source.value) == 8)
    assert not strict or not typed or "TZID" in source.params
    assert quirks.repaired(source).raw == f"{read}\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "DTSTART:20260101T100000Z",
        "DTSTART;TZID=Europe/Berlin:20260101T100000",
        "DTSTART;VALUE=DATE:20260101",
        "DTSTART:nonsense",
        "DTSTART:",
        "DTSTART:20260101T250000",
        "DTSTART:99991231T240000",
        "DTSTART:20260101T100000+9999",
        "DTSTART:00010101T000000+0100",
        "RDATE;VALUE=PERIOD:20260101T100000Z/PT1H",
        "DTSTART:2026\r0101",
        "DTSTART:２０２６０１０１",
    ],
)
def test_what_is_right_or_beyond_repair_stays(text: str) -> None:
    source = _line(text)
    assert quirks.repaired(source) is source


@given(st.text(alphabet="0123456789TZtz+-:/, \r", max_size=24), st.sampled_from(["", "DATE", "DATE-TIME", "PERIOD"]))
def test_repairing_a_moment_never_raises_and_settles(value: str, kind: str) -> None:
    once = quirks.repaired(Line(f"DTSTART{f';VALUE={kind}' if kind else ''}:{value}", "DTSTART"))
    assert quirks.repaired(once) is once


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("PT", "PT0S"),
        ("P", "PT0S"),
        ("-P", "-PT0S"),
        ("-PT0DT0H10M0S", "-P0DT0H10M0S"),
        ("-PT1D", "-P1D"),
        ("p1dt2h", "P1DT2H"),
        (" PT 15M ", "PT15M"),
        ("P1W2D", "P9D"),
        ("P1WT1H", "P7DT1H"),
        ("P2H", "PT2H"),
    ],
)
def test_durations_are_repaired(written: str, read: str) -> None:
    assert not _STRICT_DURATION.fullmatch(written)
    assert quirks.duration(written) == read


@pytest.mark.parametrize("text", ["PT15M", "-P1D", "P2W", "+PT1H30M", "P1DT0S", "", "15M", "P5M", "PXT", "x-PT1M"])
def test_right_and_hopeless_durations_stay(text: str) -> None:
    assert quirks.duration(text) == text.upper()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("FREQ=DAILY;COUNT=2", "FREQ=DAILY;COUNT=2"),
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        ("freq=weekly; byday=mo;;UNTIL=;", "FREQ=WEEKLY;BYDAY=MO"),
        ("", ""),
        ("COUNT=3", ""),
    ],
)
def test_rules_are_repaired(written: str, read: str) -> None:
    assert quirks.recurrence_rule(written) == read


@pytest.mark.parametrize(
    ("value", "email", "address"),
    [
        ("mailto:a@example.org", "", "a@example.org"),
        ("MAILTO:A@example.org", "", "A@example.org"),
        ("mailto:mailto:a@example.org", "", "a@example.org"),
        (" a@example.org", "", "a@example.org"),
        ("urn:uuid:4a7f", "a@example.org", "a@example.org"),
        ("/principals/users/a@b", "a@example.org", "a@example.org"),
        ("invalid:nomail", "", ""),
        ("http://example.org/@a", "", ""),
        ("", "", ""),
    ],
)
def test_calendar_addresses_are_read(value: str, email: str, address: str) -> None:
    assert quirks.calendar_address(value, email) == address


def test_status_words_are_spelled_as_the_standard_does() -> None:
    assert [quirks.status(each) for each in (" Confirmed", "Canceled", "x-mine")] == [
        "CONFIRMED",
        "CANCELLED",
        "X-MINE",
    ]


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), (" 0 ", 0), ("-1", None), ("11", None), ("high", None), ("٣", None)]
)
def test_numbers_within_bounds(text: str, value: int | None) -> None:
    assert quirks.number(text, 0, 9) == value


@given(st.text(alphabet="aü€🙂ß字", max_size=30), st.integers(1, 12), st.sampled_from([b"\r\n ", b"\n\t"]))
def test_torn_characters_are_made_whole(text: str, width: int, fold: bytes) -> None:
    data = text.encode()
    torn = fold.join(data[at : at + width] for at in range(0, len(data), width))
    if width >= 4:
        assert _line("X:" + quirks.split_characters(b"X:" + torn).decode()[2:]).value == text
    whole = fold.join(each.encode() for each in text)
    assert quirks.split_characters(whole) == whole


def test_a_new_line_needs_no_repair() -> None:
    made = line("DTSTART", "20260101T100000", {"TZID": ["Europe/Berlin"]})
    assert quirks.repaired(made) is made
