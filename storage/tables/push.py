"""The table `push_registrations`: who wants to be told of changes, and up to which change each was told.

`told` is a position in the journal of its own for each of them: what follows it is what its client does not know yet.
Of collections that others share or share no more the journal tells nothing; `turn` is a position in the home's history.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from sqlite3 import Connection

TABLES = """
CREATE TABLE push_registrations (       -- who wants to be told of which changes (WebDAV-Push)
    id TEXT PRIMARY KEY,                -- random: the end of the registration URL
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    device_id TEXT REFERENCES devices(id) ON DELETE CASCADE, -- NULL: made with the user's own password
    collection_n INTEGER NOT NULL,      -- as the journal numbers it; 0: the user's home
    collection_id TEXT NOT NULL,        -- as this user sees it; '' for the home
    endpoint TEXT NOT NULL,             -- where messages are sent (the push resource)
    public_key BLOB NOT NULL, auth BLOB NOT NULL, -- what they are encrypted for (RFC 8291)
    content INTEGER, properties INTEGER,-- the depth to which updates are wanted, 0 or 1; NULL: not wanted
    expires REAL NOT NULL,              -- seconds since 1970
    told INTEGER NOT NULL,              -- the newest change that its client has been told of, or need not be
    failures INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    UNIQUE (user, collection_id, endpoint)
) WITHOUT ROWID;
CREATE INDEX push_registrations_collection ON push_registrations (collection_n);

CREATE TABLE push_silences (            -- changes of which a client said that it knows them (Push-Dont-Notify)
    registration_id TEXT NOT NULL REFERENCES push_registrations(id) ON DELETE CASCADE,
    after INTEGER NOT NULL, until INTEGER NOT NULL, -- the changes after `after` up to `until` …
    actor TEXT NOT NULL                 -- … that this client made
);
CREATE INDEX push_silences_registration ON push_silences (registration_id, until);

CREATE INDEX journal_shelf ON journal (account_id, seq) WHERE entry_id = '';
"""

TURNS = """
ALTER TABLE push_registrations ADD COLUMN turn INTEGER NOT NULL DEFAULT 0; -- the newest row of `homes` told of
UPDATE push_registrations SET turn = coalesce((SELECT max(n) FROM homes h WHERE h.user = push_registrations.user), 0);
"""

_COLUMNS = """id, user, device_id, collection_n, collection_id, endpoint, public_key, auth, content, properties,
              expires, told, failures, next_try, turn"""

_QUIET = """EXISTS (SELECT 1 FROM push_silences s WHERE s.registration_id = r.id AND s.until >= j.seq
                     AND s.after < j.seq AND s.actor = j.actor)"""

_NEWS = f"""
WITH seen AS (
    SELECT r.id, j.seq, j.at, (j.entry_id <> '' AND r.content = 1
                   AND (j.before_hash <> j.after_hash OR r.collection_id <> j.collection_id))
               OR (j.entry_id = '' AND j.action = 'delete' AND r.content IS NOT NULL) AS content,
           j.entry_id = '' AND j.action = 'update' AND r.properties IS NOT NULL AS properties, {_QUIET} AS quiet,
           j.entry_id = '' AND j.action = 'delete' AS gone, 0 AS turn
    FROM push_registrations r JOIN journal j ON j.collection_n = r.collection_n AND j.seq > r.told
    WHERE r.collection_n > 0
    UNION ALL
    SELECT r.id, j.seq, j.at, j.action <> 'update' AND r.content = 1,
           j.action = 'update' AND r.properties = 1, {_QUIET}, 0, 0
    FROM push_registrations r JOIN accounts a ON a.user = r.user
    JOIN journal j ON j.account_id = a.id AND j.entry_id = '' AND j.seq > r.told
    WHERE r.collection_n = 0
    UNION ALL
    SELECT r.id, r.told, NULL, r.content = 1, 0, 0, 0, h.n
    FROM push_registrations r JOIN homes h ON h.user = r.user AND h.n > r.turn AND h.shared
    WHERE r.collection_n = 0
)
SELECT id, max(seq), max(turn), max(gone), max(content AND NOT quiet), max(properties AND NOT quiet),
       min(at) FILTER (WHERE (content OR properties) AND NOT quiet),
       max(at) FILTER (WHERE (content OR properties) AND NOT quiet)
FROM seen GROUP BY id
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """A row; see the table."""

    id: str
    user: str
    device_id: str | None
    collection_n: int
    collection_id: str
    endpoint: str
    public_key: bytes
    auth: bytes
    content: int | None
    properties: int | None
    expires: float
    told: int
    failures: int = 0
    next_try: float = 0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What a registration does not know yet: the newest change `seq`, the newest coming or going of a share `turn` (0
    for none), whether the collection is gone, what is to be told of it (nothing, where the client made the changes
    itself), and when the first and the last of that happened ("" where only shares came or went).
    """

    seq: int
    turn: int
    gone: bool
    content: bool
    properties: bool
    first: str
    last: str


def put(conn: Connection, registration: Registration) -> None:
    """Write one, new or in the place of the one with its id."""
    conn.execute(
        f"""INSERT INTO push_registrations ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET device_id = excluded.device_id, public_key = excluded.public_key,
                auth = excluded.auth, content = excluded.content, properties = excluded.properties,
                expires = excluded.expires, failures = 0, next_try = 0""",
        astuple(registration),
    )


def every(conn: Connection, user: str | None = None) -> list[Registration]:
    """All of them, or a user's."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM push_registrations WHERE ? IS NULL OR user = ?", (user, user))
    return [Registration(*row) for row in rows.fetchall()]


def get(conn: Connection, registration_id: str) -> Registration | None:
    """One of them."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM push_registrations WHERE id = ?", (registration_id,)).fetchone()
    return Registration(*row) if row else None


def find(conn: Connection, user: str, collection_id: str, endpoint: str) -> Registration | None:
    """A user's registration of this endpoint for this collection."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM push_registrations WHERE user = ? AND collection_id = ? AND endpoint = ?",
        (user, collection_id, endpoint),
    ).fetchone()
    return Registration(*row) if row else None


def delete(conn: Connection, registration_id: str) -> None:
    """Remove one."""
    conn.execute("DELETE FROM push_registrations WHERE id = ?", (registration_id,))


def ended(conn: Connection, now: float) -> set[str]:
    """The ids of those that have expired (`now`: seconds since 1970), and of those whose device has been revoked."""
    rows = conn.execute(
        """SELECT id FROM push_registrations
           WHERE expires <= ? OR device_id IN (SELECT id FROM devices WHERE revoked IS NOT NULL)""",
        (now,),
    )
    return {row[0] for row in rows}


def news(conn: Connection) -> dict[str, News]:
    """What has happened since each registration was told, by its id; those with nothing new are not in it."""
    return {
        name: News(seq, turn, bool(gone), bool(content), bool(properties), first or "", last or "")
        for name, seq, turn, gone, content, properties, first, last in conn.execute(_NEWS)
    }


def set_told(conn: Connection, registration_id: str, seq: int, turn: int) -> None:
    """Its client knows everything up to this change, and this coming or going."""
    conn.execute(
        """UPDATE push_registrations SET told = max(told, ?), turn = max(turn, ?), failures = 0, next_try = 0
           WHERE id = ?""",
        (seq, turn, registration_id),
    )
    conn.execute("DELETE FROM push_silences WHERE registration_id = ? AND until <= ?", (registration_id, seq))


def set_failed(conn: Connection, registration_id: str, failures: int, next_try: float) -> None:
    """A message could not be delivered; `next_try`: seconds since 1970."""
    conn.execute(
        "UPDATE push_registrations SET failures = ?, next_try = ? WHERE id = ?", (failures, next_try, registration_id)
    )


def silence(
    conn: Connection, user: str, registration_ids: Sequence[str], *, after: int, until: int, actor: str
) -> None:
    """Of these changes of an actor, these registrations of the user need not be told."""
    conn.executemany(
        """INSERT INTO push_silences (registration_id, after, until, actor)
           SELECT id, ?, ?, ? FROM push_registrations WHERE id = ? AND user = ?""",
        [(after, until, actor, registration_id, user) for registration_id in registration_ids],
    )


def silence_all(conn: Connection, *, after: int, until: int, actor: str) -> None:
    """Of these changes of an actor nobody need be told."""
    conn.execute(
        """INSERT INTO push_silences (registration_id, after, until, actor)
           SELECT id, ?, ?, ? FROM push_registrations r WHERE r.collection_n = 0 OR EXISTS (
               SELECT 1 FROM journal j WHERE j.collection_n = r.collection_n AND j.seq > ? AND j.seq <= ?)""",
        (after, until, actor, after, until),
    )
