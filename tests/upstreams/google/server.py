"""A faithful fake of Google for one account, on loopback: the Calendar API under `calendar/v3/`, the People API under
`v1/`, rooms under `admin/directory/v1/`, OAuth beside them.

Every request and every answer is held against Google's discovery documents. A request that contradicts them is refused,
and noted in `contradictions`; so is an answer, which is then a mistake of the fake. `running_google` looks at its end
that nothing stands there. What is marked «unverified» in these files comes from no source: no adapter may rest on it.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.upstreams.google import busy, fields
from tests.upstreams.google.asked import Call
from tests.upstreams.google.calendars import Calendars
from tests.upstreams.google.channels import Channels
from tests.upstreams.google.contacts import Contacts, Directory
from tests.upstreams.google.discovery import Discovery, Method, described, without_nulls
from tests.upstreams.google.events import Events
from tests.upstreams.google.faults import REFUSALS, Fault, Faults, on_the_way, sent
from tests.upstreams.google.listing import Lists
from tests.upstreams.google.oauth import Issuer, NoToken
from tests.upstreams.google.refusal import Refused, limited, unauthorized
from tests.upstreams.google.state import Account
from tests.upstreams.scripted import Reply, Request, ScriptedServer

Json = dict[str, Any]
Verb = Callable[[Call], Json | None]

UNITS = {"events.patch": 3}
"""Methods that cost more than one unit of quota."""


@dataclass(frozen=True)
class Service:
    """One of Google's services: where it stands, its document, and what the fake does for it."""

    prefix: str
    document: Discovery
    verbs: Mapping[str, Verb]


@dataclass(frozen=True)
class _Cost:
    """A request against the quota: when, and how many units."""

    at: float
    units: int


class Google(ScriptedServer):
    """The server. `url` is the `endpoint` of an account; `token` opens it; `account` is what a test looks
    at and changes.

    `quota`: units a minute before requests are refused with `quota_status` (403 or 429); None: no limit.
    """

    token = "test-token"

    def __init__(self, account: Account | None = None, *, quota: int | None = 600) -> None:
        super().__init__(self.answer)
        self.account = account or Account()
        self.issuer = Issuer(self.account)
        self.faults = Faults()
        self.channels = Channels(self.account)
        self.quota, self.quota_status = quota, 403
        self.contradictions: list[str] = []
        self.calls: list[str] = []
        self._spent: deque[_Cost] = deque()
        self._lock = threading.RLock()
        self.contacts = Contacts(self.account)
        self.directory = Directory(self.account)
        self._services = (
            Service("calendar/v3/", described("calendar.v3"), self._calendar_verbs()),
            Service("v1/", described("people.v1"), self._people_verbs()),
            Service("admin/", described("admin.directory_v1"), self._directory_verbs()),
        )

    def _people_verbs(self) -> Mapping[str, Verb]:
        return {
            "people.connections.list": self.contacts.list_,
            "people.get": self.contacts.get,
            "people.createContact": self.contacts.create,
            "people.updateContact": self.contacts.update,
            "people.deleteContact": self.contacts.delete,
        }

    def _directory_verbs(self) -> Mapping[str, Verb]:
        return {
            "resources.calendars.list": self.directory.list_,
            "resources.calendars.get": self.directory.get,
        }

    def _calendar_verbs(self) -> Mapping[str, Verb]:
        events, calendars = Events(self.account), Calendars(self.account)
        lists = Lists(self.account, events)
        return {
            "calendarList.list": calendars.list_,
            "calendarList.get": calendars.entry_get,
            "calendarList.insert": calendars.entry_insert,
            "calendarList.update": calendars.entry_update,
            "calendarList.patch": calendars.entry_patch,
            "calendarList.delete": calendars.entry_delete,
            "calendarList.watch": self.channels.watch,
            "calendars.get": calendars.get,
            "calendars.insert": calendars.insert,
            "calendars.update": calendars.update,
            "calendars.patch": calendars.patch,
            "calendars.delete": calendars.delete,
            "calendars.clear": calendars.clear,
            "channels.stop": self.channels.stop,
            "colors.get": calendars.colours,
            "events.list": lists.events_list,
            "events.instances": lists.instances,
            "events.get": events.get,
            "events.insert": events.insert,
            "events.import": events.import_,
            "events.update": events.update,
            "events.patch": events.patch,
            "events.delete": events.delete,
            "events.move": events.move,
            "events.watch": self.channels.watch,
            "freebusy.query": lambda call: busy.query(self.account, lists, call),
            "settings.list": calendars.settings_list,
            "settings.get": calendars.settings_get,
        }

    def answer(self, request: Request) -> Reply:
        """What a client gets."""
        with self._lock:
            path, _, query = request.path.lstrip("/").partition("?")
            date = {"Date": formatdate(self.account.now(), usegmt=True)}
            try:
                reply = self._routed(request, path, query)
            except Refused as refused:
                reply = sent(None, refused.status, refused.headers, refused.body)
            except NoToken as refused:
                reply = sent(None, refused.status, {}, refused.body)
            reply.headers = date | reply.headers
            return reply

    def _routed(self, request: Request, path: str, query: str) -> Reply:
        form = dict(parse_qsl(request.body.decode())) if request.method == "POST" else {}
        if path == "token" and request.method == "POST":
            return sent(None, 200, {"Cache-Control": "no-store"}, self.issuer.token(form))
        if path == "revoke" and request.method == "POST":
            self.issuer.forget(form.get("token", ""))
            return sent(None, 200, {}, {})
        if path == "o/oauth2/v2/auth":
            return Reply(302, {"Location": self.issuer.consent(dict(parse_qsl(query)))}, b"")
        return self._api(request, path, query)

    def _api(self, request: Request, path: str, query: str) -> Reply:
        service = next((each for each in self._services if path.startswith(each.prefix)), None)
        if service is None:
            raise Refused(404, "notFound", "Not Found")
        document = service.document
        method, encoded = document.find(request.method, path.removeprefix(document.folder))
        self.calls.append(method.name)
        headers = {name.lower(): value for name, value in request.headers.items()}
        pairs = parse_qsl(query, keep_blank_values=True)
        parameters, body = self._checked(document, method, pairs, headers, request.body)
        fault = self.faults.take(method, parameters)
        if fault is Fault.UNAUTHORIZED or not self.issuer.valid(headers.get("authorization", "").partition(" ")[2]):
            raise unauthorized()
        self._spend(method)
        if fault in REFUSALS:
            raise REFUSALS[fault]()
        if fault is Fault.NOT_JSON:
            return sent(fault, 200, {}, None)
        self.account.settle_conferences()
        path_parameters = {name: unquote(value) for name, value in encoded.items()}
        if_match, if_none = headers.get("if-match", ""), headers.get("if-none-match", "")
        if fault is Fault.EMPTY_PAGE:
            parameters["maxResults"] = 0
        verb = service.verbs.get(method.name)
        if verb is None:
            raise Refused(501, "notImplemented", f"The fake does not know {method.name}.")
        before = self.account.change
        answer = verb(Call(method, path_parameters, parameters, body, if_match, if_none))
        if self.account.change > before:
            self._tell(method, [path_parameters.get("calendarId", ""), parameters.get("destination", "")])
        return self._reply(document, method, parameters, fault, answer, if_none)

    def _checked(
        self,
        document: Discovery,
        method: Method,
        pairs: list[tuple[str, str]],
        headers: Mapping[str, str],
        content: bytes,
    ) -> tuple[Json, Json]:
        """Parameters and body, as far as the document knows them."""
        try:
            parameters = method.query(pairs)
        except Refused as refused:
            self.contradictions.append(f"{method.name}: {refused}")
            raise
        if not method.request:
            return parameters, {}
        try:
            body = json.loads(content)
        except ValueError:
            raise Refused(400, "parseError", "Parse Error") from None
        if faults := document.faults(method.request, without_nulls(body), formats=False):
            self.contradictions += [f"request of {method.name}: {each}" for each in faults]
            raise Refused(400, "badRequest", f"Invalid JSON payload received. {faults[0]}")
        if not headers.get("content-type", "").startswith("application/json"):
            raise Refused(400, "badContent", "Unsupported content with type")
        return parameters, body

    def _reply(
        self,
        document: Discovery,
        method: Method,
        parameters: Json,
        fault: Fault | None,
        answer: Json | None,
        if_none: str,
    ) -> Reply:
        if answer is None:
            return sent(fault, 204, {}, None)
        if faults := document.faults(method.response, answer, formats=True):
            self.contradictions += [f"answer of {method.name}: {each}" for each in faults]
            raise Refused(500, "backendError", faults[0])
        etag = {"ETag": answer["etag"]} if "etag" in answer and fault is not Fault.NO_ETAG else {}
        if method.http == "GET" and if_none and if_none == answer.get("etag"):
            return sent(fault, 304, etag, None)
        answer = on_the_way(fault, answer)
        if answer is not None and "fields" in parameters:
            answer = fields.partial(answer, parameters["fields"])
        return sent(fault, 200, etag, answer)

    def _spend(self, method: Method) -> None:
        """Refuses over the quota: a minute that slides."""
        now = self.account.now()
        while self._spent and self._spent[0].at <= now - 60:
            self._spent.popleft()
        units = UNITS.get(method.name, 1)
        if self.quota is not None and sum(each.units for each in self._spent) + units > self.quota:
            reason = "userRateLimitExceeded" if self.quota_status == 403 else "rateLimitExceeded"
            raise limited(self.quota_status, reason)
        self._spent.append(_Cost(now, units))

    def _tell(self, method: Method, calendars: Sequence[str]) -> None:
        """Let those hear who watch what a write has changed: events of these calendars, or the list of calendars."""
        if not method.name.startswith("events."):
            self.channels.changed("users/me/calendarList")
            return
        for id_ in (each for each in calendars if each):
            self.channels.changed(f"calendars/{self.account.email if id_ == 'primary' else id_}/events")

    def ask(self, http: str, path: str, body: Json | None = None, *, headers: Mapping[str, str] | None = None) -> Json:
        """Ask the fake without a network, as its user: `path` is below `calendar/v3/`, or begins
        with a slash. Raises `Refused`.
        """
        content = b"" if body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"} | dict(headers or {})
        with self._lock:
            parts = urlsplit(path if path.startswith("/") else f"/calendar/v3/{path}")
            reply = self._api(Request(http, path, given, content), parts.path.lstrip("/"), parts.query)
        return dict(json.loads(reply.body)) if reply.body else {}


@contextmanager
def running_google(account: Account | None = None, *, quota: int | None = 600) -> Iterator[Google]:
    """Run the fake on a free port of loopback; at the end nothing may have contradicted the discovery document."""
    with Google(account, quota=quota) as google:
        yield google
    assert google.contradictions == []
