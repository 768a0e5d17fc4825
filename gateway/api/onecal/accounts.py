"""End user accounts in the OneCal dialect (contract C.4). Who connects them is the owner of this server (D84)."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import WithJsonSchema

from gateway.api.answers import answer
from gateway.api.onecal.asking import Anybody, One
from gateway.api.onecal.errors import bad, forbidden
from gateway.api.onecal.paging import Paged, by_number
from gateway.api.service import Service, service_of
from storage.model import Account, State

router = APIRouter(prefix="/endUserAccounts", tags=["End user accounts"])

PROVIDERS: Mapping[Service, str] = {
    Service.GOOGLE: "GOOGLE",
    Service.OUTLOOK: "MICROSOFT",
    Service.ICLOUD: "APPLE",
    Service.CALDAV: "CALDAV",
    Service.EXCHANGE: "EXCHANGE",
}
ACTIVE, EXPIRED = "ACTIVE", "EXPIRED"
LONGEST_SEARCH = 1_000

Search = Annotated[str | None, Query(description="Only accounts whose address or `externalId` holds this text.")]
Status = Annotated[
    str | None,
    WithJsonSchema({"type": "string", "enum": ["active", "expired"]}),
    Query(alias="statusFilter", description="Only accounts of this status."),
]


@router.get("")
def list_accounts(asked_by: Anybody, paged: Paged, search: Search = None, status: Status = None) -> Response:
    """The accounts of this server, in order of their numbers."""
    if status is not None and status.upper() not in (ACTIVE, EXPIRED):
        raise bad("statusFilter", "must be active or expired")
    if search is not None and len(search) > LONGEST_SEARCH:
        raise bad("search", f"must have at most {LONGEST_SEARCH} characters")
    words = (search or "").casefold()
    every = [
        each
        for each in asked_by.store.accounts()
        if (status is None or _status(each) == status.upper())
        and (words in each.email.casefold() or words in each.name.casefold())
    ]
    page, following = by_number("onecal-accounts", every, lambda each: each.id, paged)
    return answer({"data": [render(each, asked_by.store.id) for each in page], **following})


@router.post("", status_code=201)
def create_account(asked_by: Anybody) -> Response:
    """Refused: accounts are connected by the owner of this server, whom their secrets never leave."""
    assert asked_by.token
    raise forbidden("accounts are connected by the owner of this server, in its configuration")


@router.get("/{account}")
def get_account(asking: One) -> Response:
    """One account."""
    return answer(render(asking.account, asking.store.id))


@router.delete("/{account}")
def delete_account(asking: One) -> Response:
    """Disconnect an account: it leaves the mirror with its calendars and tokens; its upstream hears nothing of it."""
    asking.store.remove_account(asking.account.id)
    return answer({"success": True})


@router.get("/{account}/credentials")
def get_credentials(asking: One) -> Response:
    """Refused: secrets never leave this server."""
    raise forbidden(f"the secrets of the account {asking.account.id} never leave this server")


def render(account: Account, application: str) -> dict[str, Any]:
    """An account as the dialect has it; what the application calls it is its name here."""
    return {
        "id": str(account.id),
        "createdAt": account.created,
        "updatedAt": account.as_of or account.created,
        "deletedAt": None,
        "email": account.email,
        "externalId": account.name,
        "authorizedScopes": [],
        "providerAccountId": account.settings.get("username") or account.email or account.name,
        "providerId": account.provider,
        "applicationId": application,
        "status": _status(account),
        "providerType": PROVIDERS[service_of(account)],
    }


def _status(account: Account) -> str:
    """Whether its upstream lets us in."""
    return EXPIRED if account.state in (State.NEEDS_LOGIN, State.BLOCKED) else ACTIVE
