"""The books of the simulated world: what must not be lost, no false conflicts, nobody told unasked, decisions kept."""

from collections import Counter
from collections.abc import Mapping

from storage.content import canonical, same
from storage.tables import conflicts
from tests.simulation.client import Client
from tests.simulation.files import FileUser
from tests.simulation.mirror import Mirror
from tests.simulation.person import Person
from tests.simulation.somebody import Somebody
from tests.simulation.words import sayings


class Books:
    """What everybody's own books say together. `others`: the other side of each account; `desk`: who works in files."""

    def __init__(
        self, mirror: Mirror, client: Client, person: Person, desk: FileUser | None, others: Mapping[str, Somebody]
    ) -> None:
        self.mirror = mirror
        self.client = client
        self.person = person
        self.desk = desk
        self.others = list(others.values())

    def lost(self) -> list[str]:
        """What was said on either side and is nowhere: on neither side, nor in the inbox, nor taken back by anybody.

        Who removes an entry at an upstream takes back all of it, also what that upstream cannot hold and only we have.
        """
        waiting = conflicts.every(self.mirror.store.db.reader())
        there = sayings(*self.mirror.texts(), *(c.ours for c in waiting), *(c.theirs for c in waiting))
        there = there.union(*(other.holds() for other in self.others), self.desk.held() if self.desk else ())
        words = [each.words for each in (self.client, self.person, self.desk, *self.others) if each]
        return sorted(set[str]().union(*(each.said for each in words)).difference(there, *(e.unsaid for e in words)))

    def false_conflicts(self) -> list[int]:
        """The numbers of those in the inbox where only one side had edited, or where we met ourselves."""
        found = conflicts.every(self.mirror.store.db.reader(), state=None)
        edits = [c for c in found if c.cause == "edit" and c.ours and c.theirs]
        carried = set[str]().union(*(other.carried for other in self.others))
        mine = {text: n for text, n in self.client.accepted.items() if text not in carried}
        if self.mirror.removed:
            mine = {}  # a collection that was deleted and then wanted again may still be there, with what we sent
        filed = self.desk.wrote if self.desk else set()
        return [
            c.n
            for c in edits
            if (c.base and (same(c.base, c.theirs or "") or same(c.base, c.ours or "")))
            # What the upstream had before a client wrote the same, having seen it, is not ourselves.
            or (mine.get(canonical(c.theirs or ""), c.n) < c.n and canonical(c.ours or "") not in filed)
            or any(field.ours in (field.base, field.theirs) for field in c.fields or ())
        ]

    def unsolicited(self) -> list[str]:
        """The UIDs of which people heard more often than a client asked for. (No write concerns two people here.)"""
        heard = Counter(message.uid for other in self.others for message in other.upstream.told)
        return [uid for uid, times in heard.items() if times > self.client.loud[uid]]
