"""The requests that the README shows of the OneCal dialect, made as they stand there."""

import re
import shlex
from pathlib import Path

from tests.contract.onecal import OneCal, expected, over
from tests.contract.serving import APP_KEY, Fixture

README = Path(__file__).parents[2] / "README.md"


def test_the_requests_of_the_readme_are_answered(fixture: Fixture) -> None:
    section = README.read_text("utf-8").partition("### OneCal")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("curl ")]
    assert len(lines) == 2
    send = over(fixture.url)
    values = {"$KEY": APP_KEY, "$TOKEN": OneCal(send).all()[1], "/1/primary": "/101/primary"}
    for line in lines:
        _, option, header, address = shlex.split(re.sub(r"\$\w+|/1/primary", lambda found: values[found[0]], line))
        name, _, value = header.partition(": ")
        assert (option, name) == ("-H", "x-api-key")
        answer = send("GET", address.removeprefix("http://127.0.0.1:5243"), headers={name: value})
        assert "nextSyncToken" in expected(answer, 200)
