"""Webhooks from a whole server: told over a kill between change and delivery, and listed where they were in vain."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from gateway.hooks.webhooks import signature
from tests.contract.serving import Api
from tests.gateway.dav.door import event
from tests.gateway.hooks.receiver import APPLICATION, Receiver, receiver
from tests.gateway.running import Running, serving

KEY = "app-5f1d0c9e7b3a4826"
TOKEN = "ta-1b7e40d2c95f4a31"


def configuration(hook: Receiver) -> str:
    return (
        "[user alice]\npassword = secret\n[account home]\nuser = alice\nprovider = local\nid = 101\n"
        f"[token app]\nkind = app\nsecret = {KEY}\n[token ta]\nkind = account\naccount = 101\nsecret = {TOKEN}\n"
        f"[webhook app]\nurl = {hook.url}\napplication = {APPLICATION}\nsecret = {KEY}\n"
    )


def write(running: Running, uid: str) -> None:
    address = f"{running.url}/dav/alice/calendar/{uid}.ics"
    put = httpx.put(address, content=event(uid), auth=("alice", "secret"), trust_env=False, timeout=30)
    assert put.status_code == 201


def stop_between_writes(running: Running) -> None:
    """Stop the sync process at a moment when it does not hold up whoever writes."""
    address, pid = f"{running.url}/dav/alice/calendar/probe.ics", running.pid_of("sync")
    for _ in range(50):
        os.kill(pid, signal.SIGSTOP)
        gone = httpx.delete(address, auth=("alice", "secret"), trust_env=False, timeout=30)
        if gone.status_code == 404:
            return
        os.kill(pid, signal.SIGCONT)
    raise AssertionError("it writes without end")


def listed(folder: Path) -> dict[str, list[dict[str, object]]]:
    command = [sys.executable, "-m", "gateway", "webhooks", "--json", "--config", str(folder / "config.ini")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    found: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return found


def test_a_kill_between_change_and_delivery_loses_nothing(tmp_path: Path) -> None:
    with receiver() as hook:
        with serving(tmp_path, configuration(hook)) as running:
            Api(running.url, TOKEN).post("subscriptions", {})
            assert hook.wait(1)[0].body == b""
            running.wait_for("webhook", webhook="app", account=0, error="")
            stop_between_writes(running)
            write(running, "a")
            os.kill(running.pid_of("sync"), signal.SIGKILL)
            told = hook.wait(2)[1]
            assert told.body == b"account=101"
            assert told.headers["x-kloudless-signature"] == signature(KEY, b"account=101")
            running.wait_for("webhook", account=101, error="")
        (only,) = listed(tmp_path)["webhooks"]
        assert (only["name"], only["url"], only["error"]) == ("app", hook.url, "")
        assert only["verified"]
        hook.answer = lambda _heard: (503, b"")
        with serving(tmp_path, configuration(hook)) as running:
            write(running, "b")
            hook.wait(3)
            running.wait_for("webhook", account=101, error="the receiver answered with status 503, not 200")
    assert KEY.encode() not in b"".join(each.read_bytes() for each in (tmp_path / "data").glob("mirror.db*"))
    assert listed(tmp_path)["dead"] == []
