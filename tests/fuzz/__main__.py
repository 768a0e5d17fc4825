"""`python -m tests.fuzz [--seconds N] [--seed N]`: hostile requests until the time is up; exit 1 at the first fault.

A fault is printed as the smallest requests that show it, with the seed that found it.
"""

import argparse
import faulthandler
import sys
import time
from resource import RUSAGE_SELF, getrusage

import click
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.endpoint import Template
from tests.fuzz.hostile import Hostile, requests

BATCH = 200
HANG = 120
"""Seconds after which a request that never ends is shown with its stack."""


def batch(template: Template, number: int, examples: int) -> int:
    """Run so many examples; how many requests that were. Raises what broke, with the smallest example."""
    count = 0

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def run(sent: list[Hostile]) -> None:
        nonlocal count
        endpoint = template.fresh()
        faulthandler.dump_traceback_later(HANG, exit=True)
        try:
            for request in sent:
                count += 1
                endpoint.suffer(request)
            endpoint.survived()
        finally:
            faulthandler.cancel_dump_traceback_later()
            template.discard(endpoint)

    run()
    return count


def fuzz(seconds: float, first: int) -> int:
    """Run batches until the time is up; how many requests were sent."""
    template, number, count = Template(), first, 0
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            count += batch(template, number, BATCH if seconds > 100 else 25)
            number += 1
    finally:
        template.close()
    return count


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Hostile requests against the endpoint.")
    parser.add_argument("--seconds", type=float, default=600, help="how long (default: 600)")
    parser.add_argument("--seed", type=int, default=int(time.monotonic()), help="of the first batch")
    options = parser.parse_args()
    click.echo(f"seed {options.seed}, {options.seconds:.0f} s")
    count = fuzz(options.seconds, options.seed)
    peak = getrusage(RUSAGE_SELF).ru_maxrss >> 10
    click.echo(f"{count} requests, none broke anything; at most {peak} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
