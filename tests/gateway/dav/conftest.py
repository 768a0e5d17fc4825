"""The endpoint over a fresh mirror, for every test of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.dav.door import Door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path / "data")
    yield opened
    opened.store.close()
