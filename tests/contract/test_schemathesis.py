"""schemathesis against the Kloudless dialect of the fixture; `schemathesis.toml` says what it is told.

One account tries all of it; the others, which follow other services' rules, what these rules decide.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from schemathesis.config import SchemathesisConfig

from tests.contract.exploring import PHASES, below, explore
from tests.contract.serving import TOKENS
from tests.gateway.api.contract_here import Here, Json

CONFIG = Path(__file__).parent / "schemathesis.toml"
WHOLE, FEWEST, FEW = 101, 1_000, 50
"""The account that tries everything, its requests, and those of any other."""

SERVICE_DECIDES = re.compile(r"/(calendars|contacts|resources)\b")
"""Paths whose answers depend on whose rules an account follows."""

FEWER: Json = {
    "generation": {"max-examples": 1, "database": "none"},
    "phases": {
        "coverage": {"enabled": False},
        "fuzzing": {"enabled": False},
        "stateful": {"generation": {"max-examples": 2}},
    },
}

NO_BOOK = "list_resources|(list|get|create|update|delete)_contacts?"
LACKING = {103: NO_BOOK, 104: "(create|update|delete)_contact|update_calendar", 105: NO_BOOK}
"""What the service of an account does not have, or without an address book has not: 501 is right, 2xx is wrong."""


def told(account: int) -> SchemathesisConfig:
    """The configuration for one account."""
    said = tomllib.loads(CONFIG.read_text("utf-8"))
    said["headers"] = {"Authorization": f"Bearer {TOKENS[account]}"}
    if account in LACKING:
        right = {"expected-statuses": ["4xx", 501]}
        checks = {"not_a_server_error": right, "positive_data_acceptance": right}
        said["operations"].insert(0, {"include-operation-id-regex": f"^({LACKING[account]})$", "checks": checks})
    return SchemathesisConfig.from_dict(said if account == WHOLE else said | FEWER)


def of_one_account(here: Here, account: int) -> Json:
    """The description as it is for the account of one token, which cannot act as anybody else."""
    document = below(here.get(account, "/openapi.json"), "/v1/", *(["/healthz"] if account == WHOLE else []))
    if account != WHOLE:
        document["paths"] = {path: each for path, each in document["paths"].items() if SERVICE_DECIDES.search(path)}
    for methods in document["paths"].values():
        for said in methods.values():
            given = said.get("parameters", [])
            said["parameters"] = [each for each in given if each["name"] != "X-Kloudless-As-User"]
            for each in said["parameters"]:
                if each["name"] in ("account", "accounts"):
                    each["schema"] = {"const": "me"}
    return document


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    served = Here(tmp_path_factory.mktemp("here"))
    yield served
    served.store.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("account", TOKENS)
def test_every_answer_is_as_it_is_described(here: Here, monkeypatch: pytest.MonkeyPatch, account: int) -> None:
    whole = account == WHOLE
    phases = PHASES if whole else frozenset({"examples", "stateful"})
    fewest = FEWEST if whole else FEW
    explore(here, of_one_account(here, account), told(account), fewest, monkeypatch, phases=phases)
