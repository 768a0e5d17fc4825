"""The one ASGI application of an HTTP process: which door answers which path."""

from collections.abc import Callable, Sequence
from functools import partial
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
    rest = partial(_json_app, store, base, (rates, access_rates), asking, ending)
    agents = partial(_mcp_door, store, base, access_rates)
    return RequestLog(Doors(dav, well_known, feeds_app(store), rest, agents))


def _json_app(
    store: Store,
    base: str,
    rates: tuple[Sequence[Rate], Sequence[Rate]],
    asking: Asking | None,
    ending: Callable[[], bool],
) -> App:
    """The JSON surface, loaded when somebody asks for it: FastAPI takes 20 MiB, which calendar clients never use."""
    from gateway.api.app import json_app

    limits, access_limits = (Limits(store.folder / FOLDER, each) for each in rates)
    return json_app(store, base=base, limits=limits, access_limits=access_limits, upstreams=asking, ending=ending)


def _mcp_door(store: Store, base: str, rates: Sequence[Rate]) -> App:
    """The door for agents, loaded when one comes: the SDK takes 30 MiB, and most servers never see an agent."""
    from gateway.mcp.door import mcp_door

    return mcp_door(store, Limits(store.folder / FOLDER, rates), base=base)


class Late:
    """An application that is made when somebody asks for it."""

    def __init__(self, make: Callable[[], App]) -> None:
        self._make = make
        self._made: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if self._made is None:
            self._made = await to_thread.run_sync(self._make)
        await self._made(scope, receive, send)


class Doors:
    """Dispatches by path before any framework sees a request: DAV clients use methods and paths that those dislike.

    What answers agents, and what answers everything else, is made when somebody asks for it.
    """

    def __init__(
        self, dav: App, discovery: App, feeds: App, make_rest: Callable[[], App], make_agents: Callable[[], App]
    ) -> None:
        self._dav = dav
        self._discovery = discovery
        self._feeds = feeds
        self._rest = Late(make_rest)
        self._agents = Late(make_agents)

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
