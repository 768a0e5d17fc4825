"""Whether the folder says the same as the mirror, as far as the export has come."""

from pathlib import Path

from storage.errors import CursorExpired
from storage.store import Store
from storage.vdir.export import CONSUMER, SUFFIXES, directory_of, file_of
from storage.vdir.folder import Folder

_HINT = "a new export mends it"


def differences(store: Store, root: Path) -> tuple[int, list[str]]:
    """How many files were compared, and a sentence for each that is not what its entry is.

    What changed since the export's last step, or changes while this looks, is left out: it is on its way. Files that
    the export did not write are nobody's business.
    """
    position = store.position(CONSUMER)
    folder = Folder(root)
    if folder.owner() != store.id:
        missing = [f"the vdir {root} is missing or not this mirror's; {_HINT}"]
        return 0, missing if position else []
    count, found = _compare(store, folder)
    try:
        moving = {change.entry or change.collection for change in store.changes(position)}
    except CursorExpired:  # the next run of the export writes everything anew
        return count, []
    return count, [said for subject, said in found if subject not in moving]


def _compare(store: Store, folder: Folder) -> tuple[int, list[tuple[str, str]]]:
    """How many files there should be, and (id, sentence) of each difference."""
    count = 0
    found = []
    left = set(folder.marked())
    for collection in store.collections():
        directory = directory_of(folder.root, collection.account_id, collection.id)
        left.discard(directory)
        present = set()
        for entry in store.iter_entries(collection.id):
            count += 1
            present.add(entry.id)
            path = file_of(directory, entry)
            if folder.read(path) != entry.text.encode():
                found.append((entry.id, f"{path} is not what entry {entry.id} is; {_HINT}"))
        found += [(gone, said) for gone, said in _left_over(folder, directory) if gone not in present]
    for directory in left:
        found += _left_over(folder, directory)
    return count, found


def _left_over(folder: Folder, directory: Path) -> list[tuple[str, str]]:
    """The files of a directory that the export has written."""
    return [
        (entry_id, f"{directory / (entry_id + suffix)} is left over from an entry that is gone; {_HINT}")
        for entry_id in sorted(folder.noted(directory))
        for suffix in SUFFIXES
        if (directory / (entry_id + suffix)).is_file()
    ]
