"""The demo as a process: what it prints is true, an edit reaches its upstream, and Ctrl-C leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from gateway.cli import main
from tests.gateway.cli.conftest import event

ROOT = Path(__file__).parents[3]
PATIENCE = 30.0


class Demo:
    """A running demo and what it said."""

    def __init__(self, folder: Path) -> None:
        # Where the tests run in the background of a script, SIGINT is ignored, also in what they start.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "demo", "--port", "0"], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout
        self.text = ""
        for line in self.process.stdout:
            self.text += line
            if "Ctrl-C ends everything" in line:
                break

    def said(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, self.text
        return found[1]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def answer(url: str, status: int) -> httpx.Response:
    """The answer once it has this status; fails after half a minute."""
    end = monotonic() + PATIENCE
    while True:
        found = httpx.get(url, auth=("demo", "demo"), trust_env=False, timeout=PATIENCE)
        if found.status_code == status:
            return found
        assert monotonic() < end, f"{url} answers {found.status_code}"
        sleep(0.05)


def test_an_edit_reaches_the_upstream_and_nothing_is_left(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = demo.said(r"calharbor status --config (\S+)")
    address = demo.said(r"CalDAV +(\S+)/dav/")
    upstream = demo.said(r"runs at (\S+);")
    assert answer(f"{address}/healthz", 200).json()["status"] == "ok"
    key, calendars = demo.said(r"(APIKey \S+)'"), demo.said(r"(http\S+/cal/calendars)")
    listed = httpx.get(calendars, headers={"Authorization": key}, trust_env=False).json()
    assert {"Home", "Team", "Work"} <= {each["name"] for each in listed["objects"]}
    assert main(["account", "show", "sample", "--json", "--config", config]) == 0
    shown = json.loads(capsys.readouterr().out)
    slug = {one["name"]: one["slug"] for one in shown["collections"]}["Home"]
    text = event("demo-test", "From the mirror")
    put = httpx.put(f"{address}/dav/demo/{slug}/new.ics", content=text, auth=("demo", "demo"), trust_env=False)
    assert put.status_code == 201
    assert "From the mirror" in answer(f"{upstream}demo/home/new.ics", 200).text
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(PATIENCE) == 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(upstream, trust_env=False)
