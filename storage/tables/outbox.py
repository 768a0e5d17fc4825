"""The table `outbox`: what the upstream does not have yet; one row at most for an entry or a collection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage import clock, ids


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row. `generation` grows with every further local change; `detail` says what a deleted thing was called.

    `loud` is the generation of the newest change whose author wants those concerned to be told of it, 0 for none.
    `sent` are the digests of texts that were sent and may have arrived, though no answer said so, each with the
    generation that it was the text of.
    """

    n: int
    account_id: int
    collection_n: int
    entry_id: str | None
    action: str
    detail: Mapping[str, Any]
    generation: int
    key: str
    loud: int
    attempts: int
    next_try: float
    error: str
    sent: Mapping[str, int]

    @property
    def notify(self) -> bool:
        """Whether those concerned shall be told when it is sent."""
        return self.loud > 0


_SELECT = """SELECT n, account_id, collection_n, entry_id, action, detail, generation, key, notify, attempts, next_try,
                 error, sent FROM outbox"""


def _row(row: tuple[Any, ...]) -> Waiting:
    n, account_id, collection_n, entry_id, action, detail, generation, key, loud, attempts, next_try, error, sent = row
    known, digests = loads(detail), loads(sent)
    if isinstance(digests, list):  # as earlier versions wrote them
        digests = dict.fromkeys(digests, 0)
    return Waiting(
        *(n, account_id, collection_n, entry_id, action, known, generation, key),
        *(loud, attempts, next_try, error, digests),
    )


def enqueue(
    conn: Connection,
    *,
    account_id: int,
    collection_n: int,
    entry_id: str | None,
    action: str,
    detail: Mapping[str, Any] | None = None,
    notify: bool = False,
) -> None:
    """Note a local change of an entry (or, for None, of the collection itself) that the upstream has to hear of.

    `action` is `create`, `update` or `delete` (for a collection `create`, `edit`, `delete`). Several changes make one
    row: a creation stays a creation when it is edited, and vanishes when it is deleted before any attempt to send it.
    """
    before = get(conn, collection_n, entry_id)
    if before is None:
        conn.execute(
            """INSERT INTO outbox (account_id, collection_n, entry_id, action, detail, key, notify, created)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (account_id, collection_n, entry_id, action, dumps(detail or {}), ids.new_id(), notify, clock.iso()),
        )
        return
    if before.action == "create" and action == "delete" and before.attempts == 0:
        drop(conn, before.n)
        return
    if before.action == "create" and action != "delete":
        action = "create"
    # Whether a deletion may tell anybody is said by the deletion alone, and by what takes it back. Of several edits
    # that go up as one, it is enough that the owner made one.
    alone = "delete" in (action, before.action)
    generation = before.generation + 1
    conn.execute(
        "UPDATE outbox SET action = ?, detail = ?, generation = ?, key = ?, notify = ?, next_try = 0 WHERE n = ?",
        (
            action,
            dumps({**before.detail, **(detail or {})}),
            generation,
            ids.new_id(),
            generation if notify else 0 if alone else before.loud,
            before.n,
        ),
    )


def get(conn: Connection, collection_n: int, entry_id: str | None) -> Waiting | None:
    """The row of an entry, or of the collection itself."""
    row = conn.execute(f"{_SELECT} WHERE collection_n = ? AND entry_id IS ?", (collection_n, entry_id)).fetchone()
    return _row(row) if row else None


def departure(conn: Connection, waiting: Waiting, uid: str) -> Waiting | None:
    """The deletion that this row has become, perhaps under another id. (Numbers are given again, so the UID counts.)"""
    row = conn.execute(
        f"""{_SELECT} WHERE n = ? AND collection_n = ? AND action = 'delete' AND entry_id IS NOT NULL
            AND json_extract(detail, '$.uid') = ?""",
        (waiting.n, waiting.collection_n, uid),
    ).fetchone()
    return _row(row) if row else None


def entries(conn: Connection, collection_n: int, now: float) -> list[Waiting]:
    """The changes of a collection's entries that may be tried now: deletions first, then the oldest."""
    rows = conn.execute(
        f"""{_SELECT} WHERE collection_n = ? AND entry_id IS NOT NULL AND next_try <= ?
            ORDER BY action <> 'delete', n""",
        (collection_n, now),
    )
    return [_row(row) for row in rows.fetchall()]


def collections(conn: Connection, account_id: int, now: float) -> list[Waiting]:
    """The changes of an account's collections themselves that may be tried now, in the order they were made."""
    rows = conn.execute(
        f"{_SELECT} WHERE account_id = ? AND entry_id IS NULL AND next_try <= ? ORDER BY n", (account_id, now)
    )
    return [_row(row) for row in rows.fetchall()]


def deletion(conn: Connection, collection_n: int, uid: str) -> Waiting | None:
    """The deletion of an entry with this UID that the upstream has not heard of, or not confirmed."""
    row = conn.execute(
        f"""{_SELECT} WHERE collection_n = ? AND action = 'delete' AND entry_id IS NOT NULL
            AND json_extract(detail, '$.uid') = ?""",
        (collection_n, uid),
    ).fetchone()
    return _row(row) if row else None


def leaves(conn: Connection, account_id: int, uid: str) -> bool:
    """Whether an entry with this UID has still to be deleted upstream in any collection of the account."""
    row = conn.execute(
        """SELECT 1 FROM outbox WHERE account_id = ? AND action = 'delete' AND entry_id IS NOT NULL
               AND json_extract(detail, '$.uid') = ?""",
        (account_id, uid),
    ).fetchone()
    return row is not None


def emptying(conn: Connection, account_id: int) -> set[int]:
    """The numbers of the account's collections in which entries have still to be deleted upstream."""
    rows = conn.execute(
        "SELECT collection_n FROM outbox WHERE account_id = ? AND action = 'delete' AND entry_id IS NOT NULL",
        (account_id,),
    )
    return {n for (n,) in rows}


def deleted_uids(conn: Connection, collection_n: int) -> set[str]:
    """The UIDs of a collection's entries that have still to be deleted upstream."""
    rows = conn.execute(
        """SELECT json_extract(detail, '$.uid') FROM outbox
           WHERE collection_n = ? AND action = 'delete' AND entry_id IS NOT NULL""",
        (collection_n,),
    )
    return {uid for (uid,) in rows.fetchall() if uid}


def unlinked_deletion(conn: Connection, collection_n: int, uid: str) -> Waiting | None:
    """The deletion of an entry with this UID whose creation was sent, but whose arrival we never heard of."""
    row = conn.execute(
        f"""{_SELECT} WHERE collection_n = ? AND action = 'delete' AND entry_id IS NOT NULL
            AND json_extract(detail, '$.uid') = ? AND entry_id NOT IN (SELECT entry_id FROM links)""",
        (collection_n, uid),
    ).fetchone()
    return _row(row) if row else None


def sending(conn: Connection, n: int, digests: Iterable[str]) -> None:
    """Before a push: which texts of ours the upstream may show from now on."""
    row = conn.execute(f"{_SELECT} WHERE n = ?", (n,)).fetchone()
    if row is not None:
        now = _row(row)
        sent = {each: now.sent.get(each, now.generation) for each in sorted(digests)}
        conn.execute("UPDATE outbox SET sent = ?, attempts = max(attempts, 1) WHERE n = ?", (dumps(sent), n))


def hush(conn: Connection) -> None:
    """All of it may be tried at once, and nobody is told of any of it."""
    conn.execute("UPDATE outbox SET notify = 0, next_try = 0")


def arrived(conn: Connection, waiting: Waiting, digest: str = "") -> None:
    """An earlier text of ours has arrived (that of this digest, if it is known): what still waits is an edit of it."""
    action = "update" if waiting.action == "create" else waiting.action
    told(conn, waiting, waiting.sent.get(digest, 0))
    conn.execute(
        "UPDATE outbox SET sent = '[]', action = ?, key = ?, next_try = 0 WHERE n = ?",
        (action, ids.new_id(), waiting.n),
    )


def told(conn: Connection, waiting: Waiting, generation: int) -> None:
    """The upstream has the changes up to this one, and told of them whom it had to: only later ones still count."""
    if waiting.loud <= generation:
        conn.execute("UPDATE outbox SET notify = 0 WHERE n = ?", (waiting.n,))


def hand_over(conn: Connection, collection_n: int, entry_id: str, other_id: str, *, notify: bool = False) -> None:
    """What waits for one entry belongs to another from now on; `notify`: whoever was to be told of it still is."""
    conn.execute(
        "UPDATE outbox SET entry_id = ?, notify = notify * ? WHERE collection_n = ? AND entry_id = ?",
        (other_id, notify, collection_n, entry_id),
    )


def note(conn: Connection, waiting: Waiting, detail: Mapping[str, Any]) -> None:
    """Remember more about what waits."""
    conn.execute("UPDATE outbox SET detail = ? WHERE n = ?", (dumps({**waiting.detail, **detail}), waiting.n))


def attempted(conn: Connection, collection_n: int, now: float) -> None:
    """Before anything is sent: from now on the upstream may know of these, whatever we hear of it."""
    conn.execute(
        """UPDATE outbox SET attempts = attempts + 1
           WHERE collection_n = ? AND entry_id IS NOT NULL AND next_try <= ? AND attempts = 0""",
        (collection_n, now),
    )


def drop(conn: Connection, n: int) -> None:
    """The upstream has it now, or never will."""
    conn.execute("DELETE FROM outbox WHERE n = ?", (n,))


def drop_entry(conn: Connection, collection_n: int, entry_id: str) -> None:
    """Nothing of this entry waits any more."""
    conn.execute("DELETE FROM outbox WHERE collection_n = ? AND entry_id = ?", (collection_n, entry_id))


def drop_collection(conn: Connection, collection_n: int) -> None:
    """Nothing of this collection, nor of its entries, waits any more."""
    conn.execute("DELETE FROM outbox WHERE collection_n = ?", (collection_n,))


def make_anew(conn: Connection, n: int, *, notify: bool) -> None:
    """What the upstream has lost shall be there again, as a creation; `notify`: whoever was to be told still is."""
    set_action(conn, n, "create")
    conn.execute("UPDATE outbox SET notify = notify * ? WHERE n = ?", (notify, n))


def set_action(conn: Connection, n: int, action: str) -> None:
    """The same change must now be sent another way (an update whose target is gone becomes a creation)."""
    conn.execute("UPDATE outbox SET action = ?, key = ?, next_try = 0 WHERE n = ?", (action, ids.new_id(), n))


def failed(conn: Connection, n: int, *, error: str, next_try: float) -> None:
    """An attempt did not succeed; the next one not before `next_try`."""
    conn.execute("UPDATE outbox SET attempts = attempts + 1, error = ?, next_try = ? WHERE n = ?", (error, next_try, n))


def count(conn: Connection, *, account_id: int | None = None, collection_n: int | None = None) -> int:
    """How much waits, of an account or a collection."""
    row = conn.execute(
        "SELECT count(*) FROM outbox WHERE (? IS NULL OR account_id = ?) AND (? IS NULL OR collection_n = ?)",
        (account_id, account_id, collection_n, collection_n),
    ).fetchone()
    return int(row[0])
