"""Finds an account's homes from whatever a person typed: a URL, a domain, an e-mail address (RFC 6764)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urljoin

from plugins.caldav import auth, quirks
from plugins.caldav.client import CALENDARS, DavClient, Flavour, document, prop
from plugins.caldav.mapping import RESOURCE_TYPE
from plugins.caldav.multistatus import CALDAV, Response
from plugins.transport import Origin, Transport, Trust
from storage.errors import ConfigError, NeedsLogin, RateLimited, Unreachable, UntrustedAnswer, UpstreamError
from storage.provider import Login

_PRINCIPAL: Final = "DAV: current-user-principal"
_ADDRESSES: Final = f"{CALDAV}calendar-user-address-set"
_INBOX: Final = f"{CALDAV}schedule-inbox-URL"
_OUTBOX: Final = f"{CALDAV}schedule-outbox-URL"
_NO_SERVICE: Final = frozenset({500, 501})
"""What servers without address books answer at places that they do not know, besides 4xx."""


@dataclass(frozen=True, slots=True)
class Service:
    """A place that DNS names for a service: SRV target and port, and the path from TXT."""

    host: str
    port: int
    path: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Start:
    """Where to look: `url` first; `domain` where a person named a whole domain instead of a server."""

    url: str
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """What discovery found: URLs of the homes that hold collections, or of one collection alone.

    `outbox`: the URL of the scheduling outbox (RFC 6638 §2.1), where the server has both mailboxes for this account and
    an address to schedule for: Xandikos shows mailboxes, and knows nobody's address.
    """

    homes: tuple[str, ...]
    collection: str = ""
    principal: str = ""
    addresses: tuple[str, ...] = ()
    outbox: str = ""
    tried: tuple[str, ...] = field(default=(), compare=False)


Lookup = Callable[[str, Sequence[str]], list[Service]]
"""Services of a domain by their SRV names; empty where DNS knows none or does not answer."""


def start_of(login: Login) -> Start:
    """Where to begin for an account: its `url` (URL, domain or e-mail address), else the domain of its e-mail address.

    Raises `ConfigError` where there is none of them, or the URL holds a password.
    """
    named = login.settings.get("url", "").strip() or login.settings.get("email", "").strip()
    if "://" in named:
        Origin.of(named)
        return Start(named)
    named = named or auth.username_of(login).strip()
    domain, _, path = named.rpartition("@")[2].partition("/")
    if "." not in domain and "@" not in named and domain != "localhost":
        raise ConfigError(
            f"account {login.account}: there is no address to find its server by",
            hint="Set `url` to the server's URL or domain, or `email` to your address there.",
        )
    Origin.of(f"https://{domain}/")
    return Start(f"https://{domain}/{quote(path, safe='/%')}", domain.partition(":")[0].lower())


def trust_of(start: Start) -> Trust:
    """Who may see the credentials: the origin of the URL, or https hosts inside the domain that a person named."""
    home = Origin.of(start.url)
    named = (start.domain,) if start.domain else ()
    return Trust(home, named + quirks.sibling_domains(home))


def lookup(domain: str, names: Sequence[str]) -> list[Service]:
    """Ask DNS (RFC 6764 §3 and §4); short time-outs, and no answer is simply an empty list.

    The DNS library is loaded only here, for accounts that name a domain: it takes a tenth of a command's start.
    """
    from plugins.caldav.services import ask

    return ask(domain, names)


class Discovery:
    """One search, for calendars or for address books. `transport` gets its proof here, for the first that answers."""

    def __init__(
        self, transport: Transport, login: Login, *, flavour: Flavour = CALENDARS, lookup: Lookup = lookup
    ) -> None:
        self._transport = transport
        self._login = login
        self._flavour = flavour
        self._lookup = lookup

    def find(self, start: Start) -> Home:
        """The account's homes.

        Raises what stopped it: `NeedsLogin` if a server refused the credentials, `Unreachable` if one did not answer,
        else `UntrustedAnswer` that lists every place tried.
        """
        tried: list[str] = []
        failures: list[UpstreamError] = []
        for url in self._places(start, tried):
            tried.append(url)
            try:
                auth.establish(self._transport, url, self._login)
                home = self._look_at(url)
            except UpstreamError as error:
                failures.append(error)
                if isinstance(error, NeedsLogin) and error.status is None:
                    raise
                continue
            if home is not None:
                return home
        raise self._failure(tried, failures)

    def beside(self, start: Start, other: Home) -> Home | None:
        """The homes of this kind of an account of which the other kind is at `other`; None where it has none.

        The principal names both on most servers; else they are looked for as RFC 6764 says. A server that answers
        nothing at all leaves the question open, and its error is raised: what is not there would be taken for gone.
        """
        if other.collection:
            return None
        for url in (other.principal, *self._elsewhere(start, other)):
            try:
                home = self._look_at(url) if url else None
            except Unreachable as error:
                if error.status not in _NO_SERVICE and Origin.of(url) == Origin.of(other.homes[0]):
                    raise
                continue
            except RateLimited:
                raise
            except UpstreamError:
                continue
            near = [each for each in home.homes if self._transport.trust.covers(Origin.of(each))] if home else []
            if home is not None and near:
                return replace(home, homes=tuple(near))
        return None

    def _elsewhere(self, start: Start, other: Home) -> Iterator[str]:
        found = Origin.of(other.homes[0])
        if host := quirks.contacts_host(Origin.of(start.url).host):
            yield f"https://{host}/"
        yield f"{found}{self._flavour.well_known}"
        for place in self._places(start, []):
            if Origin.of(place) != found:
                yield place

    def _places(self, start: Start, tried: list[str]) -> Iterator[str]:
        yield start.url
        yield urljoin(start.url, self._flavour.well_known)
        if not start.domain:
            return
        for service in self._lookup(start.domain, self._flavour.services):
            origin = Origin("https" if service.secure else "http", service.host, service.port)
            if self._transport.trust.covers(origin):
                yield f"{origin}{service.path or self._flavour.well_known}"
            else:
                tried.append(f"DNS names {origin}, which is outside {start.domain}: set `url` to it if you trust it")

    def _look_at(self, url: str) -> Home | None:
        """Follow one place to its homes: a principal, something that names the principal, a home, a collection."""
        place, response = self._ask(url)
        homes = self._homes(place, response)
        principal = place
        if not homes:
            owner = response.props.get(_PRINCIPAL)
            if owner is not None and owner.hrefs():
                principal, answer = self._ask(urljoin(place, quirks.request_path(owner.hrefs()[0])))
                homes = self._homes(principal, answer)
                response = answer if homes else response
            elif owner is not None and owner.first("DAV: unauthenticated") is not None:
                raise NeedsLogin(f"{place}: the server does not know who we are", status=401)
        if homes:
            mail = tuple(each for each in _hrefs(response, _ADDRESSES) if each.lower().startswith("mailto:"))
            boxes = [*_hrefs(response, _OUTBOX)[:1], *_hrefs(response, _INBOX)[:1]]
            outbox = urljoin(principal, quirks.request_path(boxes[0])) if len(boxes) > 1 and mail else ""
            return Home(homes, principal=principal, addresses=mail, outbox=outbox)
        types = {child.tag for child in response.children(RESOURCE_TYPE)}
        if self._flavour.resource_type in types:
            return Home((), collection=place)
        return Home((place,)) if "DAV: collection" in types and self._holds_any(place) else None

    def _ask(self, url: str) -> tuple[str, Response]:
        client = DavClient(self._transport, url, self._flavour)
        asked = (_PRINCIPAL, self._flavour.home_set, _ADDRESSES, _INBOX, _OUTBOX, RESOURCE_TYPE)
        body = document("DAV: propfind", prop(asked))
        with client.multistatus("PROPFIND", url, body, depth="0", what="looking for the account") as answer:
            responses = list(answer)
        if len(responses) != 1:
            raise UntrustedAnswer(f"{url}: {len(responses)} answers to a question about one resource")
        return urljoin(answer.url, quirks.request_path(responses[0].href)), responses[0]

    def _homes(self, place: str, response: Response) -> tuple[str, ...]:
        found = _hrefs(response, self._flavour.home_set)
        return tuple(urljoin(place, quirks.request_path(href)) for href in found)

    def _holds_any(self, place: str) -> bool:
        client = DavClient(self._transport, place, self._flavour)
        body = document("DAV: propfind", prop((RESOURCE_TYPE,)))
        with client.multistatus("PROPFIND", place, body, depth="1", what="looking for collections") as answer:
            found = [{child.tag for child in response.children(RESOURCE_TYPE)} for response in answer]
        return any(self._flavour.resource_type in types for types in found)

    def _failure(self, tried: Sequence[str], failures: Sequence[UpstreamError]) -> UpstreamError:
        for error in failures:
            if isinstance(error, NeedsLogin):
                return error
        for error in failures:
            if error.code in {"unreachable", "rate-limited"}:
                return error
        reasons = "; ".join(error.message for error in failures)
        what = f"no {self._flavour.thing} service found"
        return UntrustedAnswer(
            f"account {self._login.account}: {what}. Tried {', '.join(tried)}. {reasons}",
            hint="Set `url` to the CalDAV or CardDAV address that the provider's help pages name.",
        )


def _hrefs(response: Response, name: str) -> list[str]:
    """The hrefs inside a property; none where the server does not have it."""
    found = response.props.get(name)
    return found.hrefs() if found is not None else []
