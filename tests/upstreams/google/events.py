"""Writing events: insert, import, update, patch, delete, move, and the exceptions that writing an instance makes."""

import copy
import re
from typing import Any

from tests.upstreams.google.asked import Call
from tests.upstreams.google.bodies import STRICTNESS, TYPED, Body
from tests.upstreams.google.discovery import without_nulls
from tests.upstreams.google.refusal import deleted, duplicate, invalid, not_found, required
from tests.upstreams.google.series import Series, original_of
from tests.upstreams.google.state import Account, Calendar, precondition
from tests.upstreams.google.times import moment_of, shown

Json = dict[str, Any]

CLIENT_ID = re.compile(r"[a-v0-9]{5,1024}")


class Events:
    """The verbs for one event at a time."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def get(self, call: Call) -> Json:
        """`events.get`: also of deleted ones, which say so in their status."""
        calendar = self.account.calendar(call.path["calendarId"])
        return self.show(calendar, self.find(calendar, call.path["eventId"]), call.query)

    def insert(self, call: Call) -> Json:
        """`events.insert`: the user becomes the organizer; the client may choose the id."""
        calendar = self.account.calendar(call.path["calendarId"], "writer")
        wanted = dict(without_nulls(call.body))
        id_, uid = wanted.pop("id", ""), wanted.pop("iCalUID", "")
        if id_ and uid:  # «unverified» that it is refused; the document says that only one should be given
            raise invalid("Only one of id and iCalUID can be given.", "id")
        event = self._new(calendar, wanted, call.query, id_, uid)
        self.account.store(calendar, event)
        self.account.notify("invitation", event, call.query)
        return self.show(calendar, event, call.query)

    def import_(self, call: Call) -> Json:
        """`events.import`: a copy of an event that somebody else may have organized; nobody is told."""
        calendar = self.account.calendar(call.path["calendarId"], "writer")
        wanted = dict(without_nulls(call.body))
        uid, organizer = wanted.pop("iCalUID", ""), wanted.pop("organizer", {})
        if not uid:
            raise required("Missing iCalUID.", "iCalUID")
        if wanted.pop("eventType", "default") != "default":
            wanted = {name: value for name, value in wanted.items() if name not in TYPED.values()}
        masters = [each.body for each in calendar.events.values() if "recurringEventId" not in each.body]
        old = next((each for each in masters if each["iCalUID"] == uid), None)
        if old is not None:
            mine = old | {"organizer": old["organizer"] | {"self": True}}  # an import may set what a guest may not
            event = Body(self.account, calendar, mine, wanted, call.query).event | {"organizer": old["organizer"]}
        else:
            event = self._new(calendar, wanted, call.query, wanted.pop("id", ""), uid, organizer)
        self.account.store(calendar, event)
        return self.show(calendar, event, call.query)

    def _new(
        self, calendar: Calendar, wanted: Json, query: Json, id_: str, uid: str, organizer: Json | None = None
    ) -> Json:
        if id_ and not CLIENT_ID.fullmatch(id_):
            raise invalid("Invalid resource id value.", "id")
        if id_ in calendar.events:
            raise duplicate()
        id_ = id_ or self.account.new_id()
        host = dict(organizer) if organizer and organizer.get("email") != calendar.id else {"email": calendar.id}
        if host["email"] == calendar.id:
            host |= {"self": True} | ({} if calendar.primary else {"displayName": calendar.shared["summary"]})
        creator: Json = {"email": self.account.email} | ({"self": True} if calendar.primary else {})
        fixed: Json = {"kind": "calendar#event", "id": id_, "iCalUID": uid or f"{id_}@google.com"}
        fixed |= {"creator": creator, "organizer": host, "created": self.account.moment()}
        fixed["htmlLink"] = f"https://www.google.com/calendar/event?eid={id_}"
        host.pop("id", None)
        return Body(self.account, calendar, {}, wanted | {"organizer": host}, query).event | fixed

    def update(self, call: Call) -> Json:
        """`events.update`: the body is the whole event; what can be written and is left out is cleared."""
        return self._write(call, dict(without_nulls(call.body)))

    def patch(self, call: Call) -> Json:
        """`events.patch`: members given replace, objects merge, null clears, arrays are replaced whole."""
        return self._write(call, None)

    def _write(self, call: Call, whole: Json | None) -> Json:
        calendar = self.account.calendar(call.path["calendarId"], "writer")
        old = self.find(calendar, call.path["eventId"])
        precondition(call.if_match, old["etag"])
        if "start" not in old:  # «unverified»: what was moved away cannot be revived here
            raise not_found()
        if whole is None:
            base = copy.deepcopy(old)
            if call.query.get("eventLabelVersion") == 1:
                base.pop("eventLabelId", None)
            wanted = without_nulls(merged(base, call.body))
        else:
            wanted = whole
        event = Body(self.account, calendar, old, wanted, call.query).event
        if event["status"] == "cancelled" and old["status"] != "cancelled":
            return self.show(calendar, self._cancel(calendar, old, call.query), call.query)
        self._loosened(calendar, event, old)
        differing = {name for name in event.keys() | old.keys() if event.get(name) != old.get(name)}
        if not differing:
            return self.show(calendar, old, call.query)
        self.account.store(calendar, event, quietly=differing <= {"reminders"})
        if event.get("recurrence") != old.get("recurrence") or event["start"] != old.get("start"):
            self._drop_strays(calendar, event)
        gone = {each["email"] for each in old.get("attendees", ()) if "self" not in each}
        gone -= {each["email"] for each in event.get("attendees", ())}
        self.account.notify("update", event, call.query, gone if "self" in event["organizer"] else None)
        return self.show(calendar, event, call.query)

    def _loosened(self, calendar: Calendar, event: Json, old: Json) -> None:
        """An instance made more private makes the whole series so; one made less private stays as it was."""
        before, after = old.get("visibility", "default"), event.get("visibility", "default")
        if "recurringEventId" not in old or before == after:
            return
        if STRICTNESS.index(after) < STRICTNESS.index(before):
            event["visibility"] = before
            return
        master = calendar.events[old["recurringEventId"]]
        for each in [master, *calendar.exceptions(master.body["id"])]:
            self.account.store(calendar, each.body | {"visibility": after})

    def _drop_strays(self, calendar: Calendar, master: Json) -> None:
        """Exceptions of moments at which the series has no instance any more («unverified»: they are cancelled)."""
        series = Series(master) if "recurrence" in master else None
        for each in calendar.exceptions(master["id"]):
            if series is None or not series.has(moment_of(each.body["originalStartTime"])):
                self.account.store(calendar, each.body | {"status": "cancelled"})

    def delete(self, call: Call) -> None:
        """`events.delete`: leaves a cancelled event behind; a second time is 410."""
        calendar = self.account.calendar(call.path["calendarId"], "writer")
        old = self.find(calendar, call.path["eventId"])
        if old["status"] == "cancelled":
            raise deleted()
        precondition(call.if_match, old["etag"])
        self._cancel(calendar, old, call.query)

    def _cancel(self, calendar: Calendar, old: Json, query: Json) -> Json:
        event = old | {"status": "cancelled"}
        if "recurrence" in event:  # «unverified»: that the exceptions of a deleted series are reported, too
            for each in calendar.exceptions(event["id"]):
                self.account.store(calendar, each.body | {"status": "cancelled"})
        self.account.store(calendar, event)
        self.account.notify("cancellation", event, query)
        return event

    def move(self, call: Call) -> Json:
        """`events.move`: to another calendar, which becomes the organizer; a bare tombstone stays behind."""
        calendar = self.account.calendar(call.path["calendarId"], "writer")
        target = self.account.calendar(call.query["destination"], "writer")
        old = self.find(calendar, call.path["eventId"])
        if old["eventType"] != "default" or "recurringEventId" in old:
            raise invalid("Only default events can be moved, and series as a whole.", "eventId")
        if old["status"] == "cancelled":
            raise not_found()
        if old["id"] in target.events and target.events[old["id"]].body["status"] != "cancelled":
            raise duplicate()
        host: Json = {"email": target.id, "self": True}
        host |= {} if target.primary else {"displayName": target.shared["summary"]}
        for each in [old, *(stored.body for stored in calendar.exceptions(old["id"]))]:
            self.account.store(target, each | {"organizer": host})
            self.account.store(calendar, bare(each))
        moved = target.events[old["id"]].body
        self.account.notify("update", moved, call.query)
        return self.show(target, moved, call.query)

    def find(self, calendar: Calendar, id_: str) -> Json:
        """The event of that id: a kept one, or an instance that nobody has changed yet."""
        if id_ in calendar.events:
            return calendar.events[id_].body
        named = original_of(id_)
        stored = calendar.events.get(named[0]) if named else None
        if named is None or stored is None or "recurrence" not in stored.body:
            raise not_found()
        series = Series(stored.body)
        found = series.instance(named[1])
        if found["id"] != id_ or ("date" in found["start"]) != ("date" in stored.body["start"]):
            raise not_found()
        if not series.has(named[1]):
            raise not_found()
        return found

    def show(self, calendar: Calendar, event: Json, query: Json) -> Json:
        """An event as an answer holds it: offsets of the zone asked for, details hidden from who may not see them."""
        if set(event) <= {"kind", "etag", "id", "status", "updated", "recurringEventId", "originalStartTime"}:
            return event  # a bare tombstone
        zone = query.get("timeZone", calendar.zone)
        found = dict(event)
        for name in ("start", "end", "originalStartTime"):
            if name in found:
                found[name] = shown(found[name], zone)
        if "attendees" in found and len(found["attendees"]) > query.get("maxAttendees", 10_000):
            found["attendees"] = [each for each in found["attendees"] if each.get("self")]
            found["attendeesOmitted"] = True
        private = event.get("visibility") in {"private", "confidential"}
        if calendar.role == "freeBusyReader" or (private and calendar.role not in {"owner", "writer"}):
            names = {"kind", "etag", "id", "status", "start", "end", "visibility", "iCalUID", "recurrence"}
            names |= {"recurringEventId", "originalStartTime", "transparency", "created", "updated", "eventType"}
            found = {name: found[name] for name in names if name in found}
        return found


def bare(event: Json) -> Json:
    """What stays of a moved or forgotten event: enough to know that it is gone."""
    names = ("kind", "id", "recurringEventId", "originalStartTime")
    return {name: event[name] for name in names if name in event} | {"status": "cancelled"}


def merged(base: Json, patch: Json) -> Json:
    """`base` with a patch over it, as RFC 7396 does it but that null stays, to be taken out at the end."""
    for name, value in patch.items():
        old = base.get(name)
        base[name] = merged(dict(old), value) if isinstance(value, dict) and isinstance(old, dict) else value
    return base
