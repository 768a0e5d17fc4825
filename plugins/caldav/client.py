"""Speaks WebDAV: one method per request we make, answers checked for being what was asked for, errors in our words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from plugins.caldav import quirks
from plugins.caldav.multistatus import (
    APPLE,
    CALDAV,
    CALENDARSERVER,
    CARDDAV,
    DAV,
    OURS,
    Element,
    Multistatus,
    preconditions,
)
from plugins.transport import Answer, Transport, plain, refuse
from storage.errors import CollectionGone, UntrustedAnswer, UpstreamError

ENTRY_LIMIT: Final = 64 * 1024 * 1024
REPORT_LIMIT: Final = 1024 * 1024 * 1024
_ERROR_LIMIT: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Flavour:
    """What differs between calendars and address books: names of properties, reports and media types.

    Property names are spelled `namespace local`. `kinds` are the component names that may be mirrored; `thing` is what
    a person calls such a collection.
    """

    thing: str
    home_set: str
    resource_type: str
    description: str
    data: str
    multiget: str
    media_type: str
    suffix: str
    well_known: str
    services: tuple[str, ...]
    kinds: tuple[str, ...]


CALENDARS: Final = Flavour(
    thing="calendar",
    home_set=f"{CALDAV}calendar-home-set",
    resource_type=f"{CALDAV}calendar",
    description=f"{CALDAV}calendar-description",
    data=f"{CALDAV}calendar-data",
    multiget=f"{CALDAV}calendar-multiget",
    media_type="text/calendar",
    suffix=".ics",
    well_known="/.well-known/caldav",
    services=("_caldavs._tcp", "_caldav._tcp"),
    kinds=("VEVENT", "VTODO", "VJOURNAL"),
)

BOOKS: Final = Flavour(
    thing="address book",
    home_set=f"{CARDDAV}addressbook-home-set",
    resource_type=f"{CARDDAV}addressbook",
    description=f"{CARDDAV}addressbook-description",
    data=f"{CARDDAV}address-data",
    multiget=f"{CARDDAV}addressbook-multiget",
    media_type="text/vcard",
    suffix=".vcf",
    well_known="/.well-known/carddav",
    services=("_carddavs._tcp", "_carddav._tcp"),
    kinds=("VCARD",),
)

_PREFIXES: Final = {DAV: "D:", CALDAV: "C:", CARDDAV: "R:", CALENDARSERVER: "S:", APPLE: "A:", OURS: "H:"}
_DECLARATIONS: Final = "".join(f' xmlns:{prefix[:-1]}="{name.strip()}"' for name, prefix in _PREFIXES.items())


def markup(name: str, inner: str = "", attributes: str = "") -> str:
    """The element `name` (spelled `namespace local`, with a namespace that we use) around `inner`, XML already.

    Every namespace has its prefix, declared at the root: Cyrus puts the answer's properties into the wrong namespace
    where a request declares a default one inside.
    """
    namespace, _, local = name.rpartition(" ")
    tag = _PREFIXES[f"{namespace} "] + local
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


def document(root: str, inner: str) -> bytes:
    """A request body with the root element `root` (spelled `namespace local`)."""
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + markup(root, inner, _DECLARATIONS).encode()


def prop(names: Sequence[str]) -> str:
    """`DAV:prop` asking for the properties `names`."""
    return markup("DAV: prop", "".join(markup(name) for name in names))


class DavClient:
    """Requests to one account's server. Hrefs are canonical; `root` is the URL against which they are resolved.

    `spellings` remembers how the server itself wrote an href, where that differs from the canonical form: requests use
    its spelling. It is a cache and may be lost; the clients of one account share it. Safe for several threads.
    """

    def __init__(
        self,
        transport: Transport,
        root: str,
        flavour: Flavour = CALENDARS,
        spellings: dict[str, str] | None = None,
    ) -> None:
        self.transport = transport
        self.root = root
        self.flavour = flavour
        self.spellings: dict[str, str] = {} if spellings is None else spellings

    def canonical(self, href: str, base: str = "/") -> str:
        """The canonical form of an href from an answer about `base`; how the server spelled it is remembered."""
        canonical = quirks.canonical_href(href, base)
        if canonical != href and href.startswith("/"):
            self.spellings[canonical] = href
        return canonical

    def spelling(self, href: str) -> str:
        """How the server spells `href`, so far as we have seen it."""
        return quirks.request_path(self.spellings.get(href, href))

    def url(self, href: str) -> str:
        """The absolute URL for an href."""
        return urljoin(self.root, self.spelling(href))

    @contextmanager
    def multistatus(
        self, method: str, href: str, body: bytes, *, depth: str, what: str, token: bool = False
    ) -> Iterator[Multistatus]:
        """Send a PROPFIND or REPORT; the block iterates the responses.

        Raises `CollectionGone` (404, 410, 403), `UntrustedAnswer` for anything that is no multistatus, and what every
        request may raise. `token`: the request names a sync token, so a refusal may mean `CursorGone` to the caller,
        who gets it as `Refused`.
        """
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        with self.transport.stream(method, self.url(href), headers=headers, body=body, limit=REPORT_LIMIT) as (
            answer,
            chunks,
        ):
            if answer.status != 207:
                text = b"".join(_at_most(chunks, _ERROR_LIMIT))
                raise refusal(answer, text, what) if token else on_collection(answer, text, what)
            if "html" in answer.content_type:
                raise UntrustedAnswer(f"{what}: {plain(answer.url)} answered with a web page", status=207)
            yield Multistatus(chunks, f"{what} ({plain(answer.url)})", answer.url)

    def get(self, href: str) -> Answer:
        """GET a resource as it is; the caller judges the status."""
        headers = {"Accept": f"{self.flavour.media_type}, */*;q=0.1"}
        return self.transport.request("GET", self.url(href), headers=headers, limit=ENTRY_LIMIT)

    def put(self, href: str, text: str, condition: Mapping[str, str]) -> Answer:
        """PUT a resource under a condition; the caller judges the status."""
        headers = {"Content-Type": f"{self.flavour.media_type}; charset=utf-8", **condition}
        return self.transport.request("PUT", self.url(href), headers=headers, body=text.encode(), limit=_ERROR_LIMIT)

    def delete(self, href: str, headers: Mapping[str, str]) -> Answer:
        """DELETE a resource or collection; the caller judges the status."""
        return self.transport.request("DELETE", self.url(href), headers=headers, limit=REPORT_LIMIT)

    def options(self, href: str) -> Answer:
        """What a resource can do (OPTIONS); the caller judges the status."""
        return self.transport.request("OPTIONS", self.url(href), limit=_ERROR_LIMIT)

    def post(self, href: str, text: str) -> Answer:
        """POST a scheduling message; the caller judges the status."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        return self.transport.request("POST", self.url(href), headers=headers, body=text.encode(), limit=ENTRY_LIMIT)

    def send(self, method: str, href: str, body: bytes) -> Answer:
        """Send an XML body (MKCALENDAR, MKCOL, PROPPATCH); the caller judges the status."""
        headers = {"Content-Type": "application/xml; charset=utf-8"}
        return self.transport.request(method, self.url(href), headers=headers, body=body, limit=_ERROR_LIMIT)


class Refused(UpstreamError):
    """A status that means different things to different requests; `reasons` are the names inside `DAV:error`.

    Never leaves this package: each caller turns it into what it means there.
    """

    def __init__(self, message: str, *, status: int, reasons: Sequence[Element], redirected: bool) -> None:
        super().__init__(message, status=status)
        self.reasons = [reason.tag for reason in reasons]
        self.hrefs = [href for reason in reasons for href in reason.hrefs()]
        self.redirected = redirected


def refusal(answer: Answer, body: bytes, what: str) -> UpstreamError:
    """The error for an answer that is not the success asked for: a common one, `UntrustedAnswer`, or `Refused`."""
    if answer.status != 507 and (common := refuse(answer, what)):
        return common
    if answer.status < 400:
        return UntrustedAnswer(
            f"{what}: {plain(answer.url)} answered {answer.status} {answer.content_type} instead of WebDAV",
            hint="Is it the address of the calendar server, and not of its web page?",
            status=answer.status,
        )
    reasons = preconditions(body)
    words = f"{what}: the server answered {answer.status}{spoken(reasons, body, answer.content_type)}"
    return Refused(words, status=answer.status, reasons=reasons, redirected=answer.redirected)


def on_collection(answer: Answer, body: bytes, what: str) -> UpstreamError:
    """The same for a question about a collection, where a refusal tells about the collection."""
    error = refusal(answer, body, what)
    return collection_error(error) if isinstance(error, Refused) else error


def collection_error(error: Refused) -> UpstreamError:
    """What a refused question about a collection means.

    404 and 410 say that it is gone, 403 and 405 that we may not see it any more; at the end of a redirect they say
    nothing about the collection we asked for.
    """
    if error.status in {403, 404, 405, 410} and not error.redirected:
        return CollectionGone(error.message, hint="Was it deleted, or the permission withdrawn?", status=error.status)
    return UntrustedAnswer(error.message, status=error.status)


def check_itself(status: int, collection: str) -> None:
    """Raises `CollectionGone` for the status inside a multistatus of the very collection that was asked about.

    Xandikos answers a question about a missing collection with 207, and its 404 inside.
    """
    if status in {403, 404, 410}:
        raise CollectionGone(
            f"{collection}: the server answered {status} for it",
            hint="Was it deleted, or the permission withdrawn?",
            status=status,
        )


def spoken(reasons: Sequence[Element], body: bytes, content_type: str) -> str:
    """The server's own words for a refusal: the names inside `DAV:error`, else the start of a plain text body."""
    if reasons:
        named = [reason.tag.rpartition(" ")[2] for reason in reasons if reason.tag != "DAV: responsedescription"]
        texts = [reason.text.strip() for reason in reasons if reason.text.strip()]
        return f" ({', '.join([*named, *texts])[:300]})"
    if "html" in content_type or not body or body.lstrip()[:1] == b"<":
        return ""
    words = " ".join(body[:1000].decode(errors="replace").split())
    return f" ({words[:300]})" if words else ""


def _at_most(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    read = 0
    for chunk in chunks:
        read += len(chunk)
        yield chunk
        if read >= limit:
            return
