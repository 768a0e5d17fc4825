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
