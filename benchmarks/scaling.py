"""How the cost of a first mirror, of a round and of the export grows with the size of one collection.

The upstream costs little (`endless.py`), so that what is measured is ours. Each size runs in a process of its own.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import random
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.endless import EndlessProvider
from benchmarks.measure import Row, output, seconds
from storage.model import Account
from storage.store import Store
from storage.sync.account import AccountRunner
from storage.sync.book import Book
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger
from storage.vdir.export import VdirExport

SIZES = (1_000, 10_000, 100_000)


def rows(sizes: Sequence[int] = SIZES, runs: int = 9) -> list[Row]:
    """Each measure at each size, beside the same at the smallest."""
    found = {
        size: json.loads(output([sys.executable, "-m", "benchmarks.scaling", str(size), str(runs)])) for size in sizes
    }
    small = found[sizes[0]]
    rows = []
    for measure, label, unit, bound in _MEASURES:
        for size in sizes:
            same = small[measure] if size != sizes[0] else None
            goal = bound * small[measure] if bound and same is not None else None
            note = f"peak memory {found[size]['peak_mib']:.0f} MiB" if measure == "first_us" else ""
            rows.append(
                Row(f"{label}, N = {size:,}", found[size][measure], unit, same, f"N = {sizes[0]:,}", goal, note)
            )
    return rows


_MEASURES = (
    ("first_us", "first mirror, one entry", "us", 1.5),
    ("export_us", "export to files, one entry", "us", None),
    ("idle_ms", "round without a change", "ms", 1.5),
    ("one_ms", "round with one change", "ms", 1.5),
    ("export_one_ms", "export of one change", "ms", 1.5),
)


def measured(size: int, runs: int) -> dict[str, float]:
    """All measures at one size."""
    with TemporaryDirectory(prefix="calharbor-bench-") as name, closing(Store.open(Path(name))) as store:
        store.save_user("alice", None)
        account = store.save_account(Account(0, "up", "alice", "endless"))
        lease = SyncLease(store.db)
        lease.acquire()
        lease.keep()
        book = Book(Ledger(store, lease), interval=60, chance=random)
        upstream = EndlessProvider(size)
        runner = AccountRunner(book, lambda _account: upstream)
        export = VdirExport(store, store.folder / "vdir")
        begun = perf_counter()
        runner.converge(account)
        first = perf_counter() - begun
        exported = seconds(export.rebuild, 1)

        def rounds() -> None:
            runner.rounds(account, book.mirrored(account))

        def one() -> None:
            upstream.edit()
            rounds()

        idle = seconds(rounds, runs)
        changed = seconds(one, runs)
        while export.run():
            pass
        taken = []
        for _ in range(runs):
            one()
            taken.append(seconds(export.run, 1))
        if store.head() < size + 2 * runs:
            raise ValueError(f"of {size} events and {2 * runs} edits the journal has {store.head()}")
        lease.release()
    return {
        "first_us": first / size * 1e6,
        "export_us": exported / size * 1e6,
        "idle_ms": idle * 1e3,
        "one_ms": changed * 1e3,
        "export_one_ms": median(taken) * 1e3,
        "peak_mib": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2]))))
