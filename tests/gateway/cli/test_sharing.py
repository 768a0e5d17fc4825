"""Shares and secret links from the command line, and what they lead to."""

import asyncio
from pathlib import Path

import pytest

from gateway.serve.web import web_app
from tests.gateway.cli.conftest import Line
from tests.gateway.dav.door import Got, call


@pytest.fixture
def two(line: Line) -> Line:
    line.declare(
        "[server]\nbase_url = https://cal.example.org/\n[user alice]\npassword = a\n[user bob]\npassword = b\n"
    )
    assert line("user", "list").code == 0
    assert line("share", "list").out.startswith("nothing is shared yet")
    return line


def get(line: Line, url: str) -> Got:
    with line.store() as store:
        return asyncio.run(call(web_app(store), "GET", url.removeprefix("https://cal.example.org"), b"", {}))


def test_a_share_is_added_changed_listed_and_removed(two: Line) -> None:
    assert "bob finds Calendar of alice" in two("share", "add", "alice/Calendar", "bob").out
    [first] = two("share", "list", "--json").json["shares"]
    assert (first["name"], first["owner"], first["user"], first["level"]) == ("Calendar", "alice", "bob", "read")
    changed = two("share", "add", first["collection"], "bob", "--level", "busy", "--json").json
    assert (changed["collection"], changed["level"]) == (first["collection"], "busy")
    assert two("share", "list").out.splitlines()[1].split()[:4] == ["Calendar", "alice", "bob", "busy"]
    with two.store() as store:
        assert [each.name for each in store.home("bob")] == ["Calendar", "Contacts", "Calendar"]
    assert two("share", "remove", "alice/Calendar", "bob").code == 0
    assert two("share", "list", "--json").json == {"shares": []}
    assert two("share", "remove", "alice/Calendar", "bob").code == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("alice/Nothing", "bob"), "not-found"),
        (("alice/Calendar", "nobody"), "not-found"),
        (("alice/Calendar", "alice"), "invalid-data"),
        (("Calendar", "bob"), "config"),
    ],
)
def test_what_cannot_be_shared_is_said(two: Line, words: tuple[str, str], code: str) -> None:
    answer = two("share", "add", *words, "--json")
    assert (answer.code, answer.error["code"]) == (1, code)


def test_a_link_is_shown_once_used_listed_and_revoked(two: Line, tmp_path: Path) -> None:
    made = two("link", "add", "alice/Calendar", "--label", "choir", "--json").json
    assert made["url"].startswith("https://cal.example.org/ics/")
    assert get(two, made["url"]).text.startswith("BEGIN:VCALENDAR")
    listed = two("link", "list", "alice", "--json")
    [link] = listed.json["links"]
    assert (link["id"], link["label"], link["busy"], link["revoked"]) == (made["id"], "choir", False, None)
    assert link["last_used"]
    secret = made["url"].rpartition("/")[2].removesuffix(".ics")
    assert secret not in listed.out + two("link", "list").out
    assert two("link", "revoke", made["id"]).out == "revoked\n"
    assert get(two, made["url"]).status == 404
    assert "revoked" in two("link", "list").out
    assert two("link", "revoke", "none").code == 1


def test_a_link_to_when_somebody_is_busy_at_all(two: Line) -> None:
    url = two("link", "add", "--all-busy", "bob", "--label", "office").out.strip()
    assert "bob (busy)" in get(two, url).text
    [link] = two("link", "list", "--json").json["links"]
    assert (link["user"], link["collection"], link["busy"]) == ("bob", None, True)


@pytest.mark.parametrize(
    "words", [("--label", "x"), ("alice/Calendar", "--all-busy", "bob", "--label", "x"), ("alice/Calendar",)]
)
def test_a_link_shows_one_thing_and_has_a_label(two: Line, words: tuple[str, ...]) -> None:
    assert two("link", "add", *words).code == 2
    assert two("link", "list", "--json").json == {"links": []}


def test_a_label_is_one_line(two: Line) -> None:
    assert two("link", "add", "alice/Calendar", "--label", "a\nb").code == 1


def test_no_link_is_made_that_would_lead_nowhere(two: Line) -> None:
    two.declare("[server]\nport = 0\n[user alice]\npassword = a\n")
    refused = two("link", "add", "alice/Calendar", "--label", "choir")
    assert refused.code == 1
    assert "port" in refused.err
    assert two("link", "list", "--json").json == {"links": []}
