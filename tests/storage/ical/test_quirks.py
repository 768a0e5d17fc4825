"""Each repair: what the strict reading refuses, the lenient one understands; valid values stay untouched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ical import quirks
from storage.ical.lines import Line, parse
from storage.ical.values import Moment, moment, recurrence_key

_STRICT_MOMENT = re.compile(r"[0-9]{8}(T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z?)?")
_STRICT_DURATION = re.compile(r"[+-]?P([0-9]+W|([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?)(?<!P)")


def _line(text: str) -> Line:
    child = parse(text).children[0]
    assert isinstance(child, Line)
    return child


@pytest.mark.parametrize(
    ("text", "is_broken_by"),
    [
        ("DTSTART:19970901T1300Z", "RFC 2445 examples"),
        ("DTSTART:20260101T100000+0130", "offsets"),
        ("DTSTART:20261231T235960Z", "leap seconds"),
        ("DTSTART;TZID=Europe/Berlin:20261231T240000", "hour 24"),
        ("DTSTART;VALUE=DATE:20251222T000000", "macOS"),
        ("dtstart:20210704", "calendarlabs.com"),
        ("DTSTART: 20260101t100000z ", "lower case and blanks"),
        ("DTSTART;TZID=Europe/Berlin:20260101T100000Z", "a zone and Z"),
    ],
)
def test_broken_single_values_are_read_by_values(text: str, is_broken_by: str) -> None:
    source = _line(text)
    is_date = len(source.value) == 8
    strict = _STRICT_MOMENT.fullmatch(source.value) and (source.param("VALUE") == "DATE") == is_date
    assert not strict or "TZID" in source.params, is_broken_by
    assert moment(source, None).epoch > 0


def _at(text: str) -> Moment:
    return moment(_line(f"X{text}"), None)


@pytest.mark.parametrize(
    ("start", "end", "local", "zone_name"),
    [
        (";TZID=Europe/Berlin:20260305T100000", ";VALUE=DATE:20260306", "2026-03-06T00:00:00", "Europe/Berlin"),
        (";TZID=Europe/Berlin:20260305T100000", ":20260305T110000", "2026-03-05T11:00:00", "Europe/Berlin"),
        (":20260305T100000", ";TZID=Europe/Berlin:20260305T110000", "2026-03-05T11:00:00", ""),
        (";VALUE=DATE:20260305", ":20260306T000000Z", "2026-03-06T00:00:00", ""),
        (";VALUE=DATE:20260305", ":20260306T120000Z", "2026-03-07T00:00:00", ""),
        (":20260305T100000Z", ";TZID=Europe/Berlin:20260305T120000", "2026-03-05T12:00:00", "Europe/Berlin"),
    ],
)
def test_ends_are_read_in_the_manner_of_their_start(start: str, end: str, local: str, zone_name: str) -> None:
    fixed = quirks.end_in_the_manner_of(_at(start), _at(end))
    assert (fixed.local.isoformat(), fixed.zone_name, fixed.all_day) == (local, zone_name, _at(start).all_day)
    assert quirks.end_counts(_at(start), fixed)


def test_ends_that_cannot_be_do_not_count() -> None:
    assert not quirks.end_counts(_at(":20260305T100000Z"), _at(":20260305T095959Z"))
    assert quirks.end_counts(_at(":20260305T100000Z"), _at(":20260305T100000Z"))
    assert not quirks.end_counts(_at(":20260305"), _at(":20260305"))


@pytest.mark.parametrize(
    ("start", "instance", "key"),
    [
        (";VALUE=DATE:20260301", ";TZID=W. Europe Standard Time:20260315T000000", "20260315"),
        (";TZID=Europe/Berlin:20260301T100000", ";VALUE=DATE:20260315", "20260315T090000Z"),
        (";TZID=Europe/Berlin:20260301T100000", ":20260315T100000", "20260315T090000Z"),
        (":20260301T100000", ":20260315T100000Z", "20260315T100000"),
        (":20260301T100000Z", ";TZID=Europe/Berlin:20260315T110000", "20260315T100000Z"),
    ],
)
def test_recurrence_ids_are_read_in_the_manner_of_the_series(start: str, instance: str, key: str) -> None:
    assert recurrence_key(quirks.recurrence_id_in_the_manner_of(_at(start), _at(instance))) == key


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ("a,b", ["a", "b"]),
        (" a ,,b,a", ["a", "b"]),
        (r"a\,b,c\;d,e\n", ["a,b", "c;d", "e"]),
        ("", []),
        ("a\\", ["a\\"]),
    ],
)
def test_lists_are_split_at_bare_commas(value: str, members: list[str]) -> None:
    assert quirks.split_list(value) == members


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
