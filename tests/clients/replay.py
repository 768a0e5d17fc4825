"""A client whose requests are retyped from what real programs send: it follows redirects and reads properties."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import quoteattr

import httpx

from tests.gateway.dav.door import Got, Reply

D = "{DAV:}"
C = "{urn:ietf:params:xml:ns:caldav}"
CARD = "{urn:ietf:params:xml:ns:carddav}"
CS = "{http://calendarserver.org/ns/}"
ICAL = "{http://apple.com/ns/ical/}"
PUSH = "{https://bitfire.at/webdav-push}"

CALENDARS = {"Calendar", "Aufgaben"}
BOOKS = {"Contacts", "Leute"}

_MKCALENDAR = """<C:mkcalendar xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns="DAV:"><set><prop>
<displayname>Aufgaben</displayname><C:supported-calendar-component-set><C:comp name="VTODO"/>
</C:supported-calendar-component-set></prop></set></C:mkcalendar>"""
_MKCOL = """<mkcol xmlns="DAV:" xmlns:R="urn:ietf:params:xml:ns:carddav"><set><prop><displayname>Leute</displayname>
<resourcetype><collection/><R:addressbook/></resourcetype></prop></set></mkcol>"""


def event(uid: str, summary: str = "Hafenfest") -> str:
    """An event at 10:00 UTC on 2 March 2026."""
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VEVENT", f"UID:{uid}")
    times = ("DTSTAMP:20260101T000000Z", "DTSTART:20260302T100000Z", "DTEND:20260302T110000Z")
    return "\r\n".join((*lines, *times, f"SUMMARY:{summary}", "END:VEVENT", "END:VCALENDAR", ""))


def card(uid: str) -> str:
    """A contact."""
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\nEND:VCARD\r\n"


@dataclass
class Answer(Got):
    """An answer, and the path that it was given at, behind all redirects."""

    path: str = ""

    @property
    def first(self) -> Reply:
        """The first response of a multistatus: that of the place itself."""
        return next(iter(self.replies.values()))

    def to(self, href: str) -> str:
        """The path that an href of this answer names."""
        return urlsplit(urljoin(self.path, href)).path

    def href(self, name: str) -> str:
        """The path that the href inside a property of the first response names."""
        found = self.first.props[name].findtext(f"{D}href")
        assert found, f"{name} is empty"
        return self.to(found)

    def named(self, resourcetype: str) -> dict[str, str]:
        """The collections of a type: their names, and their paths."""
        return {
            reply.text(f"{D}displayname"): self.to(href)
            for href, reply in self.replies.items()
            if reply.props[f"{D}resourcetype"].find(resourcetype) is not None
        }


class Replay:
    """One program on somebody's device, signed in as alice; `headers` go with every request of it."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        self._http = httpx.Client(base_url=base, auth=("alice", "secret"), headers=headers, trust_env=False, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def furnish(self) -> None:
        """What the account holds besides its first calendar: a task list and an address book."""
        assert self.request("MKCALENDAR", "/dav/alice/tasks/", _MKCALENDAR).status == 201
        assert self.request("MKCOL", "/dav/alice/people/", _MKCOL).status == 201

    def request(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; up to five redirects are followed with the same method, body and headers."""
        for _ in range(5):
            answer = self._http.request(method, path, content=body.encode(), headers=headers)
            if answer.status_code not in (301, 302, 307, 308):
                break
            path = urljoin(path, answer.headers["Location"])
        return Answer(answer.status_code, dict(answer.headers), answer.content, path)

    def propfind(self, path: str, names: Iterable[str], depth: int = 0) -> Answer:
        """PROPFIND for properties by their Clark names."""
        return self.request("PROPFIND", path, f'<propfind xmlns="DAV:">{prop(names)}</propfind>', {"Depth": str(depth)})

    def report(self, path: str, body: str, depth: int = 1) -> Answer:
        """A REPORT."""
        return self.request("REPORT", path, body, {"Depth": str(depth)})


def prop(names: Iterable[str]) -> str:
    """A `DAV:prop` element that asks for these properties, each with its own namespace."""
    asked = "".join(f"<{local} xmlns={quoteattr(space)}/>" for space, local in map(_parted, names))
    return f'<prop xmlns="DAV:">{asked}</prop>'


def _parted(name: str) -> tuple[str, str]:
    space, _, local = name.removeprefix("{").partition("}")
    return space, local
