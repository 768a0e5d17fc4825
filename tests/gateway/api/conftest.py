"""The fixture's accounts in this process, empty for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.api.contract_here import Here, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("here") / "data")


@pytest.fixture
def here(tmp_path: Path, template: Path) -> Iterator[Here]:
    served = Here(tmp_path, template)
    yield served
    served.store.close()
