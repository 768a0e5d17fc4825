"""schemathesis against the Access dialect of the fixture; `schemathesis_access.toml` says what it is told."""

from pathlib import Path

import pytest
from schemathesis.config import SchemathesisConfig

from tests.contract.access import BASE, KEYS
from tests.contract.exploring import below, explore
from tests.gateway.api.contract_here import Here, Json

CONFIG = Path(__file__).parent / "schemathesis_access.toml"
FEWEST = 600


def of_the_fixture(here: Here) -> Json:
    """The description with the numbers of the calendars that the key opens."""
    document = below(here.get(101, "/openapi.json"), "/api/access/", "/api/auth/")
    opened = [each["id"] for each in here.request(KEYS["full"], "GET", f"{BASE}/calendars").json()["data"]]
    one, several = {"enum": opened}, {"enum": [str(opened[0]), ",".join(map(str, opened))]}
    known = {"calendarId": one, "calendars": several}
    for methods in document["paths"].values():
        for said in methods.values():
            for each in said.get("parameters", []):
                each["schema"] = known.get(each["name"], each["schema"])
    document["components"]["schemas"]["AccessEventInput"]["properties"]["calendarId"] = one
    return document


@pytest.mark.timeout(600)
def test_every_answer_is_as_it_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(tmp_path)
    explore(here, of_the_fixture(here), SchemathesisConfig.from_path(CONFIG), FEWEST, monkeypatch)
    here.store.close()
