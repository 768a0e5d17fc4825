"""Radicale's private signatures, on which the frame depends: a new release must not change them unseen."""

import inspect

import pytest
import radicale
from radicale import auth, rights, storage
from radicale.app import Application

from gateway.dav.app import DavApplication
from gateway.dav.request import Request
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


@pytest.mark.parametrize("method", HANDLERS)
def test_radicale_is_told_of_nobody(door: Door, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backends hold nothing, so that whatever it asked them would be answered wrong."""
    asked: list[str] = []
    for backend, question in (
        (auth.BaseAuth, "login"),
        (rights.BaseRights, "authorization"),
        (storage.BaseStorage, "discover"),
        (storage.BaseStorage, "acquire_lock"),
    ):
        monkeypatch.setattr(backend, question, lambda *_args, question=question, **_more: asked.append(question))
    application = DavApplication(door.store, prefix="/dav", max_resource=1000)
    answer = application.answer(Request(method, ("alice", "work", "a.ics"), False, {}, b"", "alice", "alice"))
    assert answer.status != 500
    assert asked == []


def test_a_user_name_with_every_character_is_carried_through(door: Door) -> None:
    """Radicale would refuse some of them in a path; it sees names percent-encoded."""
    name = "@a,b c@d@é"
    door.store.save_user(name, None)
    application = DavApplication(door.store, prefix="/dav", max_resource=1000)
    got = application.answer(Request("PROPFIND", (name,), True, {"depth": "0"}, b"", name, name))
    assert got.status == 207
