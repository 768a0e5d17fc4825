"""A person's computer with vdirsyncer, khal, todoman and khard on it, all set up for one account at our endpoint."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.clients import khal

BIN = Path(sys.executable).parent
SECONDS = 120

_VDIRSYNCER = """\
[general]
status_path = "{folder}/status/"
[pair calendars]
a = "calendars_here"
b = "calendars_there"
collections = ["from a", "from b"]
conflict_resolution = {resolution}
metadata = ["displayname", "color"]
[storage calendars_here]
type = "filesystem"
path = "{folder}/calendars/"
fileext = ".ics"
[storage calendars_there]
type = "caldav"
url = "{url}/dav/"
username = "{user}"
password = "secret"
[pair contacts]
a = "contacts_here"
b = "contacts_there"
collections = ["from a", "from b"]
conflict_resolution = {resolution}
metadata = ["displayname"]
[storage contacts_here]
type = "filesystem"
path = "{folder}/contacts/"
fileext = ".vcf"
[storage contacts_there]
type = "carddav"
url = "{url}/dav/"
username = "{user}"
password = "secret"
"""
_TODOMAN = """\
path = "{folder}/calendars/*"
cache_path = "{folder}/todoman.sqlite3"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "{calendar}"
"""
_KHARD = """\
[addressbooks]
[[people]]
path = {folder}/contacts/{book}
[general]
editor = true
merge_editor = true
"""


@dataclass
class Machine:
    """One computer: a home folder, in which every program keeps what it knows."""

    folder: Path
    url: str
    user: str = "alice"
    resolution: str = '"b wins"'

    def set_up(self) -> None:
        """Write vdirsyncer's configuration, and let it find the account's collections."""
        for name in ("calendars", "contacts"):
            (self.folder / name).mkdir(parents=True)
        self._write("vdirsyncer.conf", _VDIRSYNCER)
        self.vdirsyncer("discover")
        self.sync("metasync")

    def _write(self, name: str, text: str, **more: str) -> str:
        file = self.folder / name
        values = {"folder": self.folder, "url": self.url, "user": self.user, "resolution": self.resolution, **more}
        file.write_text(text.format(**values))
        return str(file)

    def run(self, program: str, *arguments: str, answers: str = "y\n" * 8) -> str:
        """What a program prints; it must end well."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        command = [str(BIN / program), *arguments]
        done = subprocess.run(
            command, env=environment, input=answers, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def vdirsyncer(self, *arguments: str) -> str:
        """vdirsyncer with our configuration."""
        return self.run("vdirsyncer", "-c", str(self.folder / "vdirsyncer.conf"), *arguments)

    def sync(self, command: str = "sync") -> None:
        """Both pairs (with `metasync` their names and colours), without a single error."""
        said = self.vdirsyncer(command)
        assert "error" not in said.lower(), said

    def khal(self, *arguments: str) -> str:
        """Khal on the calendars; new events go to the first of them."""
        folders = sorted(path for path in (self.folder / "calendars").iterdir() if path.is_dir())
        sections = "".join(f"[[{path.name}]]\npath = {path}\n" for path in folders)
        config = khal.configure(self.folder, sections, default=self.calendar.name)
        return self.run("khal", "-c", config, *arguments)

    def todo(self, *arguments: str) -> str:
        """Todoman on the calendars; new tasks go to the first of them."""
        config = self._write("todoman.py", _TODOMAN, calendar=self.calendar.name)
        return self.run("todo", "--config", config, *arguments)

    def khard(self, *arguments: str, answers: str = "") -> str:
        """Khard on the first address book."""
        config = self._write("khard.conf", _KHARD, book=self.book.name)
        return self.run("khard", "-c", config, *arguments, answers=answers)

    @property
    def calendar(self) -> Path:
        """The folder of the first calendar."""
        return min(path for path in (self.folder / "calendars").iterdir() if path.is_dir())

    @property
    def book(self) -> Path:
        """The folder of the first address book."""
        return min(path for path in (self.folder / "contacts").iterdir() if path.is_dir())
