"""The one policy (contract D.3): how much of an event a permit shows, and whether a write is allowed. Pure functions.

What is not shown leaves no trace: `Sight.HIDDEN` is answered as what is not there. Whoever asks this module decides
nothing themselves.
"""

from collections.abc import Collection as Group
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from json import dumps
from typing import Any

from orjson import loads

from storage.errors import PermitDenied
from storage.permits.permit import MasterLevel, Operation, Permit, Rule, RuleLevel, RuleType
from storage.scheduling.people import PRINCIPALS

Span = tuple[int, int | None]
"""From when until when something lasts, in seconds since 1970; without an end for None."""

ACCESS, TOKEN, TIMEFRAME = "ACCESS_DENIED", "TOKEN_DENIED", "TIMEFRAME_DENIED"
NO_EVENT, NO_CALENDAR = "EVENT_NOT_FOUND", "CALENDAR_NOT_FOUND"


_ALSO_ASCII = ("\u212a".encode(), "\u0130".encode())
"""Letters beyond ASCII whose lower case has letters of ASCII, which bytes do not know of."""


class Sight(IntEnum):
    """How much of an event is shown."""

    HIDDEN = 0
    BUSY = 1
    FILTERED = 2
    FULL = 3


class People:
    """The contact rules of a permit, as they concern the calendars of one owner.

    `own`: the owner's addresses, which no rule matches; a principal of this server (`/dav/bob/`) counts as all of the
    addresses that `principals` names for it. All are compared in lower case. Those of the same `mind` decide alike.
    """

    def __init__(
        self, rules: Sequence[Rule], own: Group[str] = (), principals: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Prepare the rules for many events."""
        self._rules = rules
        self._own = frozenset(each.lower() for each in own)
        self._principals = principals or {}
        self._known: dict[str, RuleLevel] = {}
        self.mind: Hashable = rules and (tuple(rules), self._own, tuple((k, *v) for k, v in self._principals.items()))
        # An event in whose people none of these stands has nothing to be looked at for.
        named = [each.identifier for each in rules if each.level is not RuleLevel.FULL]
        plain = all(each and dumps(each) == f'"{each}"' for each in named)
        self._signs = [*(each.encode() for each in (*named, PRINCIPALS)), *_ALSO_ASCII] if plain else None

    def of_json(self, attendees: bytes, organizer: bytes | None) -> RuleLevel:
        """The level of an event by its attendees and organizer as they are stored: JSON in UTF-8."""
        if not self._rules:
            return RuleLevel.FULL
        if self._signs is not None:
            text = (attendees + (organizer or b"")).lower()
            for sign in self._signs:
                if sign in text:
                    break
            else:
                return RuleLevel.FULL
        return self.of_people([*loads(attendees), *([loads(organizer)] if organizer else [])])

    def of_people(self, people: Iterable[Mapping[str, Any]]) -> RuleLevel:
        """The strictest level among persons, mappings with `email` and `uri` (D.3)."""
        return min((self.of_address(each) for one in people for each in self._addresses(one)), default=RuleLevel.FULL)

    def of_addresses(self, addresses: Iterable[str]) -> RuleLevel:
        """The strictest level among e-mail addresses, as a write names them."""
        return min(map(self.of_address, addresses), default=RuleLevel.FULL)

    def of_address(self, address: str) -> RuleLevel:
        """The level of one person: that of the rule with the highest priority, then by type, then the strictest."""
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = self._decided(_normal(address))
        return known

    def _decided(self, email: str) -> RuleLevel:
        if email in self._own:
            return RuleLevel.FULL
        domain = email.rpartition("@")[2]
        found = [each for each in self._rules if _matches(each, email, domain)]
        if not found:
            return RuleLevel.FULL
        return max(found, key=lambda rule: (rule.priority, rule.type, -rule.level)).level

    def _addresses(self, person: Mapping[str, Any]) -> Sequence[str]:
        uri = str(person.get("uri", ""))
        if uri.startswith(PRINCIPALS):
            return self._principals.get(uri.rstrip("/") + "/") or (uri,)
        return (str(person.get("email") or uri),)


def _normal(address: str) -> str:
    text = address.strip().lower()
    return text.removeprefix("mailto:").rstrip(".")


def _matches(rule: Rule, email: str, domain: str) -> bool:
    """Domains match exactly: not their subdomains."""
    if rule.type is RuleType.EMAIL:
        return rule.identifier == email
    return rule.type is RuleType.ALL or rule.identifier == domain


def sight(permit: Permit, people: RuleLevel, *, taken: bool) -> Sight:
    """How much of an event is shown. `people`: its level by the rules; `taken`: whether it takes the owner's time.

    What is shown as busy is shown exactly where it is busy: what takes no time is not there then.
    """
    if people is RuleLevel.BLOCK:
        return Sight.HIDDEN
    if permit.level is MasterLevel.BUSY or people is RuleLevel.BUSY:
        return Sight.BUSY if taken else Sight.HIDDEN
    return Sight.FILTERED if permit.level is MasterLevel.FILTERED else Sight.FULL


def overlaps(start: int, end: int, first: int | None, last: int | None) -> bool:
    """Whether something lies in a span, even in part (D93, D101 for reading); None for no bound.

    What takes no time is in the spans that its moment is in, whether at their start or inside.
    """
    behind = first is None or end > first or (start == end == first)
    return behind and (last is None or start < last)


def wholly_inside(span: Span, permit: Permit, now: int) -> bool:
    """Whether something lies in a permit's window with all that it is (D101 for writing)."""
    first, last = permit.window(now)
    start, end = span
    return (first is None or start >= first) and (last is None or (end is not None and end <= last))


@dataclass(frozen=True, slots=True)
class Wish:
    """A write, as far as the policy has to know it.

    `operations`: what it does. `people`: the level by the rules of the event as it is (FULL for a new one); `invited`:
    that of the addresses that it would write. `spans`: when the event is, and when it would be; of a series from its
    first instance to the end of its last.
    """

    operations: frozenset[Operation]
    people: RuleLevel = RuleLevel.FULL
    invited: RuleLevel = RuleLevel.FULL
    spans: tuple[Span, ...] = ()


def check_operations(permit: Permit, operations: Iterable[Operation]) -> None:
    """Refuse what the token may do to no event at all; raises `PermitDenied` (ACCESS_DENIED).

    To be asked before any event is looked at: so the answer to a token that may not write is the same whether an id is
    there or not.
    """
    if permit.level is not MasterLevel.FULL:
        raise PermitDenied(ACCESS, "this token may only read", hint="use one with full access")
    lacking = sorted(each for each in operations if not permit.allows(each))
    if lacking:
        raise PermitDenied(ACCESS, f"this token does not allow {', '.join(lacking)}", hint="leave that out")


def check_write(permit: Permit, wish: Wish, now: int) -> None:
    """Refuse a write that the permit does not allow; raises `PermitDenied`. An event that is hidden gets no so far."""
    check_operations(permit, wish.operations)
    if wish.people is RuleLevel.BLOCK:
        raise no_event()
    if not all(wholly_inside(each, permit, now) for each in wish.spans):
        raise PermitDenied(TIMEFRAME, "this is outside the time that the token may change", hint="choose another time")
    if wish.people is not RuleLevel.FULL:
        raise PermitDenied(ACCESS, "this token may not change events with these people")
    if wish.invited is not RuleLevel.FULL:
        raise PermitDenied(ACCESS, "this token may not write to one of these addresses", hint="leave them out")


def no_event() -> PermitDenied:
    """What is answered for an event that is hidden, and for one that is not there: nothing in it tells which."""
    return PermitDenied(NO_EVENT, "there is no such event", hint="list the events")


def no_calendar() -> PermitDenied:
    """The same for calendars."""
    return PermitDenied(NO_CALENDAR, "there is no such calendar", hint="list the calendars")
