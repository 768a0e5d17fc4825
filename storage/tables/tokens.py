"""The table `tokens`: one secret for the JSON API each; only its SHA-256 is kept."""

from json import dumps, loads
from sqlite3 import Connection
from typing import Any

from storage.model import Token, TokenKind

DDL = """
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- account app access
    account_id INTEGER REFERENCES accounts(id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL,
    created TEXT NOT NULL,
    grant_ TEXT NOT NULL DEFAULT '{}',  -- JSON: what a token of the kind access may see and do
    declared INTEGER NOT NULL DEFAULT 0,
    expires TEXT,
    last_used TEXT,
    revoked TEXT
);
CREATE INDEX tokens_secret ON tokens (secret_hash);
CREATE INDEX tokens_account ON tokens (account_id);
"""

_SELECT = "SELECT id, label, kind, account_id, created, grant_, declared, expires, last_used, revoked FROM tokens"


def _row(row: tuple[Any, ...]) -> Token:
    public_id, label, kind, account, created, grant, declared, expires, last_used, revoked = row
    return Token(
        public_id, label, TokenKind(kind), account, created, loads(grant), bool(declared), expires, last_used, revoked
    )


def add(conn: Connection, token: Token, secret_hash: str) -> None:
    """Write a new one."""
    conn.execute(
        """INSERT INTO tokens (id, label, kind, account_id, secret_hash, created, grant_, declared, expires)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            token.id,
            token.label,
            token.kind,
            token.account,
            secret_hash,
            token.created,
            dumps(dict(token.grant)),
            token.declared,
            token.expires,
        ),
    )


def every(conn: Connection) -> list[Token]:
    """All of them, revoked ones too, oldest first."""
    return [_row(row) for row in conn.execute(f"{_SELECT} ORDER BY created, rowid")]


def get(conn: Connection, token_id: str) -> Token | None:
    """One of them."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (token_id,)).fetchone()
    return _row(row) if row else None


def by_hash(conn: Connection, secret_hash: str) -> Token | None:
    """The token whose secret this is, if it has not been revoked; it may have expired."""
    row = conn.execute(f"{_SELECT} WHERE secret_hash = ? AND revoked IS NULL", (secret_hash,)).fetchone()
    return _row(row) if row else None


def secret_hash(conn: Connection, token_id: str) -> str:
    """The SHA-256 of its secret."""
    row = conn.execute("SELECT secret_hash FROM tokens WHERE id = ?", (token_id,)).fetchone()
    return str(row[0]) if row else ""


def set_used(conn: Connection, token_id: str, at: str) -> None:
    """It has just been used."""
    conn.execute("UPDATE tokens SET last_used = ? WHERE id = ?", (at, token_id))


def set_secret(conn: Connection, token_id: str, secret_hash: str) -> None:
    """From now on this secret is the token's."""
    conn.execute("UPDATE tokens SET secret_hash = ? WHERE id = ?", (secret_hash, token_id))


def set_revoked(conn: Connection, token_id: str, at: str) -> None:
    """From now on the secret is refused; the first revocation's moment stays."""
    conn.execute("UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?", (at, token_id))
