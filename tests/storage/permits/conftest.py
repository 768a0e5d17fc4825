"""A mirror for the tests of permits, on the first day of 2026."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import clock
from storage.store import Store
from tests.storage.permits.desks import NOW, office


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with clock.use(lambda: NOW):
        opened = office(tmp_path)
        yield opened
        opened.close()
