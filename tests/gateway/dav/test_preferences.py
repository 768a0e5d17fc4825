"""Preferences (RFC 7240): minimal answers, representations after writes, and Depth 1 without the root (RFC 8144)."""

from gateway.dav.names import dav
from tests.gateway.dav.door import NAMESPACES, Door, event

WORK = "/dav/alice/work/"
MINIMAL = {"Prefer": "return=minimal"}
SHOW = {"Prefer": 'wait=10, return="representation"'}


def patch(door: Door, prop: str) -> tuple[int, bytes, str]:
    body = f"<propertyupdate {NAMESPACES}><set><prop>{prop}</prop></set></propertyupdate>"
    got = door.request("PROPPATCH", WORK, body, MINIMAL)
    return got.status, got.body, got.headers.get("preference-applied", "")


def test_a_minimal_answer_says_that_it_is_one(door: Door) -> None:
    door.put("a.ics", event("a"))
    for got in (
        door.propfind(WORK, "<getetag/><nonsense/>", "1", MINIMAL),
        door.report(
            f"<C:calendar-query {NAMESPACES}><prop><getetag/><nonsense/></prop></C:calendar-query>", headers=MINIMAL
        ),
    ):
        assert all(not reply.refused for reply in got.replies.values())
        assert got.headers["preference-applied"] == "return=minimal"
    assert "preference-applied" not in door.propfind(WORK, "<getetag/>", "1", {"Brief": "t"}).headers
    assert "preference-applied" not in door.propfind("/dav/alice/none/", "<getetag/>", "1", MINIMAL).headers


def test_a_minimal_proppatch_says_nothing_where_all_is_well(door: Door) -> None:
    assert patch(door, "<displayname>x</displayname>") == (200, b"", "return=minimal")
    status, body, _ = patch(door, "<displayname>y</displayname><getetag>z</getetag>")
    assert (status, b"424" in body) == (207, True)


def test_a_write_shows_what_it_made(door: Door) -> None:
    got = door.put("a b.ics".replace(" ", "%20"), event("a"), SHOW)
    assert (got.status, got.text) == (201, event("a"))
    assert got.headers["content-location"] == f"{WORK}a%20b.ics"
    assert got.headers["preference-applied"] == "return=representation"
    assert got.headers["content-type"] == "text/calendar; charset=utf-8; component=VEVENT"
    changed = event("a", "SUMMARY:new")
    got = door.put("a%20b.ics", changed, SHOW)
    assert (got.status, got.text) == (200, changed)
    target = {"Destination": f"{WORK}c.ics", **SHOW}
    got = door.request("MOVE", f"{WORK}a%20b.ics", headers=target)
    assert (got.status, got.text, got.headers["content-location"]) == (201, changed, f"{WORK}c.ics")


def test_a_refused_write_shows_what_is_there(door: Door) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    got = door.put("a.ics", event("a", "SUMMARY:new"), {"If-Match": '"x"', **SHOW})
    assert (got.status, got.text, got.headers["etag"]) == (412, event("a"), etag)
    assert door.put("none.ics", event("b"), {"If-Match": '"x"', **SHOW}).status == 412


def test_depth_without_the_root(door: Door) -> None:
    door.put("a.ics", event("a"))
    no_root = {"Prefer": "depth-noroot, return=minimal"}
    for path, below in ((WORK, {"a.ics"}), ("/dav/alice/", {"work", "inbox", "outbox"}), ("/dav/", {"alice"})):
        got = door.propfind(path, "<getetag/>", "1", no_root)
        assert got.names == below
        assert got.headers["preference-applied"] == "return=minimal, depth-noroot"
    assert door.propfind(WORK, "<getetag/>", "0", no_root).names == {"work"}
    assert dav("getetag") in door.propfind(f"{WORK}a.ics", "<getetag/>", "1", no_root).replies[f"{WORK}a.ics"].props
