"""Accounts and tokens in the Kloudless dialect (contract B.1, D59, D60)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import WithJsonSchema

from gateway.api.answers import answer, nothing
from gateway.api.kloudless.asking import Anybody, One
from gateway.api.kloudless.envelope import Paged, by_number, listing
from gateway.api.kloudless.errors import bad
from gateway.api.service import TITLES, Service, service_of
from storage.model import Account, State
from storage.store import Store

router = APIRouter(tags=["Accounts"])


Filter = Annotated[
    str | None, WithJsonSchema({"type": "boolean"}), Query(description="Only the accounts of which this is so.")
]


@router.get("/accounts")
def list_accounts(
    asked_by: Anybody, paged: Paged, enabled: Filter = None, active: Filter = None, admin: Filter = None
) -> Response:
    """The accounts that the tokens cover: an application's are all. `enabled` is another name of `active`."""
    covered = {each.account for each in asked_by.tokens}
    filters = [("enabled", enabled, _active), ("active", active, _active), ("admin", admin, _admin)]
    wanted = [(_truth(name, text), test) for name, text, test in filters if text is not None]
    every = [
        each
        for each in asked_by.store.accounts()
        if (asked_by.app or each.id in covered) and all(test(each) is truth for truth, test in wanted)
    ]
    page, following = by_number("accounts", every, lambda each: each.id, paged)
    objects = [render(asked_by.store, each) for each in page]
    return answer(listing(objects, paged, following=following, total=len(every), api="core"))


@router.get("/accounts/{account}")
def get_account(asking: One) -> Response:
    """One account."""
    return answer(render(asking.store, asking.account))


@router.delete("/accounts/{account}", status_code=204)
def delete_account(asking: One) -> Response:
    """Disconnect an account: it leaves the mirror with its collections and tokens; its upstream hears nothing of it."""
    asking.store.remove_account(asking.account.id)
    return nothing()


@router.get("/oauth/token", tags=["Tokens"])
def get_token(asked_by: Anybody) -> Response:
    """Whose token this is; of an application key the account is null."""
    account = asked_by.tokens[0].account
    client = asked_by.store.id
    return answer(
        {
            "client_id": client,
            "account_id": None if account is None else str(account),
            "api": "core",
            "type": "token",
        }
    )


def _truth(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise bad(name, "must be true or false")
    return text.lower() == "true"


def _active(account: Account) -> bool:
    return not account.paused and account.state not in (State.NEEDS_LOGIN, State.BLOCKED)


def _admin(_account: Account) -> bool:
    return False


def render(store: Store, account: Account) -> dict[str, Any]:
    """An account as the dialect has it."""
    service = service_of(account)
    kinds = {str(each.kind) for each in store.collections(account=account.id)}
    contacts = "contacts" in kinds or service in (Service.GOOGLE, Service.OUTLOOK, Service.EXCHANGE)
    return {
        "id": account.id,
        "account": account.email or account.settings.get("username") or account.name,
        "service": service,
        "service_name": TITLES[service],
        "active": _active(account),
        "admin": _admin(account),
        "created": account.created,
        "modified": account.as_of or account.created,
        "apis": ["calendar", *(["contact"] if contacts else []), "activity"],
        "type": "account",
        "api": "core",
    }
