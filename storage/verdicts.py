"""What was decided about components, remembered until their entries change: reading them is what costs.

The same few weeks are asked for again and again, by the same few tokens; of nearly all events nothing has changed.
"""

from collections.abc import Collection, Hashable, Mapping
from threading import Lock
from typing import Generic, TypeVar

from storage.db import Connection
from storage.tables import event_people, journal

Value = TypeVar("Value")
Key = event_people.Key

MOST, MOST_MINDS = 50_000, 16
"""Components that are remembered for one mind, and minds."""

MOST_CHANGES = 2_000
"""After so many changed events everything is forgotten, rather than each of them."""


class Verdicts(Generic[Value]):
    """Values by component, for each mind: whatever decides, so that equal ones decide alike. Safe for any threads.

    An entry that changes has a newer change of the journal than all that was known before; one that takes the number
    of another has, too.
    """

    def __init__(self) -> None:
        """Nothing is known."""
        self._lock = Lock()
        self._minds: dict[Hashable, dict[int, dict[int, Value]]] = {}
        self._head = 0

    def of(self, conn: Connection, mind: Hashable, keys: Collection[Key]) -> dict[Key, Value]:
        """What is known of these components in the state that `conn` sees. Not to be asked within a write."""
        with self._lock:
            if not self._is_current(conn):
                return {}
            known = self._minds.get(mind, {})
            found = {}
            for key in keys:
                of_entry = known.get(key[0])
                if of_entry is not None and key[1] in of_entry:
                    found[key] = of_entry[key[1]]
            return found

    def put(self, conn: Connection, mind: Hashable, values: Mapping[Key, Value]) -> None:
        """Remember these, as they are in the state that `conn` sees."""
        with self._lock:
            if not self._is_current(conn):
                return
            if mind not in self._minds and len(self._minds) >= MOST_MINDS:
                del self._minds[next(iter(self._minds))]
            known = self._minds.setdefault(mind, {})
            if len(known) + len(values) > MOST:
                known.clear()
            for (n, position), value in values.items():
                known.setdefault(n, {})[position] = value

    def _is_current(self, conn: Connection) -> bool:
        """Forget what has changed; whether what is kept is of the state that `conn` sees, and not of a later one."""
        head = journal.head(conn)
        if head > self._head:
            changed = event_people.changed(conn, self._head, MOST_CHANGES + 1) if self._minds else []
            if len(changed) > MOST_CHANGES:
                self._minds.clear()
            for known in self._minds.values():
                for n in changed:
                    known.pop(n, None)
            self._head = head
        return head == self._head
