"""Radicale's application with our handlers: the only file that knows the private signatures of Radicale 3.9.0.

Radicale carries the request (method dispatch, its own well-known and OPTIONS answers, the last resort for an error
nobody expected) and calls `do_METHOD`; each of ours takes the request that the adapter left in the environment and
answers it from the mirror. A handler makes one write with one of the store's verbs, which is one transaction: an answer
that is an error has changed nothing.
"""
# mypy: disallow-subclassing-any=False

import io
from collections.abc import Callable, MutableMapping
from typing import Any

from radicale.app import Application

from gateway.dav import conditions, errors, names, past, preferences, push
from gateway.dav.acl import acl
from gateway.dav.config import radicale_configuration
from gateway.dav.delete import delete
from gateway.dav.errors import Refusal
from gateway.dav.get import get
from gateway.dav.mailbox import schedules
from gateway.dav.mkcol import mkcalendar, mkcol
from gateway.dav.move import copy, move
from gateway.dav.places import Context
from gateway.dav.post import post, takes_post
from gateway.dav.propfind import propfind
from gateway.dav.proppatch import proppatch
from gateway.dav.put import put
from gateway.dav.render import segment
from gateway.dav.report import report
from gateway.dav.request import Answer, Request
from gateway.http.webpush import Offer
from storage.errors import CalHarborError
from storage.scheduling.asking import Asking
from storage.store import Store

Handler = Callable[[Context, Request], Answer]
RadicaleAnswer = tuple[int, dict[str, str], bytes | None, str | None]

COMPLIANCE = "1, 3, access-control, calendar-access, addressbook, extended-mkcol, calendarserver-sharing"
"""The `DAV` header. No class 2, since LOCK is not answered; scheduling is added where we deliver."""

_REQUEST, _CONTEXT, _REST = "calharbor.request", "calharbor.context", "calharbor.rest"


class DavApplication(Application):
    """One per process; safe to use from several threads, since it holds nothing of a request."""

    def __init__(
        self,
        store: Store,
        *,
        prefix: str,
        max_resource: int,
        push: Offer | None = None,
        asking: Asking | None = None,
    ) -> None:
        """`prefix`: the path at which the endpoint is mounted, without a final slash. The rest: see `Context`."""
        super().__init__(radicale_configuration())
        self._store = store
        self._prefix = prefix
        self._max_resource = max_resource
        self._push = push
        self._asking = asking

    def answer(self, request: Request) -> Answer:
        """Carry a request through Radicale."""
        user, actor, root = request.user, request.actor, request.root or f"{self._prefix}/"
        context = Context(self._store, self._prefix, self._max_resource, user, actor, self._push, root, self._asking)
        path = "".join(f"/{segment(each)}" for each in request.segments)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": f"{path}/" if request.folder or not path else path,
            "SCRIPT_NAME": self._prefix,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            _REQUEST: request,
            _CONTEXT: context,
        }
        started: list[tuple[str, list[tuple[str, str]]]] = []
        chunks = self(environ, lambda status, headers: started.append((status, headers)))
        status, headers = started[0]
        rest = environ.get(_REST)
        # Radicale has counted the beginning alone.
        kept = {name: value for name, value in headers if rest is None or name != "Content-Length"}
        return Answer(int(status[:3]), b"".join(chunks), kept, rest)

    def do_OPTIONS(self, environ: dict[str, Any], *args: Any) -> RadicaleAnswer:  # noqa: N802
        """Radicale's answer with what this endpoint really does there."""
        status, headers, body, xml = super().do_OPTIONS(environ, *args)
        methods, compliance = _METHODS, COMPLIANCE
        if self._push is not None or takes_post(environ[_CONTEXT], environ[_REQUEST]):
            methods = (*_METHODS, "POST")
        if self._push is not None:
            compliance = f"{compliance}, webdav-push"
        if schedules(environ[_CONTEXT], environ[_REQUEST]):
            compliance = f"{compliance}, calendar-auto-schedule, <{names.OURS}silence>"
        return status, {**headers, "Allow": ", ".join(methods), "DAV": compliance}, body, xml

    def do_POST(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(post, *args)

    def do_GET(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(get, *args)

    def do_HEAD(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(get, *args)

    def do_PROPFIND(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(propfind, *args)

    def do_PROPPATCH(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(proppatch, *args)

    def do_REPORT(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(report, *args)

    def do_PUT(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(put, *args)

    def do_DELETE(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(delete, *args)

    def do_MOVE(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(move, *args)

    def do_COPY(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(copy, *args)

    def do_ACL(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(acl, *args)

    def do_MKCALENDAR(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(mkcalendar, *args)

    def do_MKCOL(self, *args: Any) -> RadicaleAnswer:  # noqa: N802, D102
        return _handle(mkcol, *args)


_METHODS = tuple(sorted(name[3:] for name in dir(DavApplication) if name.startswith("do_") and name != "do_POST"))


def _handle(handler: Handler, environ: MutableMapping[str, Any], *_rest: object) -> RadicaleAnswer:
    """Run a handler inside Radicale's call, and turn an error or a refusal into its answer.

    Radicale knows whole bodies only: of a long one it gets the beginning, the rest goes around it.
    """
    try:
        context, request = past.entered(environ[_CONTEXT], environ[_REQUEST])
        answer = push.heeding(context, conditions.settled(context, request), handler)
        answer = preferences.applied(request, answer)
    except (CalHarborError, Refusal) as error:
        answer = errors.answer(error)
    environ[_REST] = answer.rest
    return answer.status, dict(answer.headers), answer.body, None
