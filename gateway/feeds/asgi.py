"""The ASGI application of the secret links: GET and HEAD of `/ics/{secret}.ics`, conditional, compressed, streamed.

A secret that nobody knows, one that was revoked, and a path that is none get the same answer. No answer and no line of
the log holds a secret.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from anyio import CapacityLimiter, to_thread

from gateway.feeds.published import Published, published
from gateway.http.encoding import GZIP_FORMAT, takes_gzip
from gateway.http.errors import status_of
from gateway.http.links import Links
from gateway.http.log import App, Receive, Scope, Send
from storage.errors import CalHarborError, NotFound
from storage.model import Feed
from storage.store import Store

PREFIX = "/ics/"
THREADS = 2
RETRY_AFTER = "60"
_PIECE = 65_536
_SUFFIX = ".ics"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes] = field(default_factory=lambda: iter(()))


def feeds_app(store: Store) -> App:
    """The application; it takes requests whose path begins with `PREFIX`."""
    links = Links(store)
    limiter = CapacityLimiter(THREADS)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        answer = await to_thread.run_sync(_answer, store, links, scope, limiter=limiter)
        raw = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        body = answer.body if scope["method"] != "HEAD" else iter(())
        while chunk := await to_thread.run_sync(next, body, b"", limiter=limiter):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def _answer(store: Store, links: Links, scope: Scope) -> _Answer:
    if scope["method"] not in ("GET", "HEAD"):
        return _text(405, "A published calendar can only be read.", {"allow": "GET, HEAD"})
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    remote = (scope.get("client") or ("", 0))[0]
    secret = scope["path"].removeprefix(PREFIX).removesuffix(_SUFFIX)
    try:
        feed = links.follow(secret, remote)
        if feed is None:
            return _unknown(links, remote)
        scope["calharbor.user"], scope["calharbor.link"] = feed.user, feed.id
        return _calendar(feed, published(store, feed), headers)
    except NotFound:
        return _unknown(links, remote)
    except CalHarborError as error:
        return _text(status_of(error), error.message, {"retry-after": "1"} if status_of(error) == 503 else {})


def _unknown(links: Links, remote: str) -> _Answer:
    if links.refuses(remote):
        return _text(429, "Too many links that there are not.", {"retry-after": RETRY_AFTER})
    return _text(404, "There is no such calendar.", {})


def _text(status: int, words: str, headers: Mapping[str, str]) -> _Answer:
    body = f"{words}\n".encode()
    fixed = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), "cache-control": "no-store"}
    return _Answer(status, {**fixed, **headers}, iter((body,)))


def _calendar(feed: Feed, found: Published, sent: Mapping[str, str]) -> _Answer:
    gzipped = takes_gzip(sent.get("accept-encoding", ""))
    tag = f"{found.tag}-gzip" if gzipped else found.tag
    headers = {"etag": f'"{tag}"', "vary": "Accept-Encoding", "cache-control": "private, no-cache"}
    if found.modified:
        headers["last-modified"] = format_datetime(datetime.fromisoformat(found.modified), usegmt=True)
    if _known(sent, tag, headers.get("last-modified", "")):
        return _Answer(304, headers)
    headers["content-type"] = "text/calendar; charset=utf-8"
    headers["content-disposition"] = f'inline; filename="{feed.id[-8:]}.ics"'
    headers["x-robots-tag"] = "noindex"
    if not gzipped:
        return _Answer(200, headers, _chunks(found.pieces))
    return _Answer(200, {**headers, "content-encoding": "gzip"}, _compressed(_chunks(found.pieces)))


def _known(sent: Mapping[str, str], tag: str, modified: str) -> bool:
    """Whether the subscriber has this version (RFC 9110 §13.1.2 and §13.1.3). Dates count as text: they are ours."""
    tags = sent.get("if-none-match")
    if tags is not None:
        return any(each.strip().removeprefix("W/").strip('"') in (tag, "*") for each in tags.split(","))
    return bool(modified) and sent.get("if-modified-since") == modified


def _chunks(pieces: Iterator[str]) -> Iterator[bytes]:
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Never an empty chunk, which would look like the end."""
    compressor = zlib.compressobj(level=1, wbits=GZIP_FORMAT)
    yield from filter(None, map(compressor.compress, chunks))
    yield compressor.flush()
