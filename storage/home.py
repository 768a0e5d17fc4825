"""A user's home: the collections that are theirs or shared with them, and what became of the list since a position."""

from dataclasses import dataclass

from storage import shared
from storage.db import Connection
from storage.errors import CursorExpired
from storage.model import Collection
from storage.tables import collections, homes, journal

_HINT = "start again from a full listing"


@dataclass(frozen=True, slots=True)
class HomePosition:
    """How much of a home somebody knows: the newest change of its collections, and the last coming or going."""

    change: int
    turn: int


@dataclass(frozen=True, slots=True)
class HomeDelta:
    """What became of a home since a position.

    `came`: collections that were not there under this path segment; `changed`: others in which anything changed;
    `gone`: path segments where nothing is any more. `truncated`: there is more, ask again with `position`.
    """

    came: list[Collection]
    changed: list[Collection]
    gone: list[str]
    position: HomePosition
    truncated: bool = False


def every(conn: Connection, user: str) -> list[Collection]:
    """A user's collections, and behind them those that others share with the user."""
    return collections.every(conn, user=user) + shared.with_user(conn, user)


def delta(conn: Connection, user: str, since: HomePosition | None, *, limit: int | None) -> HomeDelta:
    """What became of the home since a position; None: all of it. Raises `CursorExpired`."""
    there = {each.slug: each for each in every(conn, user)}
    newest = HomePosition(max((each.seq for each in there.values()), default=0), homes.newest(conn, user))
    by_change = sorted(there.values(), key=lambda each: each.seq)
    if since is None:
        if limit is None or len(by_change) <= limit:
            return HomeDelta(by_change, [], [], newest)
        page = by_change[:limit]
        return HomeDelta(page, [], [], HomePosition(page[-1].seq, newest.turn), truncated=True)
    if since.turn > newest.turn or since.change > journal.head(conn):
        raise CursorExpired(f"this has not happened in the home of {user}", hint=_HINT)
    turned = homes.since(conn, user, since.turn)
    known = {slug for _n, slug in turned}
    changed = [each for each in by_change if each.seq > since.change and each.slug not in known]
    position, truncated = newest, limit is not None and len(turned) + len(changed) > limit
    if truncated and limit is not None:
        turned, changed = turned[:limit], changed[: max(0, limit - len(turned))]
        position = HomePosition(changed[-1].seq if changed else since.change, turned[-1][0] if turned else since.turn)
    came = [there[slug] for _n, slug in turned if slug in there]
    gone = [slug for _n, slug in turned if slug not in there]
    return HomeDelta(came, changed, gone, position, truncated)
