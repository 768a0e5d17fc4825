"""An office for the tests of the door for agents, on the first day of 2026."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import clock
from tests.gateway.mcp.agents import Office
from tests.storage.permits import desks
from tests.storage.permits.desks import NOW


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with clock.use(lambda: NOW):
        opened = Office(desks.office(tmp_path))
        yield opened
        opened.store.close()
