"""What a round costs that brings k changes, in a collection of n entries: it grows with k, and not with n.

Measured in CPU seconds of the process, which a busy machine does not disturb. The upstream costs little (`endless.py`).
Beside it stands what a plan costs (`calharbor sync --dry-run`), which copies the mirror first. Each size runs in two
processes of its own, the second for the plan of a first mirror.
"""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import random
from resource import RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.endless import EndlessProvider
from benchmarks.measure import Row, output
from storage.model import Account, Origin
from storage.store import Store
from storage.sync.account import AccountRunner
from storage.sync.book import Book
from storage.sync.forecast import Forecast, forecast
from storage.sync.lease import SyncLease
from storage.sync.ledger import Ledger

SIZES = (1_000, 10_000, 100_000)
CHANGES = (1, 10, 100)
FLAT = 1.5
"""So many times what it costs in the smallest collection may the same number of changes cost in the largest."""


def rows(sizes: Sequence[int] = SIZES, runs: int = 7) -> list[Row]:
    """Pulled and pushed changes by k and n, each beside the smallest n; then the plans."""
    found = {size: _child("rounds", size, runs) for size in sizes}
    fresh = {size: _child("fresh", size, 1) for size in sizes}
    small = sizes[0]
    rows = []
    for kind, words in (("pulled", "edited upstream"), ("pushed", "edited here")):
        for count in CHANGES:
            for size in sizes:
                ours = found[size][f"{kind}_{count}"]
                least = found[small][f"{kind}_{count}"] if size != small else None
                goal = FLAT * least if least is not None else None
                each = f"{ours / count:.2f} ms a change"
                rows.append(Row(f"{count} {words}, n = {size:,}", ours, "ms", least, f"n = {small:,}", goal, each))
    for size in sizes:
        note = f"the copied mirror has {found[size]['mib']:.0f} MiB"
        rows.append(Row(f"plan of 10 changes, n = {size:,}", found[size]["plan"], "ms", note=note))
    for size in sizes:
        note = f"peak memory {fresh[size]['peak_mib']:.0f} MiB"
        rows.append(Row(f"plan of a first mirror, one entry, n = {size:,}", fresh[size]["plan"], "us", note=note))
    return rows


def _child(what: str, size: int, runs: int) -> dict[str, float]:
    measures: dict[str, float] = json.loads(
        output([sys.executable, "-m", "benchmarks.changes", what, str(size), str(runs)])
    )
    return measures


def rounds(size: int, runs: int) -> dict[str, float]:
    """Rounds with changes of either side, in milliseconds."""
    with TemporaryDirectory(prefix="calharbor-bench-") as name, closing(Store.open(Path(name))) as store:
        account = _account(store)
        lease = SyncLease(store.db)
        lease.acquire()
        lease.keep()
        book = Book(Ledger(store, lease), interval=60, chance=random)
        upstream = EndlessProvider(size)
        runner = AccountRunner(book, lambda _account: upstream)
        runner.converge(account)
        place = book.mirrored(account)[0]
        mine = [entry.href for entry, _ in zip(store.iter_entries(place.id), range(max(CHANGES)), strict=False)]
        found: dict[str, float] = {}

        def run() -> None:
            for report in runner.rounds(account, book.mirrored(account)):
                if report.reason:
                    raise ValueError(report.reason)

        def there(count: int) -> None:
            for _ in range(count):
                upstream.edit()

        def here(count: int) -> None:
            for href in mine[:count]:
                text = store.entry_at(place.id, href).text
                store.put_entry(place.id, href, text.replace("SUMMARY:", "SUMMARY:Mine ", 1), origin=Origin.DAV)

        for kind, edit in (("pulled", there), ("pushed", here)):
            for count in CHANGES:
                found[f"{kind}_{count}"] = median(_timed(run, edit, count) for _ in range(runs)) * 1e3
        there(10)
        found["plan"] = median(_planned(store, upstream, 10) for _ in range(min(runs, 3))) * 1e3
        found["mib"] = store.space().used / 2**20
        lease.release()
        return found


def fresh(size: int) -> dict[str, float]:
    """The plan of a first mirror: microseconds for one entry, and the peak of memory."""
    with TemporaryDirectory(prefix="calharbor-bench-") as name, closing(Store.open(Path(name))) as store:
        _account(store)
        taken = _planned(store, EndlessProvider(size), size + 1)
    return {"plan": taken / size * 1e6, "peak_mib": getrusage(RUSAGE_SELF).ru_maxrss / 1024}


def _account(store: Store) -> Account:
    store.save_user("alice", None)
    return store.save_account(Account(0, "up", "alice", "endless"))


def _timed(run: Callable[[], None], edit: Callable[[int], None], count: int) -> float:
    edit(count)
    begun = process_time()
    run()
    return process_time() - begun


def _planned(store: Store, upstream: EndlessProvider, count: int) -> float:
    """The CPU seconds of one plan, read to its end as `--dry-run --json` does."""
    begun = process_time()
    with forecast(store.folder, lambda copy: ([copy.account("up")], lambda _account: upstream)) as plan:
        if _actions(plan) != count:
            raise ValueError(f"of {count} changes the plan has {_actions(plan)}")
    return process_time() - begun


def _actions(plan: Forecast) -> int:
    return sum(1 for _ in plan.actions())


if __name__ == "__main__":
    print(
        json.dumps(rounds(int(sys.argv[2]), int(sys.argv[3])) if sys.argv[1] == "rounds" else fresh(int(sys.argv[2])))
    )
