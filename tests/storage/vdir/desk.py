"""A calendar of a mirrored account with its folder of files, and somebody who works in it."""

import time
from pathlib import Path

from storage import clock
from storage.model import Change, Collection, Entry, Origin
from storage.store import Store
from storage.tables import outbox, vdir_files
from storage.vdir.compare import differences
from storage.vdir.two_way import TwoWay
from tests.simulation.files import Pause
from tests.storage.texts import event

BY = Origin.DAV


class Desk:
    """A calendar of a mirrored account, its folder, and somebody who works in it."""

    def __init__(self, store: Store, place: Collection) -> None:
        self.store = store
        self.place = place
        self.root = store.folder / "vdir"
        self.folder = self.root / str(place.account_id) / place.id

    def sync(self) -> None:
        """What `calharbor sync` does about the folder, as one who comes long after the last edit."""
        finish(TwoWay(self.store, self.root))
        assert differences(self.store, self.root)[1] == []

    def put(self, href: str, text: str) -> Entry:
        """A client writes."""
        return self.store.put_entry(self.place.id, href, text, origin=BY).entry

    def file(self, entry: Entry) -> Path:
        """Where an entry stands."""
        row = vdir_files.of_entries(self.store.db.reader(), self.place.id, [entry.id])[entry.id]
        return self.folder / row.name

    def read(self, entry: Entry) -> str:
        """What its file holds, line ends as they are."""
        return self.file(entry).read_bytes().decode()

    def texts(self, place: Collection | None = None) -> dict[str, str]:
        """UID → text."""
        return {entry.uid: entry.text for entry in self.store.iter_entries((place or self.place).id)}

    def news(self, since: int) -> list[Change]:
        """The changes since then."""
        return self.store.changes(since)

    def waiting(self) -> dict[str, str]:
        """What has to go upstream: UID or entry → action."""
        return {
            str(each.detail.get("uid") or each.entry_id): each.action
            for each in outbox.entries(self.store.db.reader(), self.place.n, float("inf"))
        }

    def fill(self, count: int) -> list[Entry]:
        """Some entries, in step."""
        made = [self.put(f"{number}.ics", event(f"u{number}")) for number in range(count)]
        self.sync()
        return made


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def finish(two_way: TwoWay) -> None:
    """Bring folder and mirror in step, long after the last edit, without really waiting for anything."""
    ahead = [100.0]
    with clock.use(lambda: time.time() + sum(ahead)):
        two_way.finish(Pause(ahead.append))
