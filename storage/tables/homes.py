"""The table `homes`: when a path segment of a user's home was last taken, left or taken again, own or shared.

Triggers keep it, so that no verb that makes, renames, shares or removes a collection can forget to.
"""

from sqlite3 import Connection


def _triggers(table: str, column: str = "", value: str = "") -> str:
    note = (
        "DELETE FROM homes WHERE user = {0}.user AND slug = {0}.slug;"
        f" INSERT INTO homes (user, slug{column}) VALUES ({{0}}.user, {{0}}.slug{value});"
    )
    before, after = note.format("OLD"), note.format("NEW")
    return f"""
CREATE TRIGGER {table}_come AFTER INSERT ON {table} BEGIN {after} END;
CREATE TRIGGER {table}_go AFTER DELETE ON {table} BEGIN {before} END;
CREATE TRIGGER {table}_move AFTER UPDATE OF user, slug ON {table}
    WHEN OLD.user <> NEW.user OR OLD.slug <> NEW.slug BEGIN {before} {after} END;
"""


TABLES = f"""
CREATE TABLE homes (
    n INTEGER PRIMARY KEY AUTOINCREMENT,-- grows with every coming and going: a position in the home's history
    user TEXT NOT NULL,
    slug TEXT NOT NULL,
    UNIQUE (user, slug)
);
CREATE INDEX homes_user ON homes (user, n, slug);
{_triggers("collections")}
{_triggers("grants")}
INSERT INTO homes (user, slug) SELECT user, slug FROM collections UNION SELECT user, slug FROM grants;
"""

SHARED = f"""
ALTER TABLE homes ADD COLUMN shared INTEGER NOT NULL DEFAULT 0; -- somebody else's, of which the journal tells nothing
DROP TRIGGER grants_come;
DROP TRIGGER grants_go;
DROP TRIGGER grants_move;
{_triggers("grants", ", shared", ", 1")}
"""


def newest(conn: Connection, user: str) -> int:
    """The number of the last coming or going in a user's home; 0 before the first."""
    row = conn.execute("SELECT max(n) FROM homes WHERE user = ?", (user,)).fetchone()
    return int(row[0] or 0)


def since(conn: Connection, user: str, n: int) -> list[tuple[int, str]]:
    """The path segments that something came to or left after `n`, each with its newest number, oldest first."""
    rows = conn.execute("SELECT n, slug FROM homes WHERE user = ? AND n > ? ORDER BY n", (user, n))
    return rows.fetchall()


def forget(conn: Connection, user: str, slug: str) -> None:
    """Let nothing be known of this path segment: what stands or stood there is no part of the home's history."""
    conn.execute("DELETE FROM homes WHERE user = ? AND slug = ?", (user, slug))
