"""The server as processes: it answers, restarts what dies, ends in time, leaves nobody behind, says what is wrong."""

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from gateway.cli import main
from tests.gateway.running import alive, serving

ALICE = "[user alice]\npassword = alice-password\n"
PATIENCE = 30.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for it; fails after half a minute."""
    end = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < end, "it did not happen"
        sleep(0.05)


def test_it_serves_and_logs_without_secrets(tmp_path: Path) -> None:
    with serving(tmp_path, ALICE) as server:
        answer = server.get("/healthz?token=hunter2")
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert server.get("/dav/alice/").status_code == 401
        server.wait_for("request", path="/dav/alice/", status=401)
        inside = server.get("/dav/alice/calendar/", auth=("alice", "alice-password"))
        assert inside.status_code != 401
        line = server.wait_for("request", path="/dav/alice/calendar/")
        assert line["user"] == "alice"
        assert line["method"] == "GET"
        assert line["ms"] > 0
        found = server.get("/.well-known/caldav")
        assert found.status_code in (301, 302, 307, 308)
        assert found.headers["location"].endswith("/dav/")
        assert server.get("/").headers["location"] == "/dav/", "for a browser"
        for path in ("/", "/dav/"):
            asked = httpx.request("PROPFIND", server.url + path, auth=("alice", "alice-password"), trust_env=False)
            assert asked.status_code == 207, "for a client that was given the host alone"
        assert server.get("/nothing-here").status_code == 404
    assert server.process.returncode == 0
    log = json.dumps(server.lines)
    assert "alice-password" not in log
    assert "hunter2" not in log
    assert "Basic" not in log


def test_the_sync_and_the_http_process_are_started_again_when_they_die(tmp_path: Path) -> None:
    with serving(tmp_path, ALICE) as server:
        for role in ("sync", "http"):
            pid = server.pid_of(role)
            os.kill(pid, signal.SIGKILL)
            server.wait_for("process ended", role=role, pid=pid, code=-signal.SIGKILL)
            server.wait_for("process started", role=role)
            assert server.get("/healthz").status_code == 200


def test_sigterm_ends_every_process(tmp_path: Path) -> None:
    with serving(tmp_path, ALICE) as server:
        pids = [server.pid_of("http"), server.pid_of("sync")]
        assert server.get("/healthz").status_code == 200
        assert server.stop() == 0
        assert not any(alive(pid) for pid in pids)


def test_nobody_outlives_a_supervisor_that_was_killed_and_the_port_is_free_again(tmp_path: Path) -> None:
    with serving(tmp_path, ALICE) as server:
        pids = [server.pid_of("http"), server.pid_of("sync")]
        assert server.get("/healthz").status_code == 200
        server.process.kill()
        server.process.wait()
        until(lambda: not any(alive(pid) for pid in pids))
    port = server.url.rpartition(":")[2]
    with serving(tmp_path, f"{ALICE}[storage]\npath = ./data\n") as again:
        assert again.get("/healthz").status_code == 200
    assert port


def test_several_workers_share_the_socket(tmp_path: Path) -> None:
    with serving(tmp_path, f"workers = 2\n{ALICE}") as server:
        started = [server.wait_for("process started") for _ in range(2)]
        assert [line["role"] for line in started] == ["http", "http"]
        assert {server.get("/healthz").status_code for _ in range(10)} == {200}


def test_a_port_in_use_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = tmp_path / "config.ini"
        config.write_text(f"[server]\nport = {taken.getsockname()[1]}\n")
        assert main(["serve", "--config", str(config)]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("calharbor: cannot listen on 127.0.0.1 port")
    assert "another program listens there" in last


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    config = tmp_path / "config.ini"
    config.write_text("[storage]\npath = ./file/data\n")
    assert main(["serve", "--config", str(config)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "cannot use the data folder" in error


def test_a_provider_that_does_not_exist_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.ini"
    config.write_text(f"{ALICE}[account work]\nuser = alice\nprovider = calDAV\n")
    assert main(["serve", "--config", str(config)]) == 1
    error = capsys.readouterr().err
    assert f"{config}: [account work] provider: there is no provider 'calDAV'" in error
    assert "use one of: caldav, local" in error
