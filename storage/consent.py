"""Acts that are done only with consent: tried, looked at, and kept if somebody agrees to just what they came to.

What a write would do is best known from doing it. It is done inside a transaction that ends before anybody else sees
anything of it: with everything kept, or with nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from storage import versions
from storage.db import Connection
from storage.model import Action, Change, Origin
from storage.scheduling import people
from storage.scheduling.audience import audience
from storage.store import Store
from storage.tables import collections, journal

Result = TypeVar("Result")

Seen = Callable[[int, str], str]
"""What of an entry's text somebody sees; first comes the number of its collection."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act came to. What the delivery of invitations wrote for others is left out.

    `found`: calendar, action and content hash of each entry as it was before (empty: it was not there), in order;
    while nothing has changed meanwhile, the same act gives the same. `deletes`: how many entries are gone. `told`: the
    addresses of those whom a server that schedules would tell of it, as far as the events that concern them are seen.
    """

    found: tuple[tuple[str, str, str], ...]
    deletes: int
    told: tuple[str, ...]


class _Refused(Exception):
    """Nobody agreed: the transaction is to leave nothing."""


def with_consent(
    store: Store,
    act: Callable[[], Result],
    agreed: Callable[[Result, Effect], bool],
    seen: Seen = lambda _collection, text: text,
) -> tuple[Result, Effect, bool]:
    """Do something, and keep it if `agreed` says so of what it gave and what it came to: the last value says whether.

    `act` and `agreed` see one state of the mirror, which nobody else changes meanwhile; neither may take long, nor
    reach for the network. `seen`: what whoever is asked sees of an entry; who is told of the rest is not said. Raises
    what they raise, with nothing done, and `StoreBusy`, `StoreFull`.
    """
    found: list[tuple[Result, Effect]] = []
    try:
        with store.db.atomic() as conn:
            begun = journal.head(conn)
            result = act()
            found.append((result, _effect(conn, journal.since(conn, begun), seen)))
            _insist(agreed(*found[0]))
    except _Refused:
        return *found[0], False
    return *found[0], True


def _mine(conn: Connection, change: Change) -> list[str]:
    """All addresses that a calendar's owner may write under, in normal form: whatever is sent under one is told."""
    place = collections.by_n(conn, change.collection_n)
    if place is None:
        return []
    return [*people.addresses(conn, place.user), *([people.normal(place.email)] if place.email else [])]


def _insist(agreed: bool) -> None:
    if not agreed:
        raise _Refused


def _effect(conn: Connection, changes: list[Change], seen: Seen) -> Effect:
    own = [each for each in changes if each.entry and each.origin is not Origin.SCHEDULING]
    told: set[str] = set()
    for change in own:
        step = versions.step(conn, change)
        was, now = (None if each is None else seen(each.collection_n, each.text) for each in (step.before, step.after))
        told |= set(audience(was, now, _mine(conn, change)))
    found = sorted((each.collection, each.action.value, each.before) for each in own)
    gone = sum(each.action is Action.DELETE for each in own)
    return Effect(tuple(found), gone, tuple(sorted(each.removeprefix("mailto:") for each in told)))
