"""The contract that every adapter implements; it stands here because its consumer, the sync engine, owns it.

A provider speaks for one account at one upstream. It holds no state of its own between calls but connections: what must
survive (remote cursors, versions, bases) is kept by the engine and handed in. All methods are synchronous, may be slow,
and raise only errors of the `UpstreamError` branch; anything else is a bug of the adapter. Calls for one account come
from one thread at a time.

The promises, each checked by `tests/contract/provider.py`:

- `pull` yields pages; an entry whose version equals the known one is named in `seen`, never sent again.
- A page's `cursor` covers everything up to and including that page, so it may be stored with the page.
- `full` means that the round names everything the collection holds: what no page mentions is *unseen*. A provider that
  cannot be sure (cut-off listing, 207 with an HTML body, login page) raises `UntrustedAnswer` and concludes nothing.
- One unreadable entry never ends a page: it is handed over as it came, and the engine quarantines it.
- Every push is conditional on the version it names: `VersionMismatch` if the upstream has another. A creation never
  overwrites. Repeating a push that had already arrived changes nothing and ends in success or `VersionMismatch`.
- Nothing here ever causes a mail unless `Push.notify` says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from storage.model import CollectionKind

Known = Callable[[Sequence[str]], Mapping[str, str]]
"""Given remote hrefs, the versions under which the engine knows them; what it does not know is absent."""


class Silence(StrEnum):
    """How an upstream that tells attendees and organizers of what is written there is kept from it."""

    NEEDLESS = "needless"  # it tells nobody, whatever is written
    ASKED = "asked"  # it is asked with each write, and known to obey
    MARKED = "marked"  # guests are marked as ours to tell where that keeps it silent; all other writes are refused


@dataclass(frozen=True, slots=True)
class Holds:
    """What an upstream keeps of an entry, as data; by default everything.

    Names are in upper case; one that ends in `*` stands for all that begin so (`X-*`).

    `drops`: properties, and components inside an entry, that are lost, but for those that `keeps` names.
    `parameters`: parameters that are lost. `single`: parameters of which the first value alone is kept. `alarms`: how
    many alarms of a component are kept, the first ones; None for all. `rewords`: properties that come back in other
    words (a text as HTML, or cut off).
    `splits`: properties in which a bare comma is taken for the end: what follows it is lost, and bare semicolons come
    back escaped.
    """

    drops: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    alarms: int | None = None
    rewords: frozenset[str] = frozenset()
    splits: frozenset[str] = frozenset()


EVERYTHING = Holds()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an upstream can do, declared as data.

    `upstream` is false only for local accounts. `cursor`: pulls are incremental. `exact_writes`: the upstream keeps our
    bytes, so a written entry need not be read back. `create_collections`, `collection_properties`: whether collections
    can be made, removed and renamed. `holds`: what of a calendar's entry comes back as it was sent, `cards`: what of a
    contact; the mirror keeps the rest; both known once anything has been asked of it. `silence`: how a push without
    `notify` is kept from telling anybody; known once the collections have been asked for.
    """

    upstream: bool = True
    cursor: bool = True
    exact_writes: bool = False
    create_collections: bool = True
    collection_properties: bool = True
    holds: Holds = EVERYTHING
    cards: Holds = EVERYTHING
    silence: Silence = Silence.NEEDLESS

    def keeping(self, kind: CollectionKind) -> Holds:
        """What of an entry in a collection of this kind comes back as it was sent."""
        return self.cards if kind is CollectionKind.CONTACTS else self.holds


@dataclass(frozen=True, slots=True)
class RemoteCollection:
    """A collection as the upstream shows it.

    `href` is the upstream's own id for it (for CalDAV the path, percent-encoded as the server gave it), opaque to the
    engine. `timezone` is an IANA name or empty. `schedules`: what is written there the upstream itself delivers to
    attendees and organizers (RFC 6638 §3). `via`: where the upstream is a mirror like this one, its id, and those of
    the mirrors that it has the collection from: who finds itself among them has come full circle.
    """

    href: str
    name: str
    kind: CollectionKind
    components: tuple[str, ...]
    description: str = ""
    color: str = ""
    timezone: str = ""
    order: str = ""
    read_only: bool = False
    schedules: bool = False
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteEntry:
    """An entry as the upstream sent it: `data` is its text, or its raw bytes where those are not valid UTF-8."""

    href: str
    version: str
    data: str | bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a pull. `changed` carries data; `seen` are (href, version) pairs that the engine already holds;
    `gone` are explicit tombstones. `cursor` is None where this page is not a point to resume from. `full`: see above.
    """

    changed: Sequence[RemoteEntry] = ()
    seen: Sequence[tuple[str, str]] = ()
    gone: Sequence[str] = ()
    cursor: str | None = None
    full: bool = False
    last: bool = False


class PushAction(StrEnum):
    """What a push does upstream."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Push:
    """One write to one entry.

    `href` and `version` name the upstream's entry (empty for a creation). `base` is the projection last agreed, the
    ground for a minimal patch; `text` the whole new text (empty for a deletion). `name` is the resource name that a
    creation should use where the upstream lets clients choose. `key` is stable over retries of this very write.
    `notify` is the intent of the door that made the change: false means that nobody may be mailed.
    """

    action: PushAction
    uid: str
    text: str = ""
    base: str = ""
    href: str = ""
    version: str = ""
    name: str = ""
    key: str = ""
    notify: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The upstream took a push. `version` is empty where it did not say under which; `text` is what it now shows, where
    the answer told us. With neither, and without `Capabilities.exact_writes`, the engine reads the entry back.
    """

    href: str
    version: str = ""
    text: str | None = None


@dataclass(frozen=True, slots=True)
class FreeBusy:
    """What an upstream says of one calendar user: a request status (RFC 5546 §3.6, `2.0;Success` where it tells), and
    the busy periods inside the span asked for by FBTYPE (`BUSY`, `BUSY-TENTATIVE`, `BUSY-UNAVAILABLE`): seconds since
    1970 in UTC, the end exclusive.
    """

    status: str
    periods: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)

    @property
    def told(self) -> bool:
        """Whether the upstream answered for this person."""
        return self.status.startswith("2.")


@dataclass(frozen=True, slots=True)
class CollectionEdit:
    """Properties to set on a collection; None leaves a property as it is, an empty string clears it."""

    name: str | None = None
    description: str | None = None
    color: str | None = None
    timezone: str | None = None
    order: str | None = None


@runtime_checkable
class Provider(Protocol):
    """One account at one upstream. Raises `UpstreamError`s only."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        """What this upstream can do, so far as it is known: it may learn more once it has been spoken to."""

    def collections(self) -> Sequence[RemoteCollection]:
        """Every collection of the account that can be mirrored, in the upstream's order.

        Never an incomplete list: raises instead (`UntrustedAnswer`, `Unreachable`, `NeedsLogin`, …).
        """

    def pull(self, collection: RemoteCollection, cursor: str | None, known: Known) -> Iterator[Page]:
        """What changed since `cursor`, or everything (`full` pages) where it is None or the upstream has no cursors.

        Raises `CursorGone` before the first page if the cursor is dead, `CollectionGone` if the collection is.
        """

    def listing(self, collection: RemoteCollection) -> Mapping[str, str]:
        """The version of every entry by href, by the most authoritative means the upstream has, trusting no cursor."""

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        """Those entries as they are now, asked for by name; None where the upstream says by name that there is none.

        An href that got no clear answer is absent from the result.
        """

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        """Write one entry; raises `VersionMismatch`, `EntryGone` (update of a missing one), `Rejected`, …

        Deleting what is already gone succeeds.
        """

    def create_collection(self, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """Make a collection like `wanted` (`name` is the resource name to use) and return it as it now is."""

    def update_collection(self, collection: RemoteCollection, edit: CollectionEdit) -> None:
        """Set collection properties."""

    def delete_collection(self, collection: RemoteCollection) -> None:
        """Remove the collection with everything in it; succeeds if it is already gone."""

    def addresses(self) -> Sequence[str]:
        """The account's own calendar user addresses (`mailto:…`), as the upstream reports them; may be empty."""

    def free_busy(self, addresses: Sequence[str], start: int, end: int) -> Mapping[str, FreeBusy]:
        """When these calendar users (`mailto:…`) are busy inside [start, end), seconds since 1970 (RFC 6638 §5).

        By address as given; what the upstream leaves out is absent. Changes nothing there, and mails nobody. Raises
        `Rejected` where the upstream answers no such question for this account.
        """

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request in the upstream's own words: `uri` is relative to its address, or absolute and of its own origin."""

    method: str
    uri: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What the upstream said to it, whatever its status; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@runtime_checkable
class PassesThrough(Protocol):
    """What a provider may do besides: let a client speak to its upstream in the upstream's own words."""

    def pass_through(self, request: RawRequest) -> RawAnswer:
        """Send a request with the account's credentials; the answer as it is, redirects not followed.

        Raises `AccessDenied`, with nothing sent, for a URI of any other origin than the upstream's own, and
        `UpstreamError`s where there is no answer.
        """


@dataclass(frozen=True, slots=True)
class Login:
    """What an adapter is built from: the account's non-secret settings and the secrets of the credentials file.

    `settings`: `url`, `username`, `email`, `endpoint`, … `secrets`: `password`, `access_token`, … — never logged.
    """

    account: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


class Factory(Protocol):
    """How an adapter class is made: `registry.create(provider_name, login)` calls it."""

    def __call__(self, login: Login) -> Provider:
        """Build the provider; connects to nothing yet. Raises `ConfigError` where a setting is missing or wrong."""
