"""Calendar user addresses (RFC 6638 §2.4.1): which are whose, and which of a user's calendars invitations go to.

An address is compared in its `normal` form: an e-mail address in lower case, with or without `mailto:` in front of it,
or the path of a principal of this server.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from urllib.parse import unquote

from storage.db import Connection
from storage.ical.quirks import calendar_address
from storage.model import Account, Collection
from storage.tables import accounts, collections, default_calendars

PRINCIPALS = "/dav/"
"""Below this path stands a principal for each user."""


LONGEST_ADDRESS, MOST_ADDRESSES = 320, 50
"""How much of an upstream's list of addresses is kept."""


def normal(address: str) -> str:
    """What tells one address from another: `mailto:bob@example.org`, `/dav/bob/`, or the text itself."""
    text = address.strip()
    if email := calendar_address(text, ""):
        return f"mailto:{email.lower()}"
    user = _principal(text)
    return f"{PRINCIPALS}{user}/" if user else text


def ordered(owned: Iterable[Account]) -> list[Account]:
    """A user's accounts, the default one in front."""
    return sorted(
        owned, key=lambda account: (account.settings.get("default", "") not in ("yes", "true", "1"), account.id)
    )


def addresses(conn: Connection, user: str) -> list[str]:
    """The user's own addresses in normal form, the preferred one first, the principal last."""
    every = accounts.every(conn)
    taken = {normal(account.email) for account in every if account.user != user and account.email}
    mine = ordered(account for account in every if account.user == user)
    given = [normal(account.email) for account in mine if account.email]
    # What an upstream merely says must not make an address ours that another user was given.
    said = [address for account in mine for address in own(account) if address in given or address not in taken]
    return [*dict.fromkeys(said), f"{PRINCIPALS}{user}/"]


def own(account: Account) -> list[str]:
    """An account's addresses in normal form: the one that its owner gave it, then what its upstream reports."""
    given = [normal(account.email)] if account.email else []
    return [*given, *(account.addresses if account.mirrored else ())]


def of_calendar(account: Account, collection: Collection) -> list[str]:
    """The addresses in normal form under which an account invites and answers in one of its calendars.

    Besides its own that of the calendar, where it has one, and the principal of its user.
    """
    apart = [normal(collection.email)] if collection.email else []
    return [*own(account), *apart, f"{PRINCIPALS}{account.user}/"]


def reported(addresses: Iterable[str]) -> tuple[str, ...]:
    """What of an upstream's `calendar-user-address-set` is kept: e-mail addresses, in normal form, not without end."""
    found = (normal(each) for each in addresses if len(each) <= LONGEST_ADDRESS)
    return tuple(islice(dict.fromkeys(each for each in found if each.startswith("mailto:")), MOST_ADDRESSES))


def user_of(conn: Connection, address: str) -> str | None:
    """Whose address this is, of all users of this server; local accounts count before mirrored ones."""
    wanted = normal(address)
    owned = accounts.every(conn)
    if user := _principal(wanted):
        return next((account.user for account in owned if account.user == user), None)
    found = [account for account in owned if wanted in own(account)]
    # What an upstream merely says comes last: it must not make somebody else's address its own.
    found.sort(key=lambda account: (account.mirrored, not account.email or normal(account.email) != wanted))
    return found[0].user if found else None


def local_users(conn: Connection) -> Mapping[str, str]:
    """Whom this mirror itself delivers messages to, by address in normal form: the users who have local accounts.

    The principal of a user counts as an address of their local accounts, and so does that of a calendar which has one
    of its own; those of mirrored accounts get their messages from their own upstreams.
    """
    found: dict[str, str] = {}
    for account in accounts.every(conn):
        if not account.mirrored:
            found.setdefault(f"{PRINCIPALS}{account.user}/", account.user)
            if account.email:
                found.setdefault(normal(account.email), account.user)
    for address, user in _of_calendars(conn).items():
        found.setdefault(address, user)
    return found


def local_addresses(conn: Connection, user: str) -> list[str]:
    """The user's own addresses, and those of their local calendars: under all of these they invite and are invited."""
    apart = [address for address, owner in _of_calendars(conn).items() if owner == user]
    return list(dict.fromkeys([*addresses(conn, user), *apart]))


def is_local(conn: Connection, collection: Collection) -> bool:
    """Whether a calendar has no upstream, so that this mirror itself delivers what is written there."""
    account = accounts.by_id(conn, collection.account_id)
    return account is not None and not account.mirrored and not collection.mailbox


def delivers(conn: Connection, collection: Collection) -> bool:
    """Whether what is written there reaches attendees without the client's doing: through us, or its own upstream."""
    return "VCARD" not in collection.components and (collection.schedules or is_local(conn, collection))


def local_calendars(conn: Connection, user: str) -> list[Collection]:
    """The user's calendars that have no upstream, the one for invitations first."""
    local = {account.id for account in accounts.every(conn, user) if not account.mirrored}
    preferred = default_calendar(conn, user)
    found = [each for each in collections.every(conn, user=user) if each.account_id in local]
    return sorted(found, key=lambda each: preferred is None or each.id != preferred.id)


def default_calendar(conn: Connection, user: str) -> Collection | None:
    """The calendar that the user chose for events that others send (RFC 6638 §9.2), else the first that could be it.

    Calendars of local accounts come first: into a mirrored one its own upstream puts invitations.
    """
    chosen = default_calendars.get(conn, user)
    local = {account.id for account in accounts.every(conn, user) if not account.mirrored}
    fit = [each for each in collections.every(conn, user=user) if takes_invitations(each)]
    fit.sort(key=lambda each: (each.id != chosen, each.account_id not in local))
    return fit[0] if fit else None


def takes_invitations(collection: Collection, component: str = "VEVENT") -> bool:
    """Whether events (or tasks) that others send could be put there."""
    return component in collection.components and not collection.read_only and not collection.mailbox


def _of_calendars(conn: Connection) -> Mapping[str, str]:
    """The users of local calendars by the addresses that those have of their own, and that no account was given."""
    given = {normal(account.email) for account in accounts.every(conn) if account.email}
    found: dict[str, str] = {}
    for each in collections.addressed(conn):
        address = normal(each.email)
        if address not in given and is_local(conn, each):
            found.setdefault(address, each.user)
    return found


def _principal(address: str) -> str:
    """The user whose principal an address names, by its path alone; "" for any other address, URLs of servers too."""
    path = unquote(address)
    name = path.removeprefix(PRINCIPALS).rstrip("/")
    return name if path.startswith(PRINCIPALS) and name and "/" not in name else ""
