"""Whether the folder says the same as the mirror, as far as it was looked at, and what stands in it unexplained."""

from pathlib import Path

from storage.errors import CursorExpired, InvalidData, StoreError
from storage.store import Store
from storage.tables import vdir_files
from storage.tables.vdir_files import HELD, REFUSED, VdirFile
from storage.vdir.export import CONSUMER, SUFFIXES, VdirExport, directory_of, name_of
from storage.vdir.folder import Folder

_HINT = "`calharbor sync` brings them in step"


def differences(store: Store, root: Path) -> tuple[int, list[str]]:
    """How many files were compared, and a sentence for each that is not what its entry is.

    What changed since the export's last step, or changes while this looks, is left out: it is on its way. So is what
    waits for a person, which `problems` lists. Files that nobody has taken in are nobody's business.
    """
    position = store.position(CONSUMER)
    if not VdirExport(store, root).ours:
        missing = [f"the vdir {root} is missing or not this mirror's; {_HINT}"]
        return 0, missing if vdir_files.collections(store.db.reader()) else []
    count, found = _compare(store, Folder(root))
    try:
        moving = {change.entry or change.collection for change in store.changes(position)}
    except CursorExpired:  # the next run of the export writes everything anew
        return count, []
    return count, [said for subject, said in found if subject not in moving]


def _compare(store: Store, folder: Folder) -> tuple[int, list[tuple[str, str]]]:
    """How many files there should be, and (id, sentence) of each difference."""
    count = 0
    found = []
    conn = store.db.reader()
    left = set(vdir_files.collections(conn))
    for collection in store.collections():
        directory = directory_of(folder.root, collection.account_id, collection.id)
        left.discard((collection.account_id, collection.id))
        known = {row.entry_id: row for row in vdir_files.of_collection(conn, collection.id).values() if row.entry_id}
        for entry in store.iter_entries(collection.id):
            count += 1
            row = known.pop(entry.id, None)
            if row is not None and row.state in (HELD, REFUSED):
                continue
            path = directory / (row.name if row else name_of(entry))
            if _read(folder, path) != entry.text.encode():
                found.append((entry.id, f"{path} is not what entry {entry.id} is; {_HINT}"))
        found += _left_over(folder, directory, known)
    for account_id, collection_id in left:
        rows = vdir_files.of_collection(conn, collection_id).values()
        directory = directory_of(folder.root, account_id, collection_id)
        found += _left_over(folder, directory, {row.entry_id: row for row in rows if row.entry_id})
    return count, found


def _left_over(folder: Folder, directory: Path, known: dict[str, VdirFile]) -> list[tuple[str, str]]:
    """The files of a directory whose entries are gone."""
    return [
        (entry_id, f"{directory / row.name} is left over from an entry that is gone; {_HINT}")
        for entry_id, row in sorted(known.items())
        if row.state != REFUSED and _read(folder, directory / row.name) is not None
    ]


def _read(folder: Folder, path: Path) -> bytes | None:
    try:
        found = folder.read(path)
    except (InvalidData, StoreError):
        return None
    return found[0] if found else None


def problems(store: Store, root: Path) -> list[str]:
    """What stands in the folder and is not taken in, each with the reason, for people."""
    folder = Folder(root)
    conn = store.db.reader()
    if not VdirExport(store, root).ours and not vdir_files.decided(conn):
        return [f"{root} is missing, or not the folder that was last written: put it back, or see `calharbor held`"]
    known = {directory_of(root, c.account_id, c.id): c.name for c in store.collections()}
    found = [
        f"{directory_of(root, row.account_id, row.collection_id) / row.name}: {row.reason}"
        for row in vdir_files.in_state(conn, REFUSED)
    ]
    found += [f"{path}: not a directory, so nothing is written or read there" for path in known if folder.strange(path)]
    for path in folder.directories():
        if path not in known and any(each.suffix in SUFFIXES for each in path.iterdir()):
            found.append(f"{path}: no calendar of yours; make one in a calendar program, then move the files there")
    return found
