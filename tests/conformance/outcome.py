"""What a suite found: its cases, and which of those that failed are explained deviations."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree


class Unavailable(Exception):
    """A suite cannot be run here; its words say why. It never counts as passed."""


class Verdict(StrEnum):
    """How one case ended. What was skipped was not tested, and proves nothing."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Case:
    """One test of a suite: its name there, how it ended, and the suite's words about that."""

    name: str
    verdict: Verdict
    words: str = ""


@dataclass(frozen=True)
class Outcome:
    """All cases of one suite. `explained` says for the name of a case why it is right that it fails."""

    suite: str
    cases: Sequence[Case]
    explained: Mapping[str, str]
    unavailable: str = ""

    def count(self, verdict: Verdict) -> int:
        """How many cases ended like this, the explained ones left out."""
        return sum(case.verdict is verdict and case.name not in self.explained for case in self.cases)

    @property
    def deviations(self) -> list[Case]:
        """Failures that are explained."""
        return [case for case in self.cases if case.verdict is Verdict.FAILED and case.name in self.explained]

    @property
    def failures(self) -> list[Case]:
        """Failures that are not explained."""
        return [case for case in self.cases if case.verdict is Verdict.FAILED and case.name not in self.explained]

    @property
    def outlived(self) -> list[str]:
        """Explanations of cases that do not fail (any more): the table is to say what is."""
        failed = {case.name for case in self.cases if case.verdict is Verdict.FAILED}
        return [] if self.unavailable else sorted(set(self.explained) - failed)

    @property
    def good(self) -> bool:
        """Whether the suite ran, and nothing failed that is not explained."""
        return bool(self.count(Verdict.PASSED)) and not self.failures and not self.outlived


def junit(file: Path, what: str) -> list[Case]:
    """The cases of a JUnit report as pytest writes it. Raises `Unavailable` if there is none."""
    if not file.exists():
        raise Unavailable(f"{what} wrote no report")
    cases = []
    for element in ElementTree.parse(file).iter("testcase"):
        name = f"{element.get('classname', '').rpartition('.')[2]}::{element.get('name')}"
        bad = next((child for child in element if child.tag in ("failure", "error")), None)
        skipped = element.find("skipped")
        if bad is not None:
            cases.append(Case(name, Verdict.FAILED, first_line(bad.get("message") or bad.text or "")))
        elif skipped is not None:
            cases.append(Case(name, Verdict.SKIPPED, first_line(skipped.get("message") or "")))
        else:
            cases.append(Case(name, Verdict.PASSED))
    return cases


def tap(text: str, what: str) -> list[Case]:
    """The cases in the lines `ok 1 - NAME` and `not ok 2 - NAME # WORDS` of the Test Anything Protocol.

    A script that ended before its plan (`1..N`, which it prints last) has failed, whatever it counted until then.
    """
    cases = []
    for bad, name, words in re.findall(r"^(not )?ok \d+ - ([^#\n]*)(?:#([^\n]*))?$", text, re.MULTILINE):
        cases.append(Case(name.strip(), Verdict.FAILED if bad else Verdict.PASSED, words.strip()))
    plan = re.search(r"^1\.\.(\d+)$", text, re.MULTILINE)
    if not plan or int(plan[1]) != len(cases):
        cases.append(Case(f"{what} reaches its end", Verdict.FAILED, first_line(text[-600:])))
    return cases


def first_line(text: str) -> str:
    """The first line that says something, in at most 200 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[0] if lines else "")[:200]
