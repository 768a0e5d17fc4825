"""sync-collection on the home: one token that knows of every collection, and with `infinite` of every entry."""

from collections.abc import Callable

import pytest

from gateway.dav.names import dav
from storage.model import Level, Origin
from tests.gateway.dav.door import NAMESPACES, Door, Got, event

HOME = "/dav/alice/"


def sync(door: Door, token: str = "", level: str = "1", more: str = "", user: str = "alice") -> Got:
    body = (
        f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><sync-level>{level}</sync-level>{more}"
        "<prop><getetag/><displayname/></prop></sync-collection>"
    )
    return door.request("REPORT", f"/dav/{user}/", body, user=user)


def token_of(got: Got) -> str:
    return got.xml.findtext(dav("sync-token")) or ""


def statuses(got: Got) -> dict[str, int]:
    return {href.removeprefix(HOME): reply.status for href, reply in got.replies.items()}


def test_the_first_synchronisation_lists_the_collections(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.add_calendar("second")
    got = sync(door)
    assert statuses(got) == {"work/": 207, "second/": 207}
    assert got.replies["/dav/alice/work/"].text(dav("displayname")) == "Work"
    assert token_of(got) == door.propfind(HOME, "<sync-token/>").replies[HOME].text(dav("sync-token"))
    assert statuses(sync(door, token_of(got))) == {}


@pytest.mark.parametrize(
    ("act", "seen"),
    [
        (lambda door: door.put("b.ics", event("b")), {"work/": 207}),
        (lambda door: door.request("DELETE", "/dav/alice/work/a.ics"), {"work/": 207}),
        (lambda door: door.request("MKCALENDAR", "/dav/alice/new/"), {"new/": 207}),
        (lambda door: door.request("DELETE", "/dav/alice/work/"), {"work/": 404}),
        (lambda door: door.request("PUT", "/dav/bob/work/b.ics", event("b"), user="bob"), {}),
    ],
)
def test_what_became_of_the_collections(door: Door, act: Callable[[Door], object], seen: dict[str, int]) -> None:
    door.put("a.ics", event("a"))
    token = token_of(sync(door))
    act(door)
    got = sync(door, token)
    assert statuses(got) == seen
    assert statuses(sync(door, token_of(got))) == {}


def test_a_collection_made_anew_under_the_same_name_is_one_change(door: Door) -> None:
    token = token_of(sync(door))
    door.request("DELETE", "/dav/alice/work/")
    door.request("MKCALENDAR", "/dav/alice/work/")
    assert statuses(sync(door, token)) == {"work/": 207}


def test_shares_come_and_go(door: Door) -> None:
    """Nothing changes in a collection by being shared, and still its new reader has to hear of it."""
    door.put("a.ics", event("a"))
    shared = door.store.collection_at("alice", "work")
    token = token_of(sync(door, user="bob"))
    door.store.share(shared.id, "bob", Level.READ)
    got = sync(door, token, user="bob")
    [href] = got.replies
    assert got.replies[href].status == 207
    door.store.unshare(shared.id, "bob")
    assert {each: reply.status for each, reply in sync(door, token_of(got), user="bob").replies.items()} == {href: 404}


def test_a_whole_account_that_goes_takes_its_collections_along(door: Door) -> None:
    token = token_of(sync(door))
    door.store.remove_account(door.store.accounts("alice")[0].id)
    assert statuses(sync(door, token)) == {"work/": 404}


def test_members_at_any_depth(door: Door) -> None:
    door.put("a.ics", event("a"))
    first = sync(door, level="infinite")
    assert statuses(first) == {"work/": 207, "work/a.ics": 207}
    door.put("b.ics", event("b"))
    door.request("DELETE", "/dav/alice/work/a.ics")
    door.request("MKCALENDAR", "/dav/alice/new/")
    got = sync(door, token_of(first), "infinite")
    assert statuses(got) == {"new/": 207, "work/": 207, "work/b.ics": 207, "work/a.ics": 404}
    door.request("DELETE", "/dav/alice/work/")
    assert statuses(sync(door, token_of(got), "infinite")) == {"work/": 404}


def test_a_limit_cuts_the_answer_and_loses_nothing(door: Door) -> None:
    limit = "<limit><nresults>1</nresults></limit>"

    def pages(token: str) -> list[str]:
        seen: list[str] = []
        for _ in range(10):
            got = sync(door, token, more=limit)
            found = statuses(got)
            cut = found.pop("", None)
            assert len(found) <= 1
            seen += found
            token = token_of(got)
            if cut is None:
                return seen
            assert cut == 507
        raise AssertionError("it never ends")

    for slug in ("one", "two", "three"):
        door.add_calendar(slug)
    assert sorted(pages("")) == ["one/", "three/", "two/", "work/"]
    token = token_of(sync(door))
    door.put("a.ics", event("a"))
    door.add_calendar("four")
    door.store.delete_collection(door.store.collection_at("alice", "two").id, origin=Origin.CLI)
    assert set(pages(token)) == {"four/", "two/", "work/"}


def test_a_limit_that_no_deep_answer_can_be_cut_to(door: Door) -> None:
    door.put("a.ics", event("a"))
    limit = "<limit><nresults>{}</nresults></limit>"
    got = sync(door, level="infinite", more=limit.format(1))
    assert (got.status, got.conditions) == (507, {dav("number-of-matches-within-limits")})
    assert sync(door, level="infinite", more=limit.format(2)).status == 207


def test_tokens_that_are_none(door: Door) -> None:
    token = token_of(sync(door))
    base, change, turn = token.rsplit("/", 2)
    of_bob = token_of(sync(door, user="bob"))
    of_work = door.sync().xml.findtext(dav("sync-token")) or ""
    for wrong in ("x", of_bob, of_work, f"{base}/999999/{turn}", f"{base}/{change}/999999"):
        got = sync(door, wrong)
        assert (got.status, got.conditions) == (403, {dav("valid-sync-token")}), wrong
    assert door.sync(token).status == 403


@pytest.mark.parametrize("path", [HOME, "/dav/alice/work/"])
def test_how_deep_a_synchronisation_goes(door: Door, path: str) -> None:
    body = f"<sync-collection {NAMESPACES}><sync-token/>%s<prop><getetag/></prop></sync-collection>"
    for level, depth, status in (
        ("<sync-level>1</sync-level>", "0", 207),
        ("<sync-level>infinite</sync-level>", "0", 207),
        ("<sync-level> 1 </sync-level>", "", 207),
        ("", "1", 207),
        ("<sync-level>2</sync-level>", "0", 400),
        ("<sync-level>1</sync-level>", "infinity", 400),
    ):
        headers = {"Depth": depth} if depth else {}
        assert door.report(body % level, path, headers).status == status, (level, depth)


def test_a_write_that_waits_for_a_quiet_home(door: Door) -> None:
    """RFC 6578 §5: a sync token as the state of the home."""
    token = token_of(sync(door))
    header = {"If": f"<{HOME}> (<{token}>)"}
    assert door.put("a.ics", event("a"), header).status == 201
    assert door.put("b.ics", event("b"), header).status == 412
