"""New events: what a change of nothing writes, in which zones, and what is refused. Contract A.9, D03, D04, D39."""

from dataclasses import replace

import pytest

from storage.editing.change import Change, Custom, Description, Guest, RawProperty, Reminder, Times
from storage.editing.editor import Editor
from storage.editing.entry import created
from storage.errors import InvalidChange
from storage.ical.conference import EntryPoint, Meeting
from storage.ical.read import read
from tests.storage.editing.texts import ALICE, BERLIN, NOWHERE, at, events, said


def new(change: Change, editor: Editor = ALICE) -> str:
    """The text of a new event, which the mirror can read."""
    text = created(change, "new@example.com", editor)
    assert read(text).uid == "new@example.com"
    return text


def timed(start: str, end: str, *, zone: str | None = None, all_day: bool = False) -> Change:
    """An event at this time."""
    times = Times(at(start), at(end), all_day=all_day)
    return Change(name="n", times=replace(times, start_zone=zone, end_zone=zone) if zone else times)


@pytest.mark.parametrize(
    ("change", "editor", "start", "end"),
    [
        (
            timed("2025-03-04T10:00:00Z", "2025-03-04T11:00:00Z"),
            ALICE,
            "DTSTART;TZID=America/Los_Angeles:20250304T020000",
            "DTEND;TZID=America/Los_Angeles:20250304T030000",
        ),
        (
            timed("2025-03-04T10:00:00", "2025-03-04T11:00:00"),
            NOWHERE,
            "DTSTART:20250304T100000Z",
            "DTEND:20250304T110000Z",
        ),
        (
            timed("2024-03-31T03:30:00", "2024-03-31T04:30:00", zone="Europe/Paris"),
            ALICE,
            "DTSTART;TZID=Europe/Paris:20240331T033000",
            "DTEND;TZID=Europe/Paris:20240331T043000",
        ),
        (
            timed("2024-09-01T10:00:00-08:00", "2024-09-01T11:00:00-08:00", zone="America/Los_Angeles"),
            BERLIN,
            "DTSTART;TZID=America/Los_Angeles:20240901T110000",
            "DTEND;TZID=America/Los_Angeles:20240901T120000",
        ),
        (
            timed("2025-01-01", "2025-01-03", all_day=True),
            ALICE,
            "DTSTART;VALUE=DATE:20250101",
            "DTEND;VALUE=DATE:20250103",
        ),
        (
            timed("2025-01-01T22:00:00Z", "2025-01-01T23:00:00Z", all_day=True),
            ALICE,
            "DTSTART;VALUE=DATE:20250101",
            "DTEND;VALUE=DATE:20250102",
        ),
        (
            timed("2025-01-01T02:00:00Z", "2025-01-01T03:00:00Z", zone="America/Los_Angeles", all_day=True),
            BERLIN,
            "DTSTART;VALUE=DATE:20241231",
            "DTEND;VALUE=DATE:20250101",
        ),
        (
            timed("2025-01-01", "2025-01-02", zone="Europe/Paris"),
            ALICE,
            "DTSTART;TZID=Europe/Paris:20250101T000000",
            "DTEND;TZID=Europe/Paris:20250102T000000",
        ),
        (
            timed("2024-10-27T01:30:00Z", "2024-10-27T02:30:00Z"),
            BERLIN,
            "DTSTART:20241027T013000Z",
            "DTEND;TZID=Europe/Berlin:20241027T033000",
        ),
    ],
    ids=["instant", "no-zone", "naive", "offset-beats-zone", "days", "one-day", "day-in-zone", "midnights", "fold"],
)
def test_the_time_of_a_new_event(change: Change, editor: Editor, start: str, end: str) -> None:
    text = new(change, editor)
    assert (said(text, "DTSTART"), said(text, "DTEND")) == ([start], [end])


@pytest.mark.parametrize(
    "change",
    [
        timed("2025-03-04T11:00:00Z", "2025-03-04T10:00:00Z"),
        timed("2025-03-04", "2025-03-04", all_day=True),
        timed("2025-03-05", "2025-03-04", all_day=True),
        timed("2025-03-04T11:00:00Z", "2025-03-04T10:00:00Z", all_day=True),
        timed("9999-12-31T10:00:00Z", "9999-12-31T10:00:00Z", all_day=True),
        Change(name="n", times=Times(start=at("2025-03-04T11:00:00Z"))),
    ],
)
def test_an_end_that_cannot_be(change: Change) -> None:
    with pytest.raises(InvalidChange) as refused:
        new(change)
    assert refused.value.member == "end"


def test_an_event_of_no_length_is_one() -> None:
    assert said(new(timed("2025-03-04T10:00:00Z", "2025-03-04T10:00:00Z")), "DTEND")


def test_a_time_that_leaves_the_years_by_its_zone() -> None:
    with pytest.raises(InvalidChange, match="1 to 9999"):
        new(timed("0001-01-01T00:00:00", "0001-01-02T00:00:00", zone="Asia/Tokyo"))


def test_every_member_of_a_new_event() -> None:
    change = replace(
        timed("2025-03-04T10:00:00Z", "2025-03-04T11:00:00Z"),
        name="Hé, you; there\nand here",
        description=Description("Hello", "<p>Hello</p>"),
        location="Room 1",
        recurrence=("FREQ=WEEKLY;UNTIL=20250401", "EXDATE:20250311T100000Z"),
        attendees=(Guest("p@example.com", "P, the first", "ACCEPTED", required=False),),
        reminders=(Reminder(10), Reminder(60, "Text", ("q@example.com",), "Subject")),
        visibility="PRIVATE",
        transparent=True,
        custom=(Custom("color", "green"), Custom("gone", None)),
        meeting=Meeting("hangoutsMeet", (EntryPoint("https://meet.example.com/a"),)),
        raw={"X-TEST": RawProperty("hello"), "SUMMARY": RawProperty("no"), "X-NONE": None},
    )
    text = new(change)
    [event] = events(text)
    assert said(text, "SUMMARY") == ["SUMMARY:Hé\\, you\\; there\\nand here"]
    assert said(text, "X-ALT-DESC") == ["X-ALT-DESC;FMTTYPE=text/html:<p>Hello</p>"]
    assert said(text, "RRULE") == ["RRULE:FREQ=WEEKLY;UNTIL=20250402T065959Z"]
    assert said(text, "EXDATE") == ["EXDATE;TZID=America/Los_Angeles:20250311T030000"]
    assert said(text, "ORGANIZER") == ["ORGANIZER:mailto:alice@example.com"]
    assert said(text, "ATTENDEE") == [
        'ATTENDEE;CN="P, the first";ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:p@example.com'
    ]
    assert [each.name for each in event.components()] == ["VALARM", "VALARM"]
    assert said(text, "CLASS") + said(text, "TRANSP") == ["CLASS:PRIVATE", "TRANSP:TRANSPARENT"]
    assert said(text, "X-GATEWAY-PROP") == ["X-GATEWAY-PROP;X-KEY=color;X-SCOPE=PRIVATE:green"]
    assert said(text, "X-TEST") == ["X-TEST:hello"]
    assert not said(text, "X-NONE")
    assert len(said(text, "SUMMARY")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("FREQ=NEVER",),
        ("FREQ=DAILY;COUNT=2;UNTIL=20250401T000000Z",),
        ("FREQ=DAILY;COUNT=0",),
        ("FREQ=DAILY;FREQ=WEEKLY",),
        ("FREQ=DAILY;BYFOO=1",),
        ("FREQ=DAILY;UNTIL=tomorrow",),
        ("FREQ=DAILY;UNTIL=20259999",),
        ("FREQ=DAILY", "FREQ=WEEKLY"),
        ("EXDATE:20250311T100000Z",),
        ("FREQ=DAILY", "EXDATE:yesterday"),
        ("FREQ=DAILY", "EXDATE;TZID=Mars/Base:20250311T100000"),
        ("FREQ=DAILY", "EXDATE;VALUE=PERIOD:20250311T100000Z/PT1H"),
        ("FREQ=DAILY", "EXRULE:FREQ=WEEKLY"),
        ("SUMMARY:no",),
        ("FREQ=DAILY\r\nSUMMARY:no",),
        ("FREQ=DAILY;BYDAY=" + "MO," * 10_000,),
        ("",),
        ("RRULE:FREQ=DAILY", "EXDATE:" + ",".join(["20250311T100000Z"] * 6_000)),
    ],
)
def test_a_recurrence_that_means_nothing(lines: tuple[str, ...]) -> None:
    with pytest.raises(InvalidChange) as refused:
        new(replace(timed("2025-03-04T10:00:00Z", "2025-03-04T11:00:00Z"), recurrence=lines))
    assert refused.value.member == "recurrence"


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        (("RRULE:FREQ=DAILY;COUNT=10",), ["RRULE:FREQ=DAILY;COUNT=10"]),
        (("rrule:freq=daily;count=10",), ["RRULE:FREQ=DAILY;COUNT=10"]),
        (("FREQ=DAILY;UNTIL=20250311T110000+0900",), ["RRULE:FREQ=DAILY;UNTIL=20250311T180000Z"]),
        (("FREQ=DAILY;TZID=Asia/Tokyo;UNTIL=20250311T110000Z",), ["RRULE:FREQ=DAILY;UNTIL=20250311T110000Z"]),
        (
            ("RDATE;TZID=Europe/Berlin:20250305T110000,20250306T110000",),
            ["RDATE;TZID=America/Los_Angeles:20250305T020000,20250306T020000"],
        ),
        (
            ("RDATE;VALUE=PERIOD:20250305T100000Z/PT2H",),
            ["RDATE;VALUE=PERIOD;TZID=America/Los_Angeles:20250305T020000/PT7200S"],
        ),
        (
            ("FREQ=DAILY", "EXDATE;VALUE=DATE:20250305"),
            ["RRULE:FREQ=DAILY", "EXDATE;TZID=America/Los_Angeles:20250305T020000"],
        ),
    ],
)
def test_a_recurrence_in_the_manner_of_its_start(lines: tuple[str, ...], written: list[str]) -> None:
    text = new(replace(timed("2025-03-04T10:00:00Z", "2025-03-04T11:00:00Z"), recurrence=lines))
    assert said(text, "RRULE") + said(text, "RDATE") + said(text, "EXDATE") == written


def test_an_all_day_series_ends_on_a_day_and_has_no_hours() -> None:
    days = timed("2025-03-04", "2025-03-05", all_day=True)
    text = new(replace(days, recurrence=("FREQ=DAILY;UNTIL=20250310T120000Z", "EXDATE:20250306T000000Z")))
    assert said(text, "RRULE") + said(text, "EXDATE") == [
        "RRULE:FREQ=DAILY;UNTIL=20250310",
        "EXDATE;VALUE=DATE:20250306",
    ]
    with pytest.raises(InvalidChange, match="HOURLY"):
        new(replace(days, recurrence=("FREQ=HOURLY",)))


@pytest.mark.parametrize("name", ["X TEST", "X-TEST\r\nSUMMARY", "X:Y", ""])
def test_a_raw_property_that_no_line_can_hold(name: str) -> None:
    with pytest.raises(InvalidChange) as refused:
        new(replace(timed("2025-03-04", "2025-03-05"), raw={name: RawProperty("x")}))
    assert refused.value.member == "raw"


def test_a_raw_value_cannot_break_out_of_its_line() -> None:
    with pytest.raises(InvalidChange):
        new(
            replace(
                timed("2025-03-04", "2025-03-05"), raw={"X-A": RawProperty("x\r\nATTENDEE:mailto:evil@example.com")}
            )
        )


def test_one_address_is_invited_once() -> None:
    with pytest.raises(InvalidChange, match="twice"):
        new(replace(timed("2025-03-04", "2025-03-05"), attendees=(Guest("p@x.example"), Guest("P@x.example"))))
