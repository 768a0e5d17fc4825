"""Whether others have still to hear of a change that waits in the outbox, when it has to go up another way."""

from storage.db import Connection
from storage.model import Collection, Entry
from storage.scheduling import people
from storage.scheduling.audience import answers, audience
from storage.tables import accounts, links, outbox


def unheard(conn: Connection, collection: Collection, entry: Entry, *, answer: bool = False) -> bool:
    """Whether the author of what waits of an entry wants others to be told of it, and it concerns any.

    A creation that takes the place of an edit tells everybody all of it again, so one that nobody need hear of has to
    be silent. So has one of what was sent already, though no answer came: it may have been told, and nobody hears twice
    (promise 5). `answer`: only an answer to somebody else's invitation counts, and also one that was sent: whoever
    removed it since has had the organizer told that we decline.
    """
    waiting, link = outbox.get(conn, collection.n, entry.id), links.of_entry(conn, entry.id)
    account = accounts.by_id(conn, collection.account_id)
    if waiting is None or not waiting.notify or account is None or (waiting.attempts and not answer):
        return False
    before = None if link is None else entry.text if link.agreed is None else link.agreed
    mine = people.of_calendar(account, collection)
    return answers(before, entry.text, mine) if answer else bool(audience(before, entry.text, mine))
