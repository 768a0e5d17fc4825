"""A desk: a calendar of a mirrored account, with its folder of files."""

import pytest

from storage.model import Collection
from storage.store import Store
from tests.storage.vdir.desk import Desk


@pytest.fixture
def desk(store: Store, mirrored: Collection) -> Desk:
    found = Desk(store, mirrored)
    found.sync()
    return found
