"""schemathesis against the OneCal dialect of the fixture: what OpenAPI says is true of every answer.

It makes requests of the description, good ones and bad ones, follows its links from one to the next, and compares every
answer with it. In this process, for the sake of the time.
"""

from pathlib import Path

import pytest
from schemathesis.config import SchemathesisConfig

from gateway.api.onecal.routes import PREFIX
from tests.contract.exploring import below, explore
from tests.contract.serving import APP_KEY
from tests.gateway.api.contract_here import Here, Json
from tests.storage.texts import event

ACCOUNT = 101
FEWEST = 500
"""Requests; fewer would mean that much of the description was not understood."""

CONFIG: Json = {
    "seed": 1,
    "continue-on-failure": True,
    "headers": {"x-api-key": APP_KEY},
    "warnings": False,
    "cache": {"enabled": False},
    "generation": {"max-examples": 1, "database": "none"},
    "phases": {"stateful": {"generation": {"max-examples": 3}}},
    "operations": [
        # It would take the account from under all other operations.
        {"include-operation-id": "onecal_delete_account", "enabled": False},
        # What is good also depends on other members, or on what there is: pages and tokens are those of earlier
        # answers, an event ends after it starts, calendars and time zones exist. Accounts are not made here (D84).
        {
            "include-operation-id-regex": "^onecal_.*$",
            "checks": {
                "positive_data_acceptance": {
                    "expected-statuses": ["2xx", "400", "403", "404", "409", "410", "412"],
                }
            },
        },
    ],
}


def of_one_account(here: Here) -> Json:
    """The description of the dialect as it is for one account."""
    document = below(here.get(ACCOUNT, "/openapi.json"), f"{PREFIX}/")
    for methods in document["paths"].values():
        for said in methods.values():
            for each in said.get("parameters", []):
                if each["name"] == "account":
                    each["schema"] = {"const": str(ACCOUNT)}
    return document


@pytest.mark.timeout(600)
def test_every_answer_is_as_it_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(tmp_path)
    here.put(ACCOUNT, event(more="RRULE:FREQ=DAILY\r\nEXDATE:20261122T100000Z\r\n"))
    explore(here, of_one_account(here), SchemathesisConfig.from_dict(CONFIG), FEWEST, monkeypatch)
    here.store.close()
