"""khal and todoman write into the folder of files of a running server: it arrives at the endpoint and upstream."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients import khal
from tests.gateway.running import Running, serving
from tests.mirror import corpus
from tests.mirror.rig import Upstream
from tests.upstreams.radicale import running_radicale

_CONFIG = """\
[sync]
interval = 1
[user alice]
password = secret
[account up]
user = alice
provider = caldav
url = {url}
username = {username}
password = {password}
"""
_TODOMAN = """\
path = "{root}/*/*"
cache_path = "{folder}/todoman.sqlite3"
default_list = "up/Work"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
"""

PATIENCE = 60.0


class Scene:
    """An upstream with one calendar, a server that mirrors it, and programs that know only its folder."""

    def __init__(self, folder: Path, running: Running, upstream: Upstream, calendar: str) -> None:
        self.folder = folder
        self.running = running
        self.upstream = upstream
        self.calendar = calendar
        self.root = folder / "data" / "vdir"
        self.wait(lambda: list(self.root.glob("*/*/displayname")))
        [found] = self.root.glob("*/*/displayname")
        self.directory = found.parent
        self.config = khal.configure(
            folder, f"[[mirror]]\npath = {self.root}/*/*\ntype = discover\n", default="up/Work"
        )
        (folder / "todoman.py").write_text(_TODOMAN.format(root=self.root, folder=folder))

    def run(self, program: str, *arguments: str, said: str = "") -> str:
        """Run a program, answering its questions."""
        command = [str(Path(sys.executable).parent / program), *arguments]
        home = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        environment = {"PATH": os.environ["PATH"], **home}
        done = subprocess.run(
            command, env=environment, input=said, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def khal(self, *arguments: str, said: str = "") -> str:
        return self.run("khal", "-c", self.config, *arguments, said=said)

    def todo(self, *arguments: str, said: str = "") -> str:
        return self.run("todo", "--config", str(self.folder / "todoman.py"), *arguments, said=said)

    def wait(self, arrived: Callable[[], object]) -> None:
        """Until something has arrived."""
        deadline = time.monotonic() + PATIENCE
        while not arrived():
            assert time.monotonic() < deadline, "it has not arrived"
            time.sleep(0.1)

    def at_the_endpoint(self) -> str:
        """Everything that a client of the server is shown."""
        body = (
            '<?xml version="1.0"?><C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop>'
            '<C:calendar-data/></prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
        )
        home = self.running.url + "/dav/alice/"
        names = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><displayname/></prop></propfind>'
        auth = ("alice", "secret")
        listing = httpx.request("PROPFIND", home, content=names, headers={"Depth": "1"}, auth=auth, trust_env=False)
        part = next(part for part in listing.text.split("response>") if "Work<" in part)
        path = part.split("href>")[1].split("<")[0]
        answer = httpx.request(
            "REPORT", self.running.url + path, content=body, headers={"Depth": "1"}, auth=auth, trust_env=False
        )
        assert answer.status_code == 207, answer.text
        return answer.text

    def at_the_upstream(self) -> str:
        """The same at the upstream."""
        return "".join(self.upstream.texts(self.calendar).values())

    def arrives(self, words: str) -> None:
        """Both show these words."""
        self.wait(lambda: words in self.at_the_endpoint())
        self.wait(lambda: words in self.at_the_upstream())

    def goes(self, words: str) -> None:
        """Neither does any more."""
        self.wait(lambda: words not in self.at_the_endpoint())
        self.wait(lambda: words not in self.at_the_upstream())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with running_radicale(tmp_path / "radicale") as server:
        calendar = server.make_calendar("Work")
        upstream = Upstream(server)
        names = {f"e{n}.ics": corpus.calendar(_event(n)) for n in range(8)}
        for name, text in names.items():
            upstream.put(calendar, name, text)
        text = _CONFIG.format(url=server.url, username=server.username, password=server.password)
        with serving(tmp_path, text) as running:
            yield Scene(tmp_path, running, upstream, calendar)


def _event(number: int) -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:e{number}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:2027030{number + 1}T100000Z\r\n"
        f"DTEND:2027030{number + 1}T110000Z\r\nSUMMARY:Meeting {number}\r\nEND:VEVENT\r\n"
    )


def test_what_khal_writes_arrives_everywhere(scene: Scene) -> None:
    scene.wait(lambda: len(list(scene.directory.glob("*.ics"))) == 8)
    scene.khal("new", "2027-03-20", "14:00", "15:00", "Zahnarzt 🦷", ":: bring the card")
    scene.arrives("Zahnarzt 🦷")
    scene.khal("edit", "Zahnarzt", said="s\nKieferorthopäde\nn\n")
    scene.arrives("Kieferorthopäde")
    scene.khal("edit", "Kieferorthopäde", said="D\ny\n")
    scene.goes("Kieferorthopäde")
    assert len(list(scene.directory.glob("*.ics"))) == 8


def test_what_todoman_writes_arrives_everywhere(scene: Scene) -> None:
    scene.wait(lambda: len(list(scene.directory.glob("*.ics"))) == 8)
    scene.todo("new", "--due", "2027-03-20", "Steuer 💶")
    scene.arrives("Steuer 💶")
    scene.todo("edit", "1", "--location", "Finanzamt")
    scene.arrives("Finanzamt")
    scene.todo("done", "1")
    scene.arrives("STATUS:COMPLETED")
    scene.todo("delete", "1", "--yes")
    scene.goes("Finanzamt")


def test_an_editor_s_way_of_writing_and_a_clearing_out(scene: Scene) -> None:
    scene.wait(lambda: len(list(scene.directory.glob("*.ics"))) == 8)
    path = next(path for path in scene.directory.glob("*.ics") if "Meeting 3" in path.read_text())
    backup = path.with_name(f"{path.name}~")
    text = path.read_bytes().decode()
    path.rename(backup)
    time.sleep(0.2)
    with path.open("w", newline="") as file:
        for line in text.replace("Meeting 3", "Meeting moved").splitlines(keepends=True):
            file.write(line)
            file.flush()
            time.sleep(0.02)
    backup.unlink()
    scene.arrives("Meeting moved")
    for each in scene.directory.glob("*.ics"):
        each.unlink()
    time.sleep(4)
    assert "Meeting moved" in scene.at_the_endpoint()
    assert "Meeting 1" in scene.at_the_upstream()
    said = scene.run("calharbor", "held", "--config", str(scene.folder / "config.ini"))
    assert "the folder of 'up/Work' lists none of the 8 entries any more" in said
    scene.run("calharbor", "held", "reject", "1", "--config", str(scene.folder / "config.ini"))
    scene.wait(lambda: len(list(scene.directory.glob("*.ics"))) == 8)
