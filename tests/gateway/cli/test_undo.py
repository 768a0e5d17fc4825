"""`calharbor undo` and `calharbor restore`: preview, question, deed, and what is said of it."""

from functools import partial

import pytest

from storage.model import Origin, TokenKind
from tests.gateway.cli.conftest import Line, event


@pytest.fixture
def changes(line: Line) -> list[int]:
    """An entry of alice's was made, edited and deleted; the numbers of these changes."""
    line("status")
    with line.store() as store:
        calendar = store.collections(user="alice")[0]
        for text in (event("a", "One"), event("a", "Two")):
            store.put_entry(calendar.id, "a.ics", text, origin=Origin.DAV)
        last = store.delete_entry(calendar.id, "a.ics", origin=Origin.DAV)
    return [last - 2, last - 1, last]


def summaries(line: Line) -> list[str]:
    with line.store() as store:
        calendar = store.collections(user="alice")[0]
        return [entry.text.partition("SUMMARY:")[2].partition("\r")[0] for entry in store.iter_entries(calendar.id)]


def test_a_preview_changes_nothing(line: Line, changes: list[int]) -> None:
    shown = line("undo", str(changes[2]), "--dry-run", "--json").json
    (action,) = shown["actions"]
    assert set(action) >= {"account", "collection", "entry", "uid", "action", "fields", "note"}
    assert (action["action"], action["uid"], action["note"]) == ("create", "a", "")
    assert {"component": "master", "name": "SUMMARY", "from": None, "to": "Two"} in action["fields"]
    assert (shown["changes"], shown["done"], shown["left"], shown["run"]) == (1, 0, 0, None)
    assert "1 create" in line("undo", "--since", str(changes[1]), "--dry-run").out
    assert summaries(line) == []


def test_without_a_terminal_nothing_happens_unasked(line: Line, changes: list[int]) -> None:
    refused = line("undo", str(changes[2]))
    assert (refused.code, summaries(line)) == (1, [])
    assert "--yes" in refused.err


def test_undo_and_the_undo_of_it(line: Line, changes: list[int]) -> None:
    answer = line("undo", str(changes[2]), "--yes")
    assert (answer.code, summaries(line)) == (0, ["Two"])
    assert "calharbor undo --run" in answer.out
    run = line("changes", "--json").json["changes"][-1]
    assert (run["origin"], run["run"]) == ("undo", run["seq"])
    assert line("undo", "--run", str(run["run"]), "--yes", "--json").json["done"] == 1
    assert summaries(line) == []
    assert line("verify").code == 0


def test_what_is_left_alone_is_said(line: Line, changes: list[int]) -> None:
    answer = line("undo", str(changes[1]), "--yes", "--json")
    assert (answer.code, answer.json["left"], answer.json["done"]) == (3, 1, 0)
    assert "deleted after" in answer.json["actions"][0]["note"]
    assert "1 left alone" in line("undo", str(changes[1]), "--yes").out
    assert line("undo", str(changes[1]), "--yes", "--force").code == 0
    assert summaries(line) == ["One"]


def test_only_one_calendars_changes(line: Line, changes: list[int]) -> None:
    since = ("undo", "--since", str(changes[1]), "--yes", "--json")
    assert line(*since, "--collection", "Contacts").error["code"] == "not-found"
    assert line(*since, "--account", "alice", "--collection", "Calendar").json["done"] == 1
    assert summaries(line) == ["Two"]


@pytest.fixture
def agent(line: Line) -> int:
    """An agent made, edited and deleted entries while others wrote too; the position before all of that."""
    line("status")
    with line.store() as store:
        calendar = store.collections(user="alice")[0].id
        for uid in ("kept", "edited", "gone"):
            store.put_entry(calendar, f"{uid}.ics", event(uid, "Before"), origin=Origin.DAV, actor="alice/agent")
        store.add_token("agent", TokenKind.ACCESS, "0" * 64)
        begun = store.head()
        mine = partial(store.put_entry, calendar, origin=Origin.MCP, actor="alice/agent")
        mine("made.ics", event("made", "By the agent"))
        mine("edited.ics", event("edited", "By the agent"))
        store.delete_entry(calendar, "gone.ics", origin=Origin.API, actor="alice/agent")
        text = event("edited", "By the agent", "LOCATION:By alice")
        store.put_entry(calendar, "edited.ics", text, origin=Origin.DAV, actor="alice/phone")
        mine("made.ics", event("made", "Again by the agent"))
        store.put_entry(calendar, "other.ics", event("other", "By another"), origin=Origin.MCP, actor="alice/other")
    return begun


@pytest.mark.parametrize("how", ["since", "alone", "id", "account"])
def test_all_that_a_token_did_goes_and_what_others_did_stays(line: Line, agent: int, how: str) -> None:
    with line.store() as store:
        (token,) = store.tokens()
    words = {
        "since": ("--token", "agent", "--since", str(agent)),
        "alone": ("--token", "agent"),
        "id": ("--token", token.id),
        "account": ("--token", "agent", "--account", "alice"),
    }[how]
    shown = line("undo", *words, "--dry-run", "--json").json
    assert sorted(each["action"] for each in shown["actions"]) == ["create", "delete", "update"]
    done = line("undo", *words, "--yes", "--json").json
    assert (done["changes"], done["done"], done["left"]) == (4, 3, 0)
    with line.store() as store:
        texts = {entry.uid: entry.text for entry in store.iter_entries(store.collections(user="alice")[0].id)}
    assert set(texts) == {"kept", "edited", "gone", "other"}
    assert "SUMMARY:Before" in texts["edited"]
    assert "LOCATION:By alice" in texts["edited"]
    assert line("undo", *words, "--yes", "--json").json["done"] == 0
    assert line("undo", "--run", str(done["run"]), "--yes", "--json").json["done"] == 3
    assert line("verify").code == 0


def test_nothing_is_taken_back_for_a_token_that_did_nothing(line: Line, agent: int) -> None:
    for words in (("--token", "nobody"), ("--token", "phone"), ("--token", "agent", "--since", str(agent + 5))):
        assert line("undo", *words, "--yes", "--json").error["code"] == "not-found"


def test_restore_brings_one_entry_back(line: Line, changes: list[int]) -> None:
    assert line("restore", str(changes[0]), "--yes").code == 0
    assert summaries(line) == ["Two"]
    assert line("restore", "a", "--yes", "--json").error["code"] == "not-found"
    assert "as it was" in line("restore", "a", "--at", "2999-01-01", "--yes").out


@pytest.mark.parametrize(
    "words", [(), ("1", "--run", "1"), ("--run", "0"), ("--since", "soon"), ("--collection", "Calendar")], ids=" ".join
)
def test_wrong_usage(line: Line, changes: list[int], words: tuple[str, ...]) -> None:
    assert line("undo", *words).code == 2
    assert summaries(line) == []


def test_what_the_journal_never_knew(line: Line, changes: list[int]) -> None:
    assert line("undo", str(changes[2] + 9), "--yes", "--json").error["code"] == "not-found"
    assert line("undo", "--account", "nobody", "--yes", "--json").error["code"] == "not-found"
