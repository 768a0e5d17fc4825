"""calcurse-caldav and cadaver, Debian's, as people run them; where they are not installed, the reason is said."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.replay import Replay, event

CALCURSE = """\
[General]
Binary = calcurse
Hostname = {host}
Path = /dav/alice/calendar/
AuthMethod = basic
HTTPS = No
DryRun = No
Verbose = Yes
[Auth]
Username = alice
Password = secret
"""
HTTPLIB2 = Path("/usr/lib/python3/dist-packages/httplib2")


def installed(program: str) -> Path:
    path = Path("/usr/bin") / program
    if not path.exists():
        pytest.skip(f"Debian's {program} is not installed; `make conformance` installs it as root")
    return path


def run(folder: Path, *command: str | Path, answers: str = "") -> str:
    """What a program prints; it must end well."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "dumb", "TZ": "UTC"}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, env=environment, input=answers, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def owner(base: str) -> Iterator[Replay]:
    with Replay(base, {"Content-Type": "text/calendar; charset=utf-8"}) as program:
        yield program


def test_calcurse_syncs_both_ways(base: str, owner: Replay, tmp_path: Path) -> None:
    script = installed("calcurse-caldav")
    if not HTTPLIB2.exists():
        pytest.skip("Debian's python3-httplib2, which calcurse-caldav needs, is not installed")
    config, data = tmp_path / "config", tmp_path / "data"
    config.write_text(CALCURSE.format(host=base.removeprefix("http://")))
    data.mkdir()
    state = ("--lockfile", tmp_path / "lock", "--syncdb", tmp_path / "sync.db", "--hookdir", tmp_path / "hooks")
    sync = ("/usr/bin/python3", script, "--config", config, "--datadir", data, *state)
    day = ("calcurse", "-D", data, "-Q", "--from", "03/02/2026", "--days", "1")

    path = "/dav/alice/calendar/"
    assert owner.request("PUT", f"{path}theirs.ics", event("theirs", "Theirs")).status == 201
    run(tmp_path, *sync, "--init", "keep-remote")
    assert "Theirs" in run(tmp_path, *day)

    (tmp_path / "ours.ics").write_text(event("ours", "Ours"))
    run(tmp_path, "calcurse", "-D", data, "-i", tmp_path / "ours.ics")
    run(tmp_path, *sync)
    listed = [name for name in owner.propfind(path, ["{DAV:}getetag"], 1).names if name.endswith(".ics")]
    assert len(listed) == 2
    [ours] = [name for name in listed if name != "theirs.ics"]
    assert "SUMMARY:Ours" in owner.request("GET", path + ours).text

    run(tmp_path, "calcurse", "-D", data, "-P", "--filter-pattern", "Ours")
    assert owner.request("PUT", f"{path}theirs.ics", event("theirs", "Edited")).status == 204
    run(tmp_path, *sync)
    shown = run(tmp_path, *day)
    assert "Edited" in shown
    assert "Ours" not in shown
    assert owner.request("GET", path + ours).status == 404
    assert owner.request("DELETE", f"{path}theirs.ics").status == 204
    run(tmp_path, *sync)
    assert "Edited" not in run(tmp_path, *day)


def test_cadaver_lists_copies_moves_and_deletes(base: str, owner: Replay, tmp_path: Path) -> None:
    installed("cadaver")
    (tmp_path / ".netrc").write_text("default login alice password secret\n")
    os.chmod(tmp_path / ".netrc", 0o600)
    path = "/dav/alice/calendar/"
    local = tmp_path / "sail.ics"
    local.write_text(event("sail", "Sail"), newline="")

    def cadaver(*lines: str) -> str:
        return run(tmp_path, "cadaver", base + path, answers="\n".join([*lines, "quit", ""]))

    said = cadaver(f"put {local} sail.ics", "ls")
    assert "succeeded" in said
    assert "sail.ics" in said
    cadaver(f"get sail.ics {tmp_path / 'back.ics'}")
    assert (tmp_path / "back.ics").read_bytes() == local.read_bytes()
    assert "succeeded" in cadaver("move sail.ics moved.ics")
    assert owner.request("GET", f"{path}sail.ics").status == 404
    assert "SUMMARY:Sail" in owner.request("GET", f"{path}moved.ics").text
    assert "succeeded" in cadaver("delete moved.ics")
    assert owner.request("GET", f"{path}moved.ics").status == 404
