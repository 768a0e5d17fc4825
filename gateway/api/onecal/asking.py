"""Who asks about which account (contract C.1): what every route of the OneCal dialect depends on.

There are no limits of how often an application may ask (D69); the key is looked up by its hash, so that comparing it
takes the same time whatever it is.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import APIKeyHeader

from gateway.api.calendars import calendar_of
from gateway.api.onecal.errors import OneCalError, not_found
from gateway.api.service import Service, service_of
from gateway.http.tokens import token_of
from storage.errors import NotFound
from storage.model import Account, Collection, Token, TokenKind
from storage.store import Store

_SCHEME = APIKeyHeader(
    name="x-api-key",
    scheme_name="onecal",
    description="The key of an application, which sees every account.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """An application that sent a request, before it is known which account it is about."""

    store: Store
    token: Token

    def about(self, account_id: str) -> "Asking":
        """The same request, about this account; raises `OneCalError` 404 where there is none of this number."""
        known = account_id.isascii() and account_id.isdecimal() and len(account_id) < 10
        try:
            return Asking(self.store, self.token, self.store.account(int(account_id) if known else 0))
        except NotFound:
            raise not_found(f"end user account {account_id[:40]!r}") from None


@dataclass(frozen=True, slots=True)
class Asking:
    """A request of an application about `account`."""

    store: Store
    token: Token
    account: Account

    @property
    def service(self) -> Service:
        """Whose rules the account follows."""
        return service_of(self.account)

    @property
    def actor(self) -> str:
        """The words with which the journal names this client."""
        return f"{self.account.user}/{self.token.label}"

    def calendar(self, calendar_id: str) -> Collection:
        """A calendar of the account, by id or as `primary`; raises `OneCalError` 404 for any other."""
        place = calendar_of(self.store, self.account, calendar_id)
        if place is None:
            raise not_found(f"calendar {calendar_id[:80]!r} in this account")
        return place


def caller(request: Request, key: Annotated[str | None, Depends(_SCHEME)] = None) -> Caller:
    """Find out who sent a request; raises `OneCalError` 401."""
    store: Store = request.app.state.store
    secret = (key or "").strip()
    if not secret:
        raise _refused("this request has no x-api-key header")
    token = token_of(store, secret)
    if token is None or token.kind is not TokenKind.APP:
        raise _refused("this key is not known, has expired or was revoked")
    return Caller(store, token)


def _refused(message: str) -> OneCalError:
    return OneCalError(401, "Unauthorized", message, {"WWW-Authenticate": 'ApiKey realm="CalHarbor"'})


Anybody = Annotated[Caller, Depends(caller)]
"""A parameter of a route: who is asking, whatever account it may be about."""


def one_account(
    asked_by: Anybody, account: Annotated[str, Path(description="The number of the end user account.")]
) -> Asking:
    """Who asks about the account that the path names."""
    return asked_by.about(account)


One = Annotated[Asking, Depends(one_account)]
"""A parameter of a route about one account."""

CalendarPath = Annotated[str, Path(description="The calendar's id, or `primary`.")]
EventPath = Annotated[str, Path(description="The id of an event, of a series, or of one occurrence of it.")]
