"""The book of answers to invitations: an organizer hears exactly one reply of each, whatever happens on its way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from storage.model import Entry
from storage.tables import conflicts, links, vdir_files
from tests.simulation.files import FileUser
from tests.simulation.mirror import Mirror
from tests.simulation.somebody import Somebody
from tests.simulation.texts import ME, uid_of

WORDS = ("ACCEPTED", "DECLINED", "TENTATIVE")
_MINE = re.compile(rf"^(ATTENDEE;PARTSTAT=)([\w-]+)(?=:{ME}\r$)", re.MULTILINE)

Standing = dict[tuple[str, str, str], str]
"""What my answer is: who says so, where, and of which UID → its PARTSTAT, "" where I am not invited."""


def answer_in(text: str | bytes) -> str:
    """What I have answered to such an invitation; "" in what is none."""
    found = _MINE.search(str(text))
    return found[2] if found and "\nORGANIZER:" in str(text) else ""


def answered(text: str, word: str) -> str:
    """The invitation with this answer of mine."""
    return _MINE.sub(rf"\g<1>{word}", text)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An answer that its organizer shall hear of: `known` is what the upstream had of it before, `agreed` what of that
    the mirror knew.

    `told` is how many messages had been sent by then, `conflict` the number of the newest one in the inbox.
    """

    account: str
    uid: str
    word: str
    known: str
    agreed: str
    told: int
    conflict: int


class Answers:
    """The newest answer to each invitation, as long as nobody else decides about it."""

    def __init__(self, mirror: Mirror, desk: FileUser | None, others: Mapping[str, Somebody]) -> None:
        self.mirror = mirror
        self.desk = desk
        self.others = others
        self.given: dict[tuple[str, str], Answer] = {}

    def asked(self, account: str, entry: Entry, word: str) -> Answer:
        """An answer that is about to be given to this invitation."""
        upstream, uid = self.others[account].upstream, entry.uid
        link = links.of_entry(self.mirror.store.db.reader(), entry.id)
        agreed = answer_in(entry.text if link.base is None else link.base) if link else ""
        said = [known for (side, _, each), known in self._standing().items() if (side, each) == (f"at {account}", uid)]
        known = said[0] if said else ""
        conflict = self.mirror.newest_conflict()
        return Answer(account, uid, word, known, agreed, told=len(upstream.told), conflict=conflict)

    def give(self, answer: Answer) -> None:
        """The mirror has accepted it. Nothing is expected where one UID stands in several places; nor of an answer that
        only goes back to what was agreed, while the upstream has been given another one; nor of what is no edit to
        somebody who has removed its file.
        """
        sides = [side for side, _, uid in self._standing() if uid == answer.uid]
        self.given[answer.account, answer.uid] = answer
        back = answer.agreed == answer.word != answer.known or self._as_its_lost_file(answer)
        if len(sides) > len({*sides}) or back:
            del self.given[answer.account, answer.uid]

    def _as_its_lost_file(self, answer: Answer) -> bool:
        """Whether the invitation is again what its file was, which is no longer there: so it goes, too."""
        conn, desk = self.mirror.store.db.reader(), self.desk
        here = [c for c in self.mirror.collections if self.mirror.store.account(answer.account).id == c.account_id]
        found = [(c.id, e) for c in here for e in self.mirror.store.iter_entries(c.id) if e.uid == answer.uid]
        rows = [(e.hash, vdir_files.of_entries(conn, c, [e.id]).get(e.id)) for c, e in found]
        return any(row and row.hash == digest and not (desk and desk.holds(row)) for digest, row in rows)

    def while_others(self, act: Callable[[], None]) -> None:
        """Let something happen; where it decides otherwise about an answered invitation, nothing is expected."""
        given = dict(self.given)
        if not given:
            act()
            return
        before = self._standing()
        try:
            act()
        finally:
            changed = {key[2] for key, _ in before.items() ^ self._standing().items()}
            for key, answer in given.items():
                if answer.uid in changed and self.given.get(key) is answer:
                    del self.given[key]

    def wrong(self) -> list[str]:
        """The answers of which their organizers heard something else than exactly one reply."""
        return [
            f"{answer.uid}: {answer.word} after {answer.known or 'nothing'}, heard {heard}"
            for answer in self.given.values()
            if not self._disputed(answer) and not _right(answer, heard := self._heard(answer))
        ]

    def _heard(self, answer: Answer) -> list[str]:
        """What the organizer has been told since it was given."""
        messages = self.others[answer.account].upstream.told[answer.told :]
        return [each.said for each in messages if (each.uid, each.method) == (answer.uid, "REPLY")]

    def _disputed(self, answer: Answer) -> bool:
        """Whether it waits in the inbox, or did: it was refused, or somebody else had answered otherwise."""
        found = conflicts.every(self.mirror.store.db.reader(), state=None)
        return any(each.uid == answer.uid and each.n > answer.conflict for each in found)

    def _standing(self) -> Standing:
        """What every side says now."""
        store = self.mirror.store
        found: Standing = {}
        for account in self.mirror.accounts:
            for c in store.collections(account=account.id):
                found |= {(account.name, c.id, e.uid): answer_in(e.text) for e in store.iter_entries(c.id)}
        for name, other in self.others.items():
            for href, folder in other.upstream.folders.items():
                found |= {(f"at {name}", href, uid_of(e.data)): answer_in(e.data) for e in folder.entries.values()}
        if self.desk:
            found |= {("desk", place, uid_of(text)): answer_in(text) for place, text in self.desk.texts_held()}
        return found


def _right(answer: Answer, heard: list[str]) -> bool:
    """Whether it was told once, and last; not at all where it was known already. (One before it may be on its way.)"""
    if not heard:
        return answer.known == answer.word
    return heard[-1] == answer.word and len(heard) == len({*heard})
