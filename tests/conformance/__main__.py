"""`python -m tests.conformance [SUITE …]`: run independent suites and real clients against `calharbor serve`.

Ends with 0 only if every suite that was asked for ran, and nothing failed that is not explained.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from tests.conformance.outcome import Case, Outcome, Unavailable, Verdict

SUITES = ("server_tester", "python_caldav", "vdirsyncer_storage", "clients", "javascript", "evolution", "thunderbird")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suites named, or all; print a line for each as it ends, then what failed and why."""
    parser = argparse.ArgumentParser("python -m tests.conformance", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--skipped", action="store_true", help="name what was skipped as well")
    options = parser.parse_args(arguments)
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"there is no suite {', '.join(sorted(unknown))}; the suites are {', '.join(SUITES)}")
    print(f"{'suite':40} {'passed':>6} {'failed':>6} {'explained':>9} {'skipped':>7} {'seconds':>7}", flush=True)
    outcomes = []
    for name in options.suites or SUITES:
        started = time.monotonic()
        outcome = conduct(name)
        outcomes.append(outcome)
        print(f"{row(outcome)} {time.monotonic() - started:7.0f}", flush=True)
    for outcome in outcomes:
        print(details(outcome, skipped=options.skipped), end="")
    passed = sum(outcome.count(Verdict.PASSED) for outcome in outcomes)
    failed = sum(len(outcome.failures) + len(outcome.outlived) + bool(outcome.unavailable) for outcome in outcomes)
    print(f"\n{passed} passed, {failed} failed")
    return 0 if all(outcome.good for outcome in outcomes) else 1


def conduct(name: str) -> Outcome:
    """Install what one suite needs, and run it."""
    module = import_module(f"tests.conformance.{name}")
    title: str = module.NAME
    explained: Mapping[str, str] = module.EXPLAINED
    suite: Callable[[], list[Case]] = module.run
    try:
        return Outcome(title, suite(), explained)
    except Unavailable as reason:
        return Outcome(title, [], explained, str(reason))


def row(outcome: Outcome) -> str:
    """The line of the table, without the time."""
    if outcome.unavailable:
        return f"{outcome.suite:40} not run{'':25}"
    passed, skipped = outcome.count(Verdict.PASSED), outcome.count(Verdict.SKIPPED)
    return f"{outcome.suite:40} {passed:6} {len(outcome.failures):6} {len(outcome.deviations):9} {skipped:7}"


def details(outcome: Outcome, *, skipped: bool) -> str:
    """What is to be said of a suite beyond its numbers."""
    lines = [f"  not run: {outcome.unavailable}"] if outcome.unavailable else []
    lines += [f"  FAILED {case.name}: {case.words}" for case in outcome.failures]
    lines += [f"  explained {case.name}: {outcome.explained[case.name]}" for case in outcome.deviations]
    lines += [f"  FAILED {name}: an explanation is given, but it does not fail" for name in outcome.outlived]
    if skipped:
        found = [case for case in outcome.cases if case.verdict is Verdict.SKIPPED]
        lines += [f"  skipped {case.name}: {case.words}" for case in found]
    return f"\n{outcome.suite}\n" + "\n".join(lines) + "\n" if lines else ""


if __name__ == "__main__":
    sys.exit(main())
