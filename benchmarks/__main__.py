"""`python -m benchmarks [PART …]`: run the parts and print what they measured, ours beside the peers'."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module

from benchmarks.measure import Row, report

PARTS = {
    "lines": "the content-line reader against the icalendar library",
    "expansion": "recurrence expansion against recurring-ical-events",
    "mirror": "first mirror, idle round, one change against vdirsyncer, from a real Radicale",
    "scaling": "1,000, 10,000 and 100,000 entries in one collection",
    "changes": "k changes in a collection of n entries, and what their plan costs",
    "mix": "eight DAV clients at once while a first mirror is under way",
    "api": "an application's requests over the JSON API, of a small and of a large calendar",
    "dav": "a client's requests against Radicale, Xandikos and Cyrus, over HTTP",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, all parts by default; 0, or 1 if a goal was missed and `--strict` was given."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description="What things cost here, beside what they cost in other programs, measured in one run. Read a "
        "difference under 2x as none on a busy machine.",
        epilog="parts: " + "; ".join(f"{name}: {words}" for name, words in PARTS.items()),
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--size", type=int, help="so many events (scaling, changes, api: the largest of the sizes)")
    parser.add_argument("--runs", type=int, help="take the median of so many runs")
    parser.add_argument("--peers", help="dav: beside which servers, with commas between; none: ours alone")
    parser.add_argument("--json", action="store_true", help="print JSON, one object a row")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a goal was missed")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    missed = False
    for part in options.parts or PARTS:
        rows = run(part, options.size, options.runs, options.peers)
        missed = missed or any(row.met is False for row in rows)
        if options.json:
            print(
                "\n".join(json.dumps({"part": part, **asdict(row), "ratio": row.ratio, "met": row.met}) for row in rows)
            )
        else:
            print(f"{part}: {PARTS[part]}\n{report(rows)}\n", flush=True)
    return 1 if missed and options.strict else 0


def run(part: str, size: int | None, runs: int | None, peers: str | None = None) -> list[Row]:
    """The rows of one part. Each is imported when it runs: what one needs must not be in another's memory."""
    module = import_module(f"benchmarks.{part}")
    measure: Callable[..., list[Row]] = module.rows
    given: dict[str, object] = {"runs": runs} if runs else {}
    if size and part in ("scaling", "changes", "api"):
        given["sizes"] = [each for each in module.SIZES if each < size] + [size]
    elif size:
        given["size"] = size
    if peers is not None and part == "dav":
        given["peers"] = [name for name in peers.split(",") if name not in ("", "none")]
    return measure(**given)


if __name__ == "__main__":
    sys.exit(main())
