"""What CalDAV servers do differently, one named function each, with who does it; sources: providers page §4 and §5."""

import re
from collections.abc import Collection
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from plugins.transport import Origin

_PATH_SAFE: Final = ":@!$&'()*+,;=~"
_AUTHORITY = re.compile(r"^https?://[^/]*", re.IGNORECASE)
_SUFFIX = re.compile(r"-+gzip$")
_UNSAFE_NAME = re.compile(r"""[\x00-\x1f\x7f-\x9f\ud800-\udfff/\\:'"*?,<>|]""")
_LONGEST_NAME = 120


def canonical_href(href: str, base: str = "/") -> str:
    """The one spelling of an href under which it is known here: its path, all but letters, digits and `_.-~` encoded.

    Servers spell one resource in several ways: `%40` in one report and `@` in the next (SabreDAV, Zimbra), raw UTF-8
    (older Zimbra), whole URLs of a sibling host (iCloud). Slashes inside a segment stay encoded. What is no path is a
    name inside `base`, the canonical href of the collection asked about: Xandikos loses the path of names with a colon.
    """
    path = _AUTHORITY.sub("", href, count=1).partition("?")[0].partition("#")[0]
    if not path.startswith("/"):
        path = base.rpartition("/")[0] + "/" + path
    return "/".join(quote_from_bytes(unquote_to_bytes(segment), safe="") for segment in path.split("/"))


def request_path(href: str) -> str:
    """`href` as it can stand in a request: what the server itself spelled, with everything illegal encoded.

    Nothing is decoded: `@` and `%40` stay what they are.
    """
    return quote(href, safe="/%" + _PATH_SAFE)


def same_collection(one: str, other: str) -> bool:
    """Whether two canonical hrefs name one collection: some servers drop its closing slash (Zimbra, old Radicale)."""
    return one.rstrip("/") == other.rstrip("/")


def plain_etag(value: str) -> str:
    """An ETag as we keep it: strong, quoted, without what a compressing proxy appended.

    GMX answers a PUT with a weak tag and a GET with the strong one; Apache's mod_deflate sends `"tag-gzip"`, with which
    no If-Match succeeds; some servers forget the quotes in XML. Empty stays empty.
    """
    text = value.strip()
    if text[:2] in {"W/", "w/"}:
        text = text[2:].strip()
    text = text.removeprefix('"').removesuffix('"')
    return f'"{_SUFFIX.sub("", text)}"' if text else ""


def network_line_ends(text: str) -> str:
    """Calendar data out of XML, with the line ends it has as a resource.

    An XML parser turns every line end into a single LF (XML 1.0 §2.11), so a report cannot carry CRLF unless the server
    writes `&#13;`. RFC 5545 §3.1 demands CRLF, so a text without any CR gets them back: it then equals what a GET gives
    on every server that stores proper iCalendar. A text with a CR in it came through unharmed and is left alone.
    """
    return text if "\r" in text else text.replace("\n", "\r\n")


def resource_name(name: str) -> str:
    """A name for a new resource that every server takes: URL-encoded, short, without what servers refuse.

    Radicale refuses `: ' " * ? ,`, control characters and a leading dot (400), most servers refuse an encoded slash,
    file systems end at 255 bytes: such names are replaced by their hash, which stays the same over retries.
    """
    stem = name[:-4] if name.endswith((".ics", ".vcf")) else name
    suffix = name[len(stem) :]
    too_long = len(name.encode(errors="replace")) > _LONGEST_NAME
    if not stem or too_long or _UNSAFE_NAME.search(name) or name.startswith(".") or name.endswith("~"):
        return sha256(name.encode(errors="replace")).hexdigest()[:32] + suffix
    return quote(name, safe="", errors="replace")


def sibling_domains(home: Origin) -> tuple[str, ...]:
    """Where else an account's credentials may go.

    iCloud spreads one account over `pNN-caldav.icloud.com` and its siblings; others have a host of its own for
    contacts (`contacts_host`).
    """
    if home.scheme != "https":
        return ()
    if f".{home.host}".endswith(".icloud.com"):
        return ("icloud.com",)
    host = contacts_host(home.host)
    return (host,) if host else ()


def contacts_host(host: str) -> str:
    """The host that has the contacts of an account whose calendars are at `host`, as the provider's help pages name it.

    Their CalDAV principals do not lead there.
    """
    return _CONTACTS_HOSTS.get(host.lower(), "")


_CONTACTS_HOSTS: Final = MappingProxyType(
    {
        "caldav.icloud.com": "contacts.icloud.com",
        "caldav.fastmail.com": "carddav.fastmail.com",
        "caldav.gmx.net": "carddav.gmx.net",
        "caldav.web.de": "carddav.web.de",
        "caldav.calendar.yahoo.com": "carddav.address.yahoo.com",
    }
)


def dead_token(status: int, preconditions: Collection[str]) -> bool:
    """Whether an answer to sync-collection says that the token is dead (RFC 6578 §3.2: `DAV:valid-sync-token`).

    Xandikos answers 412 without naming it, others 400 or 409; Nextcloud and Google 507 where the token is so old that
    too much has changed. Servers that answer a dead token as if nothing were wrong (Stalwart, OX, Purelymail) cannot
    be told apart; the engine's periodic listing finds what they withheld.
    """
    named = {"DAV: valid-sync-token", "DAV: supported-report"}
    return not named.isdisjoint(preconditions) or status in {400, 409, 412, 507}


def offers_basic(challenge: str) -> bool:
    """Whether a 401 wants Basic, as far as one can tell: Yahoo sends no WWW-Authenticate at all, and means Basic."""
    return not challenge.strip() or "basic" in challenge_schemes(challenge)


def challenge_schemes(challenge: str) -> list[str]:
    """The schemes that a `WWW-Authenticate` value offers, lower-case (RFC 9110 §11.6.1).

    iCloud offers `X-MobileMe-AuthToken` first and `Basic` second.
    """
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', challenge)
    found = re.findall(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s+[^\s,=]|\s*,|\s*$)(?!\s*=)", bare)
    return [scheme.lower() for scheme in found]
