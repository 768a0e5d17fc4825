"""What stands behind a secret link: a whole calendar as others may see it, or when its owner is busy.

Alarms are their owner's: whoever subscribes sets their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from storage.ical.joined import joined
from storage.ical.lines import Line, escape, line
from storage.ical.privacy import BUSY, busy_time, redacted
from storage.ical.reminders import with_reminders
from storage.model import Collection, Entry, Feed, Kind
from storage.scheduling.busy import counts
from storage.store import Store

REFRESH = "PT15M"
"""How often a subscriber is asked to look again."""

_FORM = "2"
"""Grows when the same calendar is published in another form: who has the old one must not take it for the new."""


@dataclass(frozen=True, slots=True)
class Published:
    """A calendar to be read: the version that it is in, when it last changed ("" if nobody knows), and its text."""

    tag: str
    modified: str
    pieces: Iterator[str]


def published(store: Store, feed: Feed) -> Published:
    """What a link shows now; its text is read piece by piece, when it is asked for. Raises `NotFound`."""
    everything = [store.collection(feed.collection)] if feed.collection else store.collections(user=feed.user)
    shown = everything if feed.collection else list(filter(counts, everything))
    me = store.addresses(feed.user) if feed.busy else []
    state = (_FORM, feed.id, *me, *(f"{each.id}-{each.seq}" for each in shown))
    tag = sha256("\n".join(state).encode()).hexdigest()[:32]
    entries = (entry for each in shown for entry in store.iter_entries(each.id))
    if feed.busy:
        texts = (busy_time(each.text, _opaque(feed, each), me) for each in entries if each.kind is Kind.EVENT)
        properties = _named(f"{feed.user} ({BUSY.lower()})")
    else:
        texts = (_public(each.text) for each in entries)
        properties = _described(shown[0])
    # Of several calendars one may have gone, of which their newest change knows nothing.
    modified = store.changed_at(shown[0].seq) if feed.collection else ""
    return Published(tag, modified, joined(properties, filter(None, texts)))


def _public(text: str) -> str:
    shown = redacted(text, busy=False)
    return with_reminders(text, {}) if shown is None else shown


def _opaque(feed: Feed, entry: Entry) -> str:
    """A UID that stays the same and tells nothing, not even to somebody who has another link to the same event."""
    return sha256(f"{feed.id} {entry.id}".encode()).hexdigest()[:32]


def _named(name: str) -> list[Line]:
    return [
        line("X-WR-CALNAME", escape(name)),
        line("NAME", escape(name)),
        line("REFRESH-INTERVAL", REFRESH, {"VALUE": ["DURATION"]}),
        line("X-PUBLISHED-TTL", REFRESH),
    ]


def _described(collection: Collection) -> list[Line]:
    """The calendar's properties of RFC 7986 §5, and those that came before it."""
    found = _named(collection.name)
    if collection.description:
        words = escape(collection.description)
        found += [line("X-WR-CALDESC", words), line("DESCRIPTION", words)]
    if collection.timezone:
        found.append(line("X-WR-TIMEZONE", escape(collection.timezone)))
    if collection.color:
        # RFC 7986 §5.9 knows colours by their CSS names alone; clients set numbers.
        name = "COLOR" if collection.color.isalpha() else "X-APPLE-CALENDAR-COLOR"
        found.append(line(name, escape(collection.color)))
    return found
