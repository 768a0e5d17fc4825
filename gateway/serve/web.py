"""The one ASGI application of an HTTP process: which door answers which path."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock, Thread
from typing import Any

from anyio import to_thread

from gateway.dav import dav_app, well_known
from gateway.feeds import PREFIX, feeds_app
from gateway.http.access import Access
from gateway.http.limits import FOLDER, Limits, Rate
from gateway.http.log import App, Receive, RequestLog, Scope, Send
from gateway.http.webpush import Offer
from storage.scheduling.asking import Asking
from storage.store import Store

WELL_KNOWN = ("/.well-known/caldav", "/.well-known/carddav")

MCP = "/mcp"
"""The one path of the door for agents."""


def web_app(
    store: Store,
    *,
    base: str = "",
    push: Offer | None = None,
    asking: Asking | None = None,
    rates: Sequence[Rate] = (),
    access_rates: Sequence[Rate] = (),
    ending: Callable[[], bool] = lambda: False,
) -> App:
    """Every surface over one store; one log line a request. `base`, `push` and `asking`: see `dav_app`.

    `rates`: how many requests each token of the JSON surface may make, `access_rates` each key of its Access dialect
    and of an agent. `ending`: see `json_app`.
    """
    dav = dav_app(store, Access(store), base=base, push=push, asking=asking)
    rest = Late(partial(_json_app, store, base, (rates, access_rates), asking, ending))
    if store.good_tokens():  # somebody will ask, and is not to wait for seconds then
        rest.begin()
    agents = Late(partial(_mcp_door, store, base, access_rates))
    return RequestLog(Doors(dav, well_known, feeds_app(store), rest, agents))


def _json_app(
    store: Store,
    base: str,
    rates: tuple[Sequence[Rate], Sequence[Rate]],
    asking: Asking | None,
    ending: Callable[[], bool],
) -> App:
    """The JSON surface, loaded where somebody has a token for it: FastAPI takes 20 MiB, and calendar clients no use."""
    from gateway.api.app import json_app

    limits, access_limits = (Limits(store.folder / FOLDER, each) for each in rates)
    return json_app(store, base=base, limits=limits, access_limits=access_limits, upstreams=asking, ending=ending)


def _mcp_door(store: Store, base: str, rates: Sequence[Rate]) -> App:
    """The door for agents, loaded when one comes: the SDK takes 30 MiB, and most servers never see an agent."""
    from gateway.mcp.door import mcp_door

    return mcp_door(store, Limits(store.folder / FOLDER, rates), base=base)


class Late:
    """An application that is made when somebody asks for it, if not before; once."""

    def __init__(self, make: Callable[[], App]) -> None:
        self._make = make
        self._made: App | None = None
        self._making = Lock()

    def begin(self) -> None:
        """Make it in a thread of its own."""
        Thread(target=self._ready, name="json", daemon=True).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        app = await to_thread.run_sync(self._ready) if self._made is None else self._made
        await app(scope, receive, send)

    def _ready(self) -> App:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made


class Doors:
    """Dispatches by path before any framework sees a request: DAV clients use methods and paths that those dislike."""

    def __init__(self, dav: App, discovery: App, feeds: App, rest: App, agents: App) -> None:
        self._dav = dav
        self._discovery = discovery
        self._feeds = feeds
        self._rest = rest
        self._agents = agents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        path: Any = scope.get("path", "")
        at_root = path == "/" and scope["method"] not in ("GET", "HEAD")
        if at_root or path == "/dav" or path.startswith("/dav/"):
            await self._dav(scope, receive, send)
        elif path == "/" or path.rstrip("/") in WELL_KNOWN:
            await self._discovery(scope, receive, send)
        elif path.startswith(PREFIX):
            await self._feeds(scope, receive, send)
        elif path.rstrip("/") == MCP:
            await self._agents(scope, receive, send)
        else:
            await self._rest(scope, receive, send)
