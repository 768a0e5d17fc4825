"""The verb of doors that do not send whole texts: an entry is rewritten from what it is now, and nothing is lost."""

from collections.abc import Callable
from collections.abc import Collection as Group

from storage import admission, ids, local, shared
from storage.admission import Wish
from storage.errors import NotFound, PreconditionFailed, StoreBusy
from storage.ical.read import read
from storage.model import Entry, Origin
from storage.subscriptions import Subscriptions
from storage.tables import entries, journal

ATTEMPTS = 20
"""How often an entry is rewritten anew because somebody else wrote it meanwhile."""


class Rewriting(Subscriptions):
    """What `Store` can do for clients that change a part of an entry."""

    def rewrite_entry(
        self,
        collection_id: str,
        entry_id: str,
        work: Callable[[Entry], str | None],
        *,
        origin: Origin,
        actor: str = "",
        notify: bool = False,
        if_match: Group[str] | None = None,
        into: str | None = None,
    ) -> Entry | None:
        """Write what `work` makes of an entry, as whoever has the collection sees it; None from it deletes the entry.

        Where somebody else writes the entry between reading and writing, `work` is asked again for the newer one, so
        that neither change is lost. `if_match`: content hashes of which the entry must have one. `into`: the entry
        moves to this collection in the same transaction, and keeps its id. Gives the entry as it is then, None where
        it was deleted.

        Raises `NotFound`, `ReadOnly`, `PreconditionFailed` for `if_match`, `StoreBusy` after `ATTEMPTS`, and what
        `work`, `put_entry` and `move_entry` do.
        """
        for _ in range(ATTEMPTS):
            with self.db.snapshot() as conn:
                place = admission.writable(conn, collection_id)
                found = entries.by_id(conn, entry_id)
                if found is None or found.collection_n != place.source:
                    raise NotFound(f"there is no entry {entry_id} in {place.name!r}", hint="list the collection again")
                admission.standing(conn, place, found.href)
                before = shared.entry(conn, place, found)
                if if_match is not None and found.hash not in if_match:  # lists show no text, and so name this one
                    admission.check_version(Wish(collection_id, before.href, origin, actor, if_match), before)
            text = work(before)
            wish = Wish(collection_id, before.href, origin, actor, {before.hash}, notify=notify)
            try:
                return self._write(wish, before, text, into)
            except PreconditionFailed:
                continue
        raise StoreBusy(f"others write {entry_id} all the time", hint="try again")

    def _write(self, wish: Wish, before: Entry, text: str | None, into: str | None) -> Entry | None:
        if text is None:
            with self.db.atomic() as conn:
                local.delete(conn, wish)
            return None
        if text == before.text and into is None:
            return before
        content = read(text)
        with self.db.atomic() as conn:
            if into is None:
                return local.put(conn, wish, text, content)[0]
            begun = journal.head(conn)
            moved = local.move(conn, wish, into, f"{ids.new_id()}.ics", overwrite=False)
            there = Wish(into, moved.href, wish.origin, wish.actor, None, notify=wish.notify)
            written = local.put(conn, there, text, content)[0]
            journal.mark(conn, begun)  # whoever follows changes hears of one
            return written
