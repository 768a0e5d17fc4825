"""What is loaded late is loaded once; where somebody has a token for the JSON surface it is loaded before they ask."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.http.log import App, Receive, Scope, Send
from gateway.serve.web import Late, web_app
from storage.model import TokenKind
from storage.store import Store


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that has nothing to say."""


async def _receive() -> Any:
    raise AssertionError("nothing was to be read")


async def _send(_message: Any) -> None:
    raise AssertionError("nothing was to be said")


def test_it_is_made_once_however_many_ask_first() -> None:
    made = []

    def make() -> App:
        made.append(1)
        return _nothing

    late = Late(make)

    async def all_at_once() -> None:
        await asyncio.gather(*(late({}, _receive, _send) for _ in range(8)))

    late.begin()
    asyncio.run(all_at_once())
    assert made == [1]


def test_where_there_is_a_token_it_begins_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Late] = []

    def begin(late: Late) -> None:
        begun.append(late)

    monkeypatch.setattr(Late, "begin", begin)
    store = Store.open(tmp_path)
    web_app(store)
    assert begun == []
    store.add_token("app", TokenKind.APP, "0" * 64)
    web_app(store)
    assert len(begun) == 1
    store.close()
