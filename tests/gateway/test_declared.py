"""Calendars and tokens in the configuration: made once, changed when it changes, and refused in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.app import open_store
from gateway.config import load
from gateway.declare import declare
from gateway.http.tokens import token_hash, token_of
from storage.errors import ConfigError
from storage.model import Origin, TokenKind
from storage.store import Store
from tests.contract.serving import FIXTURE

GROUND = """
[user alice]
[account alice]
user = alice
provider = local
id = 101
service = google_calendar
[account away]
user = alice
provider = caldav
id = 102
url = http://127.0.0.1:1/
username = alice
password = x
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "config.ini"
    file.write_text(GROUND, "utf-8")
    found = open_store(load(file, {}))
    yield found
    found.close()


def brought(folder: Path, store: Store, text: str) -> None:
    """Declare this beyond the ground."""
    file = folder / "config.ini"
    file.write_text(GROUND + text, "utf-8")
    declare(load(file, {}), store)


def refused(folder: Path, store: Store, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        brought(folder, store, text)
    assert caught.value.hint
    return caught.value.message


def test_a_second_start_with_the_same_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "contract.ini"
    file.write_text(FIXTURE.read_text("utf-8"), "utf-8")
    config = load(file, {})
    store = open_store(config)
    declare(config, store)
    before = store.head(), store.tokens(), store.collections(), store.accounts()
    assert len(before[1]) == 12
    declare(config, store)
    assert (store.head(), store.tokens(), store.collections(), store.accounts()) == before
    store.close()


def test_a_declared_calendar_keeps_what_its_owner_makes_of_it(tmp_path: Path, store: Store) -> None:
    text = "[collection 101/team]\nname = Team\ntimezone = Europe/Berlin\nemail = {}\n"
    brought(tmp_path, store, text.format("a@example.com"))
    made = store.collection_by_key(101, "team")
    assert made
    assert (made.name, made.timezone, made.email) == ("Team", "Europe/Berlin", "a@example.com")
    store.rename_collection(made.id, "crew", origin=Origin.DAV)
    store.update_collection(made.id, name="Crew", origin=Origin.DAV)
    brought(tmp_path, store, text.format("b@example.com"))
    again = store.collection_by_key(101, "team")
    assert again
    assert (again.id, again.slug, again.name, again.email) == (made.id, "crew", "Crew", "b@example.com")


def test_a_declared_calendar_follows_a_configuration_that_changes(tmp_path: Path, store: Store) -> None:
    text = "[collection 101/team]\nname = {}\ntimezone = {}\n"
    brought(tmp_path, store, text.format("Team", "Europe/Berlin"))
    made = store.collection_by_key(101, "team")
    assert made
    store.update_collection(made.id, name="Crew", timezone="Europe/Rome", origin=Origin.DAV)
    brought(tmp_path, store, text.format("Team", "Europe/Paris"))
    again = store.collection_by_key(101, "team")
    assert again
    assert (again.name, again.timezone) == ("Crew", "Europe/Paris")
    brought(tmp_path, store, text.format("Squad", "Europe/Paris"))
    brought(tmp_path, store, text.format("Squad", "Europe/Paris"))
    again = store.collection_by_key(101, "team")
    assert again
    assert (again.id, again.name, again.timezone) == (made.id, "Squad", "Europe/Paris")


def test_the_primary_calendar(tmp_path: Path, store: Store) -> None:
    brought(tmp_path, store, "[collection 101/aaa]\n[collection 101/primary]\nname = Main\n")
    primary = store.primary_calendar(101)
    assert primary
    assert primary.name == "Main"
    assert store.primary_calendar(102) is None
    assert [each.kind for each in store.collections(account=101)].count(primary.kind) == 2


def test_a_token_that_is_declared_no_more_opens_nothing(tmp_path: Path, store: Store) -> None:
    one = "[token one]\nkind = account\naccount = 101\nsecret = 0123456789ab\n"
    brought(tmp_path, store, one)
    token = token_of(store, "0123456789ab")
    assert token
    assert (token.kind, token.account) == (TokenKind.ACCOUNT, 101)
    own = store.add_token("made", TokenKind.APP, token_hash("by hand"))
    brought(tmp_path, store, one.replace("9ab", "9ac"))
    assert token_of(store, "0123456789ab") is None
    assert token_of(store, "0123456789ac")
    brought(tmp_path, store, "")
    assert token_of(store, "0123456789ac") is None
    found = token_of(store, "by hand")
    assert found
    assert found.id == own.id


def test_tokens_end_with_their_account_and_their_time(tmp_path: Path, store: Store) -> None:
    brought(tmp_path, store, "[token one]\nkind = account\naccount = 101\nsecret = 0123456789ab\n")
    store.add_token("late", TokenKind.APP, token_hash("late"), expires="2020-01-01T00:00:00.000Z")
    assert token_of(store, "late") is None
    store.remove_account(101)
    assert token_of(store, "0123456789ab") is None


def test_what_a_key_of_the_access_dialect_may_see_is_kept(tmp_path: Path, store: Store) -> None:
    brought(
        tmp_path,
        store,
        """
[collection 101/team]
[token key]
kind = access
calendars = 101/*, 101/team
level = view_filtered
fields = title, times
past_days = 0
rules =
    block domain Blocked.example
    full email friend@blocked.example 10
    read all -1
secret = 0123456789ab
""",
    )
    token = token_of(store, "0123456789ab")
    assert token
    assert token.grant == {
        "calendars": ["101/*", "101/team"],
        "level": "view_filtered",
        "operations": ["all"],
        "fields": ["title", "times"],
        "past_days": 0,
        "future_days": None,
        "rules": [
            ["block", "domain", "blocked.example", 0],
            ["full", "email", "friend@blocked.example", 10],
            ["read", "all", "", -1],
        ],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[collection 101]\n", "does not name a calendar"),
        ("[collection team/101]\n", "does not name a calendar"),
        ("[collection 999/x]\n", "account 999 is not there"),
        ("[collection 102/x]\n", "has an upstream"),
        ("[collection 101/x]\ntimezone = Mars/Olympus\n", "timezone: 'Mars/Olympus' is no time zone"),
        ("[collection 101/x]\ncolour = red\n", "colour: there is no such option"),
        ("[token x]\n", "kind: this option is required"),
        ("[token x]\nkind = door\nsecret = 0123456789ab\n", "'door' is not one of account, app, access"),
        ("[token x]\nkind = app\n", "secret: this option is required"),
        ("[token x]\nkind = app\nsecret = short\n", "this cannot be a token"),
        ("[token x]\nkind = account\nsecret = 0123456789ab\n", "account: this option is required"),
        ("[token x]\nkind = account\naccount = 999\nsecret = 0123456789ab\n", "there is no account 999"),
        ("[token x]\nkind = app\naccount = 101\nsecret = 0123456789ab\n", "kind app has no such option"),
        ("[token x]\nkind = access\nsecret = 0123456789ab\n", "calendars: this option is required"),
        ("[token x]\nkind = access\ncalendars = 101/*, 101/x\nsecret = 0123456789ab\n", "there is no 101/x"),
        ("[token x]\nkind = access\ncalendars = 999/*\nsecret = 0123456789ab\n", "there is no 999/*"),
        (
            "[token x]\nkind = app\nsecret = 0123456789ab\n[token y]\nkind = app\nsecret = 0123456789ab\n",
            "[token x] has the same one",
        ),
        ("[token x]\nkind = app\nsecret_file = ./nowhere\n", "[token x] secret_file: cannot read"),
        ("[token x]\nkind = access\ncalendars = all\nsecret = 0123456789ab\n", "'all' does not name calendars"),
        (
            "[token x]\nkind = access\ncalendars = 101/*\nsecret = 0123456789ab\nrules = block everybody\n",
            "'block everybody' is no rule",
        ),
        (
            "[token x]\nkind = access\ncalendars = 101/*\nsecret = 0123456789ab\nrules = block email\n",
            "'block email' is no rule",
        ),
        (
            "[token x]\nkind = access\ncalendars = 101/*\nsecret = 0123456789ab\noperations = fly\n",
            "'fly' is not one of",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(tmp_path: Path, store: Store, text: str, words: str) -> None:
    assert words in refused(tmp_path, store, text)
