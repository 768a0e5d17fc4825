"""The fixture's accounts in this process, empty for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.api.contract_here import Here


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    served = Here(tmp_path)
    yield served
    served.store.close()
