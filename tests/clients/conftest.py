"""A served mirror with two calendars and an address book, for the replays of what real programs send."""

from collections.abc import Iterator

import pytest

from tests.clients.replay import Replay
from tests.gateway.running import serving

CONFIG = "[user alice]\npassword = secret\n[account home]\nuser = alice\nprovider = local\nemail = alice@example.org\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it listens."""
    with serving(tmp_path_factory.mktemp("replay"), CONFIG) as running:
        with Replay(running.url, {"Content-Type": "application/xml"}) as owner:
            owner.furnish()
        yield running.url
