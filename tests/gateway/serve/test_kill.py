"""Promise 1 under kill -9: HTTP and sync processes die at random moments; nothing accepted is lost, nothing doubles."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.mirror import corpus
from tests.mirror.rig import Upstream
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server, free_port

KILLS = 50


def event(uid: str, summary: str) -> str:
    return corpus.calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260301T100000Z\r\n"
        f"DTEND:20260301T110000Z\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    )


def write_config(folder: Path, server: Server) -> Path:
    file = folder / "config.ini"
    file.write_text(
        f"[server]\nport = {free_port()}\n[storage]\npath = ./data\n[sync]\ninterval = 2\n"
        "[user alice]\npassword = secret\n"
        f"[account up]\nuser = alice\nprovider = caldav\nurl = {server.url}\n"
        f"username = {server.username}\npassword = {server.password}\n"
    )
    return file


@contextmanager
def serving(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (config.parent / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "gateway", "serve", "--config", str(config)]
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(15) == 0, (config.parent / "serve.log").read_text()[-2000:]


def run(config: Path, *arguments: str) -> tuple[int, list[dict[str, object]]]:
    command = [sys.executable, "-m", "gateway", *arguments, "--json", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, [json.loads(line) for line in lines]


class Client:
    """A client that insists: it repeats a write until it hears an answer, as calendar programs do."""

    def __init__(self, base: str, random: Random) -> None:
        self.http = httpx.Client(auth=("alice", "secret"), base_url=base, trust_env=False, timeout=20)
        self.random = random
        self.accepted: dict[str, str | None] = {}
        """For each name, the last summary that was answered 2xx, None for a deletion."""

    def insist(
        self, method: str, path: str, *, content: str | bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self.http.request(method, path, content=content, headers=headers)
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{method} {path}: no answer for a minute"
            time.sleep(0.05)

    def act(self, collection: str, number: int) -> None:
        name = f"n{self.random.randrange(40)}.ics"
        path = f"{collection}{name}"
        if self.accepted.get(name) is not None and self.random.random() < 0.15:
            answer = self.insist("DELETE", path)
            assert answer.status_code in (200, 204, 404), answer.text
            self.accepted[name] = None
            return
        summary = f"version {number}"
        body = event(name.removesuffix(".ics"), summary)
        answer = self.insist("PUT", path, content=body.encode(), headers={"Content-Type": "text/calendar"})
        assert answer.status_code in (200, 201, 204), answer.text
        self.accepted[name] = summary


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in text.split()]


@pytest.mark.timeout(400)
def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    random = Random(7)
    with running_radicale(tmp_path / "radicale") as server:
        calendar = server.make_calendar("work")
        config = write_config(tmp_path, server)
        port = config.read_text().split("port = ")[1].split("\n")[0]
        with serving(config) as process:
            client = Client(f"http://127.0.0.1:{port}", random)
            collection = wait_for_collection(client, "work")
            done = threading.Event()
            killed = threading.Thread(target=kill, args=(process.pid, Random(8), done))
            killed.start()
            number = 0
            while killed.is_alive() or number <= KILLS:
                client.act(collection, number)
                number += 1
                time.sleep(random.random() * 0.1)
            assert done.is_set(), "the kills took too long"
        code, lines = run(config, "sync", "--once")
        assert code == 0, lines
        code, (report,) = run(config, "verify")
        assert code == 0, report
        upstream = Upstream(server)
        texts = {name: upstream.get(calendar, name) for name in upstream.names(calendar)}
        expected = {name for name, summary in client.accepted.items() if summary is not None}
        assert set(texts) == expected, "lost or doubled upstream"
        for name in expected:
            assert f"SUMMARY:{client.accepted[name]}\r\n" in texts[name], name


def kill(supervisor: int, random: Random, done: threading.Event) -> None:
    """Kill one child after another, at random moments; the supervisor must bring each back."""
    kills = 0
    deadline = time.monotonic() + 300
    while kills < KILLS and time.monotonic() < deadline:
        time.sleep(random.random() * 1.2)
        running = children(supervisor)
        if running:
            os.kill(random.choice(running), signal.SIGKILL)
            kills += 1
    if kills == KILLS:
        done.set()


def wait_for_collection(client: Client, name: str) -> str:
    """The path of the mirrored collection of this name, as soon as the first round has found it."""
    body = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><displayname/></prop></propfind>'
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = client.insist("PROPFIND", "/dav/alice/", content=body, headers={"Depth": "1"})
        for part in answer.text.split("<response>")[1:] or answer.text.split(":response>"):
            if f"{name}<" in part:
                return part.split("href>")[1].split("<")[0]
        time.sleep(0.2)
    raise AssertionError(f"no collection {name}: {answer.text}")
