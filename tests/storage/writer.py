"""A process that writes entries and says so after the store has: `python -m tests.storage.writer FOLDER ID NAME N`.

Each line it prints is `put HREF HASH`, or `delete HREF`, of a write that the store has acknowledged.
"""

import sys
from itertools import count
from pathlib import Path

from storage.model import Origin
from storage.store import Store
from tests.storage.texts import event


def main(folder: str, collection_id: str, name: str, limit: int) -> None:
    """Write `limit` times (0: until killed); every fifth entry is changed, every seventh deleted."""
    store = Store.open(Path(folder))
    for number in count():
        if limit and number >= limit:
            break
        href = f"{name}-{number}.ics"
        result = store.put_entry(collection_id, href, event(href, more=f"X-PAD:{'x' * 500}\r\n"), origin=Origin.DAV)
        print("put", href, result.entry.hash, flush=True)  # noqa: T201
        if number % 5 == 0:
            result = store.put_entry(collection_id, href, event(href, summary="changed"), origin=Origin.DAV)
            print("put", href, result.entry.hash, flush=True)  # noqa: T201
        if number % 7 == 0:
            store.delete_entry(collection_id, href, origin=Origin.DAV)
            print("delete", href, flush=True)  # noqa: T201
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
