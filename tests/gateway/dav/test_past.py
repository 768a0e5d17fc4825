"""The past over DAV: what `@moment` answers is what the calendar itself answered then, and it cannot be written."""

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote

import pytest

from storage import clock
from storage.model import Level, Origin
from tests.gateway.dav.door import CALDAV, DAV, NAMESPACES, Door, Got, Reply, component, event

DAY = 86_400
START = 1_799_971_200.0  # 2027-01-15T00:00:00Z, later than the door was made
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:hush\nTRIGGER:-PT10M\nEND:VALARM"
PROPS = "<getetag/><getcontenttype/><getcontentlength/><getlastmodified/><displayname/><C:calendar-data/>"
FILTERS = [
    "",
    '<C:comp-filter name="VEVENT"/>',
    '<C:comp-filter name="VTODO"/>',
    '<C:comp-filter name="VEVENT"><C:time-range start="20260310T000000Z" end="20260311T000000Z"/></C:comp-filter>',
    '<C:comp-filter name="VEVENT"><C:time-range start="20260324T000000Z" end="20260325T000000Z"/></C:comp-filter>',
    '<C:comp-filter name="VTODO"><C:time-range start="20260310T000000Z" end="20260410T000000Z"/></C:comp-filter>',
    '<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"/></C:comp-filter>',
]


def day(number: float) -> str:
    """The path segment for the middle of a day; what a day brings comes when it begins."""
    return quote(f"@{clock.iso(START + (number + 0.5) * DAY)[:19]}Z", safe="")


def put(name: str, summary: str, more: str = "") -> Callable[[Door], object]:
    text = (
        component("VTODO", name, f"SUMMARY:{summary}")
        if name.startswith("t")
        else event(name, f"SUMMARY:{summary}{more}")
    )
    return lambda door: door.put(f"{name}.ics", text)


def delete(name: str) -> Callable[[Door], object]:
    return lambda door: door.request("DELETE", f"/dav/alice/work/{name}.ics")


def move(name: str, target: str) -> Callable[[Door], object]:
    headers = {"Destination": f"/dav/alice/{target}"}
    return lambda door: door.request("MOVE", f"/dav/alice/work/{name}.ics", headers=headers)


def rename(name: str) -> Callable[[Door], object]:
    body = f"<propertyupdate {NAMESPACES}><set><prop><displayname>{name}</displayname></prop></set></propertyupdate>"
    return lambda door: door.request("PROPPATCH", "/dav/alice/work/", body)


DAYS = [
    [
        put("a", "one"),
        put("b", "one"),
        put("c", "one", "\nRRULE:FREQ=WEEKLY;COUNT=9"),
        put("t", "one"),
        put("x", "still"),
    ],
    [put("a", "two"), put("b", "private", "\nCLASS:PRIVATE\nDESCRIPTION:hush"), put("t", "two"), rename("Second")],
    [delete("c"), move("a", "work/moved.ics"), put("d", f"two\n{ALARM}"), put("e", "gone tomorrow")],
    [move("e", "other/e.ics"), delete("t"), put("b", "open again"), rename("Third")],
    [put("c", "another"), delete("moved"), put("x", "not any more")],
]


def answers(door: Door, user: str, path: str) -> list[dict[str, Reply]]:
    """What a calendar answers to all questions about its entries, by name."""
    body = f"<propfind {NAMESPACES}><prop>{PROPS}</prop></propfind>"
    found = [door.request("PROPFIND", path, body, {"Depth": "1"}, user=user)]
    for each in FILTERS:
        query = (
            f'<C:calendar-query {NAMESPACES}><prop>{PROPS}</prop><C:filter><C:comp-filter name="VCALENDAR">{each}'
            "</C:comp-filter></C:filter></C:calendar-query>"
        )
        found.append(door.request("REPORT", path, query, {"Depth": "1"}, user=user))
    hrefs = "".join(f"<href>{path}{name}.ics</href>" for name in ("a", "b", "moved", "e", "x", "nothing"))
    multiget = f"<C:calendar-multiget {NAMESPACES}><prop>{PROPS}</prop>{hrefs}</C:calendar-multiget>"
    found.append(door.request("REPORT", path, multiget, user=user))
    return [{href.removeprefix(path): reply for href, reply in got.replies.items()} for got in found]


def said(found: list[dict[str, Reply]]) -> list[dict[str, tuple[int, dict[str, str | None]]]]:
    return [
        {name: (r.status, {prop: element.text for prop, element in r.props.items()}) for name, r in each.items()}
        for each in found
    ]


class Lived:
    """A calendar with days behind it, and what it answered at each, to alice, and to bob who sees it as a share."""

    def __init__(self, door: Door, level: Level | None) -> None:
        self.door = door
        self.user, self.slug = "alice", "work"
        with clock.use(partial(float, START - DAY)):
            other = door.add_calendar("other")
        if level is not None:
            source = door.store.collection_at("alice", "work")
            self.user, self.slug = "bob", door.store.share(source.id, "bob", level).slug
        assert other
        self.then = []
        for number, acts in enumerate(DAYS):
            with clock.use(partial(float, START + number * DAY)):
                for act in acts:
                    act(door)
                self.then.append(said(answers(door, self.user, f"/dav/{self.user}/{self.slug}/")))

    def past(self, number: float, name: str = "") -> str:
        return f"/dav/{self.user}/{day(number)}/{self.slug}/{name}"


@pytest.fixture(params=[None, Level.READ, Level.WRITE, Level.BUSY], ids=str)
def lived(door: Door, request: pytest.FixtureRequest) -> Iterator[Lived]:
    found = Lived(door, request.param)
    with clock.use(partial(float, START + 30 * DAY)):
        yield found


@pytest.fixture
def mine(door: Door) -> Iterator[Lived]:
    found = Lived(door, None)
    with clock.use(partial(float, START + 30 * DAY)):
        yield found


def test_every_answer_is_the_one_that_was_given_then(lived: Lived) -> None:
    for number, then in enumerate(lived.then):
        now = said(answers(lived.door, lived.user, lived.past(number)))
        for before, after in zip(then, now, strict=True):
            assert after == before
    assert "hush" not in repr(lived.then) or lived.user == "alice"


def test_entries_are_got_as_they_were_with_their_tags(lived: Lived) -> None:
    for number, then in enumerate(lived.then):
        for name, (_status, props) in then[0].items():
            if not name:
                continue
            got = lived.door.request("GET", lived.past(number, name), user=lived.user)
            assert (got.status, got.headers["etag"]) == (200, props[f"{DAV}getetag"])
            known = {"If-None-Match": got.headers["etag"]}
            assert lived.door.request("GET", lived.past(number, name), headers=known, user=lived.user).status == 304
    assert lived.door.request("GET", lived.past(0, "d.ics"), user=lived.user).status == 404
    whole = lived.door.request("GET", lived.past(1), user=lived.user)
    assert whole.text.count("BEGIN:VCALENDAR") == 1
    assert "hush" not in whole.text or lived.user == "alice"


def test_nothing_can_be_written_there(mine: Lived) -> None:
    before = mine.door.store.head()
    body = f"<propertyupdate {NAMESPACES}><set><prop><displayname>x</displayname></prop></set></propertyupdate>"
    moved = {"Destination": "/dav/alice/work/new.ics"}
    for method, path, text, headers in (
        ("PUT", mine.past(1, "a.ics"), event("a"), {}),
        ("PUT", mine.past(1, "new.ics"), event("new"), {}),
        ("DELETE", mine.past(1, "a.ics"), "", {}),
        ("DELETE", mine.past(1), "", {}),
        ("PROPPATCH", mine.past(1), body, {}),
        ("MOVE", mine.past(1, "a.ics"), "", moved),
        ("COPY", mine.past(1, "a.ics"), "", moved),
        ("POST", mine.past(1), event("a"), {"Content-Type": "text/calendar"}),
        ("MKCALENDAR", f"/dav/alice/{day(1)}/new/", "", {}),
        ("MKCALENDAR", "/dav/alice/@2026-11-01/", "", {}),
        ("MKCOL", "/dav/alice/@2026-11-01T12:00:00Z/", "", {}),
    ):
        got = mine.door.request(method, path, text, headers)
        assert got.status == 403, (method, path, got.text)
    for method in ("MOVE", "COPY"):
        headers = {"Destination": mine.past(1, "x.ics")}
        assert mine.door.request(method, "/dav/alice/work/x.ics", headers=headers).status >= 400
        headers = {"Destination": "/dav/alice/@2026-11-01/"}
        assert mine.door.request(method, "/dav/alice/other/", headers=headers).status == 403
    assert mine.door.store.head() == before


def ask(mine: Lived, props: str, path: str, depth: str = "0") -> Got:
    return mine.door.propfind(path, props, depth)


def test_the_past_is_found_by_its_address_alone(mine: Lived) -> None:
    assert not [href for href in ask(mine, "<resourcetype/>", "/dav/alice/", "1").replies if "%40" in href]
    home = f"/dav/alice/{day(1)}/"
    found = ask(mine, "<resourcetype/><displayname/>", home, "1").replies
    assert set(found) == {home, f"{home}work/", f"{home}other/"}
    assert found[f"{home}work/"].text(f"{DAV}displayname") == "Second"
    assert [each.tag for each in found[home].props[f"{DAV}resourcetype"]] == [f"{DAV}collection"]
    assert ask(mine, "<C:calendar-home-set/>", home).replies[home].refused == {f"{CALDAV}calendar-home-set": 404}
    assert ask(mine, "", f"/dav/alice/{day(-400)}/work/").status == 404


def test_a_past_calendar_says_that_it_is_for_reading(mine: Lived) -> None:
    wanted = "<current-user-privilege-set/><sync-token/><resource-id/><supported-report-set/>"
    path = mine.past(2)
    reply = ask(mine, wanted, path).replies[path]
    assert set(reply.refused) == {f"{DAV}sync-token", f"{DAV}resource-id"}
    granted = {each.tag for each in reply.props[f"{DAV}current-user-privilege-set"].iterfind(f"{DAV}privilege/*")}
    assert granted & {f"{DAV}read", f"{DAV}write", f"{DAV}bind"} == {f"{DAV}read"}
    reports = {each.tag for each in reply.props[f"{DAV}supported-report-set"].iter()}
    assert f"{CALDAV}calendar-query" in reports
    assert f"{DAV}sync-collection" not in reports
    body = f"<sync-collection {NAMESPACES}><sync-token/><sync-level>1</sync-level><prop/></sync-collection>"
    refused = mine.door.report(body, path)
    assert (refused.status, refused.conditions) == (403, {f"{DAV}supported-report"})
    assert mine.door.request("OPTIONS", path).status == 200


def test_a_calendar_that_is_gone_is_still_there_in_the_past(mine: Lived) -> None:
    source = mine.door.store.collection_at("alice", "work")
    mine.door.store.delete_collection(source.id, origin=Origin.DAV)
    assert mine.door.request("GET", "/dav/alice/work/x.ics").status == 404
    assert "still" in mine.door.request("GET", mine.past(2, "x.ics")).text
    assert said(answers(mine.door, "alice", mine.past(1))) == mine.then[1]


def test_rights_are_those_of_today(door: Door) -> None:
    lived = Lived(door, Level.READ)
    with clock.use(partial(float, START + 30 * DAY)):
        assert door.request("GET", lived.past(1, "a.ics"), user="bob").status == 200
        source = door.store.collection_at("alice", "work")
        door.store.unshare(source.id, "bob")
        assert door.request("GET", lived.past(1, "a.ics"), user="bob").status == 404
        assert door.request("GET", f"/dav/alice/{day(1)}/work/a.ics", user="bob").status == 403
        assert door.request("GET", f"/dav/alice/{day(1)}/work/a.ics", user=None).status == 401


def test_moments_that_cannot_be_shown(mine: Lived) -> None:
    for segment in ("@2026-13-01", "@2999-01-01", "@2026-01-01T25:00Z", "@yesterday", "@"):
        assert ask(mine, "", f"/dav/alice/{segment}/work/").status == 404, segment
    assert ask(mine, "", "/dav/alice/@2027-01-16/work/").status == 207
    assert ask(mine, "", "/dav/alice/%402027-01-16T12%3A00Z/work/").status == 207
    with clock.use(partial(float, START + 94.5 * DAY)):
        mine.door.store.compact(clock.iso())
        gone = mine.door.request("GET", mine.past(1, "a.ics"))
        assert gone.status == 410
        assert "reaches back to 2027-01-19" in gone.text
        assert mine.door.request("GET", mine.past(4.2, "c.ics")).status == 200
