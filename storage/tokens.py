"""The verbs about who may use the JSON API: tokens."""

from collections.abc import Mapping
from typing import Any

from storage import clock, ids
from storage.calendars import Calendars
from storage.model import Token, TokenKind
from storage.reading import found
from storage.tables import accounts, tokens


class Tokens(Calendars):
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
        found(tokens.get(self.db.reader(), token_id), f"token {token_id}", hint="`calharbor token list` shows all")
        with self.db.atomic() as conn:
            tokens.set_revoked(conn, token_id, clock.iso())

    def rotate_token(self, token_id: str, secret_hash: str) -> None:
        """Give it another secret: the one before opens nothing from now on. Raises `NotFound`."""
        with self.db.atomic() as conn:
            found(tokens.get(conn, token_id), f"token {token_id}", hint="`calharbor token list` shows all")
            tokens.set_secret(conn, token_id, secret_hash)

    def touch_token(self, token_id: str) -> None:
        """Note that it was used; written at most once an hour."""
        token = tokens.get(self.db.reader(), token_id)
        if token is not None and (token.last_used or "")[:13] != clock.iso()[:13]:
            with self.db.atomic() as conn:
                tokens.set_used(conn, token_id, clock.iso())
