"""The writer of multistatus answers (RFC 4918 §13): text, put together piece by piece, with every value escaped."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, TypeVar
from urllib.parse import quote

from gateway.dav import errors, names
from gateway.dav.request import Answer
from storage.model import Tag

Target = TypeVar("Target")
Member = TypeVar("Member", bound="HasHref")
Renderer = Callable[[Target], str | None]
"""What gives a property's content as XML, "" for an empty element, None where the resource does not have it."""

PIECE = 256 * 1024
"""Characters of an answer that are rendered, and held in memory, at a time."""


class HasHref(Protocol):
    """Something with a name in its collection."""

    @property
    def href(self) -> str: ...  # noqa: D102


_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_HEAD = f"{_DECLARATION}<multistatus{names.DECLARATIONS}>"
_NOT_FOUND = "<status>HTTP/1.1 404 Not Found</status>"
_OK = "<status>HTTP/1.1 200 OK</status>"
_NO_DEAD: Mapping[str, str] = {}
_REASONS = {403: "Forbidden", 404: "Not Found", 409: "Conflict", 424: "Failed Dependency", 507: "Insufficient Storage"}

MANY = 500
"""So many responses are written in one go."""

MOST = 32 * 1024 * 1024
"""Characters of text that one report makes at most, beyond the entry with which it gets there."""


def segment(name: str) -> str:
    """One path segment as written in an href: everything but RFC 3986's unreserved characters is percent-encoded."""
    return name if _PLAIN.fullmatch(name) else quote(name, safe="")


def segments(names: Sequence[str]) -> Sequence[str]:
    """`segment` of each; where all are plain, which one look at them together tells, they stay what they are."""
    return names if _PLAIN.fullmatch("".join(names)) else [segment(name) for name in names]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which properties an answer gives of each resource: Clark names in the order asked for, and how to leave them out.

    `minimal`: those that do not exist are not mentioned. `names_only`: the elements without their content.
    """

    names: tuple[str, ...]
    minimal: bool = False
    names_only: bool = False


class Budget:
    """How much text one report may make of what is stored: a rule of one line can stand for millions of instances."""

    def __init__(self) -> None:
        self._left = MOST

    @property
    def spent(self) -> bool:
        """Whether the report has to end."""
        return self._left <= 0

    def count(self, text: str) -> str:
        """The text, taken from what is left."""
        self._left -= len(text)
        return text


def within(budget: Budget, href: str, responses: Iterable[str]) -> Iterator[str]:
    """The responses until the budget is spent; then 507 for the resource that was asked (RFC 6578 §3.6)."""
    for response in responses:
        yield response
        if budget.spent:
            yield status(href, 507, "<number-of-matches-within-limits/>")
            return


def multistatus(responses: Iterable[str], *, token: str = "") -> Answer:
    """The answer 207 with these responses; `token` is the new sync token of a sync-collection report.

    A long one is made piece by piece while it is sent. What the responses raise in their first piece is still raised
    here, and can become an answer of its own.
    """
    pieces = _pieces(responses, f"<sync-token>{names.text(token)}</sync-token>" if token else "")
    first, second = next(pieces), next(pieces, None)
    rest = None if second is None else chain((second,), pieces)
    return Answer(207, first, {"Content-Type": errors.XML_TYPE}, rest)


def _pieces(responses: Iterable[str], tail: str) -> Iterator[bytes]:
    """The document in pieces of about PIECE characters."""
    waiting, size = [_HEAD], 0
    for response in responses:
        waiting.append(response)
        size += len(response)
        if size >= PIECE:
            yield errors.legal("".join(waiting))
            waiting, size = [], 0
    yield errors.legal("".join((*waiting, tail, "</multistatus>")))


def document(root: str, inner: str) -> Answer:
    """The answer 200 with one `DAV:` element that holds this XML."""
    text = f"{_DECLARATION}<{root}{names.DECLARATIONS}>{inner}</{root}>"
    return Answer(200, errors.legal(text), {"Content-Type": errors.XML_TYPE})


def status(href: str, code: int, precondition: str = "") -> str:
    """A response that has a status in place of properties."""
    error = f"<error>{precondition}</error>" if precondition else ""
    return f"<response><href>{href}</href><status>HTTP/1.1 {code} {_REASONS[code]}</status>{error}</response>"


def rows(
    registry: Mapping[str, Renderer[Target]], wanted: Wanted, dead: Mapping[str, str] = _NO_DEAD
) -> Callable[[str, Target], str]:
    """What renders one response from an href and a resource, with everything looked up that is the same for each.

    `dead`: properties that are kept as whole elements; they hide live ones of the same name.
    """
    known = [(*names.tags(name), registry[name]) for name in wanted.names if name in registry and name not in dead]
    if wanted.names_only:
        known = [(start, end, _only_name(render)) for start, end, render in known]
    whole = [name for name in wanted.names if name in dead]
    fixed = "".join(names.element(name) if wanted.names_only else dead[name] for name in whole)
    unknown = "".join(names.element(name) for name in wanted.names if name not in registry and name not in dead)

    def row(href: str, target: Target) -> str:
        have, lack = fixed, unknown
        for start, end, render in known:
            content = render(target)
            if content:
                have += f"{start}{content}{end}"
            elif content is None:
                lack += f"{start[:-1]}/>"
            else:
                have += f"{start[:-1]}/>"
        if not lack or wanted.minimal or wanted.names_only:
            return f"<response><href>{href}</href><propstat><prop>{have}</prop>{_OK}</propstat></response>"
        first = f"<propstat><prop>{have}</prop>{_OK}</propstat>" if have else ""
        return f"<response><href>{href}</href>{first}<propstat><prop>{lack}</prop>{_NOT_FOUND}</propstat></response>"

    return row


def members(start: str, row: Callable[[str, Member], str], found: Sequence[Member]) -> Iterator[str]:
    """The responses for members of the collection whose href is `start`."""
    return map(row, [start + name for name in segments([each.href for each in found])], found)


def tagged(start: str, found: Sequence[Tag]) -> Iterator[str]:
    """The responses that tell the ETags of members, and nothing else: what clients ask of ten thousand at a time.

    Many of them are written in one go, in a fifth of the time that they take one by one.
    """
    begin, end = names.tags(names.dav("getetag"))
    one = f"<response><href>{start.replace('%', '%%')}%s</href><propstat><prop>{begin}&quot;%s&quot;{end}</prop>{_OK}"
    one += "</propstat></response>"
    for at in range(0, len(found), MANY):
        hrefs, hashes = zip(*found[at : at + MANY], strict=True)
        yield one * len(hrefs) % tuple(chain.from_iterable(zip(segments(hrefs), hashes, strict=True)))


def _only_name(render: Renderer[Target]) -> Renderer[Target]:
    return lambda target: None if render(target) is None else ""


def propstats(href: str, groups: Mapping[int, Iterable[str]], preconditions: Mapping[int, str]) -> str:
    """A response that groups property elements (Clark names) by status; `preconditions` (XML) by status too."""
    return f"<response><href>{href}</href>{_propstats(groups, preconditions)}</response>"


def failed(root: str, groups: Mapping[int, Iterable[str]], preconditions: Mapping[int, str]) -> Answer:
    """The answer 403 to a MKCOL or MKCALENDAR whose properties were refused (RFC 5689 §3.4); `root`: its Clark name."""
    start, end = names.tags(root)
    document = f"{_DECLARATION}{start[:-1]}{names.DECLARATIONS}>{_propstats(groups, preconditions)}{end}"
    return Answer(403, errors.legal(document), {"Content-Type": errors.XML_TYPE, "Cache-Control": "no-cache"})


def _propstats(groups: Mapping[int, Iterable[str]], preconditions: Mapping[int, str]) -> str:
    pieces: list[str] = []
    for code, props in sorted(groups.items()):
        line = _OK if code == 200 else f"<status>HTTP/1.1 {code} {_REASONS[code]}</status>"
        about = f"<error>{preconditions[code]}</error>" if code in preconditions else ""
        pieces.append(f"<propstat><prop>{''.join(map(names.element, props))}</prop>{line}{about}</propstat>")
    return "".join(pieces)
