"""The table `leases`: who may run the sync, and until when. The fence grows with every change of hands."""

from dataclasses import dataclass
from sqlite3 import Connection


@dataclass(frozen=True, slots=True)
class Lease:
    """A row: `owner` is unique per process run, `expires` seconds since 1970."""

    name: str
    owner: str
    pid: int
    host: str
    fence: int
    expires: float


def get(conn: Connection, name: str) -> Lease | None:
    """The lease as it stands, expired or not."""
    row = conn.execute("SELECT name, owner, pid, host, fence, expires FROM leases WHERE name = ?", (name,)).fetchone()
    return Lease(*row) if row else None


def take(conn: Connection, name: str, *, owner: str, pid: int, host: str, expires: float) -> Lease:
    """Write the lease for `owner`; the fence grows unless it already was the owner."""
    conn.execute(
        """INSERT INTO leases (name, owner, pid, host, fence, expires) VALUES (?, ?, ?, ?, 1, ?)
           ON CONFLICT (name) DO UPDATE SET fence = fence + (owner <> excluded.owner), owner = excluded.owner,
               pid = excluded.pid, host = excluded.host, expires = excluded.expires""",
        (name, owner, pid, host, expires),
    )
    lease = get(conn, name)
    assert lease is not None
    return lease


def drop_every(conn: Connection) -> None:
    """Nobody holds any: their holders work in another folder."""
    conn.execute("DELETE FROM leases")


def drop(conn: Connection, name: str, owner: str) -> None:
    """Give the lease back, if it still is the owner's."""
    conn.execute("UPDATE leases SET expires = 0 WHERE name = ? AND owner = ?", (name, owner))
