"""Hands on both sides of a mirror, for test files that have a `server` of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.verify import verify
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.upstreams.serving import Server


@pytest.fixture
def upstream(server: Server) -> Iterator[Upstream]:
    hands = Upstream(server)
    yield hands
    hands.http.close()


@pytest.fixture
def mirror(server: Server, tmp_path: Path) -> Iterator[Mirror]:
    with mirror_of(server, tmp_path / "mirror") as found:
        yield found
        assert verify(found.store, None).problems == []
