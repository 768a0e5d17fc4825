"""The records that cross folder boundaries: frozen, typed views of what the store holds.

What is rendered of an entry stands in `storage/records.py`. Moments of the store itself (`at`, `as_of`, `modified`) are
ISO 8601 strings in UTC with milliseconds and `Z`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Origin(StrEnum):
    """Who caused a change."""

    UPSTREAM = "upstream"
    DAV = "dav"
    API = "api"
    VDIR = "vdir"
    WEB = "web"
    CLI = "cli"
    MCP = "mcp"
    UNDO = "undo"
    SCHEDULING = "scheduling"


class Action(StrEnum):
    """What a change did to its entry or collection."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


class State(StrEnum):
    """The one word for how fresh an account or a collection is (promise 6)."""

    FRESH = "fresh"
    SYNCING = "syncing"
    WAITING = "waiting"
    STALE = "stale"
    NEEDS_LOGIN = "needs-login"
    BLOCKED = "blocked-by-admin"
    HELD = "held"
    PAUSED = "paused"


class Kind(StrEnum):
    """What an entry is; the value is also the word of the views and the JSON."""

    EVENT = "event"
    TODO = "todo"
    JOURNAL = "journal"
    FREEBUSY = "freebusy"
    CONTACT = "contact"


class CollectionKind(StrEnum):
    """What a collection is for."""

    CALENDAR = "calendar"
    TASKS = "tasks"
    CONTACTS = "contacts"
    INBOX = "inbox"
    OUTBOX = "outbox"


class Level(StrEnum):
    """How far a collection is shared with another user; what is private to its owner shows in none as more than busy.

    READ all entries, WRITE changes them too, BUSY only the times that they take.
    """

    READ = "read"
    WRITE = "write"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Account:
    """One login at one upstream; `mirrored` is false for a local account, which has no upstream at all.

    `addresses` are the calendar user addresses that the upstream itself reports (RFC 6638 §2.4.1), in normal form.
    """

    id: int
    name: str
    user: str
    provider: str
    email: str = ""
    service: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    mirrored: bool = True
    paused: bool = False
    state: State = State.WAITING
    reason: str = ""
    as_of: str | None = None
    addresses: tuple[str, ...] = ()
    created: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Whose collection it is that somebody else sees, how far, and its number in the store."""

    owner: str
    level: Level
    source: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar, task list or address book.

    `n` is the store's own number, never given again (joins; what the Access API calls a calendar); `id` the public
    id; `slug` the DAV path segment, unique per user. `components` are the allowed component names (`VEVENT`,
    `VTODO`, `VJOURNAL`, `VFREEBUSY`, `VCARD`). `seq` is the newest change of the collection: its ctag and the
    number inside its sync token. `timezone` is an IANA name or empty; `order` is Apple's calendar-order. `dead`
    holds dead WebDAV properties: Clark name → XML fragment. `schedules`: its upstream delivers to attendees what is
    written there (RFC 6638 §3); of a local one nothing is said. `via`: the ids of the other mirrors that it comes
    through. `location` and `raw` (attributes by name) are what clients of the JSON API keep with it beyond what
    WebDAV knows. `email`: its own address, empty for its account's. `key`: what the configuration calls it within
    its account; `primary` makes it the account's primary calendar.

    With `share` it is another user's collection, as `user` sees it: under an id, a slug and an `n` (below 0) of its
    own, which every verb of the store takes, and through which it shows and does what the share allows.
    """

    n: int
    id: str
    account_id: int
    user: str
    slug: str
    kind: CollectionKind
    components: tuple[str, ...]
    name: str
    description: str = ""
    color: str = ""
    timezone: str = ""
    order: str = ""
    read_only: bool = False
    seq: int = 0
    created_seq: int = 0
    remote_href: str | None = None
    remote_cursor: str | None = None
    state: State = State.WAITING
    reason: str = ""
    as_of: str | None = None
    dead: Mapping[str, str] = field(default_factory=dict)
    schedules: bool = False
    via: tuple[str, ...] = ()
    location: str = ""
    email: str = ""
    key: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    share: Share | None = None

    @property
    def source(self) -> int:
        """The number of the collection that holds its entries."""
        return self.share.source if self.share else self.n

    @property
    def owner(self) -> str:
        """The user whose collection it is, whoever sees it."""
        return self.share.owner if self.share else self.user

    @property
    def mailbox(self) -> bool:
        """Whether this is a scheduling inbox or outbox, and no calendar, task list or address book."""
        return self.kind in (CollectionKind.INBOX, CollectionKind.OUTBOX)


@dataclass(frozen=True, slots=True)
class Grant:
    """One collection shared with one user; `id` and `slug` are those of the collection that the user sees.

    The fields from `name` to `dead` are the user's own in place of the owner's; empty ones are not set.
    """

    n: int
    id: str
    collection_n: int
    user: str
    level: Level
    slug: str
    created: str
    name: str = ""
    description: str = ""
    color: str = ""
    timezone: str = ""
    order: str = ""
    dead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feed:
    """A secret link under which anybody reads a calendar, or (`collection` None) when its user is busy in all of them.

    `busy`: it shows nothing but when. `last_used` is exact to some minutes; `revoked` is None while the link works.
    """

    id: str
    user: str
    collection: str | None
    busy: bool
    label: str
    created: str
    last_used: str | None = None
    revoked: str | None = None


class Entry(NamedTuple):
    """One UID in one collection with all its overrides: the text as it was given, byte for byte (UTF-8).

    A tuple, because a report reads ten thousand of them.
    """

    n: int
    id: str
    collection_n: int
    href: str
    uid: str
    kind: Kind
    text: str
    hash: str
    size: int
    seq: int
    created: str
    modified: str

    @property
    def etag(self) -> str:
        """The strong ETag over the stored bytes."""
        return f'"{self.hash}"'


Tag = tuple[str, str]
"""An entry's name and hash alone: what most listings ask for. As SQLite gives it: records would take twice as long."""


class Listed(NamedTuple):
    """An entry in a listing: everything but its text. A tuple, because listings have ten thousand of them."""

    href: str
    hash: str
    kind: Kind
    size: int
    modified: str
    id: str

    @property
    def etag(self) -> str:
        """The strong ETag over the stored bytes."""
        return f'"{self.hash}"'


class RedactedEntry(Entry):
    """An entry of which only its times are shown, to somebody else than its owner; it belongs to no row (`n` is 0)."""

    __slots__ = ()


class RedactedListed(Listed):
    """The same in a listing."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the journal. `entry` is empty where the collection itself changed.

    `run` is the number of the first change of the act that this one belongs to (one pass of the engine over an account,
    one `undo`, the removal of a whole collection); None for a change that stands alone.
    """

    seq: int
    at: str
    account_id: int
    collection: str
    entry: str
    uid: str
    href: str
    action: Action
    origin: Origin
    actor: str = ""
    before: str = ""
    after: str = ""
    collection_n: int = 0
    run: int | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who owns accounts and signs in; `password` is an argon2 hash, None where only device passwords work."""

    name: str
    password: str | None = None
    declared: bool = False
    created: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One revocable app password. `last_used` is exact to the hour; `revoked` is None while the password works."""

    id: str
    user: str
    label: str
    created: str
    last_used: str | None = None
    revoked: str | None = None


class TokenKind(StrEnum):
    """What a token of the JSON API opens: one account, every account, or chosen calendars under restrictions."""

    ACCOUNT = "account"
    APP = "app"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Token:
    """One secret for the JSON API; `account` is None but for the kind `account`.

    `grant` says what a token of the kind `access` may see and do (the options of its section in the configuration).
    `last_used` is exact to the hour; `expires` and `revoked` are None while nothing ends it.
    """

    id: str
    label: str
    kind: TokenKind
    account: int | None
    created: str
    grant: Mapping[str, Any] = field(default_factory=dict)
    declared: bool = False
    expires: str | None = None
    last_used: str | None = None
    revoked: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody who follows the changes of an account's calendars, those of `monitored` or, where it is empty, of all.

    `n` is its public number. `automatic`: it was made together with the account. `since` is the newest change from when
    it was made. `last_cursor` and `last_read` are None until somebody reads.
    """

    n: int
    account: int
    automatic: bool
    active: bool
    monitored: tuple[str, ...]
    since: int
    created: str
    modified: str
    last_cursor: str | None = None
    last_read: str | None = None
