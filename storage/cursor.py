"""What a position in the journal means: which changes follow, what a collection became since, when it is too old.

A position is the number of the newest change that its holder knows. It is good as long as every later change is still
in the journal; then the answer is complete. Otherwise `CursorExpired` says so, and the holder starts from a full
listing.
"""

from dataclasses import dataclass
from json import dumps, loads

from storage.db import Connection
from storage.errors import CursorExpired
from storage.model import Change, Collection, Listed
from storage.tables import entries, journal, meta

LOST = 10_000_000
"""So many changes there may have been between a backup and the moment when it is restored."""

_HINT = "start again from a full listing"


@dataclass(frozen=True, slots=True)
class Delta:
    """What became of a collection since a position: entries as they are now, hrefs that are gone, the new position.

    `truncated`: there is more, ask again with `seq`.
    """

    changed: list[Listed]
    gone: list[str]
    seq: int
    truncated: bool


def oldest(conn: Connection) -> int:
    """The oldest position that is still good for everything."""
    return meta.number(conn, "compacted_through")


def skip(conn: Connection) -> None:
    """Go on with much higher numbers: those that the journal is going to miss were given to changes that are lost.

    Whoever holds one of these has seen what did not happen here; from now on that is said, whatever happens later.
    """
    head = journal.head(conn)
    journal.set_head(conn, head + LOST)
    meta.put(conn, "lost", dumps([*lost(conn), (head, head + LOST)]))


def lost(conn: Connection) -> list[tuple[int, int]]:
    """The positions from which restored mirrors went on, and to which."""
    return [(first, last) for first, last in loads(meta.get(conn, "lost") or "[]")]


def check(conn: Connection, since: int) -> None:
    """Raises `CursorExpired` for a position after which changes were forgotten, or lost with a restored backup."""
    _refuse_lost(conn, since)
    if since < oldest(conn):
        raise CursorExpired(f"the journal reaches back to change {oldest(conn)}, not to {since}", hint=_HINT)


def check_in(conn: Connection, collection: Collection, since: int) -> None:
    """The same for what changed in one collection; an old position is good where nothing followed it."""
    if since > collection.seq or since < 0:
        raise CursorExpired(f"change {since} has not happened in {collection.name!r}", hint=_HINT)
    _refuse_lost(conn, since)
    if since < collection.seq and since < oldest(conn):
        raise CursorExpired(f"the journal does not reach back to change {since}", hint=_HINT)


def _refuse_lost(conn: Connection, since: int) -> None:
    if any(first < since < last for first, last in lost(conn)):
        raise CursorExpired(f"change {since} is from before the mirror was restored from a backup", hint=_HINT)


def changes(conn: Connection, since: int | None, *, account_id: int | None, limit: int | None) -> list[Change]:
    """The changes after a position, oldest first; None: all that the journal still has."""
    start = oldest(conn)
    if since is not None:
        if since > journal.head(conn) or since < 0:
            raise CursorExpired(f"change {since} has not happened here", hint=_HINT)
        check(conn, since)
        start = since
    return journal.since(conn, start, account_id=account_id, limit=limit)


def delta(conn: Connection, collection: Collection, since: int | None, *, limit: int | None, own: bool = True) -> Delta:
    """What became of the collection since a position; None: everything it holds.

    `own`: as its owner sees it, whom other people's reminders do not concern.
    """
    if since is None:
        return _initial(conn, collection, limit)
    check_in(conn, collection, since)
    touched = journal.touched(conn, collection.n, since, None if limit is None else limit + 1, own=own)
    truncated = limit is not None and len(touched) > limit
    if truncated:
        touched = touched[:limit]
    hrefs = [href for href, _seq in touched]
    changed = entries.listed(conn, collection.n, hrefs) if hrefs else []
    there = {listed.href for listed in changed}
    seq = touched[-1][1] if truncated and touched else collection.seq
    return Delta(changed, [href for href in hrefs if href not in there], seq, truncated)


def _initial(conn: Connection, collection: Collection, limit: int | None) -> Delta:
    """Everything; with a limit in the order of the last changes, so that a cut has a position in the journal."""
    if limit is None:
        return Delta(entries.listing(conn, collection.n), [], collection.seq, False)
    found = entries.listing_by_seq(conn, collection.n, limit + 1)
    if len(found) <= limit:
        return Delta([listed for _seq, listed in found], [], collection.seq, False)
    page = found[:limit]
    return Delta([listed for _seq, listed in page], [], page[-1][0] if page else 0, True)
