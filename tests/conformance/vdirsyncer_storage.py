"""vdirsyncer's own tests of its CalDAV and CardDAV storages, from its source distribution."""

from tests.conformance import laboratory
from tests.conformance.outcome import Case, junit

NAME = "vdirsyncer 0.21.0, tests/storage/dav"
EXPLAINED: dict[str, str] = {}
REQUIREMENTS = (
    *("vdirsyncer==0.21.0", "pytest==8.4.2", "pytest-asyncio==1.5.0", "hypothesis==6.170.15", "trustme==1.2.1"),
    *("aioresponses==0.7.9", "pytest-httpserver==1.2.0"),
)

PLUGIN = '''\
"""The server under test, as the suite asks for one: where it is, and a collection of its own for every test."""
import os

import pytest


class ServerMixin:
    @pytest.fixture
    def get_storage_args(self, slow_create_collection, aio_connector):
        async def arguments(collection="test"):
            login = {"username": "alice", "password": "secret", "connector": aio_connector}
            found = {"url": os.environ["CALHARBOR_URL"], **login}
            if collection is None:
                return found
            return await slow_create_collection(self.storage_class, found, collection)

        return arguments
'''


def run() -> list[Case]:
    """All of `tests/storage/dav` with a plug-in for our endpoint."""
    tools = laboratory.python("vdirsyncer", *REQUIREMENTS)
    source = laboratory.sdist("vdirsyncer==0.21.0")
    plugin = source / "tests" / "storage" / "servers" / "calharbor"
    plugin.mkdir()
    (plugin / "__init__.py").write_text(PLUGIN, "utf-8")
    cases = []
    # Both protocols make a collection of the same name and never delete it: each has a server of its own.
    for part in ("test_caldav.py", "test_carddav.py", "test_main.py"):
        report = source / f"{part}.xml"
        with laboratory.endpoint() as server:
            command = [str(tools / "python"), "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
            extra = {"CALHARBOR_URL": f"{server.url}/dav/", "DAV_SERVER": "calharbor"}
            command += [f"--junitxml={report}", f"tests/storage/dav/{part}"]
            laboratory.run(command, folder=source, extra=extra)
        cases += junit(report, "pytest")
    return cases
