"""Reading entries: what is refused and why, what every oddity of the corpus means, and that nothing else escapes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import InvalidData, TooLarge, UnsupportedKind
from storage.ical.lines import dump, parse
from storage.ical.read import Content, decode, read
from storage.model import Kind
from storage.records import ComponentRecord

_ICS = Path(__file__).parents[2] / "ics"
_TEXTS = [decode(each.read_bytes()) for each in sorted(_ICS.glob("*.ics"))]
_REFUSED = {"039": UnsupportedKind, "040": InvalidData, "041": InvalidData}


def _read(number: str) -> Content:
    return read(decode(next(_ICS.glob(f"{number}-*.ics")).read_bytes()))


def _one(number: str) -> ComponentRecord:
    return _read(number).components[0]


def _event(body: str, head: str = "") -> str:
    return f"BEGIN:VCALENDAR\r\n{head}BEGIN:VEVENT\r\nUID:u\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def _utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())


def test_the_corpus_survives_byte_for_byte(corpus_file: Path) -> None:
    data = corpus_file.read_bytes()
    if corpus_file.name.startswith("085"):
        assert dump(parse(decode(data))).encode().replace(b"\r\n ", b"") == data.replace(b"\r\n ", b"")
    else:
        assert dump(parse(decode(data))).encode() == data


def test_the_corpus_is_read(corpus_file: Path) -> None:
    text = decode(corpus_file.read_bytes())
    refusal = _REFUSED.get(corpus_file.name[:3])
    if refusal:
        with pytest.raises(refusal):
            read(text)
        return
    content = read(text)
    assert dump(content.tree) == text
    assert content.uid
    for record in content.components:
        assert (
            record.name
            == {"event": "VEVENT", "todo": "VTODO", "journal": "VJOURNAL", "freebusy": "VFREEBUSY"}[content.kind.value]
        )
        assert (record.start is None) == (record.start_local == "")
        assert record.end is None or record.start is None or record.end >= record.start


@pytest.mark.parametrize(
    ("number", "start", "end", "zone"),
    [
        ("002", "2026-03-05T09:00:00", "2026-03-05T10:30:00", "Europe/Berlin"),
        ("003", "2026-03-05T07:00:00", "2026-03-05T07:15:00", ""),
        ("004", "2026-05-01", "2026-05-02", ""),
        ("005", "2026-05-01", "2026-05-02", ""),
        ("006", "2026-03-05T09:00:00", "2026-03-05T09:00:00", "UTC"),
        ("007", "2026-03-28T23:00:00", "2026-03-30T01:30:00", "Europe/Berlin"),
        ("008", "2026-07-06", "2026-07-20", ""),
        ("009", "2026-03-28", "2026-03-31", ""),
        ("010", "2026-03-05T12:00:00", "2026-03-05T12:00:00", "UTC"),
        ("048", "2026-03-05T10:00:00", "2026-03-05T11:00:00", "Europe/Berlin"),
        ("049", "2026-03-05T10:00:00", "2026-03-05T11:00:00", "Europe/Amsterdam"),
        ("052", "2026-07-05T10:00:00", "2026-07-05T11:00:00", "UTC"),
        ("053", "2026-07-05T10:00:00", "2026-07-05T11:00:00", "America/Los_Angeles"),
        ("054", "2026-03-05T10:00:00", "2026-03-05T11:00:00", "Europe/Berlin"),
        ("055", "2026-03-05T10:00:00", "2026-03-05T11:00:00", "Middle Earth/Shire"),
        ("061", "2026-01-08T09:30:00", "2026-01-08T09:30:00", "Europe/Berlin"),
        ("065", "2026-03-05T10:00:00", "2026-03-06T00:00:00", "Europe/Berlin"),
        ("066", "2026-03-05", "2026-03-07", ""),
        ("067", "2026-03-05", "2026-03-06", ""),
        ("068", "2026-03-05T19:25:00", "2026-03-05T19:25:00", "UTC"),
        ("069", "2026-03-05T09:00:00", "2026-03-05T10:00:00", "UTC"),
        ("070", "2026-03-05T09:00:00", "2026-03-05T10:00:00", "Europe/Berlin"),
        ("071", "2026-07-04", "2026-07-05", ""),
        ("072", "2025-12-22", "2026-01-01", ""),
        ("073", "2026-03-05T22:00:00", "2026-03-06T00:00:00", "UTC"),
        ("074", "2016-12-31T23:59:00", "2016-12-31T23:59:59", "UTC"),
        ("076", "2026-03-05T09:00:00", "2026-03-05T09:00:00", "UTC"),
    ],
)
def test_when_an_event_is(number: str, start: str, end: str, zone: str) -> None:
    record = _one(number)
    assert (record.start_local, record.end_local, record.start_zone) == (start, end, zone)
    assert record.all_day == (len(start) == 10)
    try:
        known = ZoneInfo(zone or "UTC")
    except ZoneInfoNotFoundError:
        known = ZoneInfo("UTC")
    assert record.start == datetime.fromisoformat(start).replace(tzinfo=known).timestamp()
    assert record.end == datetime.fromisoformat(end).replace(tzinfo=known).timestamp()


def test_custom_and_broken_zones() -> None:
    assert _one("050").start == _utc(2026, 3, 5, 4, 30)
    assert _one("051").start == _utc(2026, 7, 5, 8, 0)
    assert (_one("055").floating, _one("056").floating, _one("050").floating) == (True, True, False)


def test_tasks_and_journals() -> None:
    due_only, everything, done, mixed = _one("031"), _one("032"), _one("033"), _one("035")
    assert (due_only.start, due_only.end, due_only.priority) == (None, _utc(2026, 4, 15, 17), 1)
    assert (everything.status, everything.percent, everything.categories) == ("IN-PROCESS", 40, ("Garden", "Home"))
    assert (done.completed, done.percent, done.end) == (_utc(2026, 1, 2, 8, 30), 100, None)
    assert (_one("034").end_local, _one("034").recurring) == ("2026-01-04", True)
    assert (mixed.start_local, mixed.end_local) == ("2026-01-05T09:00:00", "2026-01-07T00:00:00")
    assert (_read("036").kind, _one("036").start_local, _one("036").end) == (Kind.JOURNAL, "2026-03-17", None)
    assert _one("037").start is None


def test_series_and_overrides() -> None:
    series = _read("019").components
    assert [each.recurrence_id for each in series] == ["", "20260316T080000Z", "20260323T080000Z"]
    assert [each.recurring for each in series] == [True, False, False]
    assert (series[1].summary, series[2].status) == ("Team (moved)", "CANCELLED")
    assert [each.this_and_future for each in _read("020").components] == [False, True]
    assert [each.recurrence_id for each in _read("022").components] == ["20260316T080000Z", "20260323T080000Z"]
    assert [each.recurrence_id for each in _read("023").components] == ["20260308", ""]
    assert [each.summary for each in _read("024").components] == ["Master", "Override that forgot its UID"]
    assert [each.recurrence_id for each in _read("099").components] == ["", ""]
    assert [each.recurrence_id for each in _read("100").components] == ["", "20260315"]
    assert (_one("098").recurring, _one("098").start, _one("098").end) == (True, None, None)
    assert [_one(each).recurring for each in ("016", "017", "018", "075", "076", "077")] == [True] * 3 + [False] * 2 + [
        True
    ]


def test_only_what_may_be_expanded_keeps_its_tree() -> None:
    for number in ("016", "019", "024", "099"):
        series = _read(number)
        assert series.light() is series
    plain = _read("001")
    assert plain.light().tree.children == []
    assert (plain.light().uid, plain.light().components) == (plain.uid, plain.components)


def test_people() -> None:
    record = _one("025")
    assert record.organizer == {
        "email": "alice@example.org",
        "name": "Smith, Alice",
        "uri": "mailto:alice@example.org",
        "sent_by": "assistant@example.org",
    }
    by_name: dict[str, Any] = {each["name"]: each for each in record.attendees}
    assert list(by_name) == ["Smith, Alice", "Bob", "Carol", "Dave", "Blue Room", "Beamer", "Devs"]
    assert by_name["Bob"] == {
        "email": "bob@example.org",
        "name": "Bob",
        "uri": "mailto:bob@example.org",
        "sent_by": "",
        "partstat": "TENTATIVE",
        "role": "REQ-PARTICIPANT",
        "rsvp": True,
        "cutype": "",
    }
    assert by_name["Carol"]["delegated_to"] == ["dave@example.org"]
    assert by_name["Devs"]["member"] == ["a@example.org", "b@example.org"]
    assert (by_name["Beamer"]["email"], by_name["Beamer"]["cutype"]) == ("", "RESOURCE")
    assert [each["name"] for each in _one("026").attendees] == ['George Herman "Babe" Ruth', "Two\nlines and a ^caret"]
    assert [each["email"] for each in _one("044").attendees] == ["cyrus@example.org"]
    assert [(each["name"], each["email"], each["partstat"]) for each in _one("092").attendees] == [
        ("Bob Bobby Smith", "bob@example.org", ""),
        ("Open ended", "open@example.org", ""),
        ("'single'", "single@example.org", ""),
        ("No scheme", "plain@example.org", "ACCEPTED"),
    ]


def test_alarms() -> None:
    alarms = _one("027").alarms
    assert [(each["action"], each["trigger"], each["offset"], each["related"]) for each in alarms] == [
        ("DISPLAY", "-PT15M", -900, "START"),
        ("AUDIO", "PT5M", 300, "END"),
        ("EMAIL", "20260304T180000Z", None, ""),
        ("PROCEDURE", "-P1W", -604800, "START"),
    ]
    assert (alarms[2]["at"], alarms[1]["repeat"], alarms[1]["duration"]) == (_utc(2026, 3, 4, 18), 4, "PT1M")
    acknowledged = _one("028").alarms[0]
    assert (acknowledged["uid"], acknowledged["acknowledged"]) == (
        "8297c37d-ba2d-4476-91ae-c1eaa364f8e1",
        _utc(2026, 3, 5, 8, 46, 57),
    )
    assert [(each["action"], each["offset"]) for each in _one("059").alarms] == [("AUDIO", 0), ("NONE", None)]
    assert [(each["trigger"], each["offset"], each["at"]) for each in _one("076").alarms] == [("soon", None, None)]


def test_descriptive_properties() -> None:
    record = _one("029")
    assert record.description == "Line one\nLine two, with comma; semicolon and \\ backslash"
    assert record.categories == ("APPOINTMENT", "EDUCATION", "Ausbildung")
    assert (record.status, record.transparency, record.classification) == ("TENTATIVE", "TRANSPARENT", "CONFIDENTIAL")
    assert (record.priority, record.sequence, record.created) == (2, 3, _utc(2026, 1, 1, 8))
    assert record.url == "http://example.org/pub/calendars/jsmith/mytime.ics?a=b;c"
    assert _one("044").color == "turquoise"


def test_texts() -> None:
    assert _one("079").description == "folded with LF only"
    assert _one("083").summary == "Folded with a tab and another"
    assert (_one("084").summary, _one("084").status, _one("084").attendees[0]["partstat"]) == (
        "Lower case",
        "CONFIRMED",
        "ACCEPTED",
    )
    assert _one("085").summary == "Grüße aus Köln 🙂🙂"
    assert (_one("086").summary, _one("086").description) == ("In the middle", "first line")
    assert (_one("088").summary, _one("088").categories) == ("The name is folded", ("A", "B"))
    assert _one("093").summary == 'Capital\nnewline: colon, "quoted" \\x unknown \\n not a newline'
    assert _one("093").categories == ("a,b", "c", "d;e")
    assert _read("094").uid == "{A:B, C/D}%20*'@x , y"
    assert (_one("097").status, _one("097").classification) == ("CONFIRMED", "PRIVATE")
    assert _one("078").summary == "First"


def test_empty_properties_are_empty_fields() -> None:
    record = _one("075")
    empty = (record.summary, record.rrule, record.status, record.priority, record.categories, record.attendees)
    assert empty == ("", "", "", None, (), ())
    assert (record.organizer, record.sequence, record.created, record.url) == (None, 0, None, "")


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", InvalidData, "expected one VCALENDAR"),
        ("<html><body>Log in</body></html>", InvalidData, "expected one VCALENDAR"),
        ("BEGIN:VCARD\nFN:A\nEND:VCARD\n", InvalidData, "found VCARD"),
        ("BEGIN:VEVENT\nUID:u\nDTSTART:20260101\nEND:VEVENT\n", InvalidData, "found VEVENT"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n" * 2, InvalidData, "2 components"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\n", InvalidData, "never closed"),
        (_event("SUMMARY:x"), InvalidData, "no DTSTART"),
        (_event("DTSTART:tomorrow"), InvalidData, "no DTSTART"),
        (_event("DTSTART:20260231T100000"), InvalidData, "no DTSTART"),
        (_event("DTSTART:20260101").replace("UID:u", "UID: "), InvalidData, "without UID"),
        (_event("DTSTART:20260101").replace("UID:u", "X:u"), InvalidData, "without UID"),
        (_event("DTSTART:20260101\r\nRECURRENCE-ID:20260101").replace("UID:u", "X:u"), InvalidData, "has 0"),
        (_event("DTSTART:20260101\r\nRECURRENCE-ID:soon"), InvalidData, "not a date"),
        (_event("DTSTART:20260101\r\nRECURRENCE-ID;TZID=Asia/Tokyo:00010101T000000"), InvalidData, "years 1 to 9999"),
        (_event("DTSTART:20260101\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:v\r\nDTSTART:20260101"), InvalidData, "has 2"),
        (
            _event("DTSTART:20260101\r\nEND:VEVENT\r\nBEGIN:VTODO\r\nUID:u\r\nEND:VTODO\r\nBEGIN:VEVENT"),
            InvalidData,
            "VTODO",
        ),
        (_event("DTSTART:20260101\r\nSUMMARY:\x00"), InvalidData, "line 5: a NUL"),
        (_event("DTSTART:20260101\r\nSUMMARY:\ud83d"), InvalidData, "surrogate"),
        (_event("BEGIN:VALARM\r\n" * 100_000), TooLarge, "deeper"),
        (_event("DTSTART:20260101", "BEGIN:VTIMEZONE\r\nEND:VTIMEZONE\r\n" * 1001), TooLarge, "1001 VTIMEZONEs"),
    ],
)
def test_what_is_refused(text: str, error: type[InvalidData], words: str) -> None:
    with pytest.raises(error, match=words):
        read(text)


@pytest.mark.parametrize(
    "data", [b"SUMMARY:\xff", b"X\nSUMMARY:caf\xe9", b"\x80", b"\xc3\r\n A", b"a\x00b", b"\xff\xfeB\x00"]
)
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidData, match=r"line [12]: "):
        decode(data)


def test_a_byte_order_mark_is_kept() -> None:
    assert decode(b"\xef\xbb\xbfBEGIN:VCALENDAR")[0] == "\ufeff"


def test_a_series_with_800_overrides_is_read() -> None:
    override = "BEGIN:VEVENT\nUID:u\nRECURRENCE-ID:{0}T090000Z\nDTSTART:{0}T100000Z\nSUMMARY:o\nEND:VEVENT\n"
    days = [f"{2024 + n // 336}{n % 336 // 28 + 1:02}{n % 28 + 1:02}" for n in range(800)]
    master = "BEGIN:VEVENT\nUID:u\nDTSTART:20240101T090000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
    text = f"BEGIN:VCALENDAR\n{master}{''.join(override.format(day) for day in days)}END:VCALENDAR\n"
    assert len({each.recurrence_id for each in read(text).components}) == 801


def test_a_line_of_one_megabyte_is_read() -> None:
    assert (
        len(read(_event(f"DTSTART:20260101\r\nDESCRIPTION:{'x' * 1_000_000}")).components[0].description) == 1_000_000
    )
    for character in '",\\\r;:^':
        read(_event(f"DTSTART:20260101\r\nCATEGORIES;X=a{character * 200_000}:{character * 200_000}"))


@given(st.text())
def test_only_our_errors_escape_for_any_text(text: str) -> None:
    with pytest.raises(InvalidData):
        read(text)


@given(st.binary())
def test_only_our_errors_escape_for_any_bytes(data: bytes) -> None:
    try:
        assert decode(data).encode() == data
    except InvalidData:
        assert data


@settings(max_examples=300)
@given(st.sampled_from(_TEXTS), st.data())
def test_only_our_errors_escape_for_mutations_of_the_corpus(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 6))
        grown = data.draw(
            st.sampled_from(["", "\n", "\r\n ", ":", ";", ",", "=", '"', "P", "T", "Z", "0", "9" * 9, "-", "é"])
        )
        text = text[:at] + grown + text[at + cut :]
    try:
        content = read(text)
    except InvalidData:
        return
    assert dump(content.tree) == text


@settings(max_examples=300)
@given(
    st.sampled_from(
        ["DTEND", "DURATION", "RDATE", "RRULE", "EXDATE", "DUE", "CREATED", "SEQUENCE", "ATTENDEE", "TRIGGER"]
    ),
    st.sampled_from(["", ";VALUE=DATE", ";VALUE=PERIOD", ";TZID=Europe/Berlin", ";TZID=Nowhere", ";TZID=", ";RELATED"]),
    st.text(alphabet="0123456789TZPDWHMS+-/:,;.ü ", max_size=20),
)
def test_no_value_of_an_optional_property_prevents_reading(name: str, params: str, value: str) -> None:
    body = f"DTSTART;TZID=Europe/Berlin:20260101T100000\r\n{name}{params}:{value}"
    record = read(_event(f"{body}\r\nBEGIN:VALARM\r\n{name}{params}:{value}\r\nEND:VALARM")).components[0]
    assert record.end is not None
    assert record.start is not None
    assert record.end >= record.start
