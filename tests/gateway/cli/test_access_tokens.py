"""`calharbor token` for keys of the Access API: what they open is read, checked against the mirror, shown and kept."""

import pytest

from gateway.http.tokens import token_of
from storage.model import Origin, TokenKind
from tests.contract.serving import FIXTURE
from tests.gateway.cli.conftest import Line

WHOLE = {
    "calendars": ["101/*"],
    "level": "view_only",
    "operations": ["all"],
    "fields": [],
    "past_days": None,
    "future_days": None,
    "rules": [],
}


@pytest.fixture
def fixture(line: Line) -> Line:
    """The command line over the contract's fixture."""
    line.declare(FIXTURE.read_text("utf-8").replace("port = 5243", "port = 0"))
    return line


def test_a_key_is_shown_once_and_opens_what_its_options_say(fixture: Line) -> None:
    made = fixture(
        *("token", "create", "assistant", "--kind", "access", "--level", "full_access", "--days", "30"),
        *("--calendar", "101/primary", "--calendar", "alice/Team", "--calendar", "101/primary"),
        *("--operation", "respond_to_event", "--operation", "edit_title", "--past-days", "0", "--future-days", "60"),
        *("--rule", "block domain Rival.example", "--rule", "full email ann@rival.example 10", "--rule", "read all -1"),
        "--json",
    ).json
    grant = {
        "calendars": ["101/primary", "101/team"],
        "level": "full_access",
        "operations": ["respond_to_event", "edit_title"],
        "fields": [],
        "past_days": 0,
        "future_days": 60,
        "rules": [
            ["block", "domain", "rival.example", 0],
            ["full", "email", "ann@rival.example", 10],
            ["read", "all", "", -1],
        ],
    }
    assert made.keys() == {"id", "label", "kind", "account", "expires", "token", "grant"}
    assert (made["kind"], made["account"], made["grant"]) == ("access", None, grant)
    assert made["token"].startswith("cg_")
    with fixture.store() as store:
        kept = token_of(store, made["token"])
    assert kept is not None
    assert (kept.id, kept.kind, dict(kept.grant)) == (made["id"], TokenKind.ACCESS, grant)
    for shown in (fixture("token", "show", "assistant"), fixture("token", "show", "assistant", "--json")):
        assert made["token"] not in shown.out
        assert "rival.example" in shown.out
    assert shown.json["grant"] == grant
    assert made["token"] not in fixture("token", "list", "--json").out


def test_what_is_left_out_is_read_only_and_everything(fixture: Line) -> None:
    answer = fixture("token", "create", "reader", "--kind", "access", "--calendar", "alice/*")
    assert "Authorization: Bearer cg_" in answer.out
    assert fixture("token", "show", "reader", "--json").json["grant"] == WHOLE
    words = fixture("token", "show", "reader").out
    assert "101/* (Alice, Team)" in words
    assert "view_only" in words


def test_a_calendar_is_named_in_every_way_that_means_one(line: Line) -> None:
    line("status")
    with line.store() as store:
        [account] = store.accounts()
        [place] = store.calendars(account.id)
    names = [
        place.id,
        place.name,
        *(f"{who}/{what}" for who in (account.id, account.name) for what in (place.id, place.slug)),
    ]
    for number, words in enumerate(names):
        made = line("token", "create", f"k{number}", "--kind", "access", "--calendar", words, "--json").json
        assert made["grant"]["calendars"] == [f"{account.id}/{place.id}"], words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kind", "access"], "a key opens nothing without a --calendar"),
        (["--kind", "access", "--calendar", "101/nowhere"], "there is no calendar '101/nowhere'"),
        (["--kind", "access", "--calendar", "999/*"], "999"),
        (["--kind", "access", "--calendar", "*"], "there is no calendar '*'"),
        (["--kind", "access", "--calendar", "Calendar"], "can mean several calendars: 102/"),
        (["--kind", "access", "--calendar", "102/contacts"], "there is no calendar"),
        (["--kind", "access", "--calendar", "101/*", "--account", "101"], "a key opens calendars, not an account"),
        (["--kind", "access", "--calendar", "101/*", "--operation", "edit_title"], "--operation says nothing with"),
        (["--kind", "access", "--calendar", "101/*", "--field", "title"], "--field says nothing with"),
        (
            ["--kind", "access", "--calendar", "101/*", "--level", "view_filtered"],
            "--level view_filtered shows nothing without a --field",
        ),
        (["--kind", "access", "--calendar", "101/*", "--rule", "hide everybody"], "'hide everybody' is no rule"),
        (["--kind", "access", "--calendar", "101/*", "--rule", "block email bob"], "matches nobody"),
        (["--kind", "access", "--calendar", "101/*", "--rule", "block domain @b.example"], "matches nobody"),
        (["--calendar", "101/*"], "--calendar restricts keys of the Access API alone"),
        (["--account", "101", "--past-days", "3"], "--past-days restricts keys of the Access API alone"),
        (["--level", "full_access"], "--level restricts keys of the Access API alone"),
        (["--kind", "account"], "needs its account"),
        (["--kind", "app", "--account", "101"], "opens every account"),
    ],
)
def test_what_cannot_be_meant_is_explained_and_makes_nothing(fixture: Line, words: list[str], said: str) -> None:
    before = fixture("token", "list", "--json").json
    answer = fixture("token", "create", "x", *words)
    assert answer.code == 1
    assert said in answer.err
    assert fixture("token", "list", "--json").json == before


@pytest.mark.parametrize(
    "words",
    [
        ["--level", "everything"],
        ["--operation", "fly"],
        ["--field", "weather"],
        ["--past-days", "-1"],
        ["--future-days", "soon"],
        ["--kind", "master"],
    ],
)
def test_words_that_are_none_are_wrong_usage(fixture: Line, words: list[str]) -> None:
    assert fixture("token", "create", "x", "--kind", "access", "--calendar", "101/*", *words).code == 2


def test_a_rotated_key_keeps_what_it_opens_under_another_secret(fixture: Line) -> None:
    made = fixture("token", "create", "robot", "--kind", "access", "--calendar", "101/team", "--json").json
    fresh = fixture("token", "rotate", "robot", "--json").json
    assert {**fresh, "token": made["token"]} == made
    assert fresh["token"].startswith("cg_")
    with fixture.store() as store:
        assert token_of(store, made["token"]) is None
        found = token_of(store, fresh["token"])
    assert found is not None
    assert found.id == made["id"]
    shown = fixture("token", "create", "plain", "--account", "101", "--json").json
    assert fixture("token", "rotate", shown["id"], "--json").json["token"].startswith("ch_")


def test_what_cannot_be_rotated_says_why(fixture: Line) -> None:
    assert "stands in the configuration" in fixture("token", "rotate", "full").err
    made = fixture("token", "create", "gone", "--kind", "access", "--calendar", "101/*", "--json").json
    assert fixture("token", "revoke", made["id"]).code == 0
    assert "is over" in fixture("token", "rotate", "gone").err
    assert "revoked" in fixture("token", "show", "gone").out
    assert "there is no token" in fixture("token", "rotate", "nobody").err
    for _ in range(2):
        fixture("token", "create", "twin", "--kind", "access", "--calendar", "101/*")
    assert "can mean several tokens" in fixture("token", "show", "twin").err


def test_a_calendar_that_has_gone_is_shown_as_such(line: Line) -> None:
    line("status")
    with line.store() as store:
        [account] = store.accounts()
        [place] = store.calendars(account.id)
    line("token", "create", "k", "--kind", "access", "--calendar", place.id)
    with line.store() as store:
        store.delete_collection(place.id, origin=Origin.CLI)
    assert "(not there any more)" in line("token", "show", "k").out
