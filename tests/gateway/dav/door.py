"""A client of the DAV endpoint in this process: requests straight into the ASGI app, answers as parsed XML."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, fromstring

from gateway.dav import dav_app
from gateway.http.access import Access, device_hash
from gateway.http.webpush import Offer
from storage.model import Account, CollectionKind, Origin
from storage.scheduling.asking import Asking
from storage.store import Store

PASSWORD = "harbour-light"
DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CARDDAV = "{urn:ietf:params:xml:ns:carddav}"
NAMESPACES = (
    'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CR="urn:ietf:params:xml:ns:carddav" '
    'xmlns:CS="http://calendarserver.org/ns/" xmlns:ICAL="http://apple.com/ns/ical/"'
)


@dataclass
class Reply:
    """One response of a multistatus: properties found (Clark name to element), those refused, or a status for all."""

    status: int
    props: dict[str, Element] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.props[name].text or ""


@dataclass
class Got:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def xml(self) -> Element:
        return fromstring(self.body)

    @property
    def replies(self) -> dict[str, Reply]:
        """The responses of a multistatus by their hrefs, which must not repeat."""
        assert self.status == 207, self.text
        found: dict[str, Reply] = {}
        for response in self.xml.findall(f"{DAV}response"):
            href = response.findtext(f"{DAV}href") or ""
            assert href not in found, f"{href} twice"
            found[href] = _reply(response)
        return found

    @property
    def names(self) -> set[str]:
        """The last, decoded path segments of the responses."""
        return {unquote(href.rstrip("/").rpartition("/")[2]) for href in self.replies}

    @property
    def conditions(self) -> set[str]:
        """The Clark names of the preconditions in a `DAV:error` body, without our own explanation."""
        root = self.xml
        assert root.tag == f"{DAV}error", self.text
        return {child.tag for child in root if "calharbor" not in child.tag}


def _reply(response: Element) -> Reply:
    reply = Reply(_code(response.findtext(f"{DAV}status") or "HTTP/1.1 207 x"))
    for propstat in response.findall(f"{DAV}propstat"):
        code = _code(propstat.findtext(f"{DAV}status") or "")
        for prop in propstat.findall(f"{DAV}prop/*"):
            if code == 200:
                reply.props[prop.tag] = prop
            else:
                reply.refused[prop.tag] = code
    return reply


def _code(line: str) -> int:
    return int(line.split()[1])


class Door:
    """The endpoint over a store of its own, with the user alice, her local account, and a calendar `work`."""

    def __init__(self, folder: Path, *, max_body: int = 10 * 1024 * 1024, push: Offer | None = None) -> None:
        self.store = Store.open(folder)
        self.app = dav_app(self.store, Access(self.store), max_body=max_body, push=push)
        for user in ("alice", "bob"):
            self.store.save_user(user, None)
            self.store.add_device(user, "laptop", device_hash(f"{PASSWORD}-{user}"))
            self.store.save_account(
                Account(0, f"home-{user}", user, "local", email=f"{user}@example.org", mirrored=False)
            )
            self.add_calendar("work", user=user)

    def mount(self, asking: Asking) -> None:
        """Mount the endpoint anew, with a way to ask upstreams."""
        self.app = dav_app(self.store, Access(self.store), asking=asking)

    def add_calendar(self, slug: str, *, user: str = "alice", components: tuple[str, ...] = ()) -> str:
        account = next(each for each in self.store.accounts(user) if each.user == user)
        made = self.store.create_collection(
            account.id,
            slug,
            name=slug.title(),
            kind=CollectionKind.CALENDAR,
            components=components or ("VEVENT", "VTODO", "VJOURNAL"),
            origin=Origin.CLI,
        )
        return made.id

    def add_book(self, slug: str = "people", *, user: str = "alice") -> str:
        account = next(each for each in self.store.accounts(user) if each.user == user)
        made = self.store.create_collection(
            account.id, slug, name=slug.title(), kind=CollectionKind.CONTACTS, components=["VCARD"], origin=Origin.CLI
        )
        return made.id

    def make_read_only(self, slug: str) -> None:
        collection = self.store.collection_at("alice", slug)
        with self.store.db.atomic() as conn:
            conn.execute("UPDATE collections SET read_only = 1 WHERE n = ?", (collection.n,))

    def request(
        self,
        method: str,
        path: str,
        body: str | bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        user: str | None = "alice",
        chunks: int = 1,
        patience: int = 1000,
    ) -> Got:
        """One request; `path` is written as on the wire, below the server's root."""
        data = body.encode() if isinstance(body, str) else body
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if user is not None:
            token = base64.b64encode(f"{user}:{PASSWORD}-{user}".encode()).decode()
            sent.setdefault("authorization", f"Basic {token}")
        return asyncio.run(call(self.app, method, path, data, sent, chunks, patience))

    def put(self, name: str, text: str | bytes, headers: Mapping[str, str] | None = None) -> Got:
        return self.request("PUT", f"/dav/alice/work/{name}", text, headers)

    def propfind(self, path: str, props: str = "", depth: str = "0", headers: Mapping[str, str] | None = None) -> Got:
        body = f"<propfind {NAMESPACES}><prop>{props}</prop></propfind>" if props else ""
        return self.request("PROPFIND", path, body, {"Depth": depth, **(headers or {})})

    def report(self, body: str, path: str = "/dav/alice/work/", headers: Mapping[str, str] | None = None) -> Got:
        return self.request("REPORT", path, body, headers)

    def query(self, filters: str, props: str = "<getetag/>", more: str = "") -> Got:
        """A calendar-query; `filters` stand inside the comp-filter of VCALENDAR."""
        return self.report(
            f'<C:calendar-query {NAMESPACES}><prop>{props}</prop><C:filter><C:comp-filter name="VCALENDAR">{filters}'
            f"</C:comp-filter></C:filter>{more}</C:calendar-query>"
        )

    def sync(self, token: str = "", props: str = "<getetag/>", more: str = "") -> Got:
        return self.report(
            f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><sync-level>1</sync-level>{more}"
            f"<prop>{props}</prop></sync-collection>"
        )


async def call(
    app: Any, method: str, path: str, body: bytes, headers: dict[str, str], chunks: int = 1, patience: int = 1000
) -> Got:
    """One ASGI request; its body arrives in `chunks`, and it hangs up after `patience` messages of the answer."""
    raw, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw, errors="replace"),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 4711),
        "server": ("127.0.0.1", 80),
    }
    size = max(1, -(-len(body) // chunks))
    pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    sent: list[dict[str, Any]] = []

    hung_up = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not pieces:
            await hung_up.wait()
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) > patience:
            hung_up.set()
        await asyncio.sleep(0)

    await app(scope, receive, send)
    start = sent[0]
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return Got(start["status"], {name.decode(): value.decode("latin-1") for name, value in start["headers"]}, content)


def event(
    uid: str, lines: str = "", start: str = "DTSTART:20260310T100000Z", end: str = "DTEND:20260310T110000Z"
) -> str:
    """A VEVENT in its VCALENDAR; `lines` are further properties, separated by line feeds."""
    return component("VEVENT", uid, "\n".join(filter(None, (start, end, lines))))


def component(name: str, uid: str, lines: str) -> str:
    """One component in its VCALENDAR, with CRLF."""
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\n"
        f"BEGIN:{name}\nUID:{uid}\nDTSTAMP:20260101T000000Z\n{lines}\nEND:{name}\nEND:VCALENDAR\n"
    )
    return text.replace("\n", "\r\n")
