"""Accounts and the run in the foreground, against a real upstream."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.gateway.cli.conftest import Line, event
from tests.gateway.running import Running
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Server]:
    with running_radicale(tmp_path / "upstream") as server:
        httpx.request("MKCALENDAR", server.home + "team/", auth=server.auth, trust_env=False).raise_for_status()
        yield server


def put(server: Server, name: str, text: str) -> None:
    answer = httpx.put(f"{server.home}team/{name}", content=text, auth=server.auth, trust_env=False)
    answer.raise_for_status()


def add(line: Line, server: Server, name: str = "up", *, password: str | None = None) -> None:
    file = line.folder / "up.password"
    file.write_text(password or server.password)
    answer = line("account", "add", name, "--url", server.url, "--username", server.username,
                  "--password-file", str(file))  # fmt: skip
    assert answer.code == 0, answer.err
    assert "found 1 collection" in answer.out


def test_an_account_is_added_mirrored_shown_and_removed(line: Line, upstream: Server) -> None:
    put(upstream, "a.ics", event("a", "One"))
    add(line, upstream)
    run = line("sync", "--once", "--json")
    rounds = [json.loads(text) for text in run.out.splitlines()]
    assert run.code == 0
    assert rounds[0]["pulled"] == {"add": 1, "update": 0, "delete": 0}
    assert set(rounds[0]) >= {"account", "collection", "pulled", "pushed", "merged", "conflicts", "held",
                              "quarantined", "state", "reason"}  # fmt: skip
    assert rounds[-1]["converged"] is True
    assert rounds[-1]["waiting"] == []
    assert rounds[-1]["seconds"] > 0
    shown = {one["name"]: one for one in line("status", "--json").json["accounts"]}["up"]
    assert (shown["state"], shown["pending"], shown["collections"][0]["entries"]) == ("fresh", 0, 1)
    assert len(list((line.folder / "data" / "vdir").rglob("*.ics"))) == 1
    assert line("verify", "--json").json["ok"]
    details = line("account", "show", "up", "--json")
    assert upstream.url in details.out
    assert "up.password" not in details.out
    assert details.json["settings"]["username"] == upstream.username
    assert "secrets" in line("account", "show", "up").out
    assert [one["name"] for one in line("account", "list", "--json").json["accounts"]] == ["alice", "up"]
    assert line("account", "remove", "up", "--yes").code == 0
    assert [one["name"] for one in line("account", "list", "--json").json["accounts"]] == ["alice"]
    assert httpx.get(f"{upstream.home}team/a.ics", auth=upstream.auth, trust_env=False).status_code == 200


def test_nothing_is_removed_where_nobody_can_confirm_it(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert line("status").code == 0
    answer = line("account", "remove", "alice")
    assert (answer.code, "add --yes" in answer.err) == (1, True)
    assert [one["name"] for one in line("account", "list", "--json").json["accounts"]] == ["alice"]


def test_a_wrong_password_is_said_and_nothing_is_kept(line: Line, upstream: Server) -> None:
    file = line.folder / "wrong"
    file.write_text("wrong")
    words = ["account", "add", "up", "--url", upstream.url, "--username", "up", "--password-file", str(file)]
    answer = line(*words, "--user", "alice")
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert [one["name"] for one in line("account", "list", "--json").json["accounts"]] == ["alice"]


def test_a_run_that_waits_for_a_person_exits_with_3_until_the_login_is_mended(line: Line, upstream: Server) -> None:
    file = line.folder / "password"
    file.write_text("wrong")
    words = ["--url", upstream.url, "--username", upstream.username, "--password-file", str(file)]
    assert line("account", "add", "up", *words, "--no-check").code == 0
    run = line("sync", "--json")
    assert run.code == 3
    assert run.json["converged"] is False
    assert run.json["waiting"]
    assert {one["name"]: one["state"] for one in line("status", "--json").json["accounts"]}["up"] == "needs-login"
    file.write_text(upstream.password)
    assert line("account", "login", "up", "--password-file", str(file)).code == 0
    assert line("sync", "--json").code == 0


def test_an_upstream_that_is_not_there_is_an_error(line: Line) -> None:
    file = line.folder / "password"
    file.write_text("x")
    words = ["--url", "http://127.0.0.1:9/", "--username", "up", "--password-file", str(file)]
    answer = line("account", "add", "up", *words)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert line("account", "add", "up", *words, "--no-check").code == 0
    run = line("sync")
    assert run.code == 1
    assert "failed: up" in run.out


def test_declared_accounts_are_made_once_and_followed(line: Line, upstream: Server) -> None:
    def declared(name: str) -> str:
        return (
            "[user alice]\npassword = x\ndefault_account = up\n"
            f"[account up]\nuser = alice\nprovider = caldav\nid = 300\nurl = {upstream.url}\n"
            f"username = {name}\npassword = {upstream.password}\n"
        )

    line.declare(declared(upstream.username))
    assert line("sync", "up", "--json").code == 0
    before = line("changes", "--json").json
    assert line("sync", "--json").code == 0
    assert line("changes", "--json").json == before
    shown = line("account", "show", "300", "--json").json
    assert (shown["name"], shown["settings"]["default"]) == ("up", "yes")
    assert "declared in" in line("account", "remove", "up", "--yes").err
    line.declare(declared("somebody else"))
    assert line("account", "show", "up", "--json").json["settings"]["username"] == "somebody else"
    line.declare(declared(upstream.username).replace("id = 300", "id = 301"))
    assert "[account up] id: the account is number 300 already" in line("sync").err
    line.declare(declared(upstream.username).replace("user = alice", "user = bob").replace("default_account = up", ""))
    assert "[account up] user: there is no user 'bob'" in line("sync").err


def test_pausing_and_local_accounts_in_a_run(line: Line, upstream: Server) -> None:
    add(line, upstream)
    assert line("account", "pause", "up").code == 0
    assert "nothing to do" in line("sync").out
    assert "up is paused" in line("sync", "up").err
    assert line("account", "resume", "up").code == 0
    assert line("sync", "up").code == 0
    assert "local account" in line("sync", "alice").err
    assert line("sync", "nobody").code == 1


def test_whose_account_it_is_must_be_clear(line: Line) -> None:
    line.declare("[user alice]\npassword = x\n[user bob]\npassword = y\n")
    answer = line("account", "add", "cal", "--provider", "local")
    assert "one of: alice, bob" in answer.err
    assert line("account", "add", "cal", "--provider", "local", "--user", "bob").code == 0
    assert "already" in line("account", "add", "cal", "--provider", "local", "--user", "bob").err
    assert "address of the server" in line("account", "add", "up", "--user", "bob").err


def test_a_run_beside_a_running_server_is_done_by_the_server(line: Line, upstream: Server) -> None:
    put(upstream, "a.ics", event("a", "One"))
    add(line, upstream)
    line.file.write_text(line.file.read_text() + "[server]\nport = 0\n[sync]\ninterval = 3600\n")
    with Running(line.file) as server:
        server.wait_for("sync")
        put(upstream, "b.ics", event("b", "Two"))
        run = line("sync", "--once", "--json")
        assert (run.code, run.json["converged"]) == (0, True)
        rounds = [json.loads(text) for text in run.out.splitlines()][:-1]
        assert sum(one["pulled"]["add"] for one in rounds) == 1
        with line.store() as store:
            assert sorted(e.uid for c in store.collections() for e in store.iter_entries(c.id)) == ["a", "b"]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_held_deletions_wait_for_a_decision(line: Line, upstream: Server, decision: str) -> None:
    names = [f"{number}.ics" for number in range(10)]
    for name in names:
        put(upstream, name, event(name, f"Event {name}"))
    add(line, upstream)
    assert line("sync").code == 0
    for name in names[:8]:
        httpx.delete(f"{upstream.home}team/{name}", auth=upstream.auth, trust_env=False).raise_for_status()
    run = line("sync", "--json")
    assert run.code == 3
    assert "held" in run.json["waiting"][0]
    one = line("held", "--json").json["held"][0]
    assert one["count"] == 8
    assert one["reason"]
    shown = {account["name"]: account for account in line("status", "--json").json["accounts"]}["up"]
    assert (shown["held"], shown["collections"][0]["state"], shown["collections"][0]["entries"]) == (8, "held", 10)
    assert line("held", decision, str(one["id"])).code == 0
    assert line("held", decision, str(one["id"])).code == 1
    assert line("sync", "--json").code == 0
    left = 2 if decision == "approve" else 10
    shown = {account["name"]: account for account in line("status", "--json").json["accounts"]}["up"]
    assert (shown["held"], shown["state"], shown["collections"][0]["entries"]) == (0, "fresh", left)
    found = [
        httpx.get(f"{upstream.home}team/{name}", auth=upstream.auth, trust_env=False).status_code for name in names
    ]
    assert found.count(200) == left
