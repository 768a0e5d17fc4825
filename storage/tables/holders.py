"""Which entries may hold a text, where an index tells: that of the UIDs, or that of the words of events."""

from collections.abc import Sequence
from sqlite3 import Connection

from storage.tables import entries, sought
from storage.tables.needles import Needle


def found(conn: Connection, collection_n: int, holding: Sequence[Needle]) -> list[int] | None:
    """The numbers of the entries of a collection that may hold one of these, by href; None where no index tells.

    Asked inside a snapshot.
    """
    if not holding:
        return None
    index = entries.with_uids if all(needle.in_uid for needle in holding) else sought.holders
    numbers = index(conn, collection_n, holding)
    return None if numbers is None else entries.in_order(conn, numbers)
