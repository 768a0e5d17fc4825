"""Undo with a real server behind the mirror: any earlier state of a history comes back, there as well as here."""

from collections.abc import Iterator
from random import Random

import pytest

from storage.content import canonical
from storage.model import Origin
from storage.sync import inbox, restore, undo
from storage.sync.undo import Choice
from tests.mirror.rig import Mirror, Upstream
from tests.mirror.test_upstreams import event
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server
from tests.upstreams.xandikos import running_xandikos

NAMES = [f"n{number}" for number in range(12)]


@pytest.fixture(scope="module", params=[running_radicale, running_xandikos], ids=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with request.param(tmp_path_factory.mktemp("upstream")) as running:
        yield running


def take_back(mirror: Mirror, choice: Choice) -> None:
    """Undo, and bring both sides in step; what was in the inbox before is there still."""
    conflicts = len(mirror.store.conflicts())
    plan = undo.plan(mirror.store, choice)
    assert [item.problem for item in plan.items if item.problem] == []
    assert restore.carry_out(mirror.store, plan).skipped == []
    assert mirror.sync().errors == []
    assert len(mirror.store.conflicts()) == conflicts


def live(mirror: Mirror, upstream: Upstream, calendar: str, random: Random) -> None:
    """One thing happens, on one of the two sides."""
    name, text = random.choice(NAMES), f"{random.random()}"
    there = upstream.names(calendar)
    place = mirror.collection(calendar)
    here = {entry.uid: entry.href for entry in mirror.store.iter_entries(place.id)}
    uid = f"{name}@example.com"
    match random.randrange(5):
        case 0 | 1:
            mirror.put(calendar, here.get(uid, f"{name}.ics"), event(name, text))
        case 2:
            held = {f"{each.removesuffix('.ics')}@example.com" for each in there}
            if uid in held or uid not in here:
                upstream.put(calendar, f"{name}.ics", event(name, text))
        case 3 if here:
            mirror.store.delete_entry(place.id, random.choice(sorted(here.values())), origin=Origin.DAV)
        case 4 if there:
            upstream.delete(calendar, random.choice(there))
    if random.random() < 0.4:
        mirror.sync()
        for held_entries in mirror.store.held():
            inbox.approve(mirror.store, held_entries.n)


def test_any_earlier_state_comes_back_there_as_well(server: Server, upstream: Upstream, mirror: Mirror) -> None:
    calendar = server.make_calendar("lived")
    assert mirror.sync().converged
    random = Random(4)
    states = {mirror.store.head(): mirror.texts(calendar)}
    while len(states) < 40:
        live(mirror, upstream, calendar, random)
        states[mirror.store.head()] = mirror.texts(calendar)
    mirror.sync()
    for seq in (list(states)[32], list(states)[20], list(states)[7], list(states)[32]):
        take_back(mirror, Choice(since=seq))
        assert mirror.texts(calendar) == states[seq]
        assert upstream.texts(calendar) == states[seq]


def test_a_mass_deletion_is_restored_by_one_command(server: Server, upstream: Upstream, mirror: Mirror) -> None:
    calendar = server.make_calendar("mass")
    for number in range(30):
        upstream.put(calendar, f"m{number}.ics", event(f"m{number}", f"number {number}"))
    assert mirror.sync().converged
    before = upstream.texts(calendar)
    for name in upstream.names(calendar):
        upstream.delete(calendar, name)
    mirror.sync()
    (held,) = mirror.store.held()
    inbox.approve(mirror.store, held.n)
    assert mirror.texts(calendar) == {}
    take_back(mirror, Choice(account=mirror.account.id))
    assert upstream.texts(calendar) == mirror.texts(calendar) == before
    head = mirror.store.head()
    assert mirror.sync().converged
    assert mirror.store.head() == head


def test_a_calendar_that_was_deleted_there_comes_back(server: Server, upstream: Upstream, mirror: Mirror) -> None:
    calendar = server.make_calendar("whole")
    for number in range(5):
        upstream.put(calendar, f"w{number}.ics", event(f"w{number}", f"number {number}"))
    assert mirror.sync().converged
    place, before = mirror.collection(calendar), mirror.texts(calendar)
    assert upstream.http.delete(calendar).status_code in (200, 204)
    mirror.sync()
    (held,) = mirror.store.held()
    inbox.approve(mirror.store, held.n)
    take_back(mirror, Choice(run=mirror.store.changes()[-1].run))
    back = mirror.store.collection(place.id)
    assert {e.uid: canonical(e.text) for e in mirror.store.iter_entries(back.id)} == before
    assert back.remote_href
    made = f"{server.home}{back.remote_href.rstrip('/').rpartition('/')[2]}/"
    assert upstream.texts(made) == before
