"""What others see of an entry: the times stay what they are, and nothing that is hidden shows in any form."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidData
from storage.ical.lines import escape, line
from storage.ical.privacy import BUSY, busy_time, redacted
from storage.ical.read import Content, decode, read
from storage.recurrence.expand import expand
from tests.storage.texts import calendar, event, todo

ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Here\r\nCOMMENT:hush\r\nX-LIC-LOCATION:Europe/Berlin\r\nBEGIN:STANDARD\r\n"
    "DTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:hush\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\n"
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "END:VTIMEZONE\r\n"
)


def seen(text: str, *, busy: bool) -> str:
    """What others see; the text itself where nothing is hidden."""
    found = redacted(text, busy=busy)
    return text if found is None else found


def instances(content: Content) -> list[tuple[int, int, str]]:
    found = expand(content, 0, 2_000_000_000, limit=500).occurrences
    return [(each.start, each.end, each.recurrence_id) for each in found]


def one(more: str, *, classification: str = "PRIVATE") -> str:
    return event(more=f"CLASS:{classification}\r\n{more}")


def series(*overrides: str, master: str = "") -> str:
    """A daily series; each override is its RECURRENCE-ID's day and further lines."""
    text = (
        "BEGIN:VEVENT\r\nUID:s\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260301T090000Z\r\nDURATION:PT1H\r\n"
        f"RRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:open\r\n{master}END:VEVENT\r\n"
    )
    for each in overrides:
        day, _, lines = each.partition(" ")
        text += (
            f"BEGIN:VEVENT\r\nUID:s\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:202603{day}T090000Z\r\n"
            f"DTSTART:202603{day}T120000Z\r\nDURATION:PT1H\r\n{lines}END:VEVENT\r\n"
        )
    return calendar(text)


@pytest.mark.parametrize("text", [event(), one("", classification="PUBLIC"), one("", classification=" public ")])
def test_nothing_is_hidden_of_what_is_public(text: str) -> None:
    assert redacted(text, busy=False) is None


@pytest.mark.parametrize("word", ["PRIVATE", "CONFIDENTIAL", "private", "X-FAMILY", "secret stuff"])
def test_every_other_class_hides(word: str) -> None:
    view = seen(one("LOCATION:hush\r\n", classification=word), busy=False)
    shown = "CONFIDENTIAL" if word == "CONFIDENTIAL" else "PRIVATE"
    assert view.replace("\r\n", "\n").splitlines() == [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//CalHarbor//EN", "BEGIN:VEVENT", "UID:one@example.org"),
        *("DTSTAMP:19700101T000000Z", "DTSTART:20261121T100000Z", "DTEND:20261121T110000Z", f"CLASS:{shown}"),
        *(f"SUMMARY:{BUSY}", "END:VEVENT", "END:VCALENDAR"),
    ]


def test_a_class_whose_name_is_folded_hides_too() -> None:
    assert "Standup" not in seen(event(more="CLA\r\n SS:PRIVATE\r\n"), busy=False)


def test_nothing_of_a_zone_shows_but_its_rules() -> None:
    text = event(start=";TZID=Here:20260701T100000", end=";TZID=Here:20260701T110000", more="CLASS:PRIVATE\r\n")
    text = text.replace("BEGIN:VEVENT", f"{ZONE}BEGIN:VEVENT")
    view = seen(text, busy=False)
    assert "hush" not in view
    assert instances(read(view)) == instances(read(text)) == [(1782892800, 1782896400, "")]


def test_a_zone_that_only_something_hidden_needs_is_left_out() -> None:
    text = one("BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER;TZID=Here:20260701T100000\r\nEND:VALARM\r\n")
    assert "Here" not in seen(text.replace("BEGIN:VEVENT", f"{ZONE}BEGIN:VEVENT"), busy=False)


def test_a_private_override_hides_itself_alone() -> None:
    text = series("02 CLASS:PRIVATE\r\nSUMMARY:hush\r\n", "03 SUMMARY:seen\r\nX-KEEP;A=b:c,d\r\n")
    view = seen(text, busy=False)
    assert "hush" not in view
    assert "SUMMARY:open\r\n" in view
    assert "SUMMARY:seen\r\nX-KEEP;A=b:c,d\r\n" in view
    assert instances(read(view)) == instances(read(text))


def test_an_override_without_a_class_is_as_private_as_its_series() -> None:
    text = series("02 SUMMARY:hush\r\n", "03 SUMMARY:seen\r\nCLASS:PUBLIC\r\n", master="CLASS:CONFIDENTIAL\r\n")
    view = seen(text, busy=False)
    assert "hush" not in view
    assert "open" not in view
    assert "SUMMARY:seen" in view
    assert view.count("CLASS:CONFIDENTIAL") == 2


@pytest.mark.parametrize("busy", [True, False])
def test_every_file_of_the_corpus_keeps_its_times(corpus_file: Path, busy: bool) -> None:
    try:
        text = decode(corpus_file.read_bytes())
        before = read(text)
    except InvalidData:
        return
    if any(each.start is None for each in before.components if each.name == "VEVENT"):
        return  # an invitation's answer, which has a METHOD and no place in a calendar
    after = read(seen(text, busy=busy))
    assert instances(after) == instances(before)
    assert (after.uid, after.kind) == (before.uid, before.kind)
    if busy:
        assert {each.summary for each in after.components} == {BUSY}
        assert seen(seen(text, busy=True), busy=True) == seen(text, busy=True)


HIDDEN = st.sampled_from(
    ["SUMMARY", "LOCATION", "DESCRIPTION", "X-ANY", "ATTENDEE", "CATEGORIES", "SEQUENCE", "LAST-MODIFIED", "CREATED",
     "COMMENT", "URL", "ATTACH", "PRIORITY", "GEO", "COLOR", "DTSTAMP"]
)  # fmt: skip
WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(lambda w: f"hush{w}hush")


@st.composite
def hidden_lines(draw: st.DrawFn) -> str:
    """Properties, and an alarm with them, that nobody else may see."""
    lines = "".join(
        line(draw(HIDDEN), escape(draw(WORDS)), {"X-P": [draw(WORDS)]}).raw for _ in range(draw(st.integers(0, 5)))
    )
    return f"{lines}BEGIN:VALARM\r\n{lines}END:VALARM\r\n" if draw(st.booleans()) else lines


@given(hidden_lines(), hidden_lines(), st.booleans())
def test_two_entries_that_differ_in_what_is_hidden_look_the_same(some: str, others: str, busy: bool) -> None:
    first, second = seen(one(some), busy=busy), seen(one(others), busy=busy)
    assert first == second
    assert "hush" not in first


@given(hidden_lines())
def test_busy_time_tells_nothing_else(lines: str) -> None:
    view = busy_time(one(lines), "opaque")
    assert "hush" not in view
    assert "one@example.org" not in view
    assert "CLASS" not in view


@given(st.text())
def test_a_text_that_is_no_calendar_shows_nothing(text: str) -> None:
    assert seen(f"BEGIN:VCALENDAR\r\n{text}", busy=True).count("\r\n") == 4


@pytest.mark.parametrize(
    "text", [event(more="TRANSP:TRANSPARENT\r\n"), event(more="STATUS:CANCELLED\r\n"), todo(more="DUE:20260301\r\n")]
)
def test_what_takes_no_time_is_not_busy(text: str) -> None:
    assert busy_time(text, "u") == ""


def test_what_one_has_declined_takes_no_time_of_ones_own() -> None:
    text = event(more="ATTENDEE;PARTSTAT=DECLINED:MAILTO:Me@X\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:you@x\r\n")
    assert busy_time(text, "u", ["mailto:me@x"]) == ""
    assert busy_time(text, "u", ["mailto:you@x"]) == busy_time(text, "u") != ""


def test_a_free_instance_is_taken_out_of_a_busy_series() -> None:
    text = series("02 TRANSP:TRANSPARENT\r\n", "03 SUMMARY:moved\r\n", "04 STATUS:CANCELLED\r\n")
    starts = [start for start, _end, _key in instances(read(busy_time(text, "u")))]
    day = 1772323200
    assert starts == [day + 9 * 3600, day + 2 * 86400 + 12 * 3600, day + 4 * 86400 + 9 * 3600]


def test_a_busy_instance_of_a_free_series_stands_alone() -> None:
    text = series("02 SUMMARY:busy\r\n", "03 TRANSP:TRANSPARENT\r\n", master="TRANSP:TRANSPARENT\r\n")
    assert len(instances(read(busy_time(text, "u")))) == 1


CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c1\r\nFN:hush\r\nN:hush;;;;\r\n{}TEL:hush\r\nEND:VCARD\r\n"


@pytest.mark.parametrize("lines", ["", "CLASS:PUBLIC\r\n"])
def test_a_contact_is_shown_whole(lines: str) -> None:
    assert redacted(CARD.format(lines), busy=False) is None


def test_a_private_contact_is_only_there() -> None:
    text = redacted(CARD.format("CLASS:PRIVATE\r\n"), busy=False) or ""
    assert text.split() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "UID:c1",
        "FN:Private",
        "N:Private;;;;",
        "CLASS:PRIVATE",
        "END:VCARD",
    ]
