"""pytest fixtures for the real servers; a test file takes them over with an import.

`real_server` runs a test once on each server; where Cyrus is not installed its turn is skipped with the reason.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.upstreams import cyrus
from tests.upstreams.cyrus import running_cyrus
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server
from tests.upstreams.xandikos import running_xandikos

SERVERS = ("radicale", "xandikos", pytest.param("cyrus", marks=pytest.mark.cyrus))


@pytest.fixture(scope="module", params=SERVERS)
def real_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each real CalDAV server in turn, one process for a whole test file."""
    name = str(request.param)
    folder = tmp_path_factory.mktemp(name)
    context: AbstractContextManager[Server]
    if name == "radicale":
        context = running_radicale(folder, paths="none")
    elif name == "xandikos":
        context = running_xandikos(folder)
    else:
        if reason := cyrus.missing():
            pytest.skip(f"{reason}; `apt-get install cyrus-caldav sasl2-bin` and run as root")
        context = running_cyrus()
    with context as server:
        yield server


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A stock Radicale, one process for a whole test file."""
    with running_radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="module", params=[pytest.param("cyrus", marks=pytest.mark.cyrus)])
def scheduling_server() -> Iterator[Server]:
    """A Cyrus with the account `up` and a colleague `boss`, between whom it delivers invitations."""
    if reason := cyrus.missing():
        pytest.skip(f"{reason}; `apt-get install cyrus-caldav sasl2-bin` and run as root")
    with running_cyrus({"up": "up", "boss": "boss"}) as server:
        boss = server.as_user("boss")
        with boss.client() as client:  # somebody has a calendar from the first visit on
            assert client.request("PROPFIND", boss.home, headers={"Depth": "0"}).status_code == 207
        yield server
