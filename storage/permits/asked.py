"""What is asked of the desk, and what it answers: questions in, pages of what may be seen out.

All times are whole seconds since 1970 in UTC; a span holds its start and not its end.
"""

from dataclasses import dataclass

from storage.model import Account, Collection
from storage.permits.seen import SeenEvent

Period = tuple[int, int]

DEFAULT_LIMIT, MOST = 50, 1000
"""Events of one answer: where nobody says how many, and at most."""


@dataclass(frozen=True, slots=True)
class SeenCalendar:
    """A calendar that a permit opens. `number` is its public one here; `email` is its owner's address, or empty.

    `primary`: of its account. `place` and `account` are what doors render of the rest.
    """

    number: int
    place: Collection
    account: Account
    primary: bool
    email: str


@dataclass(frozen=True, slots=True)
class Question:
    """A list of events (contract D.2). Without `start` and `end` the default span counts, see `DeskReader.events`.

    `calendar`: its number, None for all. `words`: what a person typed; each word must occur in title, description or
    location. `attendees`: addresses of which one must be invited. `cancelled`: with cancelled events.
    """

    start: int | None = None
    end: int | None = None
    calendar: int | None = None
    words: str = ""
    attendees: tuple[str, ...] = ()
    cancelled: bool = False
    offset: int = 0
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Contact:
    """The events with one person, an attendee or the organizer: parts of the address, of the name, or of both."""

    email: str = ""
    name: str = ""
    offset: int = 0
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class SeenPage:
    """Some events by start and id, and how many there are on all pages.

    `start`, `end`: the span that was looked at, inside the permit's window; None for no bound. `email`: the address of
    who looks at their own calendar (D89).
    """

    events: tuple[SeenEvent, ...]
    total: int
    offset: int
    start: int | None
    end: int | None
    email: str

    @property
    def more(self) -> bool:
        """Whether events follow behind this page."""
        return self.offset + len(self.events) < self.total


@dataclass(frozen=True, slots=True)
class SeenBusy:
    """When a calendar is busy and when it is free inside a span, merged and in order; `free` is the complement."""

    calendar: SeenCalendar
    busy: tuple[Period, ...]
    free: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What restricts a permit, as it may be told to whoever holds it (accessInfo; the words are the door's)."""

    past_days: int | None
    future_days: int | None
    read_only: bool
    filtered: bool
    busy_only: bool
    rules: bool
