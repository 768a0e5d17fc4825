"""Scheduling upstream (RFC 6638): whether the server delivers invitations itself, and when others are busy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from plugins.caldav.client import DavClient, Refused, refusal
from plugins.caldav.discovery import Home
from plugins.caldav.greeting import Greeting
from plugins.caldav.multistatus import CALDAV, Element, schedule_responses
from plugins.caldav.silence import obeys
from storage import clock, ids
from storage.errors import InvalidData, Rejected
from storage.ical import freebusy
from storage.ical.lines import Component, dump, line, parse
from storage.ical.values import key_of
from storage.ical.write import component
from storage.model import CollectionKind
from storage.provider import FreeBusy, RemoteCollection, Silence

AUTO: Final = "calendar-auto-schedule"
"""What a server that delivers invitations says in its DAV header (RFC 6638 §2)."""

_WHAT: Final = "asking when others are busy"


class Scheduling:
    """What one account's server does with meetings, by its `greeting`. `own`: the address that the account's owner
    gave, may be empty.
    """

    def __init__(self, client: DavClient, home: Home, own: str, greeting: Greeting) -> None:
        self._client = client
        self.greeting = greeting
        self._home = home
        self._own = f"mailto:{own.lower()}"
        self.silence = Silence.NEEDLESS
        """How the server is kept from telling anybody; known after `noted`."""

    @property
    def mine(self) -> frozenset[str]:
        """The account's own calendar user addresses, in lower case."""
        return frozenset({self._own, *(each.lower() for each in self._home.addresses)})

    def noted(self, collection: RemoteCollection) -> RemoteCollection:
        """The collection, with whether what is written there is delivered.

        Servers say that of a whole home at once. The word alone does not do, see `Home.outbox`.
        """
        if collection.kind is CollectionKind.CONTACTS or not self._home.outbox:
            return collection
        delivers = AUTO in self.greeting.words
        if delivers:
            self.silence = Silence.ASKED if obeys(self.greeting) else Silence.MARKED
        return replace(collection, schedules=delivers)

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """What `Provider.free_busy` promises, in one POST."""
        if not self._home.outbox:
            raise Rejected(f"{_WHAT}: the server has no scheduling outbox for this account")
        wanted = [each for each in addresses if each.isprintable() and each.lower().startswith("mailto:")]
        if not wanted:
            return {}
        answer = self._client.post(self._home.outbox, self._question(wanted, start, end))
        if answer.status != 200:
            error = refusal(answer, answer.body, _WHAT)
            raise Rejected(error.message, status=error.status) if isinstance(error, Refused) else error
        told = {who: each for found in schedule_responses(answer.body, _WHAT) for who, each in _read(found, start, end)}
        return {each: told[each.lower()] for each in wanted if each.lower() in told}

    def _question(self, addresses: Sequence[str], start: int, end: int) -> str:
        known = self._home.addresses
        mine = next((each for each in known if each.lower() == self._own), known[0])
        asked = component(
            "VFREEBUSY",
            [
                line("UID", ids.new_id()),
                line("DTSTAMP", key_of(int(clock.timestamp()))),
                line("DTSTART", key_of(start)),
                line("DTEND", key_of(end)),
                line("ORGANIZER", mine),
                *(line("ATTENDEE", each.lower()) for each in addresses),  # Cyrus knows its users in lower case alone
            ],
        )
        head = [line("VERSION", "2.0"), line("PRODID", "-//CalHarbor//EN"), line("METHOD", "REQUEST")]
        return dump(component("VCALENDAR", [*head, asked]))


def _read(response: Element, start: int, end: int) -> Iterator[tuple[str, FreeBusy]]:
    """Whom a response is about, in lower case, and what it says; nothing where it names nobody."""
    recipient = response.first(f"{CALDAV}recipient")
    status = response.first(f"{CALDAV}request-status")
    data = response.first(f"{CALDAV}calendar-data")
    if recipient is None or status is None:
        return
    said = FreeBusy(status.text.strip())
    if data is not None and said.told:
        try:
            said = FreeBusy(said.status, _periods(parse(data.text.strip() + "\r\n"), start, end))
        except InvalidData:
            said = FreeBusy("5.1;Service unavailable")  # whatever was said, it was not understood
    for who in recipient.hrefs():
        yield who.lower(), said


def _periods(tree: Component, start: int, end: int) -> Mapping[str, Sequence[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for calendar in tree.components("VCALENDAR"):
        for each in calendar.components("VFREEBUSY"):
            for word, (first, last) in freebusy.busy(each, calendar):
                if first < end and last > start:
                    found.setdefault(word, []).append((max(first, start), min(last, end)))
    return found
