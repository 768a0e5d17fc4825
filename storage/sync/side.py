"""What the mirror holds under a remote href or a UID: the rows behind what `storage.sync.plan` decides about."""

from dataclasses import dataclass

from storage import ids
from storage.model import Entry
from storage.sync.plan import Ours
from storage.tables.links import Link
from storage.tables.outbox import Waiting


@dataclass(frozen=True, slots=True)
class Side:
    """What we hold under an href or UID: the rows behind the plan's `Ours`."""

    entry_id: str
    entry: Entry | None
    link: Link | None
    waiting: Waiting | None

    def ours(self) -> Ours:
        """The same in the plan's words."""
        text = self.entry.text if self.entry else None
        base = self.link.base if self.link and self.link.base is not None else text
        agreed = self.link.agreed if self.link and self.link.agreed is not None else text
        said = str(self.waiting.detail.get("uid", "")) if self.waiting else ""
        return Ours(
            uid=ids.real_uid(self.entry.uid if self.entry else said),
            text=text,
            base=base or "",
            agreed=agreed or base or "",
            dirty=self.waiting is not None,
            linked=self.link is not None,
            sent=frozenset(self.waiting.sent) if self.waiting else frozenset(),
        )
