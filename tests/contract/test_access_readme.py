"""The curl lines of the README for the Access API do what it says: they are sent to the fixture as they stand there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.access import BASE, KEYS, Access, empty, key
from tests.contract.serving import Fixture
from tests.gateway.running import PATIENCE

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
LINES = [line for line in README.splitlines() if line.startswith("curl ") and "$BASE" in line]


@pytest.fixture
def full(fixture: Fixture) -> Iterator[Access]:
    yield key(fixture, "full")
    empty(fixture)


def run(line: str, known: dict[str, str]) -> httpx.Response:
    """Send what curl would send."""
    for name, value in known.items():
        line = line.replace(f"${name}", value)
    words = iter(shlex.split(line)[1:])
    method, url, body, headers = "", "", None, dict[str, str]()
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = next(words)
        elif word == "--json":
            body = next(words)
            headers["Content-Type"] = "application/json"
        else:
            url = word
    method = method or ("GET" if body is None else "POST")
    return httpx.request(method, url, content=body, headers=headers, timeout=PATIENCE, trust_env=False)


def test_the_lines_of_the_readme(fixture: Fixture, full: Access) -> None:
    known = {"KEY": KEYS["full"], "BASE": f"{fixture.url}{BASE}"}
    answers = []
    for line in LINES:
        assert re.search(r"\$(?!KEY|BASE|EVENT)", line) is None, line
        answer = run(line.replace('"calendarId": 14', f'"calendarId": {full.calendar()}'), known)
        assert answer.status_code in (200, 201), f"{line}: {answer.text}"
        if answer.status_code == 201:
            known["EVENT"] = answer.json()["id"]
        answers.append(answer.json())
    assert len(answers) == 8
    *_, changed, answered, deleted = answers
    assert [each["email"] for each in changed["attendees"]] == ["alice@example.com"]
    assert answered["status"] == "confirmed"
    assert deleted["success"] is True
