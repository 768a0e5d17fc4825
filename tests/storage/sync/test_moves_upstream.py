"""Somebody moves an entry upstream: what their upstream cannot hold is there in the new place, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryUpstream
from storage import clock
from storage.model import Collection, Origin
from storage.projection import project
from storage.provider import Holds
from storage.sync import inbox
from storage.tables import held
from storage.verify import verify
from tests.storage.sync.scene import Scene

LESS = Holds(drops=frozenset({"X-*", "CATEGORIES"}), alarms=0)
ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
FIRST, SECOND = "/memory/calendar/", "/memory/second/"
DAY = 86_400.0


def rich(uid: str, summary: str = "Lunch") -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260301T100000Z\r\nSUMMARY:{summary}\r\n"
        f"CATEGORIES:Mine\r\nX-MINE:of {uid}\r\n{ALARM}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def shown(uid: str, summary: str = "Lunch") -> str:
    return project(rich(uid, summary), LESS)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Ten entries in the first of two calendars, all of them richer here than upstream."""
    found = Scene(tmp_path / "mirror", MemoryUpstream(holds=LESS))
    found.upstream.add("second")
    found.sync()
    for number in range(10):
        found.store.put_entry(first(found).id, f"e{number}.ics", rich(f"e{number}"), origin=Origin.DAV)
    assert found.sync().converged
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


def first(scene: Scene) -> Collection:
    return next(c for c in scene.store.collections(account=scene.account.id) if c.remote_href == FIRST)


def second(scene: Scene) -> Collection:
    return next(c for c in scene.store.collections(account=scene.account.id) if c.remote_href == SECOND)


def texts(scene: Scene, collection: Collection) -> dict[str, str]:
    return {e.uid: e.text for e in scene.store.iter_entries(collection.id)}


def goes(scene: Scene, uid: str) -> None:
    scene.upstream.remove(FIRST, f"{FIRST}{uid}.ics")


def comes(scene: Scene, uid: str, text: str) -> None:
    scene.upstream.put(SECOND, f"{SECOND}{uid}.ics", text)


def settled(scene: Scene) -> bool:
    """Whether both sides agree, and a further round does nothing."""
    writes, head = scene.upstream.writes, scene.store.head()
    return scene.sync().converged and (scene.upstream.writes, scene.store.head()) == (writes, head)


@pytest.mark.parametrize("order", ["at once", "first it goes", "first it comes"])
@pytest.mark.parametrize("summary", ["Lunch", "Dinner"])
def test_what_the_upstream_cannot_hold_goes_with_what_it_moves(scene: Scene, order: str, summary: str) -> None:
    """Whichever half is heard of first, and with what was edited upstream by the way."""
    if order != "first it comes":
        goes(scene, "e3")
    else:
        comes(scene, "e3", shown("e3", summary))
    if order != "at once":
        scene.sync()
    if order != "first it comes":
        comes(scene, "e3", shown("e3", summary))
    else:
        goes(scene, "e3")
    assert scene.sync().converged
    assert texts(scene, second(scene)) == {"e3": rich("e3", summary)}
    assert "e3" not in texts(scene, first(scene))
    writes = scene.upstream.writes
    assert settled(scene)
    assert scene.upstream.writes == writes == 10
    scene.upstream.put(SECOND, f"{SECOND}e3.ics", shown("e3", "Breakfast"))
    assert scene.sync().converged
    assert texts(scene, second(scene)) == {"e3": rich("e3", "Breakfast")}


def test_many_that_move_at_once_are_as_rich_when_their_deletion_is_approved(scene: Scene) -> None:
    for number in range(8):
        goes(scene, f"e{number}")
        comes(scene, f"e{number}", shown(f"e{number}"))
    scene.sync()
    (stopped,) = held.every(scene.store.db.reader())
    now = clock.timestamp()
    with clock.use(lambda: now + 3 * DAY):
        assert inbox.approve(scene.store, stopped.n) == 8
        assert scene.sync().converged
        assert texts(scene, second(scene)) == {f"e{n}": rich(f"e{n}") for n in range(8)}
        assert settled(scene)


def test_what_merely_stands_in_two_places_is_left_as_it_is(scene: Scene) -> None:
    comes(scene, "e3", shown("e3"))
    assert scene.sync().converged
    assert texts(scene, second(scene)) == {"e3": shown("e3")}
    assert texts(scene, first(scene))["e3"] == rich("e3")
    now = clock.timestamp()
    with clock.use(lambda: now + 2 * DAY):
        goes(scene, "e3")
        assert scene.sync().converged
        assert texts(scene, second(scene)) == {"e3": shown("e3")}, "it had come long before the other one went"


def test_what_comes_long_after_is_another_entry(scene: Scene) -> None:
    goes(scene, "e3")
    assert scene.sync().converged
    now = clock.timestamp()
    with clock.use(lambda: now + 2 * DAY):
        comes(scene, "e3", shown("e3"))
        assert scene.sync().converged
        assert texts(scene, second(scene)) == {"e3": shown("e3")}


def test_what_was_edited_in_the_new_place_is_left_as_it_is(scene: Scene) -> None:
    comes(scene, "e3", shown("e3"))
    scene.sync()
    edited = shown("e3").replace("SUMMARY:Lunch", "SUMMARY:Ours")
    (there,) = scene.store.iter_entries(second(scene).id)
    scene.store.put_entry(second(scene).id, there.href, edited, origin=Origin.DAV)
    goes(scene, "e3")
    assert scene.sync().converged
    assert texts(scene, second(scene)) == {"e3": edited}
    assert settled(scene)
