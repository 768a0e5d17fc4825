"""`calharbor history` and `calharbor show`."""

from functools import partial

import pytest

from storage import clock
from storage.model import Origin
from tests.gateway.cli.conftest import Line, event


@pytest.fixture
def entry(line: Line) -> str:
    """An entry of alice's that was made and edited; its id."""
    line("status")
    with line.store() as store:
        (calendar, _contacts) = store.collections(user="alice")
        for day, text in enumerate((event("a", "One"), event("a", "Two", "LOCATION:Here"))):
            with clock.use(partial(float, 4_000_000_000 + day * 86_400)):
                made = store.put_entry(calendar.id, "a.ics", text, origin=Origin.DAV, actor="alice/phone")
        return made.entry.id


def test_history_tells_every_change_field_by_field(line: Line, entry: str) -> None:
    shown = line("history", entry, "--json").json
    assert (shown["entry"], shown["uid"]) == (entry, "a")
    made, edited = shown["changes"]
    assert set(made) >= {"seq", "at", "account", "collection", "action", "origin", "actor", "run", "fields"}
    assert [(one["action"], one["origin"], one["actor"]) for one in (made, edited)] == [
        ("add", "dav", "alice/phone"),
        ("update", "dav", "alice/phone"),
    ]
    assert edited["fields"] == [
        {"component": "master", "name": "LOCATION", "from": None, "to": "Here"},
        {"component": "master", "name": "SUMMARY", "from": "One", "to": "Two"},
    ]
    told = line("history", "a").out
    assert "update by dav (alice/phone) in Calendar" in told
    assert "SUMMARY   One   Two" in told


def test_show_gives_the_text_and_the_fields(line: Line, entry: str) -> None:
    assert "SUMMARY:Two" in line("show", entry).out.splitlines()
    shown = line("show", entry, "--json").json
    assert {"component": "master", "name": "SUMMARY", "value": "Two"} in shown["fields"]
    assert set(shown) == {"entry", "uid", "collection", "href", "etag", "text", "fields"}
    first = line("history", entry, "--json").json["changes"][0]["at"]
    then = line("show", entry, "--at", first, "--json").json
    assert "SUMMARY:One" in then["text"]
    assert "SUMMARY   One" in line("show", entry, "--at", first, "--fields").out


def test_what_cannot_be_shown_is_said_in_one_line(line: Line, entry: str) -> None:
    assert line("show", entry, "--at", "1999-12-31").err.count("\n") == 1
    assert line("show", entry, "--at", "1999-12-31", "--json").error["code"] == "not-found"
    assert line("history", "nobody", "--json").error["code"] == "not-found"
    for wrong in ("yesterday", "0000-01-01", "2026-13-01"):
        assert line("show", entry, "--at", wrong).code == 2
