"""Radicale's private signatures, on which the frame depends: a new release must not change them unseen."""

import inspect

import pytest
import radicale
from radicale import auth, rights, storage
from radicale.app import Application

from gateway.dav.app import DavApplication
from tests.gateway.dav.door import Door

HANDLERS = (
    "DELETE",
    "GET",
    "HEAD",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "OPTIONS",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "REPORT",
)


def test_the_pinned_release() -> None:
    assert radicale.VERSION == "3.9.0"


@pytest.mark.parametrize("method", HANDLERS)
def test_handlers_have_the_signature_that_ours_replace(method: str) -> None:
    signature = inspect.signature(getattr(Application, f"do_{method}"))
    assert list(signature.parameters) == [
        "self",
        "environ",
        "base_prefix",
        "path",
        "user",
        "user_groups",
        "request_info",
    ]


def test_every_handler_of_radicale_is_ours() -> None:
    """What Radicale adds in a new release would otherwise answer from its own, empty storage."""
    theirs = {name for name in dir(Application) if name.startswith("do_")}
    assert theirs <= set(vars(DavApplication))


def test_the_backends_are_asked_as_they_expect() -> None:
    assert list(inspect.signature(auth.BaseAuth.get_external_login).parameters) == ["self", "environ"]
    assert list(inspect.signature(auth.BaseAuth._login).parameters) == ["self", "login", "password"]
    assert list(inspect.signature(rights.BaseRights.authorization).parameters) == [
        "self",
        "user",
        "user_groups",
        "path",
    ]
    lock = list(inspect.signature(storage.BaseStorage.acquire_lock).parameters)
    assert lock[:3] == ["self", "mode", "user"]


def test_a_user_name_with_every_character_is_carried_through(door: Door) -> None:
    """Radicale would refuse `:` or treat `@` and `,` in a name as groups; it sees names percent-encoded."""
    from gateway.dav.request import Request

    name = "@a,b c@d@é"
    door.store.save_user(name, None)
    application = DavApplication(door.store, prefix="/dav", max_resource=1000)
    got = application.answer(Request("PROPFIND", (name,), True, {"depth": "0"}, b"", name, name))
    assert got.status == 207
