"""schemathesis against the Kloudless dialect of the fixture; `schemathesis.toml` says what it is told."""

from pathlib import Path

import pytest

from tests.contract.exploring import below, explore
from tests.gateway.api.contract_here import Here, Json

CONFIG = Path(__file__).parent / "schemathesis.toml"
FEWEST = 1_000


def of_one_account(here: Here) -> Json:
    """The description as it is for the account of one token, which cannot act as anybody else."""
    document = below(here.get(101, "/openapi.json"), "/v1/", "/healthz")
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
    here = Here(tmp_path)
    explore(here, of_one_account(here), CONFIG, FEWEST, monkeypatch)
    here.store.close()
