"""The verbs about who may use the JSON API: tokens, and what the API's calendars are called."""

import json
from collections.abc import Mapping
from typing import Any

from storage import clock, cursor, ids
from storage.accounts import Accounts
from storage.errors import CursorExpired
from storage.model import Collection, CollectionKind, Kind, Token, TokenKind
from storage.reading import found
from storage.scheduling import people
from storage.tables import accounts, collections, default_calendars, entries, journal, links, meta, tokens


class Tokens(Accounts):
    """What `Store` can do with the tokens of the JSON API."""

    def add_token(
        self,
        label: str,
        kind: TokenKind,
        secret_hash: str,
        *,
        account: int | None = None,
        grant: Mapping[str, Any] | None = None,
        declared: bool = False,
        expires: str | None = None,
    ) -> Token:
        """Keep a token (the SHA-256 of its secret). Raises `NotFound` for an unknown account."""
        token = Token(ids.new_id(), label, kind, account, clock.iso(), grant or {}, declared, expires)
        with self.db.atomic() as conn:
            if account is not None:
                found(accounts.by_id(conn, account), f"account {account}")
            tokens.add(conn, token, secret_hash)
        return token

    def tokens(self) -> list[Token]:
        """All tokens, revoked and expired ones too, oldest first."""
        return tokens.every(self.db.reader())

    def good_tokens(self) -> set[str]:
        """The ids of the tokens that open anything: neither revoked nor expired."""
        now = clock.iso()
        return {each.id for each in self.tokens() if not each.revoked and not (each.expires and each.expires <= now)}

    def token_by_hash(self, secret_hash: str) -> Token | None:
        """The token whose secret this is, unless it was revoked or has expired."""
        token = tokens.by_hash(self.db.reader(), secret_hash)
        return None if token is None or (token.expires and token.expires <= clock.iso()) else token

    def token_hash(self, token_id: str) -> str:
        """The SHA-256 of a token's secret."""
        return tokens.secret_hash(self.db.reader(), token_id)

    def revoke_token(self, token_id: str) -> None:
        """Refuse its secret from now on. Raises `NotFound`."""
        found(tokens.get(self.db.reader(), token_id), f"token {token_id}")
        with self.db.atomic() as conn:
            tokens.set_revoked(conn, token_id, clock.iso())

    def rotate_token(self, token_id: str, secret_hash: str) -> None:
        """Give it another secret: the one before opens nothing from now on. Raises `NotFound`."""
        with self.db.atomic() as conn:
            found(tokens.get(conn, token_id), f"token {token_id}")
            tokens.set_secret(conn, token_id, secret_hash)

    def touch_token(self, token_id: str) -> None:
        """Note that it was used; written at most once an hour."""
        token = tokens.get(self.db.reader(), token_id)
        if token is not None and (token.last_used or "")[:13] != clock.iso()[:13]:
            with self.db.atomic() as conn:
                tokens.set_used(conn, token_id, clock.iso())

    # -- an account's calendars, as the JSON API has them -------------------------------------------------------------

    def calendars(self, account_id: int) -> list[Collection]:
        """An account's calendars that hold events, in the order they were made."""
        return [each for each in self.collections(account=account_id) if _holds_events(each)]

    def touched_calendars(self, account_id: int, since: int) -> list[tuple[int, str]]:
        """Number and id of the account's calendars that were made, changed or deleted after a position in the journal.

        What is in them does not count. Raises `CursorExpired` for a position that the journal does not reach back to.
        """
        with self.db.snapshot() as conn:
            if not 0 <= since <= journal.head(conn):
                raise CursorExpired(f"change {since} has not happened here", hint="start again from a full listing")
            cursor.check(conn, since)
            touched = journal.touched_collections(conn, account_id, since)
            there = {each.n: each for each in collections.every(conn, account_id=account_id)}
            return [(n, each) for n, each in touched if n not in there or _holds_events(there[n])]

    def primary_calendar(self, account_id: int) -> Collection | None:
        """The account's primary calendar; None for an account without any calendar.

        The one that the configuration calls `primary`, else the one that its user chose for invitations, else the
        first by its upstream's address (or its path segment here).
        """
        conn = self.db.reader()
        declared = collections.by_key(conn, account_id, "primary")
        if declared is not None and _holds_events(declared):
            return declared
        mine = self.calendars(account_id)
        chosen = default_calendars.get(conn, mine[0].user) if mine else None
        rest = sorted(mine, key=lambda each: (each.id != chosen, each.remote_href or each.slug))
        return rest[0] if rest else None

    def id_of_raw(self, account_id: int, raw_id: str) -> tuple[Kind | None, str] | None:
        """Our id of what an account's service calls so: a collection (kind None) or an entry, with its kind.

        An upstream's names are its own addresses; what has no upstream is called by its id or by its path here.
        """
        with self.db.snapshot() as conn:
            places = collections.every(conn, account_id=account_id)
            for place in places:
                path = f"{people.PRINCIPALS}{place.user}/{place.slug}/"
                if raw_id in (place.id, place.remote_href, path):
                    return None, place.id
                link = links.of_href(conn, place.n, raw_id)
                entry = entries.by_id(conn, link.entry_id) if link else None
                if entry is None and raw_id.startswith(path):
                    entry = entries.by_href(conn, place.n, raw_id.removeprefix(path))
                if entry is not None:
                    return entry.kind, entry.id
            entry = entries.by_id(conn, raw_id)
            own = entry is not None and entry.collection_n in {place.n for place in places}
            return (entry.kind, entry.id) if entry is not None and own else None

    def collection_by_key(self, account_id: int, key: str) -> Collection | None:
        """The account's collection that the configuration calls so."""
        return collections.by_key(self.db.reader(), account_id, key)

    def declared_as(self, account_id: int, key: str) -> dict[str, str]:
        """What the configuration said of that collection last; nothing before `note_declared`."""
        said = meta.get(self.db.reader(), meta.declared(account_id, key))
        return json.loads(said) if said else {}

    def note_declared(self, account_id: int, key: str, said: Mapping[str, str]) -> None:
        """Remember what the configuration says of that collection."""
        if self.declared_as(account_id, key) != said:
            with self.db.atomic() as conn:
                meta.put(conn, meta.declared(account_id, key), json.dumps(said))


def _holds_events(collection: Collection) -> bool:
    return collection.kind is CollectionKind.CALENDAR and "VEVENT" in collection.components
