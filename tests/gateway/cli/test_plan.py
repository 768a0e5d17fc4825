"""`sync --dry-run`, `sync --apply` and `account add --plan`, with a real Radicale behind a proxy that counts."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.model import Origin
from tests.gateway.cli.conftest import Line, event
from tests.gateway.running import Running
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_radicale(tmp_path_factory.mktemp("upstream")) as server:
        yield server


class Upstream:
    """A calendar of Radicale's, and the proxy that the mirror sees it through."""

    def __init__(self, server: Server, proxy: FaultyProxy) -> None:
        self.home = server.home
        self.auth = server.auth
        self.proxy = proxy
        self.seen = proxy.server(server)
        httpx.request("MKCALENDAR", f"{self.home}team/", auth=self.auth, trust_env=False).raise_for_status()

    def put(self, name: str, text: str) -> None:
        httpx.put(f"{self.home}team/{name}", content=text, auth=self.auth, trust_env=False).raise_for_status()

    def get(self, name: str) -> str:
        return httpx.get(f"{self.home}team/{name}", auth=self.auth, trust_env=False).raise_for_status().text

    def delete(self, path: str) -> None:
        httpx.delete(f"{self.home}{path}", auth=self.auth, trust_env=False).raise_for_status()


@pytest.fixture
def upstream(radicale: Server) -> Iterator[Upstream]:
    with FaultyProxy(radicale.url) as proxy:
        found = Upstream(radicale, proxy)
        yield found
        found.delete("team/")


def declare(line: Line, upstream: Upstream) -> None:
    line.declare(
        "[server]\nport = 0\n[sync]\ninterval = 3600\n[user alice]\npassword = alice-password\n[account up]\n"
        f"user = alice\nprovider = caldav\nurl = {upstream.seen.url}\nusername = {upstream.seen.username}\n"
        f"password = {upstream.seen.password}\n"
    )


def write(line: Line, name: str, text: str) -> None:
    """Write as a client does."""
    with line.store() as store:
        (place,) = [c for c in store.collections() if c.name == "team" or c.slug == "team" or c.remote_href]
        store.put_entry(place.id, name, text, origin=Origin.DAV)


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file but SQLite's shared memory, in which readers put their marks."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def test_nothing_is_written_anywhere_and_then_just_the_plan(line: Line, upstream: Upstream) -> None:
    upstream.put("a.ics", event("a", "One"))
    upstream.put("b.ics", event("b", "Two"))
    declare(line, upstream)
    assert line("sync").code == 0
    write(line, "a.ics", event("a", "One edited here"))
    upstream.put("b.ics", event("b", "Two edited there"))
    with line.store() as store:
        version = store.data_version()
        before = bytes_of(line.folder / "data")
        plan = line("sync", "--dry-run", "--json")
        assert plan.code == 0, plan.err
        assert (bytes_of(line.folder / "data"), store.data_version(), upstream.proxy.writes) == (before, version, 0)
    assert set(plan.json) >= {"plan", "actions"}
    said = {(one["side"], one["action"], one["uid"]): one for one in plan.json["actions"]}
    assert set(said) == {("upstream", "update", "a"), ("mirror", "update", "b")}
    ours = said["upstream", "update", "a"]
    assert set(ours) >= {"account", "collection", "entry", "uid", "side", "action", "fields", "mails"}
    (field,) = ours["fields"]
    assert (field["name"], field["from"], field["to"]) == ("SUMMARY", "One", "One edited here")
    words = line("sync", "--dry-run", "--once").out
    assert "upstream: update a" in words
    assert f"calharbor sync --apply {plan.json['plan']}" in words

    done = line("sync", "--apply", plan.json["plan"])
    assert done.code == 0, done.out
    assert "One edited here" in upstream.get("a.ics")
    assert upstream.proxy.writes == 1
    assert line("sync", "--dry-run", "--json").json["actions"] == []
    assert "nothing would be done" in line("sync", "--dry-run").out
    assert line("verify", "--json").json["ok"]


def test_a_stale_plan_is_refused_in_words(line: Line, upstream: Upstream) -> None:
    upstream.put("a.ics", event("a", "One"))
    declare(line, upstream)
    plan = line("sync", "--dry-run", "--json").json["plan"]
    upstream.put("c.ics", event("c", "Meanwhile"))
    refused = line("sync", "--apply", plan)
    assert refused.code == 1
    assert "nothing was done" in refused.out
    assert "--dry-run" in refused.out
    assert line("status", "--json").json["accounts"][0]["collections"] == []
    both = line("sync", "--dry-run", "--apply", plan)
    assert both.code == 2


def test_a_mirror_that_is_not_there_yet_is_not_made(line: Line, upstream: Upstream) -> None:
    upstream.put("a.ics", event("a", "One"))
    declare(line, upstream)
    plan = line("sync", "--dry-run", "--json")
    assert [one["uid"] for one in plan.json["actions"]] == ["", "a"]
    assert not (line.folder / "data").exists()
    assert line("sync", "--apply", plan.json["plan"]).code == 0


def test_an_account_shows_its_plan_before_it_begins(line: Line, upstream: Upstream) -> None:
    upstream.put("a.ics", event("a", "One"))
    file = line.folder / "password"
    file.write_text(upstream.seen.password)
    words = ("account", "add", "up", "--url", upstream.seen.url, "--username", upstream.seen.username)
    added = line(*words, "--password-file", str(file), "--plan")
    assert added.code == 0, added.err
    assert "mirror: create a in" in added.out
    assert "calharbor account resume up" in added.out
    assert line("sync").out == "nothing to do: every account is paused\n"
    plan = line("sync", "up", "--dry-run", "--json").json["plan"]
    assert plan in added.out
    assert line("sync", "up", "--apply", plan).code == 0
    with line.store() as store:
        assert [e.uid for c in store.collections() for e in store.iter_entries(c.id)] == ["a"]
    assert upstream.proxy.writes == 0
    assert line("account", "resume", "up").code == 0


def test_a_running_server_carries_a_plan_out(line: Line, upstream: Upstream) -> None:
    upstream.put("a.ics", event("a", "One"))
    declare(line, upstream)
    with Running(line.file) as server:
        server.wait_for("sync")
        upstream.put("a.ics", event("a", "Edited there"))
        plan = line("sync", "--dry-run", "--json").json
        assert [one["uid"] for one in plan["actions"]] == ["a"]
        assert line("sync", "--apply", "0" * 32).code == 1
        applied = line("sync", "--apply", plan["plan"], "--json")
        assert (applied.code, applied.json["converged"]) == (0, True)
        assert line("sync", "--dry-run", "--json").json["actions"] == []


def test_a_file_that_somebody_edited_is_in_the_plan(line: Line, upstream: Upstream) -> None:
    upstream.put("a.ics", event("a", "One"))
    upstream.put("b.ics", event("b", "Two"))
    declare(line, upstream)
    assert line("sync").code == 0
    (path,) = [each for each in (line.folder / "data/vdir").rglob("*.ics") if "One" in each.read_text()]
    path.write_text(path.read_text().replace("One", "One by vim"))
    with line.store():
        before = bytes_of(line.folder / "data")
        plan = line("sync", "--dry-run", "--json").json
        assert (bytes_of(line.folder / "data"), upstream.proxy.writes) == (before, 0)
    said = [(one["side"], one["action"], one["uid"]) for one in plan["actions"]]
    assert said == [("mirror", "update", "a"), ("upstream", "update", "a")]
    assert "by what was done to its file" in line("sync", "--dry-run").out
    assert line("sync", "--apply", plan["plan"]).code == 0
    assert "One by vim" in upstream.get("a.ics")
    assert "nothing would be done" in line("sync", "--dry-run").out

    path.unlink()
    plan = line("sync", "--dry-run", "--json").json
    path.with_name("new.ics").write_text(event("new", "A file"))
    refused = line("sync", "--apply", plan["plan"])
    assert (refused.code, upstream.proxy.writes) == (1, 1)
    assert "nothing was done" in refused.out
    assert line("sync").code == 0
    assert line("verify", "--json").json["ok"]
