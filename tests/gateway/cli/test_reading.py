"""Commands that only read: status, changes, conflicts, held, agenda, verify, config."""

from collections.abc import Iterator
from pathlib import Path
from time import tzset

import pytest
import tzlocal

from gateway.options import example
from storage import clock
from storage.model import Account, CollectionKind, Origin, State
from storage.tables import conflicts, held, remotes
from storage.tables.held import HeldEntry
from tests.gateway.cli.conftest import Line, event


def fill(line: Line, **texts: str) -> str:
    """Put entries into alice's calendar; its id."""
    line("status")
    with line.store() as store:
        collection = store.collections(user="alice")[0]
        for name, text in texts.items():
            store.put_entry(collection.id, f"{name}.ics", text, origin=Origin.DAV, actor="alice/phone")
        return collection.id


def test_status_has_the_documented_shape(line: Line) -> None:
    fill(line, a=event("a", "One"))
    shown = line("status", "--json").json
    assert set(shown) >= {"as_of", "accounts"}
    account = shown["accounts"][0]
    assert set(account) >= {"id", "name", "provider", "state", "reason", "as_of", "pending", "conflicts", "held",
                            "quarantined", "collections"}  # fmt: skip
    assert set(account["collections"][0]) >= {"id", "name", "kind", "state", "reason", "as_of", "entries", "pending"}
    assert (account["id"], account["state"], account["collections"][0]["entries"]) == (101, "fresh", 1)
    assert shown["as_of"].endswith("Z")
    assert "Calendar    calendar  1 entry" in line("status").out


def test_an_account_that_nobody_followed_is_never_fresh(line: Line) -> None:
    line("status")
    with line.store() as store:
        store.save_account(Account(0, "up", "alice", "caldav", settings={"url": "http://127.0.0.1:9"}))
    shown = {one["name"]: one for one in line("status", "--json").json["accounts"]}
    assert shown["up"]["state"] == "waiting"
    line("account", "pause", "up")
    assert {one["name"]: one["state"] for one in line("status", "--json").json["accounts"]}["up"] == "paused"
    assert line("sync").out == "nothing to do: every account is paused\n"


@pytest.mark.parametrize("state", [State.NEEDS_LOGIN, State.STALE])
def test_no_collection_is_fresh_whose_account_cannot_go_on(line: Line, state: State) -> None:
    line("status")
    with line.store() as store:
        account = store.save_account(Account(0, "up", "alice", "caldav", settings={"url": "http://127.0.0.1:9"}))
        for slug in ("one", "two"):
            store.create_collection(
                account.id, slug, name=slug, kind=CollectionKind.CALENDAR, components=(), origin=Origin.UPSTREAM
            )
        now = clock.iso()
        with store.db.atomic() as conn:
            remotes.set_account(conn, account.id, state=state, reason="why", as_of=now, failures=1, next_due=0)
            for made in store.collections(account=account.id):
                remotes.set_collection(conn, made.n, state=State.FRESH, reason="", as_of=now, failures=0, next_due=0)
    shown = {one["name"]: one for one in line("status", "--json").json["accounts"]}["up"]
    assert [(c["state"], c["reason"]) for c in shown["collections"]] == [(state.value, "why")] * 2


def test_changes_are_listed_from_a_cursor(line: Line) -> None:
    collection = fill(line, a=event("a", "One"), b=event("b", "Two"))
    shown = line("changes", "--json").json
    assert [change["uid"] for change in shown["changes"]] == ["", "", "a", "b"]
    last = shown["changes"][-1]
    assert set(last) >= {"seq", "at", "account", "collection", "entry", "uid", "action", "origin"}
    assert (last["account"], last["collection"], last["action"], last["origin"]) == (101, collection, "add", "dav")
    assert shown["cursor"] == last["seq"]
    after = line("changes", "--json", "--since", str(last["seq"] - 1)).json
    assert [change["uid"] for change in after["changes"]] == ["b"]
    assert line("changes", "--json", "--since", str(last["seq"])).json == {"changes": [], "cursor": last["seq"]}
    page = line("changes", "--json", "--limit", "2").json
    assert page["cursor"] == page["changes"][-1]["seq"] == shown["changes"][1]["seq"]
    assert line("changes", "--json", "--account", "alice").json["changes"] == shown["changes"]
    assert "dav" in line("changes").out


def test_a_conflict_is_shown_whole(line: Line) -> None:
    collection = fill(line, a=event("a", "Theirs", "LOCATION:Room 4"))
    with line.store() as store, store.db.atomic() as conn:
        conflicts.add(
            conn,
            at=clock.iso(),
            account_id=101,
            collection_n=store.collection(collection).n,
            collection_id=collection,
            entry_id="e1",
            uid="a",
            cause="edit",
            reason="",
            base=event("a", "Before", "LOCATION:Room 4"),
            ours=event("a", "Ours", "LOCATION:Room 4"),
            theirs=event("a", "Theirs", "LOCATION:Room 4"),
        )
    one = line("conflicts", "--json").json["conflicts"][0]
    assert one["properties"] == [
        {"component": "master", "name": "SUMMARY", "base": "Before", "ours": "Ours", "theirs": "Theirs"}
    ]
    assert one["ours"].startswith("BEGIN:VCALENDAR")
    assert (one["state"], one["account"], one["collection"], one["uid"]) == ("open", 101, collection, "a")
    assert line("conflicts", "show", str(one["id"]), "--json").json == one
    assert "SUMMARY" in line("conflicts", "show", str(one["id"])).out
    assert "our edit lost" in line("conflicts").out
    assert line("conflicts", "show", "99").code == 1


def test_held_deletions_are_listed(line: Line) -> None:
    collection = fill(line, a=event("a", "One"))
    with line.store() as store, store.db.atomic() as conn:
        entry = store.entry_by_uid(collection, "a")
        gone = [HeldEntry(entry.id, "a", "One", "/a.ics", "1")]
        held.add(conn, store.collection(collection), "the upstream lists nothing any more", gone, at=clock.iso())
    one = line("held", "--json").json["held"][0]
    assert one["entries"] == [{"entry": entry.id, "uid": "a", "summary": "One"}]
    assert (one["count"], one["account"], one["collection"]) == (1, 101, collection)
    assert one["reason"] == "the upstream lists nothing any more"
    assert "the upstream lists nothing any more" in line("held").out
    assert line("held", "approve", "99").code == 1


@pytest.fixture
def in_berlin() -> Iterator[None]:
    """This machine's zone is Europe/Berlin; tzlocal remembers the zone that it found first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        tzset()
        tzlocal.reload_localzone()
        yield
    tzset()
    tzlocal.reload_localzone()


@pytest.mark.usefixtures("in_berlin")
def test_the_agenda_shows_days_in_the_local_zone(line: Line) -> None:
    fill(
        line,
        utc=event("utc", "Late call", start="20260302T230000Z", end="20260303T000000Z"),
        day=event("day", "Away").replace("DTSTART:20260302T090000Z", "DTSTART;VALUE=DATE:20260302").replace(
            "DTEND:20260302T100000Z", "DTEND;VALUE=DATE:20260304"
        ),
        floating=event("floating", "Breakfast", "LOCATION:Kitchen", start="20260303T080000", end="20260303T083000"),
        off=event("off", "Called off", "STATUS:CANCELLED", start="20260304T080000Z", end="20260304T083000Z"),
    )  # fmt: skip
    shown = line("agenda", "--from", "2026-03-02", "--days", "3", "--json").json
    assert shown["zone"] == "Europe/Berlin"
    titles = {day["date"]: [one["summary"] for one in day["occurrences"]] for day in shown["days"]}
    assert titles == {
        "2026-03-02": ["Away"],
        "2026-03-03": ["Away", "Late call", "Breakfast"],
        "2026-03-04": ["Called off"],
    }
    text = line("agenda", "--from", "2026-03-02", "--days", "3").out
    assert "Monday, 2 March 2026\n  all day        Away" in text
    assert "00:00–01:00    Late call" in text
    assert "08:00–08:30    Breakfast [Calendar · Kitchen]" in text
    assert "Called off [cancelled · Calendar]" in text
    assert line("agenda", "--user", "nobody").code == 1


def test_verify_says_that_all_is_well(line: Line) -> None:
    fill(line, a=event("a", "One"))
    shown = line("verify", "--json")
    assert (shown.code, shown.json["ok"], shown.json["problems"]) == (0, True, [])
    assert set(shown.json["checked"]) >= {"entries", "files", "changes", "revisions"}
    assert shown.json["checked"]["entries"] == 1


def test_verify_finds_damage(line: Line) -> None:
    collection = fill(line, a=event("a", "One"))
    with line.store() as store, store.db.atomic() as conn:
        entry = store.entry_by_uid(collection, "a")
        conn.execute("UPDATE entries SET text = replace(text, 'One', 'Two') WHERE n = ?", (entry.n,))
    shown = line("verify", "--json")
    assert shown.code == 1
    assert not shown.json["ok"]
    assert shown.json["problems"]


def test_config_check_reads_everything_and_changes_nothing(line: Line) -> None:
    assert line("config", "check", "--json").json == {
        "ok": True, "file": str(line.file), "users": ["alice"], "accounts": []
    }  # fmt: skip
    assert not (line.folder / "data").exists()
    line.declare("[user alice]\npassword_file = none\n")
    assert "cannot read" in line("config", "check").err
    line.declare("[user alice]\ndefault_account = work\n")
    assert "[user alice] default_account: no such account: work" in line("config", "check").err


def test_config_example_is_the_example(line: Line, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from gateway.cli import main

    assert main(["config", "example"]) == 0
    assert capsys.readouterr().out == example()
