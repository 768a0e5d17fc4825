"""Requests in the words of the account's own service, passed on with its credentials (contract B.1).

They go to the account's own server and nowhere else, and whatever else a client sends along, credentials, cookies and
what belongs to its connection with us, stays here. What comes back is shown as data, never as a page of this server.
"""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from gateway.api.answers import HEADERS, answer
from gateway.api.body import LARGEST, Body, RawBody
from gateway.api.kloudless.asking import One
from gateway.api.kloudless.errors import ApiError, bad, not_found
from storage.provider import RawRequest
from storage.scheduling.asking import Asking, can_be_asked

router = APIRouter(prefix="/accounts/{account}", tags=["Raw"])

LONGEST_URI = 8_000

CALENDAR = "calendar"
TYPES = (CALENDAR, "event", "contact")
"""What `encode_raw_id` may be asked for."""

_METHOD = re.compile(r"[A-Z]{1,24}(-[A-Z]{1,24})?")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_URI = re.compile(r"[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t -~\x80-\xff]{0,8000}")

_OURS = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie", "host", "origin", "referer", "user-agent"),
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"),
        *("content-length", "accept-encoding", "forwarded", "via"),
    }
)
"""Headers that clients cannot set for the upstream."""

_SHOWN = (
    *("content-type", "content-language", "content-disposition", "content-range", "accept-ranges", "etag"),
    *("last-modified", "location", "link", "allow", "dav", "schedule-tag", "preference-applied", "retry-after"),
)
"""Headers of the upstream that clients see."""

_AS_DATA = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


@router.post("/raw")
def pass_through(
    asking: One,
    request: Request,
    raw_body: RawBody,
    uri: Annotated[str | None, Header(alias="X-Kloudless-Raw-URI", description="A path, or a whole address.")] = None,
    method: Annotated[str | None, Header(alias="X-Kloudless-Raw-Method", description="`GET` without it.")] = None,
) -> Response:
    """Send a request to the account's upstream, with the body as it is; its answer as it is, whatever its status."""
    upstreams: Asking | None = request.app.state.upstreams
    if upstreams is None or not can_be_asked(asking.account):
        raise ApiError(503, "service_not_available", "this account has no upstream that could be asked now")
    wanted = RawRequest(_method(method), _uri(uri), _headers(asking.upstream_headers, request), _body(raw_body))
    got = upstreams.pass_through(asking.account, wanted)
    shown = {name: got.headers[name] for name in _SHOWN if name in got.headers}
    return Response(got.body, got.status, {**HEADERS, **_AS_DATA, **shown})


@router.post("/encode_raw_id")
def encode_raw_id(asking: One, raw_body: RawBody) -> Response:
    """The id under which something is found here, by the one that its own service gave it."""
    body = Body.parse(raw_body, bad)
    body.need("raw_id")
    raw_id, wanted = body.text("raw_id", most=LONGEST_URI) or "", body.choice("type", TYPES)
    found = asking.store.id_of_raw(asking.account.id, raw_id)
    if found is None or (wanted or found[0] or CALENDAR) != (found[0] or CALENDAR):
        raise not_found(f"{wanted or 'object'} {raw_id[:80]!r} in this account")
    return answer({"id": found[1]})


def _method(text: str | None) -> str:
    method = (text or "").strip().upper() or "GET"
    if not _METHOD.fullmatch(method) or method in _REFUSED_METHODS:
        raise bad("X-Kloudless-Raw-Method", f"{method[:40]!r} is no method that is passed on")
    return method


def _uri(text: str | None) -> str:
    uri = (text or "").strip()
    if not uri:
        raise bad("X-Kloudless-Raw-URI", "is required")
    if len(uri) > LONGEST_URI or not _URI.fullmatch(uri):
        raise bad("X-Kloudless-Raw-URI", "must be a percent-encoded address or path")
    return uri


def _headers(given: dict[str, str], request: Request) -> dict[str, str]:
    """What goes along: `X-Kloudless-Raw-Headers`, and the type of the body."""
    found: dict[str, str] = {}
    for name, value in given.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or name.lower() in found:
            raise bad("X-Kloudless-Raw-Headers", f"{name[:40]!r} is no header, or stands there twice")
        if name.lower() not in _OURS and not name.lower().startswith(("x-kloudless-", "x-forwarded-")):
            found[name.lower()] = value
    if "content-type" in request.headers:
        found.setdefault("content-type", request.headers["content-type"])
    return found


def _body(raw: bytes | None) -> bytes:
    if raw is None:
        raise bad("", f"the body has more than {LARGEST} bytes")
    return raw
