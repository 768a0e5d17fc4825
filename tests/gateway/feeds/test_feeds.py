"""Calendars under secret links: what they show and hide, to whom, how often, and that nothing remembers the secret."""

import asyncio
import gzip
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from icalendar import Calendar

from gateway.http.links import FREE_TRIES, link_hash, new_link_secret
from gateway.http.log import Message
from gateway.serve.web import web_app
from storage import clock
from storage.model import Account, Collection, CollectionKind, Feed, Origin
from storage.store import Store
from tests.clients import khal
from tests.gateway.dav.door import Got, call, component, event

SERIES = event("series", "RRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Standup").replace(
    "END:VCALENDAR",
    "BEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:20260311T100000Z\r\n"
    "DTSTART:20260311T100000Z\r\nSTATUS:CANCELLED\r\nSUMMARY:Standup\r\nEND:VEVENT\r\nEND:VCALENDAR",
)
ZONED = event(
    "zoned", "SUMMARY:Lunch", "DTSTART;TZID=Europe/Berlin:20260310T120000", "DTEND;TZID=Europe/Berlin:20260310T130000"
).replace(
    "BEGIN:VEVENT",
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\n"
    "TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
)
ENTRIES = {
    "series.ics": SERIES,
    "zoned.ics": ZONED,
    "again.ics": ZONED.replace("zoned", "again"),
    "private.ics": event("private", "CLASS:PRIVATE\nSUMMARY:hush\nLOCATION:hush"),
    "free.ics": event("free", "TRANSP:TRANSPARENT\nSUMMARY:Holiday"),
    "task.ics": component(
        "VTODO", "task", "SUMMARY:Taxes\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT5M\nX-WHY:hush\nEND:VALARM"
    ),
}


class Site:
    """The whole program behind one address, with alice's calendars `work` and `home`."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder)
        self.app = web_app(self.store)
        self.store.save_user("alice", None)
        account = self.store.save_account(Account(0, "alice", "alice", "local", mirrored=False))
        self.work = self.add(account, "work")
        self.home = self.add(account, "home")
        for name, text in ENTRIES.items():
            self.put(self.work, name, text)
        self.put(self.home, "dinner.ics", event("dinner", "SUMMARY:Dinner"))

    def add(self, account: Account, slug: str) -> Collection:
        return self.store.create_collection(
            account.id,
            slug,
            name=slug.title(),
            kind=CollectionKind.CALENDAR,
            components=("VEVENT", "VTODO"),
            color="#336699",
            timezone="Europe/Berlin",
            origin=Origin.CLI,
        )

    def put(self, place: Collection, name: str, text: str) -> None:
        self.store.put_entry(place.id, name, text, origin=Origin.DAV)

    def link(self, place: Collection | None, *, busy: bool = False) -> tuple[str, Feed]:
        """The path of a new link, and the link."""
        secret = new_link_secret()
        collection = place.id if place else None
        feed = self.store.add_feed("alice", "boss", link_hash(secret), collection_id=collection, busy=busy)
        return f"/ics/{secret}.ics", feed

    def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Got:
        return asyncio.run(call(self.app, method, path, b"", headers or {}))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    opened = Site(tmp_path / "data")
    yield opened
    opened.store.close()


def summaries(text: str) -> list[str]:
    return sorted(str(each.get("SUMMARY")) for each in Calendar.from_ical(text).walk() if each.get("SUMMARY"))


def test_a_calendar_is_one_file_with_its_properties(site: Site) -> None:
    path, _feed = site.link(site.work)
    got = site.get(path)
    assert (got.status, got.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert got.text.count("BEGIN:VTIMEZONE") == 1
    assert got.text.index("END:VTIMEZONE") < got.text.index("TZID=Europe/Berlin")
    calendar = Calendar.from_ical(got.text)
    assert {name: str(calendar[name]) for name in ("X-WR-CALNAME", "NAME", "X-WR-TIMEZONE")} == {
        "X-WR-CALNAME": "Work",
        "NAME": "Work",
        "X-WR-TIMEZONE": "Europe/Berlin",
    }
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in got.text
    assert "X-APPLE-CALENDAR-COLOR:#336699\r\n" in got.text
    assert summaries(got.text) == ["Busy", "Holiday", "Lunch", "Lunch", "Standup", "Standup", "Taxes"]
    assert "hush" not in got.text
    assert "VALARM" not in got.text, "alarms are their owner's"


def test_a_busy_link_shows_only_when(site: Site) -> None:
    path, _feed = site.link(site.work, busy=True)
    text = site.get(path).text
    assert summaries(text) == ["Busy"] * 4
    for hidden in ("Work", "Lunch", "Standup", "private", "zoned", "CLASS", "VTODO"):
        assert hidden not in text
    assert "EXDATE:20260311T100000Z" in text


def test_one_link_shows_when_somebody_is_busy_at_all(site: Site) -> None:
    path, feed = site.link(None)
    assert feed.busy
    text = site.get(path).text
    assert summaries(text) == ["Busy"] * 5
    uids = {str(each["UID"]) for each in Calendar.from_ical(text).walk("VEVENT")}
    assert len(uids) == 5
    assert uids == {str(each["UID"]) for each in Calendar.from_ical(site.get(path).text).walk("VEVENT")}
    other, _feed = site.link(None)
    assert uids.isdisjoint(str(each["UID"]) for each in Calendar.from_ical(site.get(other).text).walk("VEVENT"))
    transparent = (
        '<schedule-calendar-transp xmlns="urn:ietf:params:xml:ns:caldav"><transparent/></schedule-calendar-transp>'
    )
    site.store.update_collection(
        site.work.id, dead={"{urn:ietf:params:xml:ns:caldav}schedule-calendar-transp": transparent}, origin=Origin.DAV
    )
    assert len(summaries(site.get(path).text)) == 1


def test_khal_imports_it(site: Site, tmp_path: Path) -> None:
    path, _feed = site.link(site.work)
    (tmp_path / "feed.ics").write_bytes(site.get(path).body)
    (tmp_path / "calendar").mkdir()
    config = khal.configure(tmp_path, f"[[feed]]\npath = {tmp_path}/calendar\n", zone="UTC")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    program = [str(Path(sys.executable).parent / "khal"), "-c", config]
    for words in (
        ["import", "--batch", "-a", "feed", str(tmp_path / "feed.ics")],
        ["list", "--json", "title", "--json", "start", "2026-03-10", "3d"],
    ):
        done = subprocess.run(
            [*program, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
    found = [(each["start"], each["title"]) for line in done.stdout.splitlines() for each in json.loads(line)]
    assert ("2026-03-10 11:00", "Lunch") in found
    assert ("2026-03-10 10:00", "Busy") in found
    assert ("2026-03-12 10:00", "Standup") in found


def test_a_version_that_is_known_is_not_sent_again(site: Site) -> None:
    path, _feed = site.link(site.work)
    first = site.get(path)
    for known in ({"if-none-match": first.headers["etag"]}, {"if-modified-since": first.headers["last-modified"]}):
        got = site.get(path, known)
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", first.headers["etag"])
    with clock.use(lambda: 1_900_000_000.0):
        site.put(site.work, "new.ics", event("new"))
    assert site.get(path, {"if-none-match": first.headers["etag"]}).status == 200
    assert site.get(path, {"if-modified-since": first.headers["last-modified"]}).status == 200
    merged, _feed = site.link(None)
    tag = site.get(merged).headers["etag"]
    assert site.get(merged, {"if-none-match": f'"x", {tag}'}).status == 304
    site.store.delete_collection(site.home.id, origin=Origin.CLI)
    assert site.get(merged, {"if-none-match": tag}).status == 200


def test_it_is_compressed_for_who_takes_that(site: Site) -> None:
    path, _feed = site.link(site.work)
    plain, packed = site.get(path), site.get(path, {"accept-encoding": "gzip"})
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    known = {"accept-encoding": "gzip", "if-none-match": packed.headers["etag"]}
    assert site.get(path, known).status == 304


def test_a_large_calendar_comes_in_pieces(site: Site) -> None:
    for number in range(300):
        site.put(site.home, f"{number}.ics", event(f"u{number}", f"DESCRIPTION:{'word ' * 100}"))
    path, _feed = site.link(site.home)
    sizes: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sizes.append(len(message.get("body", b"")))

    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("127.0.0.1", 1)}
        await site.app(scope, receive, send)

    asyncio.run(ask())
    assert len(sizes) > 4
    assert max(sizes) < 100_000


def test_head_and_other_methods(site: Site) -> None:
    path, _feed = site.link(site.work)
    head = site.get(path, method="HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", site.get(path).headers["etag"])
    for method in ("PUT", "DELETE", "PROPFIND", "POST"):
        got = site.get(path, method=method)
        assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")


def test_unknown_and_revoked_links_are_alike(site: Site) -> None:
    path, feed = site.link(site.work)
    gone, _feed = site.link(site.home)
    assert site.get(path).status == 200
    site.store.revoke_feed(feed.id)
    site.store.delete_collection(site.home.id, origin=Origin.CLI)
    paths = (path, gone, f"/ics/{new_link_secret()}.ics", "/ics/", "/ics/x/y", "/ics/%00.ics", "/ics/%ff.ics")
    answers = {(got.status, got.body, tuple(got.headers.items())) for got in map(site.get, paths)}
    assert len(answers) == 1
    assert answers.pop()[0] == 404


def test_who_tries_secrets_is_refused_and_who_knows_one_is_not(site: Site) -> None:
    path, feed = site.link(site.work)
    with clock.use(lambda: 1_900_000_000.0):
        for number in range(FREE_TRIES + 1):
            assert site.get(f"/ics/{number}.ics").status in (404, 429)
        got = site.get("/ics/another.ics")
        assert (got.status, got.headers["retry-after"]) == (429, "60")
        assert site.get(path).status == 200
        site.store.revoke_feed(feed.id)
    with clock.use(lambda: 1_900_000_000.0 + 3600):
        assert site.get(path).status == 404


def test_its_last_use_is_kept_to_some_minutes(site: Site) -> None:
    path, feed = site.link(site.work)
    assert feed.last_used is None
    used = []
    for moment in (1_900_000_000.0, 1_900_000_060.0, 1_900_000_700.0):
        with clock.use(iter([moment] * 100).__next__):
            site.get(path)
        used.append(site.store.feeds("alice")[0].last_used)
    assert used == ["2030-03-17T17:46:40.000Z", "2030-03-17T17:46:40.000Z", "2030-03-17T17:58:20.000Z"]


@pytest.mark.parametrize("suffix", ["", "/more", "?x=1"])
def test_no_line_of_the_log_and_no_answer_holds_the_secret(
    site: Site, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, feed = site.link(site.work)
    secret = path[5:-4]
    with caplog.at_level(logging.DEBUG):
        got = site.get(path + suffix)
        site.get(f"/ICS/{secret}.ics")
        site.get(f"//ics/{secret}")
    lines = [vars(each)["fields"] for each in caplog.records if each.message == "request"]
    assert secret not in json.dumps(lines)
    assert secret not in got.text + str(got.headers)
    if got.status == 200:
        assert (lines[0]["user"], lines[0]["link"], lines[0]["path"]) == ("alice", feed.id, "/ics/…")
    assert secret.encode() not in (site.store.folder / "mirror.db").read_bytes()
