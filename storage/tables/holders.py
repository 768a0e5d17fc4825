"""Which entries may hold a text, where an index tells: that of the UIDs, or that of the words of events."""

from collections.abc import Sequence
from operator import attrgetter
from sqlite3 import Connection

from storage.model import Entry
from storage.tables import entries, sought
from storage.tables.needles import Needle


def few(conn: Connection, collection_n: int, holding: Sequence[Needle], most: int) -> list[Entry] | None:
    """The entries of a collection that may hold one of these, by href; None where no index tells, or of more."""
    if not holding:
        return None
    index = entries.with_uids if all(needle.in_uid for needle in holding) else sought.holders
    found = index(conn, collection_n, holding)
    if found is None or len(found) > most:
        return None
    return sorted(entries.numbered(conn, found), key=attrgetter("href"))
