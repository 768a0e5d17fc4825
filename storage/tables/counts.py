"""How much stands where, over several tables: the numbers of `calharbor status`."""

from dataclasses import dataclass
from sqlite3 import Connection


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers by collection (its `n`) and by account; what has nothing is absent.

    `entries`: what the mirror holds. `pending`: changes that the upstream does not have yet; those of an account
    include its collections themselves. `conflicts`: open ones. `held`: entries whose deletion waits for a person.
    `quarantined`: items that could not be understood.
    """

    entries: dict[int, int]
    pending: dict[int, int]
    account_pending: dict[int, int]
    conflicts: dict[int, int]
    held: dict[int, int]
    quarantined: dict[int, int]


def read(conn: Connection) -> Counts:
    """All of them, in one go."""

    def grouped(sql: str) -> dict[int, int]:
        return dict(conn.execute(sql).fetchall())

    return Counts(
        entries=grouped("SELECT collection_n, count(*) FROM entries GROUP BY collection_n"),
        pending=grouped("SELECT collection_n, count(*) FROM outbox GROUP BY collection_n"),
        account_pending=grouped("SELECT account_id, count(*) FROM outbox GROUP BY account_id"),
        conflicts=grouped("SELECT account_id, count(*) FROM conflicts WHERE state = 'open' GROUP BY account_id"),
        held=grouped(
            """SELECT h.account_id, count(*) FROM held h JOIN held_entries e ON e.held_n = h.n
               WHERE h.state = 'open' GROUP BY h.account_id"""
        ),
        quarantined=grouped("SELECT account_id, count(*) FROM quarantine GROUP BY account_id"),
    )
