"""python-caldav's functional tests, sync and async, from its source distribution, told nothing about the server."""

import json

from tests.conformance import laboratory
from tests.conformance.outcome import Case, junit

NAME = "python-caldav 3.6.0, its own tests"
EXPLAINED: dict[str, str] = {}
REQUIREMENTS = (
    *("caldav==3.6.0", "pytest==8.4.2", "pytest-asyncio==1.5.0", "httpx==0.28.1", "tzlocal==5.4.5"),
    *("vobject==0.9.9", "pyfakefs==6.3.2", "manuel==1.13.0", "proxy.py==2.4.10"),
)


def run() -> list[Case]:
    """The tests that talk to a server: those of the classes that are generated for ours.

    `principals()` warns of its own deprecation, and the sdist turns every warning into an error: that one is let pass.
    """
    tools = laboratory.python("caldav", *REQUIREMENTS)
    source = laboratory.sdist("caldav==3.6.0")
    with laboratory.endpoint() as server:
        logins = [
            {"url": f"{server.url}/dav/", "username": person, "password": "secret"} for person in laboratory.PEOPLE
        ]
        ours = {"type": "external", "enabled": True, **logins[0], "scheduling_users": logins}
        file = source / "tests" / "caldav_test_servers.json"
        file.write_text(json.dumps({"test-servers": {"calharbor": ours}}), "utf-8")
        report = source / "report.xml"
        command = [
            str(tools / "python"),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
        ]
        command += ["-W", "ignore:principals() is deprecated:DeprecationWarning", "-k", "calharbor"]
        extra = {"PYTHON_CALDAV_TEST_EMBEDDED": "0", "PYTHON_CALDAV_TEST_DOCKER": "0", "HOME": str(source)}
        files = ["tests/test_caldav.py", "tests/test_async_integration.py"]
        laboratory.run([*command, *files], folder=source, extra=extra)
    return junit(report, "pytest")
