"""What a round did, in numbers and words: for the log, the command line and the tests."""

from dataclasses import asdict, dataclass, field
from typing import Any

from storage.model import State


@dataclass(slots=True)
class Counts:
    """How many entries were created, changed and removed on one side."""

    add: int = 0
    update: int = 0
    delete: int = 0

    def __bool__(self) -> bool:
        return bool(self.add or self.update or self.delete)


@dataclass(slots=True)
class Round:
    """One cycle for one collection. `pulled` counts changes of the mirror, `pushed` writes to the upstream."""

    account: int
    collection: str
    pulled: Counts = field(default_factory=Counts)
    pushed: Counts = field(default_factory=Counts)
    merged: int = 0
    conflicts: int = 0
    held: int = 0
    quarantined: int = 0
    state: State = State.FRESH
    reason: str = ""

    @property
    def changed(self) -> bool:
        """Whether the round wrote anything, on either side."""
        return bool(self.pulled or self.pushed or self.conflicts or self.held or self.quarantined)

    def as_json(self) -> dict[str, Any]:
        """The shape that `calharbor sync --once --json` prints, one line a round."""
        return asdict(self)


@dataclass(slots=True)
class Outcome:
    """How a run over some accounts ended: `waiting` names what waits for a person, `errors` what failed."""

    waiting: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def converged(self) -> bool:
        """Whether nothing is left to do."""
        return not self.waiting and not self.errors

    def add(self, other: "Outcome") -> None:
        """Merge the outcome of another account into this one."""
        self.waiting += other.waiting
        self.errors += other.errors
