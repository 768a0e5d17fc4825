"""Users and devices: made, listed, changed, removed, and what they can do with their passwords."""

import base64
import plistlib
from pathlib import Path

import pytest

from gateway.http.access import Access, Principal
from tests.gateway.cli.conftest import Line


def principal(line: Line, user: str, password: str) -> Principal | None:
    header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    with line.store() as store:
        return Access(store).authenticate(header, "192.0.2.1")


def secret(folder: Path, text: str) -> str:
    file = folder / "password"
    file.write_text(text + "\n", "utf-8")
    return str(file)


def test_a_user_can_sign_in_and_has_somewhere_to_write(line: Line, tmp_path: Path) -> None:
    assert line("user", "add", "bob", "--password-file", secret(tmp_path, "bob's own")).code == 0
    assert principal(line, "bob", "bob's own") == Principal("bob", "bob")
    with line.store() as store:
        assert [collection.name for collection in store.collections(user="bob")] == ["Calendar", "Contacts"]
    shown = line("user", "list", "--json").json["users"]
    assert [(one["name"], one["declared"], one["devices"]) for one in shown] == [("alice", True, 0), ("bob", False, 0)]
    assert "bob's own" not in line("user", "list").out


def test_the_password_comes_from_the_environment_too(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALHARBOR_PASSWORD", "from outside")
    assert line("user", "add", "bob").code == 0
    assert principal(line, "bob", "from outside")


def test_without_anybody_to_ask_a_missing_password_is_an_error(line: Line) -> None:
    answer = line("user", "add", "bob")
    assert answer.code == 1
    assert "the password of bob is missing" in answer.err
    assert "--password-file" in answer.err


def test_names_that_cannot_be_are_refused(line: Line, tmp_path: Path) -> None:
    for name in ("a:b", "a/b", "..", "7", "", "a\nb"):
        assert line("user", "add", name, "--password-file", secret(tmp_path, "x")).code == 1
    assert "already" in line("user", "add", "alice", "--password-file", secret(tmp_path, "x")).err


def test_a_new_password_replaces_the_old_one(line: Line, tmp_path: Path) -> None:
    line("user", "add", "bob", "--password-file", secret(tmp_path, "old"))
    assert line("user", "passwd", "bob", "--password-file", secret(tmp_path, "new")).code == 0
    assert principal(line, "bob", "old") is None
    assert principal(line, "bob", "new")
    assert "until the next start" in line("user", "passwd", "alice", "--password-file", secret(tmp_path, "n")).out


def test_a_declared_password_is_hashed_once_and_followed(line: Line) -> None:
    line("user", "list")
    with line.store() as store:
        first = store.user("alice").password
    line("user", "list")
    with line.store() as store:
        assert store.user("alice").password == first
    line.declare("[user alice]\npassword = changed\n")
    line("user", "list")
    assert principal(line, "alice", "changed")
    assert principal(line, "alice", "alice-password") is None


def test_a_user_goes_when_the_accounts_are_gone(line: Line, tmp_path: Path) -> None:
    line("user", "add", "bob", "--password-file", secret(tmp_path, "x"))
    assert "still has accounts: bob" in line("user", "remove", "bob").err
    assert line("account", "remove", "bob", "--yes").code == 0
    assert line("user", "remove", "bob").code == 0
    assert [one["name"] for one in line("user", "list", "--json").json["users"]] == ["alice"]
    assert "declared in" in line("user", "remove", "alice").err
    assert line("user", "remove", "bob").code == 1


def test_a_token_is_shown_once_and_ends_when_it_is_told_to(line: Line) -> None:
    assert line("token", "list").out.startswith("no tokens yet")
    every = line("token", "create", "all of it", "--json").json
    assert (every["kind"], every["account"], every["expires"]) == ("app", None, None)
    one = line("token", "create", "one", "--account", "alice", "--days", "3", "--json").json
    assert (one["kind"], one["label"]) == ("account", "one")
    assert one["expires"]
    assert "Authorization: Bearer ch_" in line("token", "create", "third", "--account", "alice").out
    shown = line("token", "list", "--json")
    assert [(each["label"], each["revoked"], each["declared"]) for each in shown.json["tokens"]] == [
        ("all of it", None, False),
        ("one", None, False),
        ("third", None, False),
    ]
    assert every["token"] not in shown.out
    assert line("token", "revoke", one["id"]).code == 0
    assert line("token", "list", "--json").json["tokens"][1]["revoked"]
    assert line("token", "revoke", "none").code == 1
    assert line("token", "create", "x", "--account", "nobody").code == 1


def test_a_device_has_a_password_of_its_own(line: Line) -> None:
    made = line("device", "add", "alice", "my phone", "--json").json
    assert principal(line, "alice", made["password"]) == Principal("alice", "alice/my phone", made["id"])
    shown = line("device", "list", "--json")
    assert made["password"] not in shown.out
    assert [(one["id"], one["label"], one["revoked"]) for one in shown.json["devices"]] == [
        (made["id"], "my phone", None)
    ]
    assert line("device", "revoke", made["id"]).code == 0
    assert principal(line, "alice", made["password"]) is None
    assert line("device", "list", "--json").json["devices"][0]["revoked"]
    assert line("device", "revoke", "none").code == 1
    assert line("device", "add", "nobody", "phone").code == 1
    assert made["password"] not in line("device", "list", "alice").out


def test_a_profile_sets_up_a_device(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "phone.mobileconfig"
    refused = line("device", "add", "alice", "phone", "--mobileconfig", str(file))
    assert refused.code == 1
    assert "base_url" in refused.err
    line.declare("[server]\nbase_url = https://cal.example.com/\n[user alice]\npassword = alice-password\n")
    made = line("device", "add", "alice", "phone", "--mobileconfig", str(file), "--json").json
    assert file.stat().st_mode & 0o777 == 0o600
    for payload in plistlib.loads(file.read_bytes())["PayloadContent"]:
        kind = payload["PayloadDisplayName"]
        assert payload[f"{kind}PrincipalURL"] == "https://cal.example.com/dav/alice/"
        found = principal(line, payload[f"{kind}Username"], payload[f"{kind}Password"])
        assert found == Principal("alice", "alice/phone", made["id"])


def test_no_device_is_made_where_its_profile_cannot_be_written(line: Line, tmp_path: Path) -> None:
    line.declare("[server]\nbase_url = https://cal.example.com\n[user alice]\npassword = alice-password\n")
    there = tmp_path / "there"
    there.write_text("mine")
    for file in (there, tmp_path / "nowhere" / "x"):
        answer = line("device", "add", "alice", "phone", "--mobileconfig", str(file))
        assert (answer.code, str(file) in answer.err) == (1, True)
    assert there.read_text() == "mine"
    assert line("device", "add", "nobody", "phone", "--mobileconfig", str(tmp_path / "new")).code == 1
    assert not (tmp_path / "new").exists()
    assert line("device", "list", "--json").json["devices"] == []
