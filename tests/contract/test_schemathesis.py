"""schemathesis against the JSON API of the fixture: what OpenAPI says is true of every answer, in all its checks.

It makes requests of the description, good ones and bad ones, follows its links from one to the next, and compares every
answer with it; `schemathesis.toml` beside this file says what it is told. In this process, for the sake of the time.
"""

from collections import Counter
from pathlib import Path

import pytest
from schemathesis import engine, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from tests.gateway.api.contract_here import Here, Json

CONFIG = Path(__file__).parent / "schemathesis.toml"
PHASES = {"examples", "coverage", "fuzzing", "stateful"}
FEWEST = 1_000
"""Requests; fewer would mean that much of the description was not understood."""


def of_one_account(here: Here) -> Json:
    """The description as it is for the account of one token, which cannot act as anybody else."""
    document = here.get(101, "/openapi.json")
    for methods in document["paths"].values():
        for said in methods.values():
            given = said.get("parameters", [])
            said["parameters"] = [each for each in given if each["name"] != "X-Kloudless-As-User"]
            for each in said["parameters"]:
                if each["name"] in ("account", "accounts"):
                    each["schema"] = {"const": "me"}
    return document


@pytest.mark.timeout(600)
def test_every_answer_is_as_it_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # It counts connections, of which there are none here, in a way that urllib3-future, which comes with `caldav`, has
    # not.
    monkeypatch.setattr("schemathesis.transport.requests._count_opened_connections", lambda _session: 0)
    here = Here(tmp_path)
    schema = openapi.from_dict(of_one_account(here), config=SchemathesisConfig.from_path(CONFIG))
    schema.app = here.app
    wrong: dict[tuple[str | None, str], str] = {}
    checked: Counter[str] = Counter()
    phases: set[str] = set()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            raise event.value
        if isinstance(event, ScenarioFinished):
            phases.add(event.phase.value)
            for check in (check for checks in event.recorder.checks.values() for check in checks):
                checked[check.name] += 1
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    where = failure.operation, failure.title
                    wrong.setdefault(where, f"{failure.message}\n{check.failure_info.code_sample}")
    here.store.close()
    assert not wrong, "\n\n".join(f"{operation}: {title}: {said}" for (operation, title), said in wrong.items())
    assert phases >= PHASES
    assert checked["response_schema_conformance"] > FEWEST
