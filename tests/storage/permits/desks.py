"""A mirror like the contract's fixture, and desks of tokens before it, for the tests of permits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from storage import clock
from storage.ids import new_id
from storage.model import Account, Collection, CollectionKind, Origin, Token, TokenKind
from storage.permits.desk import Desk
from storage.permits.permit import Rule, RuleLevel
from storage.store import Store
from tests.storage.texts import calendar

NOW = 1_767_261_600
"""2026-01-01T10:00:00Z, a Thursday."""


def office(folder: Path) -> Store:
    """Account 101 of alice@example.com with two calendars, and 102 of bob@example.com with one."""
    store = Store.open(folder, durable=False)
    for n, name, service in ((101, "alice", "google_calendar"), (102, "bob", "outlook_calendar")):
        store.save_user(name, None)
        mail = f"{name}@example.com"
        store.save_account(Account(n, name, name, "local", email=mail, service=service, mirrored=False))
    _calendar(store, 101, "primary", "America/Los_Angeles", "")
    _calendar(store, 101, "team", "Europe/Berlin", "team@example.com")
    _calendar(store, 102, "primary", "UTC", "")
    return store


def _calendar(store: Store, account: int, key: str, zone: str, email: str) -> Collection:
    return store.create_collection(
        account,
        f"{key}-{account}",
        name=key.title(),
        kind=CollectionKind.CALENDAR,
        components=["VEVENT", "VTODO", "VJOURNAL"],
        timezone=zone,
        email=email,
        key=key,
        origin=Origin.CLI,
    )


def place(store: Store, key: str = "primary", account: int = 101) -> Collection:
    """One of its calendars."""
    found = store.collection_by_key(account, key)
    assert found is not None
    return found


def grant(**given: Any) -> Mapping[str, Any]:
    """A grant as it is kept, of both calendars of 101 in full but for what is given."""
    usual = {"calendars": ["101/*"], "level": "full_access", "operations": ["all"], "fields": []}
    return {**usual, "past_days": None, "future_days": None, "rules": [], **given}


def desk(store: Store, **given: Any) -> Desk:
    """The desk of such a token."""
    return Desk(store, Token(new_id(), "test", TokenKind.ACCESS, None, clock.iso(), grant(**given)))


def put(
    store: Store,
    name: str,
    start: str = "20260101T120000Z",
    end: str = "20260101T130000Z",
    *,
    people: Sequence[str] = (),
    organizer: str = "",
    key: str = "primary",
    more: Sequence[str] = (),
    extra: str = "",
) -> str:
    """Put an event into a calendar of 101; its id. Times of eight digits are days. `more`: further lines."""
    lines = [
        "BEGIN:VEVENT",
        f"UID:{name}",
        "DTSTAMP:20260101T000000Z",
        *(f"{line}{';VALUE=DATE' if len(at) == 8 else ''}:{at}" for line, at in (("DTSTART", start), ("DTEND", end))),
        f"SUMMARY:{name}",
        *([f"ORGANIZER:mailto:{organizer}"] if organizer else []),
        *(f"ATTENDEE;CN={each.partition('@')[0].title()}:mailto:{each}" for each in people),
        *more,
        "END:VEVENT",
    ]
    text = calendar("\r\n".join(lines) + "\r\n" + extra)
    return store.put_entry(place(store, key).id, f"{name}.ics", text, origin=Origin.CLI).entry.id


def naive_level(rules: Sequence[Rule], address: str, own: Sequence[str]) -> RuleLevel:
    """D.3 and D102, said again: priority, then email before domain before all, then the strictest."""
    email = address.lower()
    if email in {each.lower() for each in own}:
        return RuleLevel.FULL
    for priority in sorted({each.priority for each in rules}, reverse=True):
        for identifier in (email, email.split("@")[-1], ""):
            levels = [each.level for each in rules if each.priority == priority and each.identifier == identifier]
            if levels:
                return min(levels)
    return RuleLevel.FULL
