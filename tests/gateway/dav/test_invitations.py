"""Sharing from a client: calendarserver.org's `share`, as Apple Calendar posts it."""

import pytest

from storage.model import Level
from tests.gateway.dav.door import DAV, NAMESPACES, Door, Got, event

CS = "{http://calendarserver.org/ns/}"
BOB = "<href>mailto:Bob@example.org</href>"


def post(door: Door, steps: str, path: str = "/dav/alice/work/", user: str = "alice") -> Got:
    body = f"<CS:share {NAMESPACES}>{steps}</CS:share>"
    return door.request("POST", path, body, {"Content-Type": "application/xml; charset=utf-8"}, user=user)


def levels(door: Door) -> dict[str, Level]:
    return {each.user: each.level for each in door.store.grants()}


def test_it_is_offered(door: Door) -> None:
    assert "calendarserver-sharing" in door.request("OPTIONS", "/dav/alice/work/").headers["dav"]
    props = door.propfind("/dav/alice/work/", "<CS:allowed-sharing-modes/>").replies["/dav/alice/work/"].props
    assert [each.tag for each in props[f"{CS}allowed-sharing-modes"]] == [f"{CS}can-be-shared"]


def test_a_calendar_is_shared_changed_and_shared_no_more(door: Door) -> None:
    named = "<CS:common-name>Bob</CS:common-name><CS:summary>Work</CS:summary>"
    assert post(door, f"<CS:set>{BOB}{named}<CS:read/></CS:set>").status == 200
    assert levels(door) == {"bob": Level.READ}
    [place] = [each for each in door.store.home("bob") if each.share]
    assert door.request("GET", f"/dav/bob/{place.slug}/", user="bob").status == 200
    assert post(door, "<CS:set><href>/dav/bob/</href><CS:read-write/></CS:set>").status == 200
    assert levels(door) == {"bob": Level.WRITE}
    assert post(door, f"<CS:remove>{BOB}</CS:remove>").status == 200
    assert levels(door) == {}
    assert post(door, f"<CS:remove>{BOB}</CS:remove>").status == 200


def test_nothing_is_done_where_one_step_cannot_be(door: Door) -> None:
    read = f"<CS:set>{BOB}<CS:read/></CS:set>"
    for step in ("<CS:set><href>mailto:nobody@example.org</href></CS:set>", "<CS:set/>",
                 "<CS:set><href>mailto:alice@example.org</href></CS:set>"):  # fmt: skip
        assert post(door, read + step).status == 403
        assert levels(door) == {}


@pytest.mark.parametrize("path", ["/dav/alice/", "/dav/alice/work/a.ics", "/dav/bob/work/", "/dav/bob/none/"])
def test_only_ones_own_collections_can_be_shared(door: Door, path: str) -> None:
    door.put("a.ics", event("a"))
    assert post(door, f"<CS:set>{BOB}<CS:read/></CS:set>", path).status == 403
    assert levels(door) == {}


def test_what_is_shared_is_not_shared_on(door: Door) -> None:
    post(door, f"<CS:set>{BOB}<CS:read-write/></CS:set>")
    [place] = [each for each in door.store.home("bob") if each.share]
    got = post(door, "<CS:set><href>/dav/bob/</href></CS:set>", f"/dav/bob/{place.slug}/", "bob")
    assert (got.status, got.conditions) == (403, {f"{DAV}need-privileges"})
