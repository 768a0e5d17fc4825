"""Conditional requests: versions and dates (RFC 9110 §13), and WebDAV's If header (RFC 4918 §10.4).

`If-Match` and `If-None-Match` of a write are compared by the store, in the transaction of the write. What only this
surface understands, the If header and `If-Unmodified-Since`, is decided first, and the request then goes on as one for
the very version that was found: nobody else's write can slip in between.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime

from gateway.dav import entry_properties, properties
from gateway.dav.errors import Refusal
from gateway.dav.places import Context, Home, Member, find, from_href
from gateway.dav.request import Request
from storage.errors import NotFound, PreconditionFailed
from storage.model import Collection

_TOKENS = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|<(?P<uri>[^<>\s]+)>|\[(?P<tag>[^\[\]]+)\]|(?P<not>[Nn]ot\b))\s*"
)
_ROUND = len("YYYY-MM-DDTHH:MM:SS")


@dataclass(frozen=True, slots=True)
class _State:
    """What a resource can be told by: its entity tag (None where nothing is), its state token, when it changed."""

    tag: str | None = None
    token: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class _Condition:
    negated: bool
    uri: str = ""
    tag: str = ""

    def holds(self, state: _State) -> bool:
        met = self.uri == state.token if self.uri else state.tag is not None and self.tag == f'"{state.tag}"'
        return met is not self.negated


@dataclass(frozen=True, slots=True)
class _List:
    """Conditions that all have to hold, for the resource named by `about`, "" for that of the request."""

    about: str
    conditions: tuple[_Condition, ...]


def settled(context: Context, request: Request) -> Request:
    """The request, with an If header, `If-Unmodified-Since` and `If-Schedule-Tag-Match` decided, and turned into the
    version that they allow.

    Raises `PreconditionFailed`, and `Refusal` (400) for an If header that is none.
    """
    request = _for_meeting(context, request)
    header, date = request.headers.get("if"), _date(request, "if-unmodified-since")
    if header is None and (date is None or request.if_match is not None):
        return request
    state = _state(context, request.segments)
    if header is not None:
        lists = list(_lists(header))
        if not any(_holds(context, each, state) for each in lists):
            raise PreconditionFailed("no condition of the If header holds", hint="read the resource again")
    if date is not None and request.if_match is None and state.modified[:_ROUND] > date:
        raise PreconditionFailed(f"it has changed since {date}", hint="read it again and merge")
    if not state.modified:
        return request
    return replace(request, headers={"if-match": f'"{state.tag}"', **request.headers})


def _for_meeting(context: Context, request: Request) -> Request:
    """`If-Schedule-Tag-Match` (RFC 6638 §3.2.10) turned into the version that has this tag."""
    wanted = request.headers.get("if-schedule-tag-match")
    if wanted is None:
        return request
    place = find(context, request.segments)
    if not isinstance(place, Member):
        raise PreconditionFailed("only a meeting has a Schedule-Tag")
    entry = context.store.entry_at(place.collection.id, place.name)
    tag = entry_properties.schedule_tag(context, place.collection, entry)
    if tag is None or wanted.strip() != f'"{tag}"':
        raise PreconditionFailed("it does not have this Schedule-Tag any more", hint="read it again and merge")
    return replace(request, headers={"if-match": f'"{entry.hash}"', **request.headers})


def known(request: Request, tag: str, modified: str = "") -> bool:
    """Whether who reads already has this version, so that 304 answers (RFC 9110 §13.2.2). Raises `PreconditionFailed`.

    `modified`: when it changed, as the store writes moments; "" where nobody knows.
    """
    wanted, unwanted = request.if_match, request.if_none_match
    if wanted is not None and tag not in wanted and "*" not in wanted:
        raise PreconditionFailed("it is not in the version that If-Match names", hint="read it without a condition")
    if unwanted is not None:
        return tag in unwanted or "*" in unwanted
    date = _date(request, "if-modified-since")
    return bool(modified) and date is not None and modified[:_ROUND] <= date


def same_version(request: Request, tag: str, modified: str) -> bool:
    """Whether `If-Range` (RFC 9110 §13.1.5) allows a part: true without it, or if it names this very version."""
    header = request.header("if-range").strip()
    if not header or header == f'"{tag}"':
        return True
    return bool(modified) and _date(request, "if-range") == modified[:_ROUND]


def _date(request: Request, name: str) -> str | None:
    """The moment that a header names, as the store writes it but to the second; None without one that can be read."""
    text = request.header(name)
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat()[:_ROUND]


def _lists(header: str) -> Iterator[_List]:
    conditions: list[_Condition] | None = None
    about, negated, at = "", False, 0
    while at < len(header):
        token = _TOKENS.match(header, at)
        if token is None:
            raise _unreadable()
        at = token.end()
        kind = token.lastgroup
        if conditions is None:
            if kind == "uri":
                about = token["uri"]
            elif kind == "open":
                conditions = []
            else:
                raise _unreadable()
        elif kind == "not" and not negated:
            negated = True
        elif kind in ("uri", "tag"):
            conditions.append(_Condition(negated, token["uri"] or "", token["tag"] or ""))
            negated = False
        elif kind == "close" and conditions and not negated:
            yield _List(about, tuple(conditions))
            conditions = None
        else:
            raise _unreadable()
    if conditions is not None:
        raise _unreadable()


def _unreadable() -> Refusal:
    return Refusal(400, "the If header cannot be read", hint='write it as RFC 4918 §10.4 says: (["etag"])')


def _holds(context: Context, wanted: _List, here: _State) -> bool:
    state = here
    if wanted.about:
        segments = from_href(context, wanted.about)
        state = _State() if segments is None else _state(context, segments)
    return all(condition.holds(state) for condition in wanted.conditions)


def _state(context: Context, segments: tuple[str, ...]) -> _State:
    """What a path has to show now; of what is not there, or belongs to somebody else, nothing."""
    try:
        place = find(context, segments)
        if isinstance(place, Member):
            entry = context.store.entry_at(place.collection.id, place.name)
            return _State(entry.hash, "", entry.modified)
    except (NotFound, Refusal):
        return _State()
    if isinstance(place, Collection):
        token = properties.sync_token(context, place, place.seq)
        return _State(f"{place.id}-{place.seq}", token)
    return _State(token=properties.home_token(context)) if isinstance(place, Home) else _State()
