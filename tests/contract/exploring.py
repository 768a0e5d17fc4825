"""schemathesis against a part of the JSON API in this process: what OpenAPI says is true of every answer.

It makes requests of the description, good ones and bad ones, follows its links from one to the next, and compares every
answer with it, in all its checks; a configuration file beside this one says what it is told.
"""

from collections import Counter
from collections.abc import Set

import pytest
from schemathesis import engine, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from tests.gateway.api.contract_here import Here, Json

PHASES = frozenset({"examples", "coverage", "fuzzing", "stateful"})


def explore(
    here: Here,
    document: Json,
    config: SchemathesisConfig,
    fewest: int,
    monkeypatch: pytest.MonkeyPatch,
    *,
    phases: Set[str] = PHASES,
) -> None:
    """Try all of a description; fewer answers than `fewest` would mean that much of it was not understood.

    `phases`: those that the configuration lets run.
    """
    # It counts connections, of which there are none here, in a way that urllib3-future, which comes with `caldav`, has
    # not.
    monkeypatch.setattr("schemathesis.transport.requests._count_opened_connections", lambda _session: 0)
    # Nor is there a proxy on the way, for which the whole environment would be searched twice for each request.
    monkeypatch.setattr("requests.sessions.get_environ_proxies", lambda *_args, **_named: {})
    schema = openapi.from_dict(document, config=config)
    schema.app = here.app
    wrong: dict[tuple[str | None, str], str] = {}
    checked: Counter[str] = Counter()
    done: set[str] = set()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            raise event.value
        if isinstance(event, ScenarioFinished):
            done.add(event.phase.value)
            for check in (check for checks in event.recorder.checks.values() for check in checks):
                checked[check.name] += 1
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    where = failure.operation, failure.title
                    wrong.setdefault(where, f"{failure.message}\n{check.failure_info.code_sample}")
    assert not wrong, "\n\n".join(f"{operation}: {title}: {said}" for (operation, title), said in wrong.items())
    assert done >= phases
    assert checked["response_schema_conformance"] > fewest


def below(document: Json, *prefixes: str) -> Json:
    """The description of the paths that begin so."""
    paths = {path: methods for path, methods in document["paths"].items() if path.startswith(prefixes)}
    return {**document, "paths": paths}
