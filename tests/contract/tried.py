"""Tries a description with schemathesis against the application that it describes, in this process."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from schemathesis import engine, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from tests.gateway.api.contract_here import Here, Json


@dataclass
class Tried:
    """What came of it: what was wrong, once for each operation and kind, how often each check was made, the phases."""

    wrong: dict[tuple[str | None, str], str] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    phases: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return "\n\n".join(f"{operation}: {title}: {said}" for (operation, title), said in self.wrong.items())


def tried(here: Here, document: Json, config: Json, monkeypatch: pytest.MonkeyPatch) -> Tried:
    """Make requests of a description, and compare every answer with it; `config` is what schemathesis is told."""
    # It counts connections, of which there are none here, in a way that urllib3-future, which comes with `caldav`, has
    # not.
    monkeypatch.setattr("schemathesis.transport.requests._count_opened_connections", lambda _session: 0)
    schema = openapi.from_dict(document, config=SchemathesisConfig.from_dict(config))
    schema.app = here.app
    found = Tried()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            raise event.value
        if isinstance(event, ScenarioFinished):
            found.phases.add(event.phase.value)
            for check in (check for checks in event.recorder.checks.values() for check in checks):
                found.checked[check.name] += 1
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    where = failure.operation, failure.title
                    found.wrong.setdefault(where, f"{failure.message}\n{check.failure_info.code_sample}")
    return found
