"""Alarms in a shared calendar: everybody has their own, and nobody loses or hears those of somebody else."""

import pytest

from storage.model import Collection, Level, Origin
from storage.verify import verify
from tests.gateway.dav.door import DAV, NAMESPACES, Door, Got, event

HERS = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT10M\nDESCRIPTION:hers\nEND:VALARM"
HIS = HERS.replace("hers", "his").replace("PT10M", "PT1H")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:Choir"


class Family:
    """Alice's calendar, which bob may write, seen from both sides."""

    def __init__(self, door: Door, level: Level = Level.WRITE) -> None:
        self.door = door
        self.source = door.store.collection_at("alice", "work")
        self.place: Collection = door.store.collection(door.store.share(self.source.id, "bob", level).id)
        self.path = f"/dav/bob/{self.place.slug}/"

    def alice(self, method: str, name: str = "e.ics", text: str = "", **headers: str) -> Got:
        return self.door.request(method, f"/dav/alice/work/{name}", text, headers)

    def bob(self, method: str, name: str = "e.ics", text: str = "", **headers: str) -> Got:
        return self.door.request(method, f"{self.path}{name}", text, headers, user="bob")

    def news(self, user: str, token: str = "") -> tuple[set[str], str]:
        """What a sync says that has changed, and the next token."""
        path = self.path if user == "bob" else "/dav/alice/work/"
        body = (
            f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><prop><getetag/></prop></sync-collection>"
        )
        got = self.door.request("REPORT", path, body, user=user)
        return got.names, got.xml.findtext(f"{DAV}sync-token") or ""


@pytest.fixture
def family(door: Door) -> Family:
    return Family(door)


@pytest.mark.parametrize("level", [Level.READ, Level.WRITE, Level.BUSY])
def test_the_owners_are_shown_to_nobody(door: Door, level: Level) -> None:
    family = Family(door, level)
    family.alice("PUT", text=event("e", f"SUMMARY:x\n{HERS}"))
    family.alice(
        "PUT",
        "p.ics",
        event("p", f"RRULE:FREQ=DAILY;COUNT=2\n{HERS}").replace(
            "END:VCALENDAR", event("p", "RECURRENCE-ID:20260311T100000Z\nCLASS:PRIVATE").partition("EN\r\n")[2]
        ),
    )
    for name in ("e.ics", "p.ics"):
        assert "VALARM" in family.alice("GET", name).text
        assert "VALARM" not in family.bob("GET", name).text
    rings = (
        f'<C:calendar-query {NAMESPACES}><prop><getetag/></prop><C:filter><C:comp-filter name="VCALENDAR">'
        '<C:comp-filter name="VEVENT"><C:comp-filter name="VALARM"><C:time-range start="20260101T000000Z"/>'
        "</C:comp-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    assert door.report(rings).names == {"e.ics", "p.ics"}
    assert family.bob("REPORT", "", rings).names == set()


def test_every_listing_has_the_versions_that_are_shown(family: Family) -> None:
    """More entries than are read one by one, with and without alarms on either side."""
    for number in range(3):
        family.alice("PUT", f"{number}.ics", event(str(number), HERS if number else "X-MOZ-LASTACK:20260101T000000Z"))
    family.bob("PUT", "2.ics", event("2", HIS))
    for number in range(3, 505):
        family.door.store.put_entry(family.source.id, f"{number}.ics", event(str(number)), origin=Origin.DAV)
    listed = {each.href: each.hash for each in family.door.store.listing(family.place.id)}
    assert listed == {each.href: each.hash for each in family.door.store.iter_entries(family.place.id)}
    owners = {each.href: each.hash for each in family.door.store.listing(family.source.id)}
    assert {href for href in listed if listed[href] != owners[href]} == {"0.ics", "1.ics", "2.ics"}


def test_a_guests_write_keeps_the_owners_and_the_guests_own(family: Family) -> None:
    family.alice("PUT", text=event("e", f"{WEEKLY}\n{HERS}"))
    known = family.bob("GET")
    assert "VALARM" not in known.text
    later = event("e", f"{WEEKLY}\nLOCATION:church\n{HIS}")
    put = family.bob("PUT", text=later, **{"if-match": known.headers["etag"]})
    assert put.status == 204
    got = family.bob("GET")
    assert (got.text, got.headers["etag"]) == (later, put.headers["etag"]), "kept as sent, so the version is told"
    assert family.alice("GET").text == event("e", f"{WEEKLY}\nLOCATION:church\n{HERS}")
    family.alice("PUT", text=event("e", f"{WEEKLY}\nLOCATION:home\n{HERS}"))
    assert family.bob("GET").text == event("e", f"{WEEKLY}\nLOCATION:home\n{HIS}")
    assert verify(family.door.store, None).ok


def test_an_occurrence_that_either_moves_rings_for_both(family: Family) -> None:
    moved = event("e", "RECURRENCE-ID:20260317T100000Z\nSUMMARY:Choir{}", "DTSTART:20260317T120000Z", "DURATION:PT1H")
    override = moved.partition("EN\r\n")[2].removesuffix("END:VCALENDAR\r\n")

    def text(alarm: str) -> str:
        lines = f"\n{alarm}".replace("\n", "\r\n")
        return event("e", f"{WEEKLY}\n{alarm}").replace("END:VCALENDAR", f"{override.format(lines)}END:VCALENDAR")

    family.alice("PUT", text=event("e", f"{WEEKLY}\n{HERS}"))
    family.bob("PUT", text=event("e", f"{WEEKLY}\n{HIS}"))
    assert family.bob("PUT", text=text(HIS)).status == 204
    assert family.alice("GET").text == text(HERS)
    assert family.bob("GET").text == text(HIS)


def test_a_change_of_the_guests_alarm_alone_is_news_to_the_guest_alone(family: Family) -> None:
    """Thunderbird writes when a reminder was dismissed: that must reach the guest's other devices, and nobody else."""
    family.alice("PUT", text=event("e", HERS))
    hers, his = (family.news(user)[1] for user in ("alice", "bob"))
    version, head = family.alice("GET").headers["etag"], len(family.door.store.changes())
    assert family.bob("PUT", text=event("e", HIS)).status == 204
    noted = event("e", f"X-MOZ-LASTACK:20260310T095000Z\n{HIS}")
    assert family.bob("PUT", text=noted).status == 204
    assert family.bob("GET").text == noted
    assert family.news("bob", his)[0] == {"e.ics"}
    assert family.news("alice", hers)[0] == set()
    assert family.alice("GET").headers["etag"] == version
    assert len(family.door.store.changes()) == head
    his = family.news("bob")[1]
    assert family.bob("PUT", text=noted).status == 204
    assert family.news("bob", his)[0] == set(), "the same again is no change"
    assert family.bob("PUT", text=event("e")).status == 204
    assert family.bob("GET").text == event("e"), "an alarm can be taken away"
    assert family.alice("GET").text == event("e", HERS)
    assert verify(family.door.store, None).ok


def test_a_version_counts_as_it_was_shown(family: Family) -> None:
    family.alice("PUT", text=event("e", HERS))
    shown, stored = family.bob("GET").headers["etag"], family.alice("GET").headers["etag"]
    assert family.bob("PUT", text=event("e", "SUMMARY:x"), **{"if-match": stored}).status == 412
    family.alice("PUT", text=event("e"))
    assert family.bob("GET").headers["etag"] == shown, "it does not tell that the owner changed an alarm"
    assert family.bob("PUT", text=event("e", "SUMMARY:x"), **{"if-match": shown}).status == 204
    assert family.bob("DELETE", **{"if-match": shown}).status == 412


def test_a_new_entry_has_the_alarms_of_who_made_it(family: Family) -> None:
    made = event("new", HIS)
    put = family.bob("PUT", "new.ics", made)
    assert (put.status, put.headers["etag"]) == (201, family.bob("GET", "new.ics").headers["etag"])
    assert family.alice("GET", "new.ics").text == event("new")
    assert family.bob("GET", "new.ics").text == made


def test_what_changes_its_owner_goes_with_the_alarms_of_the_new_one(family: Family) -> None:
    family.alice("PUT", text=event("e", HERS))
    family.bob("PUT", text=event("e", HIS))
    assert family.bob("COPY", Destination="/dav/bob/work/copy.ics").status == 201
    copy = family.door.request("GET", "/dav/bob/work/copy.ics", user="bob")
    assert copy.text == event("e", HIS)
    family.door.request("DELETE", "/dav/bob/work/copy.ics", user="bob")
    assert family.bob("MOVE", Destination="/dav/bob/work/moved.ics").status == 201
    assert family.door.request("GET", "/dav/bob/work/moved.ics", user="bob").text == event("e", HIS)
    there = {"Destination": f"{family.path}back.ics"}
    assert family.door.request("MOVE", "/dav/bob/work/moved.ics", headers=there, user="bob").status == 201
    assert family.alice("GET", "back.ics").text == event("e")
    assert family.bob("GET", "back.ics").text == event("e", HIS)
    assert verify(family.door.store, None).ok
