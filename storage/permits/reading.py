"""What a token is shown of the mirror: calendars, events, who is in them, when somebody is busy (contract D.1–D.3).

Everything that leaves here has passed the policy: what is hidden is neither in a list nor in a number.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Group
from dataclasses import dataclass
from functools import partial
from typing import Any

from orjson import loads

from storage import availability
from storage.browsing import rows_of, zone_of
from storage.db import Connection
from storage.errors import NotFound, PermitDenied
from storage.listing import Key, Listed
from storage.model import Collection, Entry, Token
from storage.permits import finding, policy
from storage.permits.asked import Contact, Period, Question, Restrictions, SeenBusy, SeenCalendar, SeenPage
from storage.permits.finding import Hit, Search, extent, hits
from storage.permits.permit import DAY, Field, MasterLevel, Permit, RuleLevel
from storage.permits.policy import Sight, Span, no_calendar, no_event, overlaps
from storage.permits.seen import SeenEvent, shown
from storage.permits.viewer import Verdict, Viewer
from storage.records import EventRow, TakenRow
from storage.scheduling import busy
from storage.store import Store
from storage.tables import entries, event_people, event_rows, sought
from storage.tables.event_people import Judged

ENDLESS = 5 * 366 * DAY
"""Where series without an end stop for a question without one: so far from now (D37)."""

WIDE = 371 * DAY
"""In a longer span what may hold a word is looked up in the index of words; a shorter one is looked through."""

MOST_INSTANCES = 20_000
"""Instances of one event that free-busy looks at."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One event that the token sees, before it is shown: what a write begins with.

    `people`: its level by the contact rules; `sight` is not HIDDEN; `span` as `finding.extent` says.
    """

    calendar: SeenCalendar
    row: EventRow
    people: RuleLevel
    sight: Sight
    span: Span


@dataclass(frozen=True, slots=True)
class _Match:
    """What else is asked of events. `matches` None: nothing; else it looks at their people, and (`words`) their words.

    `terms`: of each of these one stands somewhere in whatever matches. `cancelled`: with cancelled events.
    """

    matches: Callable[[Judged], bool] | None
    terms: Sequence[Sequence[str]]
    words: bool = False
    cancelled: bool = False


class DeskReader:
    """The questions of one token. Made for one request: what it may see is looked up once.

    Every verb raises `PermitDenied`; its `code` is what the door answers with. A token that opens no calendar gets
    TOKEN_DENIED from all of them (D98).
    """

    def __init__(self, store: Store, token: Token) -> None:
        """The desk of a token; raises `StoreError` where nobody knows what it opens."""
        self.store = store
        self.token = token
        self.permit = Permit.of(token)
        self.viewer = Viewer(store, self.permit)

    # -- calendars ----------------------------------------------------------------------------------------------------

    def calendars(self) -> list[SeenCalendar]:
        """The linked calendars, by number; raises `PermitDenied` (TOKEN_DENIED)."""
        found = self.viewer.calendars
        if not found:
            raise PermitDenied(policy.TOKEN, "no calendar is linked to this token", hint="ask for one that has some")
        return found

    def calendar(self, number: int) -> SeenCalendar:
        """One of them; raises `PermitDenied` (TOKEN_DENIED, CALENDAR_NOT_FOUND)."""
        found = next((each for each in self.calendars() if each.number == number), None)
        if found is None:
            raise no_calendar()
        return found

    def email(self, calendars: Sequence[SeenCalendar]) -> str:
        """Whose eyes these calendars are seen with: their owner's address, of several that of the primary one (D89)."""
        known = list(dict.fromkeys(each.email for each in calendars))
        if len(known) == 1:
            return known[0]
        return next((each.email for each in calendars if each.primary), known[0])

    @property
    def restrictions(self) -> Restrictions:
        """What is in force, for accessInfo."""
        permit = self.permit
        return Restrictions(
            permit.past_days,
            permit.future_days,
            read_only=permit.level is not MasterLevel.FULL,
            filtered=permit.level is MasterLevel.FILTERED,
            busy_only=permit.level is MasterLevel.BUSY,
            rules=any(each.level is not RuleLevel.FULL for each in permit.rules),
        )

    # -- events -------------------------------------------------------------------------------------------------------

    def events(self, question: Question) -> SeenPage:
        """The instances of series and the solo events of a span, by start and id.

        A span without a start begins today at midnight (UTC); one without an end lasts seven days. Where neither is
        given and the token has a window, it is today with three days on both sides. Whatever lies outside of the
        window is cut off. Raises `PermitDenied` (TOKEN_DENIED, CALENDAR_NOT_FOUND); checking that the span is one is
        the door's business: an empty one has no events.
        """
        places = self.calendars() if question.calendar is None else [self.calendar(question.calendar)]
        words = question.words.casefold().split()
        wanted = frozenset(each.strip().lower() for each in question.attendees)

        def matches(each: Judged) -> bool:
            if words and not _holds(each, words, self.permit):
                return False
            return not wanted or any(str(one["email"]).lower() in wanted for one in self._attendees(each))

        terms = [[each] for each in words] + ([sorted(wanted)] if wanted else [])
        match = _Match(matches if terms else None, terms, words=bool(words), cancelled=question.cancelled)
        return self._page(places, self.viewer.span(question.start, question.end), match, question)

    def by_contact(self, contact: Contact) -> SeenPage:
        """The events with a person, whenever they are, as far as the token's window reaches (D92).

        Both parts are looked for whatever their case, in the same person. Of series without an end, the instances of
        five years. Raises `PermitDenied` (ACCESS_DENIED for a token that sees nothing but when somebody is busy,
        TOKEN_DENIED).
        """
        places = self.calendars()
        if self.permit.level is MasterLevel.BUSY:
            raise PermitDenied(policy.ACCESS, "this token does not see who is in an event")
        email, name = contact.email.strip().casefold(), contact.name.strip().casefold()

        def matches(each: Judged) -> bool:
            found = [*self._attendees(each), *self._organizer(each)]
            return any(email in str(one["email"]).casefold() and name in str(one["name"]).casefold() for one in found)

        match = _Match(matches, [[each] for each in (email, name) if each])
        return self._page(places, self.permit.window(self.viewer.now), match, contact)

    def event(self, event_id: str) -> SeenEvent:
        """One solo event, instance, or series by its public id.

        Raises `PermitDenied`: EVENT_NOT_FOUND for what is not there or hidden, TIMEFRAME_DENIED for what is outside
        of the token's window, TOKEN_DENIED.
        """
        return self.seen(self.opened(event_id))

    def opened(self, event_id: str) -> Opened:
        """The same event for a verb that goes on with it; raises as `event` does."""
        places = self.calendars()
        with self.store.db.snapshot() as conn:
            found = self._opened(conn, places, event_id)
            if found is None:
                raise no_event()
        start, end = found.span
        first, last = self.permit.window(self.viewer.now)
        if not overlaps(start, max(start, self.viewer.now + ENDLESS) if end is None else end, first, last):
            raise PermitDenied(policy.TIMEFRAME, "this event is outside the time that the token sees")
        return found

    def seen(self, opened: Opened) -> SeenEvent:
        """What is shown of it."""
        place = opened.calendar
        return shown(opened.row, place.number, zone_of(place.place), opened.sight, self.permit, self.viewer.own(place))

    # -- time ---------------------------------------------------------------------------------------------------------

    def busy(self, start: int, end: int, numbers: Sequence[int] | None = None) -> list[SeenBusy]:
        """When these calendars (None: all that are linked) are busy and free in a span, cut off at the token's window.

        Busy is what A.14 says, without events that the contact rules block. Raises `PermitDenied` (TOKEN_DENIED,
        CALENDAR_NOT_FOUND), `TooManyMatches`.
        """
        places = self.calendars() if numbers is None else [self.calendar(each) for each in dict.fromkeys(numbers)]
        span = self.viewer.clipped(start, end)
        if span[0] >= span[1]:
            return [SeenBusy(each, (), ()) for each in places]
        with self.store.db.snapshot() as conn:
            found = [busy.merged(self._busy(conn, each, span)) for each in places]
        return [
            SeenBusy(place, tuple(periods), tuple(availability.free(periods, span)))
            for place, periods in zip(places, found, strict=True)
        ]

    def _busy(self, conn: Connection, calendar: SeenCalendar, span: Period) -> Iterable[Period]:
        place, judge = calendar.place, self.viewer.rules(calendar)

        def choose(rows: list[TakenRow]) -> list[TakenRow]:
            """Those that the rules do not block. What else hides an event takes no time."""
            known = self.viewer.verdicts(conn, calendar, {(each.entry, each.position) for each in rows if each.entry})
            return [each for each in rows if shows(each, known)]

        def shows(row: TakenRow, known: Mapping[tuple[int, int], Verdict]) -> bool:
            if row.entry:
                return known[row.entry, row.position].sight is not Sight.HIDDEN
            return judge.of_json(row.attendees, row.organizer) is not RuleLevel.BLOCK

        found = busy.of_calendar(
            conn,
            place,
            span,
            busy.zone_of(place),
            self.viewer.mine(calendar),
            MOST_INSTANCES,
            choose if self.permit.rules else None,
        )
        return (period for periods in found.values() for period in periods)

    # -- how ----------------------------------------------------------------------------------------------------------

    def _attendees(self, each: Judged) -> list[dict[str, Any]]:
        """The attendees, where they may be seen."""
        return loads(each.taken.attendees) if Field.ATTENDEES in self.permit.visible else []

    def _organizer(self, each: Judged) -> list[dict[str, Any]]:
        return [loads(each.taken.organizer)] if each.taken.organizer and Field.ORGANIZER in self.permit.visible else []

    def _page(
        self,
        places: Sequence[SeenCalendar],
        span: tuple[int | None, int | None],
        match: _Match,
        part: Question | Contact,
    ) -> SeenPage:
        """A page of what is shown; `part` says which."""
        start, end = span
        nothing = start is not None and end is not None and start >= end
        wide = start is None or end is None or end - start > WIDE
        with self.store.db.snapshot() as conn:
            found = list[Hit]()
            for at, calendar in enumerate(() if nothing else places):
                place, until = calendar.place, self.viewer.now + ENDLESS
                only = _only(conn, place, match.terms) if wide else None
                search = Search(at, place, zone_of(place), start, end, until, only)
                found += hits(conn, search, partial(self._sights, conn, calendar, match))
            some = finding.part(conn, found, part.offset, part.limit)
            listed = [Listed(Key(hit.start, ""), hit.place, each) for hit, each in some]
            rows = rows_of(conn, self.store.described, [each.place for each in places], listed, text=False)
        events = [
            self.seen(Opened(places[hit.place], row, RuleLevel.FULL, hit.sight, (hit.start, hit.start)))
            for row, (hit, _) in zip(rows, some, strict=True)
        ]
        return SeenPage(tuple(events), len(found), part.offset, start, end, self.email(places))

    def _sights(
        self, conn: Connection, calendar: SeenCalendar, match: _Match, keys: Group[tuple[int, int]]
    ) -> Mapping[tuple[int, int], Sight]:
        """How much is shown of these components, of those that match.

        What shows as busy is no answer to a question for words or people: it shows neither.
        """
        found = {
            key: each.sight
            for key, each in self.viewer.verdicts(conn, calendar, keys).items()
            if each.sight is not Sight.HIDDEN and (match.cancelled or not each.cancelled)
        }
        if match.matches is None:
            return found
        readable = [key for key, how in found.items() if how is not Sight.BUSY]
        judged = event_people.judged(conn, readable, words=match.words)
        return {key: found[key] for key, each in judged.items() if match.matches(each)}

    def _opened(self, conn: Connection, places: Sequence[SeenCalendar], event_id: str) -> Opened | None:
        """An event that is shown, whenever it is; None for what is hidden and what is not there.

        For an id that is not there another event is looked at in its place, so that the time it takes to say so is that
        for a hidden one.
        """
        entry_id, of_instance, key = event_id.partition("_")
        entry = entries.by_id(conn, entry_id)
        calendar = next((each for each in places if entry and each.place.source == entry.collection_n), None)
        if calendar is not None and entry is not None:
            return self._judged(conn, calendar, entry, event_id)
        decoy = event_people.some(conn, [each.place.source for each in places])
        for each in places:
            if decoy is not None and decoy.collection_n == each.place.source:
                self._judged(conn, each, decoy, f"{decoy.id}{of_instance}{key}")
        return None

    def _judged(self, conn: Connection, calendar: SeenCalendar, entry: Entry, event_id: str) -> Opened | None:
        try:
            row = self.store.event(calendar.place.id, event_id)
        except NotFound:
            return None
        level, how = self.viewer.sight(
            calendar, event_people.judged_as(row.component).taken, self.viewer.rules(calendar)
        )
        records = event_rows.records(conn, [entry.n]).get(entry.n, [])
        zone, shows = zone_of(calendar.place), self.viewer.shows(calendar)
        span = extent(row.component, row.occurrence, records, zone, shows)
        return None if how is Sight.HIDDEN else Opened(calendar, row, level, how, span)


def _only(conn: Connection, place: Collection, terms: Sequence[Sequence[str]]) -> Sequence[int] | None:
    """The entries that may hold such texts; None where all may."""
    numbers: set[int] | None = None
    for some in terms:
        held = [sought.candidates(conn, place.source, each) for each in some]
        if None not in held:
            known = {n for each in held for n in each or ()}
            numbers = known if numbers is None else numbers & known
    return None if numbers is None else sorted(numbers)


def _holds(each: Judged, words: Sequence[str], permit: Permit) -> bool:
    """Whether all words stand in what is shown of an event's title, description and location (D91, D99)."""
    fields = Field.TITLE, Field.DESCRIPTION, Field.LOCATION
    text = "\n".join(part for field, part in zip(fields, each.words, strict=True) if field in permit.visible).casefold()
    return all(word in text for word in words)
