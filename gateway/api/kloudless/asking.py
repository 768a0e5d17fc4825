"""Who asks about which account, and how they want to be answered (contract A.1, A.2): what every route depends on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Path, Request
from fastapi.security import APIKeyHeader

from gateway.api.calendars import calendar_of
from gateway.api.kloudless.errors import ApiError, bad, not_found
from gateway.api.kloudless.events_render import Faces
from gateway.api.service import Service, service_of
from gateway.http.limits import Limits
from gateway.http.tokens import credentials, token_of
from storage.errors import NotFound
from storage.model import Account, Collection, Token, TokenKind
from storage.store import Store

ME = "me"
"""The alias of the account of a bearer token; never in an answer."""

MOST_ACCOUNTS = 50
"""Accounts in one request."""

_SCHEME = APIKeyHeader(
    name="Authorization",
    scheme_name="kloudless",
    description="`Bearer TOKEN` of one account, or `APIKey KEY` of the application, which may address any account.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, whatever account it is about. `base`: scheme and host under which they reached us.

    `raw`: every object shall carry what its service has of it. `upstream_headers`: what they send to the service.
    `faces`: what this process remembers of how events look.
    """

    store: Store
    tokens: tuple[Token, ...]
    base: str
    raw: bool
    upstream_headers: dict[str, str]
    faces: Faces

    @property
    def app(self) -> bool:
        """Whether this is an application, which may address any account."""
        return any(token.kind is TokenKind.APP for token in self.tokens)

    def covered(self, account_id: str) -> Account:
        """The account of a path segment; raises `ApiError` for one that the tokens do not cover."""
        if account_id == ME:
            if self.app:
                raise ApiError(
                    400, "bad_request", "an application key has no account of its own: name one by its number"
                )
            return self.store.account(self.tokens[0].account or 0)
        known = account_id.isascii() and account_id.isdecimal() and len(account_id) < 10
        number = int(account_id) if known else 0
        if not self.app:
            if number == 0 or number not in {token.account for token in self.tokens}:
                raise ApiError(403, "forbidden", f"this token is not for the account {account_id[:40]!r}")
            return self.store.account(number)
        try:
            return self.store.account(number)
        except NotFound:
            raise not_found(f"account {account_id[:40]!r}") from None


@dataclass(frozen=True, slots=True)
class Asking(Caller):
    """A request of somebody who may ask about `account`."""

    account: Account

    @classmethod
    def of(cls, by: Caller, account_id: str) -> "Asking":
        """The request as one about the account of a path segment; raises `ApiError` as `covered` does."""
        return cls(by.store, by.tokens, by.base, by.raw, by.upstream_headers, by.faces, by.covered(account_id))

    @property
    def service(self) -> Service:
        """Whose rules the account follows."""
        return service_of(self.account)

    @property
    def actor(self) -> str:
        """The words with which the journal names this client."""
        return f"{self.account.user}/{self.tokens[0].label}"

    def calendar(self, calendar_id: str) -> Collection:
        """A calendar of the account, or one that others share with its user; `primary` is the account's own first.

        Raises `ApiError` 404 for any other, and for what holds no events.
        """
        place = calendar_of(self.store, self.account, calendar_id)
        if place is None:
            raise not_found(f"calendar {calendar_id[:80]!r} in this account")
        return place


@dataclass(frozen=True, slots=True)
class Heard:
    """A request and what its headers say, before anybody has looked into it."""

    request: Request
    authorization: str | None
    raw_data: str
    raw_headers: str | None
    as_user: str


async def heard(
    request: Request,
    authorization: Annotated[str | None, Depends(_SCHEME)] = None,
    raw_data: Annotated[str | None, Header(alias="X-Kloudless-Raw-Data")] = None,
    raw_headers: Annotated[str | None, Header(alias="X-Kloudless-Raw-Headers")] = None,
    as_user: Annotated[str | None, Header(alias="X-Kloudless-As-User")] = None,
) -> Heard:
    """Read the headers. Nothing waits here; what does is done in one function, because each takes a thread."""
    return Heard(request, authorization, (raw_data or "").strip(), raw_headers, (as_user or "").strip())


Heading = Annotated[Heard, Depends(heard)]


def caller(said: Heading) -> Caller:
    """Find out who sent a request; raises `ApiError` 401, and 403 for who would act as somebody else."""
    state, url = said.request.app.state, said.request.url
    store: Store = state.store
    tokens = _tokens(store, said.authorization)
    _count(state.limits, tokens)
    if said.as_user:
        raise ApiError(403, "forbidden", "only an administrator's account may act as another user")
    base = state.base or f"{url.scheme}://{url.netloc}"
    return Caller(store, tokens, base, said.raw_data == "true", _upstream_headers(said.raw_headers), state.faces)


def _tokens(store: Store, authorization: str | None) -> tuple[Token, ...]:
    if not (authorization or "").strip():
        raise _refused("authentication_required", "this request has no Authorization header")
    bearers, keys = credentials(authorization, "Bearer"), credentials(authorization, "APIKey")
    wanted = TokenKind.ACCOUNT if bearers is not None else TokenKind.APP
    secrets = bearers if bearers is not None else keys
    if not secrets or len(secrets) > (MOST_ACCOUNTS if bearers else 1):
        raise _refused("invalid_token", "write `Bearer TOKEN` or `APIKey KEY` into the Authorization header")
    found = [token_of(store, secret) for secret in secrets]
    good = tuple(token for token in found if token is not None and token.kind is wanted)
    if len(good) < len(secrets):
        raise _refused("invalid_token", "this token is not known, has expired or was revoked")
    return good


def _count(limits: Limits, tokens: Sequence[Token]) -> None:
    """Refuse a request with 429 if one of its tokens has made too many."""
    wait = max(limits.take(token.id) for token in tokens)
    if wait:
        after = {"Retry-After": str(ceil(wait))}
        raise ApiError(429, "too_many_requests", f"too many requests: wait {ceil(wait)} seconds", after)


def _refused(code: str, message: str) -> ApiError:
    return ApiError(401, code, message, {"WWW-Authenticate": 'Bearer realm="CalHarbor"'})


def _upstream_headers(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    try:
        headers: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        headers = None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise bad("X-Kloudless-Raw-Headers", "must be a JSON object of strings")
    return headers


Anybody = Annotated[Caller, Depends(caller)]
"""A parameter of a route: who is asking, whatever account it may be about."""

AccountPath = Annotated[str, Path(description="The account's number, or `me`.")]


def one_account(said: Heading, account: AccountPath) -> Asking:
    """Who asks about the one account that the path names; a list of several is refused as such."""
    if "," in account:
        several_accounts(said, account)
        raise ApiError(400, "bad_request", "this path is about one account")
    return Asking.of(caller(said), account)


def several_accounts(
    said: Heading, accounts: Annotated[str, Path(description="Numbers of accounts, comma-separated, or `me`.")]
) -> Sequence[Asking]:
    """Who asks about the accounts that the path names, each once, in its order."""
    asked_by = caller(said)
    names = list(dict.fromkeys(name.strip() for name in accounts.split(",")))
    if len(names) > 1 and ME in names:
        raise ApiError(400, "bad_request", "`me` cannot stand in a list of accounts")
    if len(names) > MOST_ACCOUNTS:
        raise ApiError(400, "bad_request", f"one request can ask about {MOST_ACCOUNTS} accounts")
    return [Asking.of(asked_by, name) for name in names]


One = Annotated[Asking, Depends(one_account)]
"""A parameter of a route below `/accounts/{account}`."""

Several = Annotated[Sequence[Asking], Depends(several_accounts)]
"""A parameter of a route below `/accounts/{accounts}`."""
