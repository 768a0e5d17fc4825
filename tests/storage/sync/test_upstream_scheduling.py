"""What an upstream says about scheduling, as the mirror keeps it: whether it delivers, and what it calls us."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryUpstream
from storage.model import Account
from storage.scheduling import people
from storage.scheduling.people import LONGEST_ADDRESS, MOST_ADDRESSES
from tests.simulation.texts import event
from tests.storage.sync.scene import Scene

BOSS = "mailto:boss@example.org"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    upstream = MemoryUpstream(addresses=["mailto:Up@Example.org", "/principals/up/", "mailto:up@example.org", BOSS])
    found = Scene(tmp_path / "mirror", upstream)
    found.sync()
    yield found
    found.store.close()


def schedules(scene: Scene, value: bool) -> None:
    folder = scene.upstream.folders[scene.remote.href]
    folder.remote = replace(folder.remote, schedules=value)
    scene.sync()


def test_whether_the_upstream_delivers_is_kept_and_follows_it(scene: Scene) -> None:
    assert not scene.store.delivers(scene.collection)
    schedules(scene, True)
    assert scene.collection.schedules
    assert scene.store.delivers(scene.collection)
    assert scene.store.head() == scene.collection.seq, "no client needs to hear of it"
    schedules(scene, False)
    assert not scene.store.delivers(scene.collection)


def test_what_the_upstream_calls_us_is_ours(scene: Scene) -> None:
    user = scene.account.user
    assert scene.account.addresses == ("mailto:up@example.org", BOSS)
    assert scene.store.addresses(user)[-3:-1] == ["mailto:up@example.org", BOSS]
    assert scene.store.user_of("MAILTO:UP@example.org") == user
    scene.upstream.addresses = ()
    scene.sync()
    assert scene.store.user_of("mailto:up@example.org") is None


def test_an_upstream_makes_nobody_elses_address_its_own(scene: Scene) -> None:
    scene.store.save_user("boss", None)
    scene.store.save_account(Account(0, "z", "boss", "caldav", email="boss@example.org", settings={"url": "x"}))
    assert scene.store.user_of(BOSS) == "boss"
    with scene.store.db.snapshot() as conn:
        assert BOSS not in people.local_users(conn)


def test_changing_the_account_keeps_what_its_upstream_said(scene: Scene) -> None:
    scene.store.save_account(replace(scene.account, email="me@example.net"))
    assert scene.store.addresses(scene.account.user)[:2] == ["mailto:me@example.net", "mailto:up@example.org"]


def test_not_everything_is_kept_that_an_upstream_says() -> None:
    many = [f"mailto:a{number}@example.org" for number in range(1000)]
    assert people.reported([f"mailto:{'x' * LONGEST_ADDRESS}@example.org", "urn:uuid:1", *many]) == tuple(
        many[:MOST_ADDRESSES]
    )


def test_an_answer_that_arrives_through_the_upstream_keeps_the_schedule_tag(scene: Scene) -> None:
    """RFC 6638 §3.2.10: who answers what, processed by the server, does not change the tag."""
    schedules(scene, True)
    guest = "ATTENDEE;PARTSTAT=%s:mailto:guest@example.org\r\nORGANIZER:mailto:up@example.org\r\n"
    text = event("m", 1, "Plan").replace("SUMMARY", guest % "NEEDS-ACTION" + "SUMMARY")
    scene.theirs("m", text)
    scene.sync()
    entry = scene.store.entry_by_uid(scene.collection.id, "m")
    tag = scene.store.schedule_tag(entry.id)
    scene.theirs("m", text.replace("NEEDS-ACTION", "ACCEPTED"))
    scene.sync()
    assert scene.store.entry(entry.id).hash != entry.hash
    assert scene.store.schedule_tag(entry.id) == tag
    scene.theirs("m", text.replace("Plan", "Another plan"))
    scene.sync()
    assert scene.store.schedule_tag(entry.id) != tag
