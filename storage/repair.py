"""Working out anew what can be worked out: what is rendered from texts, indexes, and numbers that are kept twice.

Never touched: texts, the journal, revisions, links, the outbox, and what waits for a person. Damage of those needs a
backup, or an upstream that still has it.
"""

from storage import ids, record
from storage.content import read
from storage.db import Connection
from storage.errors import InvalidData
from storage.model import Collection, Entry
from storage.store import Store
from storage.tables import entries, integrity, mending
from storage.verify import entry_problems

PAGE = 200


def repair(store: Store) -> list[str]:
    """Mend what can be; a sentence for each thing that was done. Raises `StoreFull`, `StoreBusy`, `StoreError`."""
    done: list[str] = []
    with store.db.atomic() as conn:
        if mending.damaged(conn):
            mending.rebuild_indexes(conn)
            done.append("all indexes were built anew")
        if orphans := mending.drop_orphans(conn):
            done.append(f"{orphans} rows that belonged to no entry were removed")
        wrong = integrity.misrendered(conn)
    mended = [said for collection in store.collections() for said in _collection(store, collection, wrong)]
    with store.db.atomic() as conn:
        if orphans or mended or integrity.search_problem(conn):
            mending.rebuild_search(conn)
            done.append("the search index was built anew")
        newest = mending.set_newest(conn)
        readers = mending.set_back_readers(conn)
    done += mended
    done += [f"collection {public_id}: its newest change is {seq}, as the journal says" for public_id, seq in newest]
    done += [f"the reader {name} begins at the beginning of the journal again" for name in readers]
    return done


def _collection(store: Store, collection: Collection, wrong: set[str]) -> list[str]:
    """Mend the entries of a collection, those in `wrong` and whatever else is not as its text; some at a time."""
    done = []
    last = ""
    while True:
        with store.db.atomic() as conn:
            span = record.horizon(conn)
            page = entries.after(conn, collection.n, last, PAGE)
            for entry in page:
                if entry.id in wrong or any(entry_problems(conn, collection, entry, span)):
                    done += _entry(conn, collection, entry)
        if not page:
            return done
        last = page[-1].href


def _entry(conn: Connection, collection: Collection, entry: Entry) -> list[str]:
    """Mend one entry, where its text is what the journal says."""
    digest = ids.content_hash(entry.text)
    after, uid = mending.said_last(conn, entry.id)
    if digest != (after or entry.hash):
        return []  # the text itself is not what it was
    try:
        content = read(entry.text, collection.kind)
    except InvalidData:
        return []
    if (content.uid or ids.no_uid(entry.id)) != (uid or entry.uid):
        return []
    mended = entry._replace(
        hash=digest, size=len(entry.text.encode()), kind=content.kind, uid=content.uid or ids.no_uid(entry.id)
    )
    record.render_anew(conn, mended, content)
    return [f"entry {entry.id} ({collection.name}): what is rendered from its text was rendered anew"]
