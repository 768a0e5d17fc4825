"""What the upstream has lost, and shall have again: an entry of ours becomes a creation."""

from storage.content import digest
from storage.db import Connection
from storage.model import Collection, Entry
from storage.scheduling.unheard import unheard
from storage.tables import links, outbox


def send_anew(conn: Connection, collection: Collection, entry: Entry) -> None:
    """Let the upstream have an entry again; if it had it all the time, that is known by what was last agreed.

    To make it anew is our doing, so nobody is told of that: guests whose meeting somebody removed there are not invited
    again (promise 5). But who has answered an invitation was promised that its organizer hears of it, once; whatever
    removed the copy did not say so, rather that we decline (RFC 6638 §3.2.2.4). So an answer that waits is told with
    the creation (§3.2.2.2); an organizer who has called off the meeting meanwhile has nothing to do with it
    (RFC 5546 §3.2.3).
    """
    link = links.of_entry(conn, entry.id)
    agreed = link.base if link and link.base is not None else entry.text
    told = unheard(conn, collection, entry, answer=True)
    links.drop(conn, entry.id)
    if waiting := outbox.get(conn, collection.n, entry.id):
        outbox.make_anew(conn, waiting.n, notify=told)
    else:
        account = collection.account_id
        outbox.enqueue(conn, account_id=account, collection_n=collection.n, entry_id=entry.id, action="create")
    if waiting := outbox.get(conn, collection.n, entry.id):
        outbox.sending(conn, waiting.n, {*waiting.sent, digest(agreed)})
