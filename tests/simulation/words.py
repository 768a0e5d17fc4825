"""What people in the simulated world have said: properties, word for word, each of which occurs in no other text."""

from collections.abc import Iterable

from tests.simulation import cards
from tests.simulation.texts import SEVERAL, SINGLE

_SPOKEN = frozenset({*SINGLE, *SEVERAL, *cards.SINGLE, *cards.SEVERAL})


def sayings(*texts: str | bytes | None) -> set[str]:
    """What is said in such texts, property by property; lists member by member. None says nothing."""
    found = set()
    for text in texts:
        for line in str(text or "").splitlines():
            said, _, value = line.partition(":")
            name = said.partition(";")[0].rpartition(".")[2]
            if name in _SPOKEN:
                found |= {f"{name}:{each}" for each in value.split(",")}
    return found


class Words:
    """What somebody has said, and what they took back, their own words and those of others, having seen them."""

    def __init__(self) -> None:
        self.said: set[str] = set()
        self.unsaid: set[str] = set()

    def became(self, before: Iterable[str], after: Iterable[str]) -> None:
        """What they saw said `before`; by their doing it says `after`."""
        before, after = set(before), set(after)
        self.said |= after - before
        self.unsaid |= before - after
