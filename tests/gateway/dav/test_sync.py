"""sync-collection: what changed since a token, and nothing lost at a limit (F5 and F12 of the findings)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dav.names import caldav, dav
from tests.gateway.dav.door import NAMESPACES, Door, Got, event


def token(got: Got) -> str:
    return got.xml.findtext(dav("sync-token")) or ""


def apply(state: dict[str, str], got: Got) -> bool:
    """Follow an answer as a client does; whether the answer was cut off."""
    cut = False
    for href, reply in got.replies.items():
        if reply.status == 507:
            cut = True
        elif reply.status == 404:
            state.pop(href, None)
        else:
            state[href] = reply.text(dav("getetag"))
    return cut


def limit(number: int) -> str:
    return f"<limit><nresults>{number}</nresults></limit>"


def test_the_first_synchronisation_lists_only_what_is_there(door: Door) -> None:
    """F5: stock Radicale lists the deleted members too."""
    door.put("a.ics", event("a"))
    door.put("gone.ics", event("gone"))
    door.request("DELETE", "/dav/alice/work/gone.ics")
    got = door.sync()
    assert {href: reply.status for href, reply in got.replies.items()} == {"/dav/alice/work/a.ics": 207}


def test_members_are_listed_even_without_properties(door: Door) -> None:
    """F5: stock Radicale leaves them out."""
    door.put("a.ics", event("a"))
    assert set(door.sync(props="").replies) == {"/dav/alice/work/a.ics"}


def test_changes_since_a_token_once_each(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.put("b.ics", event("b"))
    start = token(door.sync())
    assert door.sync(start).replies == {}
    assert token(door.sync(start)) == start
    for number in range(3):
        door.put("a.ics", event("a", f"SUMMARY:{number}"))
    door.put("c.ics", event("c"))
    door.request("DELETE", "/dav/alice/work/c.ics")
    door.request("DELETE", "/dav/alice/work/b.ics")
    replies = door.sync(start).replies
    assert {href[-5:]: reply.status for href, reply in replies.items()} == {"a.ics": 207, "b.ics": 404, "c.ics": 404}


def test_the_texts_may_come_along(door: Door) -> None:
    door.put("a.ics", event("a"))
    reply = door.sync(props="<getetag/><C:calendar-data/>").replies["/dav/alice/work/a.ics"]
    assert reply.text(caldav("calendar-data")) == event("a")


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_limit_cuts_the_answer_and_loses_nothing(door: Door, size: int) -> None:
    for number in range(5):
        door.put(f"{number}.ics", event(str(number)))
    state: dict[str, str] = {}
    at, rounds = "", 0
    while True:
        got = door.sync(at, more=limit(size))
        assert sum(reply.status != 507 for reply in got.replies.values()) <= size
        at, rounds = token(got), rounds + 1
        if not apply(state, got):
            break
    assert rounds == -(-5 // size)
    assert len(state) == 5
    whole: dict[str, str] = {}
    apply(whole, door.sync())
    assert state == whole


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30])
def test_limits_that_allow_nothing(door: Door, number: str) -> None:
    assert door.sync(more=f"<limit><nresults>{number}</nresults></limit>").status == 507


@pytest.mark.parametrize("change", ["junk", "other store", "other calendar", "future", "negative"])
def test_tokens_that_are_none(door: Door, change: str) -> None:
    good = token(door.sync())
    head, collection, seq = good.rsplit("/", 2)
    bad = {
        "junk": "x",
        "other store": f"{head[:-4]}0000/{collection}/{seq}",
        "other calendar": f"{head}/{door.add_calendar('second')}/{seq}",
        "future": f"{head}/{collection}/999999",
        "negative": f"{head}/{collection}/-1",
    }[change]
    got = door.sync(bad)
    assert (got.status, got.conditions) == (403, {dav("valid-sync-token")})


def test_the_token_of_the_property_is_the_reports(door: Door) -> None:
    door.put("a.ics", event("a"))
    reply = door.propfind("/dav/alice/work/", "<sync-token/>").replies["/dav/alice/work/"]
    assert reply.text(dav("sync-token")) == token(door.sync())


def test_the_root_and_entries_are_not_synchronised(door: Door) -> None:
    door.put("a.ics", event("a"))
    body = f"<sync-collection {NAMESPACES}><sync-token/><prop/></sync-collection>"
    for path in ("/dav/", "/dav/alice/work/a.ics"):
        got = door.report(body, path)
        assert (got.status, got.conditions) == (403, {dav("supported-report")})


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "delete", "sync", "limited"]), st.integers(0, 4), st.integers(0, 99)), max_size=12
)


@settings(max_examples=25)
@given(steps=STEPS)
def test_a_client_that_follows_tokens_ends_with_the_listing(
    steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    door = Door(tmp_path_factory.mktemp("sync"))
    state: dict[str, str] = {}
    at = ""
    for what, which, value in steps:
        name = f"{which}.ics"
        if what == "put":
            door.put(name, event(str(which), f"SUMMARY:{value}"))
        elif what == "delete":
            door.request("DELETE", f"/dav/alice/work/{name}")
        else:
            got = door.sync(at, more=limit(1 + value % 3) if what == "limited" else "")
            apply(state, got)
            at = token(got)
    apply(state, door.sync(at))
    listed = door.propfind("/dav/alice/work/", "<getetag/>", "1").replies
    assert state == {href: each.text(dav("getetag")) for href, each in listed.items() if not href.endswith("/")}
    door.store.close()


def test_the_answer_ends_with_its_token(door: Door) -> None:
    door.put("a.ics", event("a"))
    assert [each.tag for each in door.sync().xml] == [dav("response"), dav("sync-token")]
