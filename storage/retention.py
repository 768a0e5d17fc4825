"""How long the past is kept: by age and by size, and never shorter than the ninety days of promise 7.

What is forgotten goes in small steps, each of which leaves journal, revisions and cursors in agreement. What waits for
the upstream, links and the inbox hold the bytes that they need themselves, and lose nothing by it.
"""

from dataclasses import dataclass
from datetime import timedelta

from storage import clock, versions
from storage.db import Connection
from storage.tables import collection_revisions, journal, meta, revisions

PROMISED = timedelta(days=90)
"""Changes and revisions younger than this are never forgotten, whatever room they take."""

STEP = 2_000
"""So many changes are forgotten at a time: a writer waits no longer than that."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the past there is: since when ("" for an empty one), changes, and octets of older texts."""

    oldest: str
    changes: int
    octets: int


def measure(conn: Connection) -> Extent:
    """How much there is; costs what has changed since `forget` last looked."""
    through, at = versions.reach(conn)
    first = at or journal.moment(conn, journal.first(conn))
    return Extent(first, journal.count(conn, through), _octets(conn))


def forget(conn: Connection, before: str, *, octets: int = 0) -> int:
    """Forget a step of what was done before a moment (ISO text); how many changes, 0 when nothing is left to forget.

    With `octets`, also what is older than `PROMISED` while older texts take more room than that. Cursors from before
    raise `CursorExpired` from now on.
    """
    youngest = clock.iso((clock.now() - PROMISED).timestamp())
    _count(conn)
    before = youngest if octets and _octets(conn) > octets else min(before, youngest)
    through = journal.last_before(conn, before, STEP)
    if through <= meta.number(conn, "compacted_through"):
        return 0
    gone = revisions.octets(conn, 0, through)
    meta.put(conn, "compacted_at", journal.moment(conn, through))
    meta.put(conn, "compacted_through", through)
    meta.put(conn, "history_octets", meta.number(conn, "history_octets") - gone)
    revisions.drop_through(conn, through)
    collection_revisions.drop_through(conn, through)
    return journal.drop_through(conn, through)


def _octets(conn: Connection) -> int:
    """What older texts take: what was counted, and what has come since."""
    counted = meta.number(conn, "history_counted")
    return meta.number(conn, "history_octets") + revisions.octets(conn, counted, journal.head(conn))


def _count(conn: Connection) -> None:
    """Remember what they take now."""
    meta.put(conn, "history_octets", _octets(conn))
    meta.put(conn, "history_counted", journal.head(conn))
