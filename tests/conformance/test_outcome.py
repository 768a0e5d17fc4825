"""What is read out of the reports of suites, and when a suite counts as passed."""

from pathlib import Path

import pytest

from tests.conformance import server_tester
from tests.conformance.outcome import Case, Outcome, Unavailable, Verdict, junit, tap

GOOD = Case("a", Verdict.PASSED)
BAD = Case("b", Verdict.FAILED, "no")


def test_an_unexplained_failure_is_bad_and_an_explained_one_is_not() -> None:
    assert Outcome("x", [GOOD], {}).good
    assert not Outcome("x", [GOOD, BAD], {}).good
    assert Outcome("x", [GOOD, BAD], {"b": "RFC 0 says so"}).good
    assert Outcome("x", [GOOD, BAD], {"b": "RFC 0 says so"}).deviations == [BAD]


def test_an_explanation_that_outlived_its_failure_is_bad() -> None:
    assert Outcome("x", [GOOD], {"a": "RFC 0 says so"}).outlived == ["a"]
    assert not Outcome("x", [GOOD], {"a": "RFC 0 says so"}).good


def test_nothing_passed_or_not_run_is_never_good() -> None:
    assert not Outcome("x", [], {}).good
    assert not Outcome("x", [], {}, "no npm").good
    assert not Outcome("x", [Case("a", Verdict.SKIPPED)], {}).good


def test_a_junit_report(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text(
        '<testsuites><testsuite><testcase classname="tests.TestA" name="one"/>'
        '<testcase classname="tests.TestA" name="two"><failure message="&#10;no: 1 != 2&#10;more"/></testcase>'
        '<testcase classname="tests.TestA" name="three"><error message="broke"/></testcase>'
        '<testcase classname="tests.TestA" name="four"><skipped message="later"/></testcase></testsuite></testsuites>'
    )
    assert junit(file, "it") == [
        Case("TestA::one", Verdict.PASSED),
        Case("TestA::two", Verdict.FAILED, "no: 1 != 2"),
        Case("TestA::three", Verdict.FAILED, "broke"),
        Case("TestA::four", Verdict.SKIPPED, "later"),
    ]
    with pytest.raises(Unavailable):
        junit(tmp_path / "none.xml", "it")


def test_lines_of_the_test_anything_protocol() -> None:
    whole = "ok 1 - finds the home\nnoise\nnot ok 2 - edits # 412\n1..2\n"
    assert tap(whole, "it") == [
        Case("finds the home", Verdict.PASSED),
        Case("edits", Verdict.FAILED, "412"),
    ]
    assert tap("ok 1 - a\nTraceback", "it")[-1].verdict is Verdict.FAILED


def test_a_report_of_the_server_tester() -> None:
    report = (
        "x\n## create\nFeature support level found: full\n\n## odd\nFeature support level found: unsupported\n"
        "Extra check information:\n  behaviour=not allowed\n\n## worse\nFeature support level found: ungraceful\n\n"
        "## unasked\nFeature support level found: unknown\n\n"
        "Diff (expected vs observed):\n  worse: expected=full  observed=ungraceful\n"
        "  create: expected=fragile  observed=full\n"
    )
    found = {case.name: case.verdict for case in server_tester.parse(report)}
    assert found == {
        "create": Verdict.PASSED,
        "odd": Verdict.PASSED,
        "worse": Verdict.FAILED,
        "unasked": Verdict.SKIPPED,
    }
    assert server_tester.parse("Traceback\nboom\n") == [Case("the tool reports", Verdict.FAILED, "boom")]
