"""Contacts by the People API, and rooms by the Admin directory.

Its errors have another shape than those of the calendar: a status in capitals, and details that name the reason.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

from tests.upstreams.google.asked import Call
from tests.upstreams.google.discovery import without_nulls
from tests.upstreams.google.pages import Listing
from tests.upstreams.google.refusal import Refused, not_allowed
from tests.upstreams.google.state import Account
from tests.upstreams.google.times import rfc3339

Json = dict[str, Any]

LASTING = 7 * 86_400  # seconds that a sync token is good for after the full sync
ONE = ("names", "birthdays", "genders", "biographies")
"""Fields of which a contact has one value at most."""
WRITABLE = (
    *("addresses", "biographies", "birthdays", "calendarUrls", "clientData", "emailAddresses", "events"),
    *("externalIds", "genders", "imClients", "interests", "locales", "locations", "memberships", "miscKeywords"),
    *("names", "nicknames", "occupations", "organizations", "phoneNumbers", "relations", "sipAddresses", "urls"),
    "userDefined",
)
READABLE = (*WRITABLE, "ageRanges", "coverPhotos", "fileAses", "metadata", "photos", "skills")


def people_error(code: int, status: str, message: str, reason: str = "") -> Refused:
    """An error of the People API; `reason` stands in a `google.rpc.ErrorInfo`."""
    refused = Refused(code, reason, message)
    refused.body = {"error": {"code": code, "message": message, "status": status}}
    if reason:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        refused.body["error"]["details"] = [info]
    return refused


@dataclass
class Person:
    """A contact as kept; `hidden` for so many more listings, as writes take minutes to be seen in them."""

    body: Json
    change: int
    hidden: int = 0
    deleted: bool = False


@dataclass
class Contacts:
    """The verbs for contacts. `delay`: for so many listings a write is not seen in them."""

    account: Account
    delay: int = 0
    people: dict[str, Person] = field(default_factory=dict)

    def list_(self, call: Call) -> Json:
        """`people.connections.list` of `people/me`."""
        query = call.query
        mask = self._mask(query, "personFields", READABLE)
        if call.path["peopleId"] != "me":
            raise people_error(400, "INVALID_ARGUMENT", "Resource name must be people/me.")
        listing = Listing(self.account, "connections", query)
        position = listing.position()
        if position.since is not None and self.account.now() - position.full > LASTING:
            message = "Sync token is expired. Clear local cache and retry call without the sync token."
            raise people_error(400, "FAILED_PRECONDITION", message, "EXPIRED_SYNC_TOKEN")
        items = [
            (name, self._shown(each, mask))
            for name, each in sorted(self.people.items())
            if not each.hidden and (each.change > position.since if position.since is not None else not each.deleted)
        ]
        hidden = [each.change - 1 for each in self.people.values() if each.hidden]
        position = position.up_to(min([position.until, *hidden]))
        size = query.get("pageSize", 100)
        if not 1 <= size <= 1000:
            raise people_error(400, "INVALID_ARGUMENT", "Page size must be between 1 and 1000.")
        tokens = bool(query.get("requestSyncToken")) or "syncToken" in query
        page = listing.page(position, items, size, tokens=tokens)
        for each in self.people.values():
            each.hidden = max(0, each.hidden - 1)
        return {"connections": page.pop("items"), "totalItems": len(items)} | page

    def get(self, call: Call) -> Json:
        """`people.get`."""
        return self._shown(self._find(call), self._mask(call.query, "personFields", READABLE))

    def create(self, call: Call) -> Json:
        """`people.createContact`."""
        name = f"people/c{self.account.new_id(16)}"
        wanted = without_nulls(call.body)
        self._checked(wanted)
        body = {each: wanted[each] for each in WRITABLE if each in wanted} | {"resourceName": name}
        return self._shown(self._store(body), self._answer_mask(call))

    def update(self, call: Call) -> Json:
        """`people.updateContact`: replaces the fields that the mask names, if nobody changed the contact meanwhile."""
        person = self._find(call)
        mask = self._mask(call.query, "updatePersonFields", WRITABLE)
        wanted = without_nulls(call.body)
        self._checked(wanted)
        sources = wanted.get("metadata", {}).get("sources", [])
        contact = next((each for each in sources if each.get("type") == "CONTACT"), None)
        if contact is None or "etag" not in contact:
            raise people_error(400, "INVALID_ARGUMENT", "Request must contain a contact source with an etag.")
        if contact["etag"] != person.body["metadata"]["sources"][0]["etag"]:
            message = "Request person.etag is different than the current person.etag. Clear local cache and get latest."
            raise people_error(400, "FAILED_PRECONDITION", message, "failedPrecondition")
        kept = {each: value for each, value in person.body.items() if each not in mask}
        stored = self._store(kept | {each: wanted[each] for each in mask if each in wanted})
        return self._shown(stored, self._answer_mask(call))

    def delete(self, call: Call) -> Json:
        """`people.deleteContact`."""
        self._store(self._find(call).body).deleted = True
        return {}

    def _find(self, call: Call) -> Person:
        found = self.people.get(f"people/{call.path['peopleId']}")
        if found is None or found.deleted:
            raise people_error(404, "NOT_FOUND", "Requested entity was not found.")
        return found

    def _store(self, body: Json) -> Person:
        change = self.account.tick()
        body = copy.deepcopy(body)
        id_ = body["resourceName"].removeprefix("people/")
        source = {"type": "CONTACT", "id": id_, "etag": f"#s{change:011}", "updateTime": rfc3339(self.account.now())}
        body |= {"etag": f"%p{change:011}", "metadata": {"sources": [source], "objectType": "PERSON"}}
        for values in (body[name] for name in WRITABLE if name in body):
            for number, value in enumerate(values):
                primary = {"primary": True, "sourcePrimary": True} if number == 0 else {}
                value["metadata"] = primary | {"source": {"type": "CONTACT", "id": id_}}
        for name in body.get("names", ()):
            parts = [
                name[part] for part in ("honorificPrefix", "givenName", "middleName", "familyName") if part in name
            ]
            name["displayName"] = " ".join(parts) or name.get("unstructuredName", "")
        self.people[body["resourceName"]] = person = Person(body, change, self.delay)
        return person

    @staticmethod
    def _checked(wanted: Json) -> None:
        for name in ONE:
            if len(wanted.get(name, ())) > 1:
                raise people_error(400, "INVALID_ARGUMENT", f"Only one value is allowed in person.{name}.")

    @staticmethod
    def _mask(query: Json, parameter: str, known: tuple[str, ...]) -> list[str]:
        names = [each for each in query.get(parameter, "").split(",") if each]
        if not names:
            raise people_error(400, "INVALID_ARGUMENT", f"{parameter} mask is required.")
        for name in names:
            if name not in known:
                raise people_error(400, "INVALID_ARGUMENT", f'Invalid {parameter} mask path: "{name}".')
        return names

    def _answer_mask(self, call: Call) -> list[str]:
        """What the answer to a write holds: everything unless it was asked for less."""
        return self._mask(call.query, "personFields", READABLE) if "personFields" in call.query else list(READABLE)

    @staticmethod
    def _shown(person: Person, mask: list[str]) -> Json:
        names = ["resourceName", "etag", *mask]
        if person.deleted:
            gone = {"sources": person.body["metadata"]["sources"], "deleted": True}
            return {name: person.body[name] for name in names[:2]} | {"metadata": gone}
        return {name: person.body[name] for name in names if name in person.body}


@dataclass
class Directory:
    """The verbs for rooms and devices of an organisation; `allowed`: the user may ask."""

    account: Account
    allowed: bool = True
    resources: dict[str, Json] = field(default_factory=dict)

    def add(self, id_: str, name: str, **more: Any) -> Json:
        """One more room; its address is that of its calendar."""
        email = f"c_{self.account.new_id()}@resource.calendar.google.com"
        found = {"kind": "admin#directory#resources#calendars#CalendarResource", "resourceId": id_}
        found |= {"resourceName": name, "resourceEmail": email, "resourceCategory": "CONFERENCE_ROOM"} | more
        found |= {"generatedResourceName": name, "etags": self.account.etag(self.account.tick())}
        self.resources[id_] = found
        return found

    def list_(self, call: Call) -> Json:
        """`resources.calendars.list`."""
        self._gate(call)
        listing = Listing(self.account, "resources", call.query)
        size = min(call.query.get("maxResults", 100), 500)
        page = listing.page(listing.position(), sorted(self.resources.items()), size, tokens=False)
        return {"kind": "admin#directory#resources#calendars#calendarResourcesList", "etag": '"1"'} | page

    def get(self, call: Call) -> Json:
        """`resources.calendars.get`."""
        self._gate(call)
        if call.path["calendarResourceId"] not in self.resources:
            raise Refused(404, "notFound", "Resource Not Found: calendarResourceId")
        return self.resources[call.path["calendarResourceId"]]

    def _gate(self, call: Call) -> None:
        if not self.allowed or call.path["customer"] != "my_customer":
            raise not_allowed("administrator")
