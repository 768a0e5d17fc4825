"""Where suites are installed and run: environments of their own under build/conformance, each made once.

Everything comes from PyPI, Debian and npm through their ordinary clients, in pinned versions.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from tests.conformance.outcome import Unavailable, first_line
from tests.gateway.running import Running, serving

BUILD = Path(__file__).parents[2] / "build" / "conformance"
INSTALL_SECONDS = 900
RUN_SECONDS = 1200

PEOPLE = ("alice", "bob@example.org")
"""Whose names the suites sign in with; one looks like a mail address, as many people's do."""

CONFIG = """\
[user alice]
password = secret
[user bob@example.org]
password = secret
[account home]
user = alice
provider = local
email = alice@example.org
[account work]
user = bob@example.org
provider = local
email = bob@example.org
"""
"""What a stranger writes for two people of one household who keep their calendars here only."""


@dataclass(frozen=True)
class Done:
    """A program that ended: its exit code, and what it printed to both outputs."""

    code: int
    printed: str


@contextmanager
def endpoint() -> Iterator[Running]:
    """`calharbor serve` on a free loopback port with a fresh mirror, for alice and bob (password `secret`)."""
    with TemporaryDirectory(prefix="conformance-") as folder, serving(Path(folder), CONFIG) as running:
        yield running


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    extra: Mapping[str, str] | None = None,
    seconds: int = RUN_SECONDS,
) -> Done:
    """Run to the end, at most so many seconds (exit code 124 then), with what was printed until then.

    The output goes through a file: a pipe would stay open as long as any service that the program has started.
    """
    ours = ("PYTHONPATH", "VIRTUAL_ENV")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    words = [str(word) for word in command]
    with TemporaryFile() as output:
        try:
            code = subprocess.run(
                words,
                cwd=folder,
                env={**inherited, "NO_PROXY": "127.0.0.1,localhost", **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = 124
        output.seek(0)
        printed = output.read().decode("utf-8", "replace")
    return Done(code, printed)


def _install(command: Sequence[str | Path], what: str, folder: Path | None = None) -> None:
    extra = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    done = run(command, folder=folder, extra=extra, seconds=INSTALL_SECONDS)
    if done.code:
        lines = [line for line in done.printed.splitlines() if "error" in line.lower()]
        raise Unavailable(f"{what} cannot be installed: {first_line((lines or [done.printed])[0])}")


def python(name: str, *requirements: str) -> Path:
    """The `bin` folder of an environment with exactly these requirements; made anew when they change."""
    wanted = "\n".join(requirements)
    folder = BUILD / name / "venv"
    ready = folder / "ready"
    if not ready.exists() or ready.read_text("utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _install([sys.executable, "-m", "venv", folder], "an environment")
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        _install([*pip, *requirements], " ".join(requirements[:1]))
        ready.write_text(wanted, "utf-8")
    return folder / "bin"


def sdist(requirement: str) -> Path:
    """The unpacked source of `name==version` from PyPI, for the tests in it: fresh at each call."""
    name, _, version = requirement.partition("==")
    folder = BUILD / name
    archive = folder / f"{name}-{version}.tar.gz"
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _install([*pip, "--no-binary", name, "-d", folder, requirement], requirement)
    source = folder / f"{name}-{version}"
    shutil.rmtree(source, ignore_errors=True)
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(folder, filter="data")
    return source


def debian(*packages: tuple[str, str]) -> None:
    """Install Debian packages, each given with a file (a glob) by which it is known to be there.

    Raises `Unavailable` where apt-get is missing or refuses.
    """
    wanted = [name for name, file in packages if not list(Path("/").glob(file.lstrip("/")))]
    if not wanted:
        return
    if not shutil.which("apt-get") or os.getuid() != 0:
        raise Unavailable(f"Debian's {', '.join(wanted)} is not installed: apt-get install {' '.join(wanted)} as root")
    _install(["apt-get", "update", "-qq"], "the list of Debian's packages")
    _install(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted], " ".join(wanted))


def npm(name: str, packages: Mapping[str, str]) -> Path:
    """A folder in which node finds these packages (name → exact version)."""
    if not shutil.which("npm"):
        debian(("nodejs", "/usr/bin/node"), ("npm", "/usr/bin/npm"))
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "package.json"
    wanted = json.dumps({"private": True, "type": "module", "dependencies": dict(packages)})
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    ready = folder / "ready"
    if not ready.exists() or ready.read_text("utf-8") != digest:
        manifest.write_text(wanted, "utf-8")
        _install(["npm", "install", "--silent", "--no-audit", "--no-fund"], ", ".join(packages), folder)
        ready.write_text(digest, "utf-8")
    return folder
