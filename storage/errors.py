"""Every error of the program, drawn as a tree; each carries fields, a sentence for people, and what to do next.

CalHarborError
├── ConfigError              the configuration file or a command's arguments
├── InvalidData              text that is not the iCalendar or vCard it should be
│   ├── TooLarge             larger, deeper or longer than the limits allow
│   ├── NotOneEntry          well-formed, but several entries in one text
│   ├── InvalidChange        a change of an event that cannot be made; names the part of it
│   └── UnsupportedKind      well-formed, but not what this collection holds
├── StoreError               the mirror says no
│   ├── NotFound             no such user, account, collection, entry, change …
│   ├── AlreadyExists        the name or href is taken
│   ├── UidConflict          another entry of the collection has this UID
│   ├── PreconditionFailed   the entry is not in the version the caller named
│   ├── SchedulingRefused    a meeting that cannot be written so (RFC 6638 §3.2.4)
│   ├── ReadOnly             the upstream grants no write privilege
│   ├── TooManyMatches       more instances than one question is answered with
│   ├── CursorExpired        the journal no longer reaches back to this cursor
│   ├── BeyondHistory        a moment or a change from before the oldest one that is kept
│   ├── LeaseLost            another process has taken over the sync lease
│   ├── PlanChanged          what a plan was made of is not so any more
│   ├── StoreBusy            another writer holds the mirror for too long: try again
│   └── StoreFull            the disk or a quota is full
├── AccessDenied             the client did not prove who it is, or may not do this
│   └── PermitDenied         a token that may not see or do this; `code` is the word of the JSON API
└── UpstreamError            somebody else's server
    ├── Unreachable          no connection, time-out, 5xx: try again later
    ├── RateLimited          told to slow down
    ├── NeedsLogin           credentials refused or expired: a person must sign in again
    ├── BlockedByAdmin       an administrator's policy forbids it
    ├── UntrustedAnswer      an answer that cannot be what was asked for (login page, cut-off XML)
    ├── CursorGone           the remote cursor is dead: list everything again
    ├── CollectionGone       the collection does not answer any more
    ├── EntryGone            the upstream has no such entry
    ├── VersionMismatch      the upstream's entry is not in the version we named
    └── Rejected             the upstream refused this very write, for good
"""


class CalHarborError(Exception):
    """Anything this program raises on purpose: `message` says what and where, `hint` what to do next."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(CalHarborError):
    """A section, an option, a value or an argument that cannot be understood."""

    code = "config"


class InvalidData(CalHarborError):
    """Text that is not the iCalendar (RFC 5545) or vCard (RFC 6350) it claims to be."""

    code = "invalid-data"


class TooLarge(InvalidData):
    """Data beyond a limit: bytes, nesting depth or number of components."""

    code = "too-large"


class NotOneEntry(InvalidData):
    """Components of several kinds or UIDs in one text, which an entry is not (RFC 4791 §4.1)."""

    code = "not-one-entry"


class InvalidChange(InvalidData):
    """A change of an event that cannot be made as it was asked for; `member` is the part of the change at fault.

    `member` is a field of `storage.editing.change.Change`: `start`, `end`, `recurrence` …
    """

    code = "invalid-change"

    def __init__(self, member: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.member = member


class UnsupportedKind(InvalidData):
    """A component that this collection does not hold (`supported-calendar-component-set`, RFC 4791 §5.2.3)."""

    code = "unsupported-kind"


class StoreError(CalHarborError):
    """The mirror refuses; nothing was changed."""

    code = "store"


class NotFound(StoreError):
    """There is no such thing in the mirror."""

    code = "not-found"


class AlreadyExists(StoreError):
    """The name, slug or href is taken."""

    code = "already-exists"


class UidConflict(StoreError):
    """Another entry of the collection has this UID (`no-uid-conflict`, RFC 4791 §5.3.2.1); `href` names it."""

    code = "uid-conflict"

    def __init__(self, message: str, *, href: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.href = href


class PreconditionFailed(StoreError):
    """The caller named a version (If-Match, If-None-Match) that the entry does not have."""

    code = "precondition-failed"


class SchedulingRefused(StoreError):
    """A meeting that cannot be written so; `condition` is the name of RFC 6638's precondition (§3.2.4)."""

    code = "scheduling"

    def __init__(self, message: str, *, condition: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.condition = condition


class ReadOnly(StoreError):
    """The collection cannot be written, because its upstream grants no write privilege."""

    code = "read-only"


class TooManyMatches(StoreError):
    """A question about a time in which there are more instances than anybody can look at."""

    code = "too-many-matches"


class CursorExpired(StoreError):
    """A cursor from before the oldest change that the journal keeps, or from another store."""

    code = "cursor-expired"


class BeyondHistory(StoreError):
    """A moment, or a change, from before the oldest one that the history keeps."""

    code = "beyond-history"


class LeaseLost(StoreError):
    """Another process holds the sync lease now; this one must stop writing."""

    code = "lease-lost"


class PlanChanged(StoreError):
    """A run came upon something that is not in the plan that it was to carry out, and stopped before it."""

    code = "plan-changed"


class StoreBusy(StoreError):
    """Another writer held the mirror for longer than a write waits; nothing happened, so the call can be repeated."""

    code = "store-busy"


class StoreFull(StoreError):
    """The disk is full; the write was not accepted (507)."""

    code = "store-full"


class AccessDenied(CalHarborError):
    """A client that did not prove who it is, or may not do what it asked."""

    code = "access-denied"


class PermitDenied(AccessDenied):
    """What a token may not see or do. `code` says why, in the words of the contract (D.1), which doors answer with.

    ACCESS_DENIED, TOKEN_DENIED and TIMEFRAME_DENIED are about what the token may; EVENT_NOT_FOUND and
    CALENDAR_NOT_FOUND say of what is hidden from it the same as of what is not there.
    """

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class UpstreamError(CalHarborError):
    """Somebody else's server did not do what was asked.

    `status` is the HTTP status where there was one; `retry_after` (seconds) is set where the upstream named a time.
    """

    code = "upstream"

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after = retry_after


class Unreachable(UpstreamError):
    """No connection, a time-out, a 5xx: nothing is known about the request, try again later."""

    code = "unreachable"


class RateLimited(UpstreamError):
    """The upstream asks to slow down; `retry_after` seconds if it said how long."""

    code = "rate-limited"


class NeedsLogin(UpstreamError):
    """The credentials are refused, expired or missing: only a person can go on."""

    code = "needs-login"


class BlockedByAdmin(UpstreamError):
    """An administrator's policy (consent, conditional access) forbids this account to this program."""

    code = "blocked-by-admin"


class UntrustedAnswer(UpstreamError):
    """An answer that cannot be what was asked for: a login page with status 200, cut-off XML, HTML in a multistatus.

    Nothing may be concluded from it, least of all that something is gone.
    """

    code = "untrusted-answer"


class CursorGone(UpstreamError):
    """The remote cursor is dead (CalDAV `valid-sync-token`, Google 410, …): list everything again."""

    code = "cursor-gone"


class CollectionGone(UpstreamError):
    """The collection does not answer any more: deleted, unshared, or its permission was lost."""

    code = "collection-gone"


class EntryGone(UpstreamError):
    """The upstream says, by name, that it has no such entry."""

    code = "entry-gone"


class VersionMismatch(UpstreamError):
    """A conditional write failed (412): the upstream's entry is not in the version we named."""

    code = "version-mismatch"


class Rejected(UpstreamError):
    """The upstream refused this very write and would refuse it again (403, 415, forbidden property), in its words."""

    code = "rejected"
