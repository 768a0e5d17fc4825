"""vdirsyncer and khard with an address book of ours: two-way over CardDAV, and straight from the folder of files."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from tests.gateway.running import PATIENCE, Running, serving
from tests.storage.vcard.cards import FULL, card

BIN = Path(sys.executable).parent

_VDIRSYNCER = """\
[general]
status_path = "{folder}/status/"
[pair contacts]
a = "local"
b = "remote"
collections = ["from a", "from b"]
conflict_resolution = "b wins"
[storage local]
type = "filesystem"
path = "{folder}/contacts/"
fileext = ".vcf"
[storage remote]
type = "carddav"
url = "{url}/"
username = "alice"
password = "secret"
"""

_KHARD = """\
[addressbooks]
[[people]]
path = {path}
[general]
editor = /bin/true
merge_editor = /bin/true
default_action = list
"""

NEW = """\
First name : Grace
Last name : Hopper
Email :
    work : grace@example.org
"""


@dataclass
class Scene:
    """A served mirror with its first address book, and a vdirsyncer that is set up for it."""

    running: Running
    folder: Path

    def run(self, program: str, *arguments: str, text: str = "y\ny\ny\ny\n") -> str:
        command = [str(BIN / program), "-c", str(self.folder / f"{program}.conf"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, input=text, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sync(self) -> None:
        assert "error" not in self.run("vdirsyncer", "sync").lower()

    def khard(self, path: Path, *arguments: str, text: str = "") -> str:
        (self.folder / "khard.conf").write_text(_KHARD.format(path=path))
        return self.run("khard", *arguments, text=text)

    @property
    def book(self) -> Path:
        """The folder of vdirsyncer's one address book."""
        (found,) = [path for path in (self.folder / "contacts").iterdir() if path.is_dir()]
        return found

    def http(self, method: str, name: str = "", text: str = "") -> httpx.Response:
        return httpx.request(
            method,
            f"{self.running.url}/dav/alice/{self.book.name}/{name}",
            content=text.encode(),
            auth=("alice", "secret"),
            headers={"Content-Type": "text/vcard; charset=utf-8"},
            trust_env=False,
        )


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serving(tmp_path, "[user alice]\npassword = secret\n") as running:
        (tmp_path / "vdirsyncer.conf").write_text(_VDIRSYNCER.format(folder=tmp_path, url=running.url))
        (tmp_path / "contacts").mkdir()
        found = Scene(running, tmp_path)
        found.run("vdirsyncer", "discover")
        yield found


def test_vdirsyncer_and_khard_both_ways(scene: Scene) -> None:
    four = card("N:東京;Jürgen;;;", "X-SOCIALPROFILE:http://t/a,b", uid="four", version="4.0", fn="Jürgen 東京")
    assert scene.http("PUT", "one.vcf", FULL).status_code == 201
    assert scene.http("PUT", "four.vcf", four).status_code == 201
    scene.sync()
    assert (scene.book / "one.vcf").read_bytes() == FULL.encode(), "byte for byte"
    assert (scene.book / "four.vcf").read_bytes() == four.encode(), "byte for byte"
    listed = scene.khard(scene.book, "list")
    assert "Ada" in listed
    assert "Jürgen 東京" in listed
    assert "ada@example.org" in scene.khard(scene.book, "email", "--parsable", "ada")

    scene.khard(scene.book, "new", "-a", "people", "--vcard-version", "3.0", text=NEW)
    (scene.book / "one.vcf").unlink()
    scene.sync()
    whole = scene.http("GET").text
    assert "Hopper;Grace" in whole
    assert "Ada Lovelace" not in whole
    said = scene.run("vdirsyncer", "-vdebug", "sync")
    assert "PUT" not in said, "a second sync changes nothing"


def test_khard_opens_the_exported_folder(scene: Scene) -> None:
    assert scene.http("PUT", "one.vcf", FULL).status_code == 201
    end = monotonic() + PATIENCE
    while not (found := list((scene.folder / "data" / "vdir").rglob("*.vcf"))):
        assert monotonic() < end, "the card was not exported"
        sleep(0.05)
    assert found[0].read_bytes() == FULL.encode()
    assert "Ada" in scene.khard(found[0].parent, "list")
