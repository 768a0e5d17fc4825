"""The ASGI adapter: reads the request within its limits, finds out who asks, and answers in a thread of its own pool.

Paths are taken raw, so that `%2F` and non-ASCII names arrive as they were sent. Answers are compressed at level 1 where
the client takes gzip and the answer has no ETag: a strong ETag names the bytes as stored.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread

from gateway.dav import errors, places
from gateway.dav.app import DavApplication
from gateway.dav.errors import Refusal
from gateway.dav.request import Answer, Request
from gateway.http.access import Access, Principal
from gateway.http.encoding import GZIP_FORMAT, takes_gzip
from gateway.http.webpush import Offer
from storage.errors import CalHarborError
from storage.scheduling.asking import Asking
from storage.store import Store

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 10 * 1024 * 1024
"""The default limit of a request's body, and so of one entry, in octets."""

THREADS, WAITING_THREADS = 4, 4
_GZIP_FROM = 1024
_BRIEF = 4096
"""A body of at most so many octets is parsed in no time."""
MAX_HEADERS, MAX_HEADER_OCTETS = 200, 64 * 1024
_DRAIN = 4
"""A body that is refused is still read up to this many times the limit, so that the client gets to see the answer."""

_UNAUTHORIZED = Answer(
    401,
    b"A user name and a password (or a device password) are needed.\n",
    {"WWW-Authenticate": 'Basic realm="CalHarbor", charset="UTF-8"', "Content-Type": "text/plain; charset=utf-8"},
)


def dav_app(
    store: Store,
    access: Access,
    *,
    prefix: str = "/dav",
    max_body: int = MAX_BODY,
    base: str = "",
    push: Offer | None = None,
    asking: Asking | None = None,
) -> AsgiApp:
    """The endpoint as an ASGI application. It takes requests whose path begins with `prefix`, mounted or not.

    Given the server's own `/`, it answers as at the endpoint's root: whoever was told the host alone asks there, and
    not every client follows a redirect with its PROPFIND, or knows itself again behind one (python-caldav does not).

    `max_body` limits bodies, and with them the `max-resource-size` of entries, in octets. `base`: scheme and host that
    clients use, where a proxy stands in between; else as each request says. `push`, `asking`: see `Context`.
    """
    application = DavApplication(store, prefix=prefix, max_resource=max_body, push=push, asking=asking)
    limiter, waiting = CapacityLimiter(THREADS), CapacityLimiter(WAITING_THREADS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            headers = _headers(scope)
        except Refusal as refusal:
            await _send(send, scope["method"], errors.answer(refusal))
            return
        try:
            body = await _read(receive, headers, max_body)
        except Refusal as refusal:
            await _send(send, scope["method"], errors.answer(_too_large(scope["method"], headers, refusal)))
            return
        if body is None:
            return
        known = _known(access, scope["method"], headers, body)
        ask = partial(_answer, application, access, known, prefix, base, scope, headers, body)
        # A question about others may wait for an upstream: whoever asks takes no thread from everybody else.
        threads = waiting if scope["method"] == "POST" else limiter
        answer, user = ask() if known else await to_thread.run_sync(ask, limiter=threads)
        scope["calharbor.user"] = user
        await _send(send, scope["method"], answer)
        if answer.rest is not None:
            await _send_rest(receive, send, answer.rest, limiter)

    return app


async def well_known(scope: Scope, receive: Receive, send: Send) -> None:
    """`/.well-known/caldav` and `/.well-known/carddav`: every method is sent on to `/dav/`.

    RFC 6764 §5 wants a redirect there, and no service.
    """
    del receive
    target = f"{scope.get('root_path', '')}/dav/".encode()
    headers = [(b"location", target), (b"content-length", b"0"), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 301, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _known(access: Access, method: str, headers: dict[str, str], body: bytes) -> Principal | None:
    """Who asks for so little that the answer takes less than handing the request to a thread; None for all else.

    That is a PROPFIND of depth 0, with which clients poll: a few rows, each found by its key, and reading waits for no
    writer. Under load a poll then does not wait for its turn among the threads either.
    """
    if method != "PROPFIND" or len(body) > _BRIEF or headers.get("depth", "0").strip() != "0":
        return None
    try:
        return access.recognised(headers.get("authorization"))
    except CalHarborError:
        return None  # a thread asks again, and says what is wrong


def _answer(
    application: DavApplication,
    access: Access,
    known: Principal | None,
    prefix: str,
    base: str,
    scope: Scope,
    headers: dict[str, str],
    body: bytes,
) -> tuple[Answer, str]:
    """The answer to a request that was read, and who asked (empty for nobody); `known`: who it is, if that is known."""
    method = scope["method"].upper()
    remote = (scope.get("client") or ("", 0))[0]
    try:
        principal = known or access.authenticate(headers.get("authorization"), remote)
        if principal is None:
            if method != "OPTIONS":
                return _UNAUTHORIZED, ""
            principal = Principal("", "")
        path = _raw_path(scope)
        below = places.strip(path, prefix)
        segments, folder = places.decode(path if below is None else below)
    except (CalHarborError, Refusal) as error:
        return errors.answer(error), ""
    base = base or f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
    user, actor, device = principal.user, principal.actor, principal.device
    root = "/" if below is None and not segments else ""
    request = Request(method, segments, folder, headers, body, user, actor, device, base, root)
    return _compressed(application.answer(request), headers.get("accept-encoding", "")), principal.user


def _raw_path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw else quote(scope["path"], safe="/%:@!$&'()*+,;=~")


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by lower-case name. Raises `Refusal` (431) for more than any client sends."""
    if len(scope["headers"]) > MAX_HEADERS or sum(len(n) + len(v) for n, v in scope["headers"]) > MAX_HEADER_OCTETS:
        raise Refusal(431, f"there are more than {MAX_HEADERS} headers, or {MAX_HEADER_OCTETS} octets of them")
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _read(receive: Receive, headers: dict[str, str], limit: int) -> bytes | None:
    """The whole body, chunked or not; None if the client went away. Raises `Refusal` (413) beyond the limit."""
    announced = headers.get("content-length", "")
    most = limit if headers.get("expect") else limit * _DRAIN
    if announced.isdecimal() and int(announced) > most:
        raise _over(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        if size > limit * _DRAIN or not message.get("more_body", False):
            break
    if size > limit:
        raise _over(limit)
    return b"".join(chunks)


def _over(limit: int) -> Refusal:
    return Refusal(413, f"the body has more than {limit} octets", hint="that is the limit of this server")


def _too_large(method: str, headers: dict[str, str], refusal: Refusal) -> Refusal:
    """For an entry the RFCs have a precondition of its own (RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1)."""
    if method != "PUT":
        return refusal
    prefix = "CR" if "vcard" in headers.get("content-type", "").lower() else "C"
    return Refusal(403, refusal.message, precondition=f"<{prefix}:max-resource-size/>", hint=refusal.hint)


async def _send(send: Send, method: str, answer: Answer) -> None:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if answer.status in (204, 304):
        headers.pop("content-length", None)
    elif answer.rest is None and (method != "HEAD" or "content-length" not in headers):
        headers["content-length"] = str(len(answer.body))
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    body = b"" if method == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": answer.rest is not None})


async def _send_rest(receive: Receive, send: Send, rest: Iterator[bytes], limiter: CapacityLimiter) -> None:
    """The other pieces, each made when the client has taken most of the one before, until it hangs up."""
    gone = asyncio.ensure_future(receive())
    try:
        while not gone.done():
            piece = await to_thread.run_sync(next, rest, None, limiter=limiter)
            await send({"type": "http.response.body", "body": piece or b"", "more_body": piece is not None})
            if piece is None:
                return
    finally:
        gone.cancel()


def _compressed(answer: Answer, accepted: str) -> Answer:
    short = len(answer.body) < _GZIP_FROM and answer.rest is None
    if short or any(name.lower() == "etag" for name in answer.headers):
        return answer
    headers = {**answer.headers, "Vary": "Accept-Encoding"}
    if not takes_gzip(accepted):
        return replace(answer, headers=headers)
    compressor = zlib.compressobj(level=1, wbits=GZIP_FORMAT)
    body, headers = compressor.compress(answer.body), {**headers, "Content-Encoding": "gzip"}
    if answer.rest is None:
        return replace(answer, body=body + compressor.flush(), headers=headers)
    return replace(answer, body=body, headers=headers, rest=_zipped(answer.rest, compressor))


def _zipped(pieces: Iterator[bytes], compressor: "zlib._Compress") -> Iterator[bytes]:
    yield from map(compressor.compress, pieces)
    yield compressor.flush()
