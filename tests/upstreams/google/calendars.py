"""Calendars as things of their own, the user's list of them, colours and settings."""

from typing import Any

from tests.upstreams.google.asked import Call
from tests.upstreams.google.discovery import without_nulls
from tests.upstreams.google.events import merged
from tests.upstreams.google.pages import Listing
from tests.upstreams.google.refusal import Refused, invalid, not_allowed, not_found, required
from tests.upstreams.google.state import ROLES, Account, Calendar, precondition
from tests.upstreams.google.times import ZONES

Json = dict[str, Any]

MINE = (
    *("backgroundColor", "foregroundColor", "colorId", "summaryOverride", "hidden", "selected"),
    *("defaultReminders", "notificationSettings"),
)
SHARED = ("summary", "description", "location", "timeZone", "conferenceProperties", "labelProperties", "workingHours")
PALETTE = ("#ac725e", "#d06b64", "#f83a22", "#fa573c", "#ff7537", "#ffad46", "#42d692", "#16a765")
"""Colours by their number, again from the first behind the last: Google has 24 for calendars and 11 for events."""


class Calendars:
    """The verbs for calendars, the list of them, colours and settings."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def list_(self, call: Call) -> Json:
        """`calendarList.list`: with a token only what the user changed, not what others did to the calendar."""
        query = call.query
        if "syncToken" in query:
            for name in (name for name in ("minAccessRole", "showOwnOrganizationOnly") if name in query):
                raise invalid(f"Sync token cannot be used with {name}.", name)
            if query.get("showDeleted") is False or query.get("showHidden") is False:
                raise invalid("Deleted and hidden entries are always shown with a sync token.", "syncToken")
        listing = Listing(self.account, "calendarList", query)
        position = listing.position()
        least = ROLES.index(query.get("minAccessRole", "none"))
        items = []
        for number, each in enumerate(self.account.calendars.values()):
            if position.since is not None:
                wanted = each.listed > position.since
            else:
                wanted = (query.get("showDeleted") or not each.deleted) and ROLES.index(each.role) >= max(least, 1)
                wanted = wanted and (query.get("showHidden", False) or not each.mine.get("hidden"))
            if wanted:
                items.append((f"{number + 1:06}", self.entry(each)))
        size = min(query.get("maxResults", 100), 250)
        page = listing.page(position, items, size, tokens="minAccessRole" not in query)
        newest = max(each.listed for each in self.account.calendars.values())
        return {"kind": "calendar#calendarList", "etag": self.account.etag(newest)} | page

    def entry(self, calendar: Calendar) -> Json:
        """A calendar as the user's list shows it."""
        head = {"kind": "calendar#calendarListEntry", "etag": self.account.etag(max(calendar.listed, calendar.made))}
        head["id"] = calendar.id
        if calendar.deleted or calendar.role == "none":
            return head | {"deleted": True}
        names = ("summary", "description", "location", "timeZone", "conferenceProperties", "dataOwner")
        shared = {name: calendar.shared[name] for name in names if name in calendar.shared}
        number = int(calendar.mine.get("colorId", "1")) - 1
        colours = {"backgroundColor": PALETTE[number % len(PALETTE)], "foregroundColor": "#000000"}
        primary = {"primary": True} if calendar.primary else {}
        return head | shared | colours | calendar.mine | {"accessRole": calendar.role} | primary

    def entry_get(self, call: Call) -> Json:
        """`calendarList.get`."""
        return self.entry(self.account.calendar(call.path["calendarId"], "freeBusyReader"))

    def entry_insert(self, call: Call) -> Json:
        """`calendarList.insert`: takes up a calendar that the user may see and has removed from the list."""
        calendar = self.account.calendars.get(call.body.get("id", ""))
        if calendar is None:
            raise not_found()
        calendar.deleted = False
        return self._change_entry(calendar, without_nulls(call.body), call)

    def entry_update(self, call: Call) -> Json:
        """`calendarList.update`."""
        return self._change_entry(self._mine(call), without_nulls(call.body), call)

    def entry_patch(self, call: Call) -> Json:
        """`calendarList.patch`."""
        calendar = self._mine(call)
        return self._change_entry(calendar, without_nulls(merged(dict(calendar.mine), call.body)), call)

    def entry_delete(self, call: Call) -> None:
        """`calendarList.delete`: out of the list, the calendar itself stays."""
        calendar = self._mine(call)
        if calendar.primary or calendar.shared.get("dataOwner") == self.account.email:
            raise not_allowed("no")  # «unverified»: who owns a calendar cannot unsubscribe
        calendar.deleted, calendar.listed = True, self.account.tick()

    def _mine(self, call: Call) -> Calendar:
        calendar = self.account.calendar(call.path["calendarId"], "freeBusyReader")
        precondition(call.if_match, self.entry(calendar)["etag"])
        return calendar

    def _change_entry(self, calendar: Calendar, wanted: Json, call: Call) -> Json:
        rgb = ("backgroundColor", "foregroundColor")
        kept = {name: wanted[name] for name in MINE if name in wanted}
        if not call.query.get("colorRgbFormat"):
            kept = {name: value for name, value in kept.items() if name not in rgb}
            kept |= {name: calendar.mine[name] for name in rgb if name in calendar.mine and "colorId" not in call.body}
        if kept.get("colorId", "1") not in map(str, range(1, 25)):
            raise invalid("Invalid color id.", "colorId")
        kept = {name: value for name, value in kept.items() if name != "hidden" or value}
        calendar.mine = {"defaultReminders": []} | kept
        calendar.listed = self.account.tick()
        return self.entry(calendar)

    def show(self, calendar: Calendar) -> Json:
        """A calendar itself, the same for everybody."""
        head = {"kind": "calendar#calendar", "etag": self.account.etag(calendar.made), "id": calendar.id}
        return head | calendar.shared

    def get(self, call: Call) -> Json:
        """`calendars.get`."""
        return self.show(self.account.calendar(call.path["calendarId"], "reader"))

    def insert(self, call: Call) -> Json:
        """`calendars.insert`: a secondary calendar, which also comes into the list."""
        wanted = without_nulls(call.body)
        if not wanted.get("summary"):
            raise required("Missing title.", "summary")
        self._checked(wanted)
        calendar = self.account.add_calendar(summary=wanted["summary"])
        calendar.shared |= {name: wanted[name] for name in SHARED if name in wanted}
        return self.show(calendar)

    def update(self, call: Call) -> Json:
        """`calendars.update`; labels and working hours that are left out stay."""
        return self._change(call, without_nulls(call.body))

    def patch(self, call: Call) -> Json:
        """`calendars.patch`."""
        calendar = self.account.calendar(call.path["calendarId"], "owner")
        return self._change(call, without_nulls(merged(dict(calendar.shared), call.body)))

    def _change(self, call: Call, wanted: Json) -> Json:
        calendar = self.account.calendar(call.path["calendarId"], "owner")
        precondition(call.if_match, self.account.etag(calendar.made))
        self._checked(wanted)
        stays = ("labelProperties", "workingHours", "conferenceProperties", "dataOwner", "timeZone", "summary")
        kept = {name: calendar.shared[name] for name in stays if name in calendar.shared}
        calendar.shared = kept | {name: wanted[name] for name in SHARED if name in wanted}
        calendar.made = self.account.tick()
        return self.show(calendar)

    def _checked(self, wanted: Json) -> None:
        if wanted.get("timeZone", "UTC") not in ZONES:
            raise invalid("Invalid time zone.", "timeZone")
        labels = wanted.get("labelProperties", {}).get("eventLabels", [])
        if len(labels) > 200 or any(len(each.get("name", "")) > 50 or "backgroundColor" not in each for each in labels):
            raise invalid("Invalid event labels.", "labelProperties")
        for each in labels:
            each.setdefault("id", self.account.new_id(32))

    def delete(self, call: Call) -> None:
        """`calendars.delete`: a secondary one, for good."""
        calendar = self.account.calendar(call.path["calendarId"], "owner")
        if calendar.primary:
            raise Refused(403, "forbidden", "The primary calendar cannot be deleted.", domain="calendar")
        precondition(call.if_match, self.account.etag(calendar.made))
        calendar.deleted, calendar.listed = True, self.account.tick()

    def clear(self, call: Call) -> None:
        """`calendars.clear`: every event of the primary calendar goes."""
        calendar = self.account.calendar(call.path["calendarId"], "owner")
        if not calendar.primary:
            raise invalid("Only a primary calendar can be cleared.", "calendarId")
        for each in list(calendar.events.values()):
            self.account.store(calendar, each.body | {"status": "cancelled"})

    def colours(self, _call: Call) -> Json:
        """`colors.get`."""
        named = {str(number + 1): {"background": PALETTE[number % 8], "foreground": "#1d1d1d"} for number in range(24)}
        event = {number: colour for number, colour in named.items() if int(number) <= 11}
        return {"kind": "calendar#colors", "updated": "2012-02-14T00:00:00.000Z", "calendar": named, "event": event}

    def settings_list(self, call: Call) -> Json:
        """`settings.list`."""
        listing = Listing(self.account, "settings", call.query)
        items = [(name, self._setting(name)) for name in sorted(self.account.settings)]
        page = listing.page(listing.position(), items, min(call.query.get("maxResults", 100), 250), tokens=True)
        return {"kind": "calendar#settings", "etag": self.account.etag(0)} | page

    def settings_get(self, call: Call) -> Json:
        """`settings.get`."""
        if call.path["setting"] not in self.account.settings:
            raise not_found()
        return self._setting(call.path["setting"])

    def _setting(self, name: str) -> Json:
        head = {"kind": "calendar#setting", "etag": self.account.etag(0)}
        return head | {"id": name, "value": self.account.settings[name]}
