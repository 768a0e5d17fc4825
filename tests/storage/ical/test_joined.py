"""Many texts as one: every component once, every zone once, and no event in another zone than its own."""

from datetime import datetime
from pathlib import Path

from icalendar import Calendar

from storage.ical.joined import joined
from storage.ical.lines import line, parse
from storage.ical.zones import resolve
from tests.storage.texts import calendar, event


def zoned(uid: str, tzid: str, offset: str) -> str:
    """An event at ten o'clock in a zone of its own making."""
    zone = (
        f"BEGIN:VTIMEZONE\r\nTZID:{tzid}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:{offset}\r\n"
        f"TZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    text = event(uid, start=f";TZID={tzid}:20260301T100000", end=f";TZID={tzid}:20260301T110000")
    return text.replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT")


def hours(text: str) -> dict[str, float]:
    """Each event's offset from UTC, by UID."""
    tree = parse(text)
    found = {}
    for each in tree.components("VCALENDAR")[0].components("VEVENT"):
        start, uid = each.first("DTSTART"), each.first("UID")
        assert start
        assert uid
        zone = resolve(start.param("TZID"), tree)
        offset = zone.utcoffset(datetime.fromisoformat("2026-03-01")) if zone else None
        assert offset is not None
        found[uid.value] = offset.total_seconds() / 3600
    return found


def test_one_calendar_with_these_properties() -> None:
    text = "".join(joined([line("X-WR-CALNAME", "x")], [event("a"), event("b")]))
    assert text.startswith(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CalHarbor//EN\r\nX-WR-CALNAME:x\r\nBEGIN:VEVENT"
    )
    assert [str(each["UID"]) for each in Calendar.from_ical(text).walk("VEVENT")] == ["a", "b"]


def test_the_same_zone_stands_there_once_in_front_of_its_first_event() -> None:
    text = "".join(joined([], [event("a"), zoned("b", "Mine", "+0100"), zoned("c", "Mine", "+0100")]))
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert text.index("END:VTIMEZONE") < text.index("UID:b")


def test_zones_that_differ_under_one_name_get_names_of_their_own() -> None:
    texts = [zoned(uid, "Customized Time Zone", offset) for uid, offset in
             (("a", "+0100"), ("b", "-0500"), ("c", "+0100"), ("d", "-0500"), ("e", "+0900"))]  # fmt: skip
    text = "".join(joined([], texts))
    assert text.count("BEGIN:VTIMEZONE") == 3
    assert hours(text) == {"a": 1, "b": -5, "c": 1, "d": -5, "e": 9}


def test_a_name_that_everybody_knows_keeps_it() -> None:
    text = "".join(joined([], [zoned("a", "Europe/Berlin", "+0100"), zoned("b", "Europe/Berlin", "+0200")]))
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert text.count("TZID=Europe/Berlin") == 4


def test_what_cannot_be_read_is_left_out() -> None:
    text = "".join(joined([], ["BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", event("a"), calendar("")]))
    assert text.count("BEGIN:VEVENT") == 1


def test_the_corpus_in_one_file(corpus_file: Path) -> None:
    text = corpus_file.read_bytes().decode("utf-8", "replace")
    whole = "".join(joined([], [event("a"), text, event("z")]))
    assert (whole.count("BEGIN:VCALENDAR"), whole.endswith("END:VCALENDAR\r\n")) == (1, True)
    parse(whole)
