"""The scheduling inbox and outbox (RFC 6638 §2.1 and §2.2): every user who has an account has one of each.

They are collections like any other to whoever names them, and left out wherever collections are listed: no calendar
program shall take an invitation for an event. What stands in the inbox are iTIP messages (RFC 5546), put there by the
server alone and kept until the user's client deletes them; nothing of them is rendered, searched or exported.
"""

from itertools import count

from storage import clock, ids, record, shelf
from storage.db import Connection
from storage.ical.kinds import ARRANGED
from storage.model import Account, Action, Collection, CollectionKind, Entry, Kind, Origin, State
from storage.tables import accounts, collections, entries, homes, journal

MAILBOXES = (CollectionKind.INBOX, CollectionKind.OUTBOX)

MOST_MESSAGES = 1_000
"""So many messages an inbox keeps."""

_NAMES = {CollectionKind.INBOX: "Inbox", CollectionKind.OUTBOX: "Outbox"}


def settle(conn: Connection, user: str, *, leaving: int = 0) -> None:
    """Let the user have both mailboxes if they have an account, and none otherwise.

    `leaving`: the account that is about to be removed. Their names are `inbox` and `outbox`, or the next ones that are
    free: a collection that has the name already keeps it.
    """
    own = [account for account in accounts.every(conn, user) if account.id != leaving]
    for kind, name in _NAMES.items():
        box = collections.mailbox(conn, user, kind)
        if box is None and own:
            made = _new(conn, own[0], kind, name)
            collections.insert(conn, made)
            homes.forget(conn, user, made.slug)
        elif box is not None and own and box.account_id not in [account.id for account in own]:
            collections.set_account(conn, box.n, own[0].id)
        elif box is not None and not own:
            shelf.remove(conn, box, origin=Origin.CLI, actor="", at=clock.iso())
            homes.forget(conn, user, box.slug)


def deliver(conn: Connection, user: str, text: str, uid: str, kind: Kind, *, at: str) -> None:
    """Put a message into the user's inbox; several about the same UID stand beside each other.

    `kind` is that of the component it is about. Most programs never empty an inbox: the oldest messages go when there
    are more than `MOST_MESSAGES`. What they were about stands in the calendar.
    """
    box = collections.mailbox(conn, user, CollectionKind.INBOX)
    if box is None:
        return
    entry_id = ids.new_id()
    digest = ids.content_hash(text)
    # The UID of an entry is unique in its collection; that of a message is its own.
    own_uid, href = f"{entry_id}:{uid}", f"{entry_id}.ics"
    seq = journal.append(
        conn,
        box,
        Action.ADD,
        origin=Origin.SCHEDULING,
        actor="",
        at=at,
        entry=(entry_id, own_uid, href),
        after=digest,
    )
    entry = Entry(0, entry_id, box.n, href, own_uid, kind, text, digest, len(text.encode()), seq, at, at)
    entries.insert(conn, entry, (None, None, None))
    collections.set_seq(conn, box.n, seq)
    for old in entries.beyond(conn, box.n, MOST_MESSAGES):
        record.delete(conn, box, old, origin=Origin.SCHEDULING, actor="", at=at)


def _new(conn: Connection, account: Account, kind: CollectionKind, name: str) -> Collection:
    names = (name.lower() if number == 1 else f"{name.lower()}-{number}" for number in count(1))
    slug = next(each for each in names if collections.by_slug(conn, account.user, each) is None)
    return Collection(
        n=0,
        id=ids.new_id(),
        account_id=account.id,
        user=account.user,
        slug=slug,
        kind=kind,
        components=ARRANGED if kind is CollectionKind.INBOX else ("VFREEBUSY",),
        name=name,
        state=State.FRESH,
    )
