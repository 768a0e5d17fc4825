"""Who looks: a permit in this mirror. Which calendars it opens, whose they are, and how much of an event it sees."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Group
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from storage import clock
from storage.db import Connection
from storage.ical.kinds import ENTRIES
from storage.ical.lines import Component, dump
from storage.ical.read import read
from storage.ical.write import calendar_of
from storage.ical.write import replace as replace_component
from storage.permits import policy
from storage.permits.asked import Period, SeenCalendar
from storage.permits.permit import DAY, Field, Linked, MasterLevel, Permit, RuleLevel
from storage.permits.policy import People, Sight
from storage.records import ComponentRecord, TakenRow
from storage.scheduling import busy, people
from storage.store import Store
from storage.tables import event_people
from storage.tables.event_people import Key

WEEK = 7 * DAY
AROUND = 3 * DAY
"""How far from today a list reaches on both sides where the token has a window and nobody says a span."""

_UNTOLD: Mapping[str, Any] = {"seq": 0, "created_seq": 0, "remote_cursor": None}
"""What of a calendar moves whenever anything in it is changed, hidden things too."""


class Verdict(NamedTuple):
    """How much is shown of a component's instances, and whether they are cancelled."""

    sight: Sight
    cancelled: bool


class Viewer:
    """Made for one request: what it may see is looked up once, and now is one moment."""

    def __init__(self, store: Store, permit: Permit) -> None:
        """The holder of a permit, in front of this mirror."""
        self.store = store
        self.permit = permit

    @cached_property
    def now(self) -> int:
        """Seconds since 1970 at the first look."""
        return int(clock.timestamp())

    @cached_property
    def calendars(self) -> list[SeenCalendar]:
        """The calendars that hold events, of those that the permit names and that are still there."""
        with self.store.db.snapshot():
            accounts = {each.id: each for each in self.store.accounts()}
            linked = self.permit.calendars
            if linked is None:
                linked = tuple(Linked(each) for each in accounts)
            found: dict[int, SeenCalendar] = {}
            for number in dict.fromkeys(each.account for each in linked if each.account in accounts):
                account, primary = accounts[number], self.store.primary_calendar(number)
                keys = {each.key for each in linked if each.account == number}
                for place in self.store.calendars(number):
                    if keys & {"*", place.id, place.key} - {""}:
                        email = place.email or account.email
                        is_primary = primary is not None and place.n == primary.n
                        shown = replace(place, **_UNTOLD)
                        found[place.n] = SeenCalendar(place.n, shown, account, is_primary, email)
            return [found[n] for n in sorted(found)]

    @cached_property
    def _of_owner(self) -> Mapping[str, Sequence[str]]:
        """The addresses of the owners of linked calendars, in normal form."""
        with self.store.db.snapshot() as conn:
            return {each: people.addresses(conn, each) for each in {seen.place.owner for seen in self.calendars}}

    @cached_property
    def _principals(self) -> Mapping[str, Sequence[str]]:
        """The e-mail addresses of every user of this server, by their principals: rules are about these."""
        found: dict[str, list[str]] = {}
        for account in self.store.accounts():
            known = found.setdefault(f"{people.PRINCIPALS}{account.user}/", [])
            known += [each.removeprefix("mailto:") for each in people.own(account)]
        return found

    def mine(self, calendar: SeenCalendar) -> list[str]:
        """The owner's addresses for this calendar in normal form, as free-busy wants them."""
        own = [people.normal(calendar.place.email)] if calendar.place.email else []
        return [*self._of_owner[calendar.place.owner], *own]

    def own(self, calendar: SeenCalendar) -> frozenset[str]:
        """The same without what stands before an e-mail address, in lower case."""
        return frozenset(each.removeprefix("mailto:").lower() for each in self.mine(calendar))

    def rules(self, calendar: SeenCalendar) -> People:
        """The contact rules for events of this calendar."""
        return People(self.permit.rules, self.own(calendar), self._principals)

    def span(self, start: int | None, end: int | None) -> tuple[int, int]:
        """The span of a question that gives these bounds, see `DeskReader.events`."""
        today = self.now // DAY * DAY
        if start is None and end is None and self.permit.window(0) != (None, None):
            start, end = today - AROUND, today + AROUND + DAY
        start = today if start is None else start
        return self.clipped(start, start + WEEK if end is None else end)

    def clipped(self, start: int, end: int) -> Period:
        """What of a span lies in the window; a span of nothing where none of it does."""
        first, last = self.permit.window(self.now)
        start = start if first is None else max(start, first)
        end = end if last is None else min(end, last)
        return start, max(start, end)

    def sight(self, calendar: SeenCalendar, each: TakenRow, rules: People) -> tuple[RuleLevel, Sight]:
        """The level of an event by the contact rules, and how much of it is shown.

        Where its status is hidden a cancelled event is hidden too, or asking with and without those would tell it.
        """
        permit, level = self.permit, rules.of_json(each.attendees, each.organizer)
        if each.status == "CANCELLED" and Field.STATUS not in permit.visible:
            return level, Sight.HIDDEN
        busy_at_most = permit.level is MasterLevel.BUSY or level is RuleLevel.BUSY
        taken = not busy_at_most or busy.takes_time(each, self.mine(calendar))
        return level, policy.sight(permit, level, taken=taken)

    def shows(self, calendar: SeenCalendar) -> Callable[[ComponentRecord], bool]:
        """Whether anything is shown of what a component describes."""
        rules = self.rules(calendar)
        return lambda each: self.sight(calendar, event_people.judged_as(each).taken, rules)[1] is not Sight.HIDDEN

    def seen(self, source: int, text: str) -> str:
        """An entry's text without the components of which nothing is shown; `source`: the number of its collection."""
        calendar = next((each for each in self.calendars if each.place.source == source), None)
        if calendar is None or not self.permit.rules:
            return text
        content, shows = read(text), self.shows(calendar)
        found = calendar_of(content.tree)
        entries = [each for each in found.components() if each.name in ENTRIES]
        hidden = [id(each) for each, one in zip(entries, content.components, strict=True) if not shows(one)]
        left = [each for each in found.children if id(each) not in hidden]
        return dump(replace_component(content.tree, found, Component(found.name, left, found.begin, found.end)))

    def verdicts(self, conn: Connection, calendar: SeenCalendar, keys: Group[Key]) -> dict[Key, Verdict]:
        """The same of many components of a calendar; those that are no events are hidden."""
        rules, permit = self.rules(calendar), self.permit
        mind = rules.mind, permit.level, Field.STATUS in permit.visible, tuple(self.mine(calendar))
        found = self.store.verdicts.of(conn, mind, keys)
        lacking = [key for key in keys if key not in found] if len(found) < len(keys) else []
        if not lacking:
            return found
        fresh = dict.fromkeys(lacking, Verdict(Sight.HIDDEN, cancelled=False))
        for key, (taken, _) in event_people.judged(conn, lacking, words=False).items():
            how = self.sight(calendar, taken, rules)[1]
            fresh[key] = Verdict(how, cancelled=taken.status == "CANCELLED")
        self.store.verdicts.put(conn, mind, fresh)
        return found | fresh
