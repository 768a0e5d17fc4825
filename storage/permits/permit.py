"""What a token may see and do, as typed records: the level, the fields, the operations, the window, the contact rules.

The words are those of the contract (D.3), which the configuration and the command line use as well. A token cannot
change its own permit: nothing here is writable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

from storage.errors import StoreError
from storage.model import Token, TokenKind

DAY = 86_400

EVERYTHING = "all"
"""Stands for all fields, all operations, and (as `ACCOUNT/*`) for all calendars of an account."""


class MasterLevel(StrEnum):
    """How far a token opens its calendars (masterAccessLevel)."""

    FULL = "full_access"
    VIEW = "view_only"
    FILTERED = "view_filtered"
    BUSY = "free_busy_only"


class Field(StrEnum):
    """What `MasterLevel.FILTERED` shows or hides of an event (visibleFields).

    Hiding `times` takes start, end, length and all-day out of what is shown. It does not make questions about a span
    of time, the order of a list or the ids of instances blind: when somebody is busy is granted at every level.
    """

    TITLE = "title"
    LOCATION = "location"
    DESCRIPTION = "description"
    ATTENDEES = "attendees"
    TIMES = "times"
    STATUS = "status"
    LABELS = "labels"
    JOIN_URL = "join_url"
    ORGANIZER = "organizer"


class Operation(StrEnum):
    """What a token of `MasterLevel.FULL` may be allowed to do (allowedOperations)."""

    CREATE = "create_events"
    DELETE = "delete_events"
    RESPOND = "respond_to_event"
    TITLE = "edit_title"
    LOCATION = "edit_location"
    DESCRIPTION = "edit_description"
    ATTENDEES = "edit_attendees"
    TIMES = "edit_times"


class RuleLevel(IntEnum):
    """How much a contact rule leaves of events with a person; the least is the strictest."""

    BLOCK = 0
    BUSY = 1
    READ = 2
    FULL = 3


class RuleType(IntEnum):
    """Whom a rule is about; of rules of the same priority the greater type decides (D102)."""

    ALL = 0
    DOMAIN = 1
    EMAIL = 2


_LEVELS = {"block": RuleLevel.BLOCK, "free_busy_only": RuleLevel.BUSY, "read": RuleLevel.READ, "full": RuleLevel.FULL}
_TYPES = {"all": RuleType.ALL, "domain": RuleType.DOMAIN, "email": RuleType.EMAIL}


@dataclass(frozen=True, slots=True)
class Rule:
    """How much is seen of events with these people. `identifier`: an address or a domain in lower case, "" for all."""

    level: RuleLevel
    type: RuleType
    identifier: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Linked:
    """Calendars of an account that a token opens: the one with this key or id, or all for the key `*`."""

    account: int
    key: str = "*"


Word = TypeVar("Word", Field, Operation)

ALL_FIELDS = frozenset(Field)
ALL_OPERATIONS = frozenset(Operation)


@dataclass(frozen=True, slots=True)
class Permit:
    """What a token may see and do.

    `calendars` None: every calendar of the mirror. `past_days`, `future_days`: how far from now it sees, in days of
    24 hours; None for no limit. `fields` count at `MasterLevel.FILTERED` alone, `operations` at `MasterLevel.FULL`.
    """

    calendars: tuple[Linked, ...] | None = ()
    level: MasterLevel = MasterLevel.VIEW
    fields: frozenset[Field] = ALL_FIELDS
    operations: frozenset[Operation] = ALL_OPERATIONS
    past_days: int | None = None
    future_days: int | None = None
    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, token: Token) -> "Permit":
        """A token's permit. One of the kind `account` opens all of its account, one of the kind `app` all there is.

        Raises `StoreError` where the token's grant cannot be understood: then it opens nothing.
        """
        if token.kind is TokenKind.APP:
            return cls(None, MasterLevel.FULL)
        if token.kind is TokenKind.ACCOUNT:
            return cls((Linked(token.account),) if token.account is not None else (), MasterLevel.FULL)
        try:
            return _of_grant(token.grant)
        except (KeyError, TypeError, ValueError) as error:
            hint = "revoke it, and make another"
            raise StoreError(f"nobody knows any more what token {token.id} opens", hint=hint) from error

    @property
    def visible(self) -> frozenset[Field]:
        """The fields that events show which are shown at all as more than busy."""
        return self.fields if self.level is MasterLevel.FILTERED else ALL_FIELDS

    @property
    def writes(self) -> bool:
        """Whether the token may change anything at all."""
        return self.level is MasterLevel.FULL and bool(self.operations)

    def allows(self, operation: Operation) -> bool:
        """Whether it may do this to events that it sees in full; which doors ask to know what they offer."""
        return self.level is MasterLevel.FULL and operation in self.operations

    def window(self, now: int) -> tuple[int | None, int | None]:
        """From when and until when it sees anything, in seconds since 1970; None for no bound."""
        first = None if self.past_days is None else now - self.past_days * DAY
        return first, None if self.future_days is None else now + self.future_days * DAY


def _of_grant(grant: Mapping[str, Any]) -> Permit:
    return Permit(
        tuple(_linked(each) for each in grant["calendars"]),
        MasterLevel(grant["level"]),
        frozenset(_words(Field, grant["fields"])),
        frozenset(_words(Operation, grant["operations"])),
        grant["past_days"],
        grant["future_days"],
        tuple(Rule(_LEVELS[level], _TYPES[kind], name.lower(), rank) for level, kind, name, rank in grant["rules"]),
    )


def _linked(text: str) -> Linked:
    account, _slash, key = text.partition("/")
    return Linked(int(account), key or "*")


def _words(kind: type[Word], given: Iterable[str]) -> Iterable[Word]:
    chosen = list(given)
    return kind if EVERYTHING in chosen else map(kind, chosen)
