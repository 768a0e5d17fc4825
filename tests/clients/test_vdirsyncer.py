"""vdirsyncer against our endpoint: a two-way sync into a folder that khal lists, as people run it."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.clients import khal
from tests.gateway.running import Running, serving
from tests.mirror import corpus

BIN = Path(sys.executable).parent

_CONFIG = """\
[general]
status_path = "{folder}/status/"
[pair calendars]
a = "local"
b = "remote"
collections = ["from a", "from b"]
conflict_resolution = "b wins"
metadata = ["displayname", "color"]
[storage local]
type = "filesystem"
path = "{folder}/calendars/"
fileext = ".ics"
[storage remote]
type = "caldav"
url = "{url}/dav/"
username = "alice"
password = "secret"
"""


@dataclass
class Scene:
    """A served mirror, and a vdirsyncer that is set up for it."""

    running: Running
    folder: Path

    def vdirsyncer(self, *arguments: str) -> str:
        command = [str(BIN / "vdirsyncer"), "-c", str(self.folder / "vdirsyncer.conf"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, input="y\ny\ny\ny\n", timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sync(self) -> None:
        said = self.vdirsyncer("sync")
        assert "error" not in said.lower(), said

    @property
    def calendar(self) -> Path:
        (found,) = [path for path in (self.folder / "calendars").iterdir() if path.is_dir()]
        return found

    def url(self, name: str) -> str:
        return f"{self.running.url}/dav/alice/{self.calendar.name}/{quote(name)}"

    def http(self, method: str, name: str, text: str = "") -> httpx.Response:
        return httpx.request(
            method,
            self.url(name),
            content=text.encode(),
            auth=("alice", "secret"),
            headers={"Content-Type": "text/calendar; charset=utf-8"},
            trust_env=False,
        )


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serving(tmp_path, "[user alice]\npassword = secret\n") as running:
        config = _CONFIG.format(folder=tmp_path, url=running.url)
        (tmp_path / "vdirsyncer.conf").write_text(config)
        (tmp_path / "calendars").mkdir()
        found = Scene(running, tmp_path)
        found.vdirsyncer("discover")
        yield found


def event(uid: str, summary: str) -> str:
    return corpus.calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260304T100000\r\n"
        f"DTEND;TZID=Europe/Berlin:20260304T110000\r\nSUMMARY:{summary}\r\nX-APPLE-STRUCTURED-LOCATION;X-TITLE=Café"
        ":geo:52.51,13.37\r\nEND:VEVENT\r\n",
        "Europe/Berlin",
    )


def test_both_ways_and_khal_lists_it(scene: Scene) -> None:
    theirs, ours = event("theirs", "made on the server 会議"), event("ours", "made in the folder")
    assert scene.http("PUT", "theirs.ics", theirs).status_code == 201
    (scene.calendar / "ours.ics").write_bytes(ours.encode())
    scene.sync()
    assert (scene.calendar / "theirs.ics").read_bytes() == theirs.encode(), "byte for byte"
    assert scene.http("GET", "ours.ics").content == ours.encode(), "byte for byte"

    assert scene.http("PUT", "theirs.ics", event("theirs", "edited on the server")).status_code == 204
    (scene.calendar / "ours.ics").write_bytes(event("ours", "edited in the folder").encode())
    scene.sync()
    assert b"edited on the server" in (scene.calendar / "theirs.ics").read_bytes()
    assert b"edited in the folder" in scene.http("GET", "ours.ics").content

    config = khal.configure(scene.folder, f"[[one]]\npath = {scene.calendar}\n")
    command = [str(BIN / "khal"), "-c", config, "list", "2026-03-04", "1d"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "10:00-11:00 edited on the server" in listed
    assert "10:00-11:00 edited in the folder" in listed

    assert scene.http("DELETE", "theirs.ics").status_code == 204
    (scene.calendar / "ours.ics").unlink()
    (scene.calendar / "third.ics").write_bytes(event("third", "stays").encode())
    scene.sync()
    assert sorted(path.name for path in scene.calendar.glob("*.ics")) == ["third.ics"]
    assert scene.http("GET", "ours.ics").status_code == 404
    assert scene.http("GET", "third.ics").status_code == 200


def test_a_second_sync_changes_nothing(scene: Scene) -> None:
    for name, text in corpus.entries(30).items():
        assert scene.http("PUT", name, text).status_code == 201
    scene.sync()
    before = {path.name: path.read_bytes() for path in scene.calendar.glob("*.ics")}
    assert len(before) == 30
    said = scene.vdirsyncer("-vdebug", "sync")
    assert "PUT" not in said
    assert {path.name: path.read_bytes() for path in scene.calendar.glob("*.ics")} == before
