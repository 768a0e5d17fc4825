"""Entries that somebody moves to another collection upstream: what the upstream cannot hold goes with them.

Upstream a move is a deletion in one place and a creation in another, of which we hear in either order and perhaps in
different rounds. Where one UID went and came within a day in one account, it is the same entry: our richer text goes on
living in the new place, with what the upstream edited on the way merged into it. An entry that merely stands in two
places keeps both texts as they are.
"""

from dataclasses import replace
from datetime import datetime

from storage import clock
from storage.db import Connection
from storage.model import Collection
from storage.sync.plan import Ours
from storage.sync.side import Side
from storage.tables import collections, entries, links, outbox, revisions

WITHIN = 86_400.0
"""Seconds between its going and its coming after which what comes is another entry of that UID."""


def left(conn: Connection, ours: Ours, seq: int) -> bool:
    """Keep what the upstream showed of an entry that it has deleted, by the change `seq`, if ours was more than that.

    Whether it was.
    """
    if not ours.uid or ours.agreed == ours.base:
        return False
    revisions.keep_shown(conn, seq, ours.base)
    return True


def came_to(conn: Connection, collection: Collection, ours: Ours, at: str) -> list[tuple[Collection, Side]]:
    """Where an entry of this collection, which has gone at a moment, stands by now; linked with what it was here.

    What has been edited here since it came is somebody's own.
    """
    found = []
    for place in collections.every(conn, account_id=collection.account_id):
        entry = entries.by_uid(conn, place.n, ours.uid) if place.n != collection.n else None
        link = links.of_entry(conn, entry.id) if entry else None
        if entry is None or link is None or entry.created != entry.modified or entry.created < _before(at):
            continue
        if link.base is None and outbox.get(conn, place.n, entry.id) is None:
            known = replace(link, base=ours.base, agreed=ours.agreed)
            found.append((place, Side(entry.id, entry, known, None)))
    return found


def gone_from(conn: Connection, collection: Collection, uids: list[str], at: str) -> dict[str, tuple[str, str]]:
    """What the account's entries with these UIDs were that have just gone: what their upstream showed, and our text."""
    return revisions.shown(conn, collection.account_id, uids, _before(at))


def _before(at: str) -> str:
    return clock.iso(datetime.fromisoformat(at).timestamp() - WITHIN)
