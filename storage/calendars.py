"""The verbs about an account's calendars as applications have them: which is the primary one, what they are called."""

import json
from collections.abc import Mapping

from storage import cursor
from storage.accounts import Accounts
from storage.errors import CursorExpired
from storage.model import Collection, CollectionKind, Kind
from storage.scheduling import people
from storage.tables import collections, default_calendars, entries, journal, links, meta


class Calendars(Accounts):
    """What `Store` knows of the calendars of an account."""

    def calendars(self, account_id: int) -> list[Collection]:
        """An account's calendars that hold events, in the order they were made."""
        return [each for each in self.collections(account=account_id) if _holds_events(each)]

    def touched_calendars(self, account_id: int, since: int) -> list[tuple[int, str]]:
        """Number and id of the account's calendars that were made, changed or deleted after a position in the journal.

        What is in them does not count. Raises `CursorExpired` for a position that the journal does not reach back to.
        """
        with self.db.snapshot() as conn:
            if not 0 <= since <= journal.head(conn):
                raise CursorExpired(f"change {since} has not happened here", hint="start again from a full listing")
            cursor.check(conn, since)
            touched = journal.touched_collections(conn, account_id, since)
            there = {each.n: each for each in collections.every(conn, account_id=account_id)}
            return [(n, each) for n, each in touched if n not in there or _holds_events(there[n])]

    def primary_calendar(self, account_id: int) -> Collection | None:
        """The account's primary calendar; None for an account without any calendar.

        The one that the configuration calls `primary`, else the one that its user chose for invitations, else the
        first by its upstream's address (or its path segment here).
        """
        conn = self.db.reader()
        declared = collections.by_key(conn, account_id, "primary")
        if declared is not None and _holds_events(declared):
            return declared
        mine = self.calendars(account_id)
        chosen = default_calendars.get(conn, mine[0].user) if mine else None
        rest = sorted(mine, key=lambda each: (each.id != chosen, each.remote_href or each.slug))
        return rest[0] if rest else None

    def id_of_raw(self, account_id: int, raw_id: str) -> tuple[Kind | None, str] | None:
        """Our id of what an account's service calls so: a collection (kind None) or an entry, with its kind.

        An upstream's names are its own addresses; what has no upstream is called by its id or by its path here.
        """
        with self.db.snapshot() as conn:
            places = collections.every(conn, account_id=account_id)
            for place in places:
                path = f"{people.PRINCIPALS}{place.user}/{place.slug}/"
                if raw_id in (place.id, place.remote_href, path):
                    return None, place.id
                link = links.of_href(conn, place.n, raw_id)
                entry = entries.by_id(conn, link.entry_id) if link else None
                if entry is None and raw_id.startswith(path):
                    entry = entries.by_href(conn, place.n, raw_id.removeprefix(path))
                if entry is not None:
                    return entry.kind, entry.id
            entry = entries.by_id(conn, raw_id)
            own = entry is not None and entry.collection_n in {place.n for place in places}
            return (entry.kind, entry.id) if entry is not None and own else None

    def collection_by_key(self, account_id: int, key: str) -> Collection | None:
        """The account's collection that the configuration calls so."""
        return collections.by_key(self.db.reader(), account_id, key)

    def declared_as(self, account_id: int, key: str) -> dict[str, str]:
        """What the configuration said of that collection last; nothing before `note_declared`."""
        said = meta.get(self.db.reader(), meta.declared(account_id, key))
        return json.loads(said) if said else {}

    def note_declared(self, account_id: int, key: str, said: Mapping[str, str]) -> None:
        """Remember what the configuration says of that collection."""
        if self.declared_as(account_id, key) != said:
            with self.db.atomic() as conn:
                meta.put(conn, meta.declared(account_id, key), json.dumps(said))


def _holds_events(collection: Collection) -> bool:
    return collection.kind is CollectionKind.CALENDAR and "VEVENT" in collection.components
