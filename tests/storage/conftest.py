"""A store in a temporary folder, with a user, a mirrored and a local account, and a calendar in each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.model import Account, Collection, CollectionKind, Origin
from storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "data")
    opened.save_user("alice", None)
    yield opened
    opened.close()


@pytest.fixture
def mirrored(store: Store) -> Collection:
    """A calendar of an account that has an upstream."""
    account = store.save_account(Account(0, "work", "alice", "caldav"))
    return _calendar(store, account, "work")


@pytest.fixture
def home(store: Store) -> Collection:
    """A calendar of a local account."""
    account = store.save_account(Account(0, "home", "alice", "local", mirrored=False))
    return _calendar(store, account, "home")


def _calendar(store: Store, account: Account, slug: str) -> Collection:
    return store.create_collection(
        account.id,
        slug,
        name=slug.title(),
        kind=CollectionKind.CALENDAR,
        components=["VEVENT", "VTODO", "VJOURNAL"],
        origin=Origin.CLI,
    )
