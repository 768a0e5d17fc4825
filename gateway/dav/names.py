"""XML names: the namespaces in use, Clark notation, and how an element of any namespace is written into an answer.

Answers declare the known prefixes once, on their root, with `DAV:` as the default namespace. An element of a foreign
namespace declares a prefix of its own, so the default stays what it is for everything inside.
"""

import re
from xml.sax.saxutils import quoteattr

from storage import ids
from storage.memo import remembered

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
CARDDAV = "urn:ietf:params:xml:ns:carddav"
CALENDARSERVER = "http://calendarserver.org/ns/"
APPLE = "http://apple.com/ns/ical/"
PUSH = "https://bitfire.at/webdav-push"
OURS = ids.NAMESPACE
XML = "http://www.w3.org/XML/1998/namespace"

_PREFIXES = {DAV: "", CALDAV: "C:", CARDDAV: "CR:", CALENDARSERVER: "CS:", APPLE: "ICAL:", PUSH: "P:", OURS: "CH:"}

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

DECLARATIONS = "".join(
    f' xmlns{":" if prefix else ""}{prefix.rstrip(":")}="{namespace}"' for namespace, prefix in _PREFIXES.items()
)
"""The attributes that declare every known prefix, for the root element of an answer."""


def dav(name: str) -> str:
    """The Clark name of a `DAV:` element."""
    return f"{{{DAV}}}{name}"


def caldav(name: str) -> str:
    """The Clark name of a CalDAV element (RFC 4791)."""
    return f"{{{CALDAV}}}{name}"


def carddav(name: str) -> str:
    """The Clark name of a CardDAV element (RFC 6352)."""
    return f"{{{CARDDAV}}}{name}"


def cs(name: str) -> str:
    """The Clark name of an element of calendarserver.org's namespace."""
    return f"{{{CALENDARSERVER}}}{name}"


def apple(name: str) -> str:
    """The Clark name of an element of Apple's iCal namespace."""
    return f"{{{APPLE}}}{name}"


def ours(name: str) -> str:
    """The Clark name of an element of this program's own."""
    return f"{{{OURS}}}{name}"


def is_name(text: str) -> bool:
    """Whether a text can be the local name of an element (XML 1.0 §2.3), written in ASCII."""
    return _NAME.fullmatch(text) is not None


def push(name: str) -> str:
    """The Clark name of an element of WebDAV-Push."""
    return f"{{{PUSH}}}{name}"


def split(clark: str) -> tuple[str, str]:
    """Namespace and local name of a Clark name; the namespace is empty where there is none."""
    if not clark.startswith("{"):
        return "", clark
    namespace, _, local = clark[1:].partition("}")
    return namespace, local


@remembered(texts=2048, longest=256)
def tags(clark: str) -> tuple[str, str]:
    """Start and end tag of an element without attributes, as written inside an answer."""
    namespace, local = split(clark)
    prefix = _PREFIXES.get(namespace)
    if prefix is not None:
        return f"<{prefix}{local}>", f"</{prefix}{local}>"
    if not namespace:
        return f'<{local} xmlns="">', f"</{local}>"
    return f"<x:{local} xmlns:x={quoteattr(namespace)}>", f"</x:{local}>"


def element(clark: str, inner: str = "") -> str:
    """An element as written inside an answer; `inner` is XML already."""
    start, end = tags(clark)
    return f"{start}{inner}{end}" if inner else f"{start[:-1]}/>"


def text(value: str) -> str:
    """`value` as character data; a carriage return as a reference, else XML would drop it (XML 1.0 §2.11)."""
    if "&" in value:
        value = value.replace("&", "&amp;")
    if "<" in value:
        value = value.replace("<", "&lt;")
    if ">" in value:
        value = value.replace(">", "&gt;")
    return value.replace("\r", "&#13;")
