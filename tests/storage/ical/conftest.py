"""The corpus of iCalendar files as test parameters."""

from pathlib import Path

import pytest

CORPUS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `corpus_file` once for every file of the corpus."""
    if "corpus_file" in metafunc.fixturenames:
        metafunc.parametrize("corpus_file", CORPUS, ids=[each.stem for each in CORPUS])
