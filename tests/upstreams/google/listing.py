"""Listing events: everything, what changed, the instances of a series; in pages, in an order not to rely on."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.upstreams.google.asked import Call
from tests.upstreams.google.events import Events, bare
from tests.upstreams.google.pages import Listing, Position
from tests.upstreams.google.refusal import empty_range, invalid, too_long_ago
from tests.upstreams.google.series import Series, instance_id
from tests.upstreams.google.state import Account, Calendar
from tests.upstreams.google.times import instant, moment_of, parameter

Json = dict[str, Any]

NOT_WITH_TOKEN = (
    *("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty"),
    *("timeMin", "timeMax", "updatedMin"),
)
WITHOUT_TOKEN = frozenset(NOT_WITH_TOKEN) - {"timeMin", "timeMax"}
"""After a question with one of these no sync token is given («unverified»)."""
HORIZON = timedelta(days=730)
"""How far behind now a series without end is shown as single events, if nobody says («unverified»)."""
OLDEST_UPDATE = timedelta(days=28)
"""How far back `updatedMin` may lie («unverified»: Google names no figure)."""


class Window:
    """The span asked for: what ends after `start` and begins before `end`; None where a bound is not given."""

    def __init__(self, query: Json, *, inclusive: bool = False) -> None:
        self.start = parameter(query["timeMin"], "timeMin") if "timeMin" in query else None
        self.end = parameter(query["timeMax"], "timeMax") if "timeMax" in query else None
        self.inclusive = inclusive
        if self.start and self.end and self.start >= self.end:
            raise empty_range()

    def holds(self, first: datetime, last: datetime) -> bool:
        """Whether an event from `first` to `last` lies in it."""
        late = self.start is None or last > self.start or (self.inclusive and last == self.start)
        return late and (self.end is None or first < self.end)


class Lists:
    """The verbs that answer with many events."""

    def __init__(self, account: Account, events: Events) -> None:
        self.account, self.events = account, events

    def events_list(self, call: Call) -> Json:
        """`events.list`."""
        calendar = self.account.calendar(call.path["calendarId"], "freeBusyReader")
        query = call.query
        self._check(query)
        listing = Listing(self.account, f"events {calendar.id} {calendar.access}", query)
        position = self._cut(calendar, listing.position(_without_bounds))
        window = Window(query)
        items = [
            (self._key(query, each), each)
            for each in self._candidates(calendar, query, position, window)
            if self._wanted(calendar, each, query, position)
        ]
        items.sort(key=lambda pair: pair[0])
        tokens = not WITHOUT_TOKEN & query.keys()
        page = listing.page(position, items, min(query.get("maxResults", 250), 2500), tokens=tokens)
        page["items"] = [self._shown(calendar, each, query) for each in page["items"]]
        for stored in calendar.events.values():
            stored.hidden = max(0, stored.hidden - 1)
        return self._header(calendar, query) | page

    def instances(self, call: Call) -> Json:
        """`events.instances`: of one series, changed ones in their place."""
        calendar = self.account.calendar(call.path["calendarId"], "freeBusyReader")
        query = call.query
        master = self.events.find(calendar, call.path["eventId"])
        listing = Listing(self.account, f"instances {calendar.id} {master['id']}", query)
        window = Window(query, inclusive=True)
        found = list(self._expanded(calendar, master, window)) if "recurrence" in master else []
        if "originalStart" in query:
            asked = query["originalStart"]
            found = [each for each in found if self._original(each, asked)]
        if not query.get("showDeleted"):
            found = [each for each in found if each["status"] != "cancelled"]
        items = sorted(((each["id"], each) for each in found), key=lambda pair: pair[0])
        page = listing.page(listing.position(), items, min(query.get("maxResults", 250), 2500), tokens=False)
        page["items"] = [self.events.show(calendar, each, query) for each in page["items"]]
        return self._header(calendar, query) | page

    def expanded(self, calendar: Calendar, window: Window) -> Iterator[Json]:
        """Every event and every instance inside a window, cancelled ones too."""
        everything = Position(None, self.account.change)
        yield from self._candidates(calendar, {"singleEvents": True}, everything, window)

    @staticmethod
    def _original(event: Json, asked: str) -> bool:
        moment = moment_of(event["originalStartTime"])
        if not isinstance(moment, datetime):
            return asked == moment.isoformat()
        return "T" in asked and parameter(asked, "originalStart") == moment

    def _check(self, query: Json) -> None:
        if "syncToken" in query:
            for name in (name for name in NOT_WITH_TOKEN if name in query):
                raise invalid(f"Sync token cannot be used with {name}.", name)
            if query.get("showDeleted") is False:
                raise invalid("showDeleted cannot be false with a sync token.", "showDeleted")
        if query.get("orderBy") == "startTime" and not query.get("singleEvents"):
            raise invalid("The requested ordering is not available for the particular query.", "orderBy")
        if "updatedMin" in query:
            oldest = datetime.fromtimestamp(self.account.now(), UTC) - OLDEST_UPDATE
            if parameter(query["updatedMin"], "updatedMin") < oldest:
                raise too_long_ago()

    def _cut(self, calendar: Calendar, position: Position) -> Position:
        """A token for no change that is not shown yet: what is delayed comes later."""
        hidden = [each.change for each in calendar.events.values() if each.hidden]
        return position.up_to(min([position.until, *(change - 1 for change in hidden)]))

    def _candidates(self, calendar: Calendar, query: Json, position: Position, window: Window) -> Iterator[Json]:
        changed = {
            each.body["id"]
            for each in calendar.events.values()
            if not each.hidden and (position.since is None or each.change > position.since)
        }
        for stored in list(calendar.events.values()):
            event = stored.body
            if query.get("singleEvents") and "recurrence" in event:
                names = {event["id"], *(each.body["id"] for each in calendar.exceptions(event["id"]))}
                if names & changed:
                    yield from self._expanded(calendar, event, window)
            elif query.get("singleEvents") and event.get("recurringEventId") in calendar.events:
                continue  # comes with its series
            elif event["id"] in changed and self._inside(calendar, event, window):
                yield event

    def _inside(self, calendar: Calendar, event: Json, window: Window) -> bool:
        if window.start is None and window.end is None:
            return True
        if "recurrence" in event:
            series = Series(event)
            first = instant(event["start"], calendar.zone)
            if window.start is None:
                return window.holds(first, first + timedelta(seconds=1))
            found = series.after(window.start)
            if found is None:
                return False
            each = series.instance(found)
            return window.holds(instant(each["start"], calendar.zone), instant(each["end"], calendar.zone))
        if "start" not in event:
            return True
        return window.holds(instant(event["start"], calendar.zone), instant(event["end"], calendar.zone))

    def _expanded(self, calendar: Calendar, master: Json, window: Window) -> Iterator[Json]:
        """The instances of a series inside the window, with the exceptions in the place of what they replace."""
        exceptions = {each.body["id"]: each.body for each in calendar.exceptions(master["id"])}
        series = Series(master)
        begin = window.start or instant(master["start"], calendar.zone)
        end = window.end or max(begin, datetime.fromtimestamp(self.account.now(), UTC)) + HORIZON
        for original in series.between(begin - timedelta(days=1), end):
            if instance_id(master["id"], original) not in exceptions:
                each = series.instance(original)
                if window.holds(instant(each["start"], calendar.zone), instant(each["end"], calendar.zone)):
                    yield each
        for each in exceptions.values():
            if self._inside(calendar, each, window):
                yield each

    def _wanted(self, calendar: Calendar, event: Json, query: Json, position: Position) -> bool:
        if event["status"] == "cancelled" and position.since is None:
            master = calendar.events.get(event.get("recurringEventId", ""))
            exception = master is not None and master.body["status"] != "cancelled" and not query.get("singleEvents")
            if not (query.get("showDeleted") or "updatedMin" in query or exception):
                return False
        if "iCalUID" in query and event.get("iCalUID") != query["iCalUID"]:
            return False
        if "eventTypes" in query and event.get("eventType", "default") not in query["eventTypes"]:
            return event["status"] == "cancelled" and position.since is not None
        if "updatedMin" in query:
            oldest = parameter(query["updatedMin"], "updatedMin")
            if datetime.fromisoformat(event["updated"]) < oldest:
                return False
        for side in ("private", "shared"):
            for wanted in query.get(f"{side}ExtendedProperty", ()):
                name, _, value = wanted.partition("=")
                if event.get("extendedProperties", {}).get(side, {}).get(name) != value:
                    return False
        return query.get("q", "").casefold() in _words(event)

    def _key(self, query: Json, event: Json) -> str:
        """What the items are ordered by; without an order a stable one in which exceptions may precede their series."""
        if query.get("orderBy") == "updated":
            return f"{event['updated']} {event['id']}"
        if query.get("orderBy") == "startTime":
            return f"{instant(event['start'], 'UTC'):%Y%m%d%H%M%S} {event['id']}"
        return hashlib.sha256(event["id"].encode()).hexdigest()

    def _shown(self, calendar: Calendar, event: Json, query: Json) -> Json:
        """Of a deleted event only what is promised, unless deleted ones were asked for."""
        if event["status"] == "cancelled" and not query.get("showDeleted"):
            event = bare(event) | {"etag": event["etag"]}
        return self.events.show(calendar, event, query)

    def _header(self, calendar: Calendar, query: Json) -> Json:
        newest = max([calendar.made, calendar.listed, *(each.change for each in calendar.events.values())])
        header = {"kind": "calendar#events", "etag": self.account.etag(newest), "accessRole": calendar.role}
        header |= {"summary": calendar.shared["summary"], "timeZone": query.get("timeZone", calendar.zone)}
        header |= {"updated": self.account.moment(), "defaultReminders": calendar.mine["defaultReminders"]}
        if "description" in calendar.shared:
            header["description"] = calendar.shared["description"]
        return header


def _without_bounds(question: Json) -> Json:
    """A question without the bounds that it may have at first only."""
    return {name: value for name, value in question.items() if name not in NOT_WITH_TOKEN}


def _words(event: Json) -> str:
    people = [*event.get("attendees", ()), event.get("organizer", {})]
    texts = [event.get(name, "") for name in ("summary", "description", "location")]
    texts += [each.get(name, "") for each in people for name in ("displayName", "email")]
    return "\n".join(texts).casefold()
