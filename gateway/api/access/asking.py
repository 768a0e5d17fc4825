"""Who asks with which key, and how often they may (contract D.1): what every route of the Access dialect depends on."""

from dataclasses import dataclass
from math import ceil
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader

from gateway.api.access.errors import AccessError, unknown
from gateway.http.limits import Limits
from gateway.http.tokens import credentials, token_of
from storage.model import Account, Token, TokenKind
from storage.permits.desk import Desk
from storage.permits.permit import Permit
from storage.store import Store

_SCHEME = APIKeyHeader(
    name="Authorization",
    scheme_name="access",
    description="`Bearer KEY`, a key that `calharbor token create LABEL --kind access` has made.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """A request of whoever has this key."""

    store: Store
    token: Token

    @property
    def desk(self) -> Desk:
        """All that the key may see and do, for this request. Raises `StoreError` where nobody knows what that is."""
        return Desk(self.store, self.token)

    def owner(self) -> Account | None:
        """Whose calendars it opens: the account of the first of them that is still there."""
        linked = Permit.of(self.token).calendars or ()
        known = {each.id: each for each in self.store.accounts()}
        return next((known[each.account] for each in linked if each.account in known), None)


def asking(request: Request, authorization: Annotated[str | None, Depends(_SCHEME)] = None) -> Asking:
    """Find out whose key this is, and count the request; raises `AccessError` 401 and 429."""
    store: Store = request.app.state.store
    token = _token(store, authorization)
    _count(request.app.state.access_limits, token)
    return Asking(store, token)


def _token(store: Store, authorization: str | None) -> Token:
    if not (authorization or "").strip():
        raise unknown("API authentication required", "send the header `Authorization: Bearer KEY`")
    secrets = credentials(authorization, "Bearer") or []
    token = token_of(store, secrets[0]) if len(secrets) == 1 else None
    if token is None or token.kind is not TokenKind.ACCESS:
        raise unknown("API authentication failed", "this key is not known, has expired or was revoked")
    return token


def _count(limits: Limits, token: Token) -> None:
    """Refuse a request with 429 if too many were made with this key (D87)."""
    wait = ceil(limits.take(token.id))
    if wait:
        raise AccessError(429, "RATE_LIMITED", f"too many requests: wait {wait} seconds", {"Retry-After": str(wait)})


Asked = Annotated[Asking, Depends(asking)]
"""A parameter of a route: who is asking."""
