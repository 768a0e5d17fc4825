"""Where a path leads: the root, a principal (which is also the calendar home), a collection, or an entry of it.

Paths are `/dav/`, `/dav/{user}/`, `/dav/{user}/{collection}/` and `/dav/{user}/{collection}/{entry}`. Whatever lies
under another user's name is refused with 403 in the same words, whether it exists or not; below one's own name, what
does not exist is 404.
"""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from gateway.dav.errors import Refusal
from gateway.dav.render import segment
from gateway.http.webpush import Offer
from storage.errors import NotFound
from storage.model import Account, Collection
from storage.scheduling.asking import Asking
from storage.store import Store

MAX_PATH = 8192

REGISTRATIONS, PROFILE = ".push", "calharbor.mobileconfig"
"""What stands below a principal besides collections: push registrations, and the set-up of Apple's devices."""

RESERVED = frozenset({REGISTRATIONS, PROFILE})
"""No collection can be made under these names."""

_ENTRY_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler needs besides the request: the mirror, where the endpoint is mounted, the limits, and who asks.

    `push`: what is offered of WebDAV-Push; None: nothing. `root`: the href under which the root was asked for.
    `asking`: how upstreams are asked when somebody is busy; None: they are not. `moment`: the path segment that says
    how long ago the mirror of `store` is, see `gateway/dav/past.py`; "" for the present one.
    """

    store: Store
    prefix: str
    max_resource: int
    user: str
    actor: str
    push: Offer | None = None
    root: str = ""
    asking: Asking | None = None
    moment: str = ""

    def href(self, *segments: str, folder: bool = False) -> str:
        """The href of a path below the endpoint, quoted; safe as XML too."""
        path = "".join(f"/{segment(each)}" for each in segments)
        return f"{self.prefix}{path}/" if folder or not segments else f"{self.prefix}{path}"

    @property
    def principal(self) -> str:
        """The href of the principal who asks."""
        return self.href(self.user, folder=True)

    def of(self, collection: Collection) -> str:
        """The href of a collection, with its final slash."""
        then = (self.moment,) if self.moment else ()
        return self.href(collection.user, *then, collection.slug, folder=True)


@dataclass(frozen=True, slots=True)
class Root:
    """The endpoint's own root, above the principals."""


@dataclass(frozen=True, slots=True)
class Home:
    """The principal who asks, and the home of their calendars."""


@dataclass(frozen=True, slots=True)
class Member:
    """A name inside a collection: an entry, or where one could be."""

    collection: Collection
    name: str


Place = Root | Home | Collection | Member


def find(context: Context, segments: tuple[str, ...]) -> Place:
    """Where a path leads; raises `Refusal` (403) below another user, `NotFound` where no collection is or can be."""
    if not segments:
        return Root()
    if segments[0] != context.user:
        raise foreign()
    if len(segments) == 1:
        return Home()
    collection = context.store.collection_at(context.user, segments[1])
    if len(segments) == _ENTRY_DEPTH - 1:
        return collection
    if len(segments) > _ENTRY_DEPTH:
        raise NotFound("there is nothing below an entry", hint="paths are /dav/{user}/{collection}/{entry}")
    return Member(collection, segments[2])


def foreign() -> Refusal:
    """The one answer for everything that is not below the asking user's own principal."""
    return Refusal(
        403,
        "this is not below your own principal",
        precondition="<need-privileges/>",
        hint="open your own address: the root, then your user name",
    )


def decode(raw_path: str) -> tuple[tuple[str, ...], bool]:
    """The decoded segments of a raw (still percent-encoded) path, and whether it ends with a slash.

    `%2F` inside a segment stays part of its name. Raises `Refusal` (400) for what no path can be: `.` and `..`, NUL,
    bytes that are not UTF-8, more than MAX_PATH octets.
    """
    if len(raw_path) > MAX_PATH:
        raise Refusal(400, f"the path has more than {MAX_PATH} octets")
    try:
        segments = tuple(unquote_to_bytes(part).decode() for part in raw_path.split("/") if part)
    except UnicodeDecodeError as error:
        raise Refusal(400, "the path is not UTF-8", hint="percent-encode the UTF-8 octets of each name") from error
    if any(part in (".", "..") or "\0" in part for part in segments):
        raise Refusal(400, "the path has a '.', '..' or NUL segment", hint="send the path as the server listed it")
    return segments, raw_path.endswith("/")


def from_href(context: Context, href: str) -> tuple[str, ...] | None:
    """The segments of an href (path or URL) of a request's body or its Destination; None outside the endpoint."""
    try:
        path = urlsplit(href.strip()).path
    except ValueError:
        return None
    below = strip(path, context.prefix)
    if below is None:
        return None
    try:
        segments = decode(below)[0]
    except Refusal:
        return None
    if context.moment and segments[1:2] != (context.moment,):
        return None
    return (*segments[:1], *segments[2:]) if context.moment else segments


def strip(path: str, prefix: str) -> str | None:
    """What follows the endpoint's prefix in a path; None if it does not begin with it."""
    if not path.startswith(prefix):
        return None
    rest = path[len(prefix) :]
    return rest if not rest or rest.startswith("/") else None


def default_account(store: Store, user: str) -> Account:
    """The account in which a new collection of this user is made.

    The one whose setting `default` is yes, else the first local one, else the first of all. Raises `Refusal` (403)
    where the user has none.
    """
    accounts = store.accounts(user)
    chosen = [account for account in accounts if account.settings.get("default", "") in ("yes", "true", "1")]
    chosen += [account for account in accounts if not account.mirrored] + accounts
    if not chosen:
        raise Refusal(403, f"{user} has no account that could hold it", hint="add one: calharbor account add")
    return chosen[0]
