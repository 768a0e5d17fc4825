"""The engine over an address book: compared as contacts, cards without UID, groups, what is no card."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryUpstream
from storage.model import CollectionKind
from storage.provider import RemoteCollection
from storage.tables import quarantine
from storage.verify import verify
from tests.storage.sync.scene import Scene
from tests.storage.texts import event
from tests.storage.vcard.cards import FULL, card

BOOK = RemoteCollection("", "People", CollectionKind.CONTACTS, ("VCARD",))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path / "mirror", MemoryUpstream(), BOOK)
    found.theirs("one", FULL, "/memory/calendar/ada.vcf")
    assert found.sync().converged
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


def test_an_address_book_is_mirrored_both_ways(scene: Scene) -> None:
    assert scene.collection.kind is CollectionKind.CONTACTS
    assert scene.here() == {"one": FULL}
    scene.ours("bob.vcf", card(uid="two", fn="Bob"))
    scene.ours("ada.vcf", FULL.replace("Programmer", "Countess"))
    assert scene.sync().converged
    assert scene.there() == {
        "/memory/calendar/ada.vcf": FULL.replace("Programmer", "Countess"),
        "/memory/calendar/bob.vcf": card(uid="two", fn="Bob"),
    }
    scene.delete("bob.vcf")
    assert scene.sync().converged
    assert list(scene.there()) == ["/memory/calendar/ada.vcf"]


def test_a_server_that_rewrites_cards_causes_no_ping_pong(tmp_path: Path) -> None:
    def rewrite(text: str) -> str:
        first, *lines, last, _ = text.split("\r\n")
        return "\r\n".join([first, "PRODID:-//Server//EN", *sorted(lines), "REV:20260101T000000Z", last, ""])

    scene = Scene(tmp_path / "mirror", MemoryUpstream(rewrite=rewrite), BOOK)
    assert scene.sync().converged
    scene.ours("ada.vcf", FULL)
    assert scene.sync().converged
    writes, head = scene.upstream.writes, scene.store.head()
    for _ in range(3):
        assert scene.sync().converged
    assert (scene.upstream.writes, scene.store.head()) == (writes, head)
    assert scene.here() == {"one": FULL}
    scene.store.close()


def test_the_same_edit_on_both_sides_is_no_conflict(scene: Scene) -> None:
    scene.ours("ada.vcf", FULL.replace("Programmer", "Countess"))
    scene.theirs("one", FULL.replace("Programmer", "Countess").replace("\r\n", "\n"), "/memory/calendar/ada.vcf")
    assert scene.sync().converged
    assert scene.inbox() == []


def test_a_conflict_keeps_both(scene: Scene) -> None:
    scene.ours("ada.vcf", FULL.replace("Programmer", "Countess"))
    scene.theirs("one", FULL.replace("Programmer", "Poetess"), "/memory/calendar/ada.vcf")
    scene.sync()
    (found,) = scene.inbox()
    assert "Countess" in (found.ours or "")
    assert "Poetess" in scene.here()["one"]


def test_cards_without_uid_are_mirrored_edited_and_deleted(scene: Scene) -> None:
    for name in ("x", "y"):
        scene.theirs(name, card(f"NOTE:{name}", uid=""), f"/memory/calendar/{name}.vcf")
    assert scene.sync().converged
    assert len(scene.here()) == 3
    (mine,) = [e for e in scene.store.iter_entries(scene.collection.id) if e.href == "x.vcf"]
    scene.theirs("x", card("NOTE:changed there", uid=""), "/memory/calendar/x.vcf")
    assert scene.sync().converged
    assert "changed there" in scene.store.entry(mine.id).text
    scene.ours("x.vcf", card("NOTE:changed here", uid=""))
    assert scene.sync().converged
    assert "changed here" in str(scene.there()["/memory/calendar/x.vcf"])
    scene.theirs("x", card("NOTE:named", uid="named"), "/memory/calendar/x.vcf")
    assert scene.sync().converged
    assert scene.store.entry(mine.id).uid == "named"
    scene.delete("y.vcf")
    assert scene.sync().converged
    assert sorted(scene.there()) == ["/memory/calendar/ada.vcf", "/memory/calendar/x.vcf"]
    assert scene.inbox() == []


def test_a_card_that_gets_the_uid_of_another_is_held_apart(scene: Scene) -> None:
    scene.theirs("x", card(uid=""), "/memory/calendar/x.vcf")
    assert scene.sync().converged
    scene.theirs("x", card("NOTE:twin"), "/memory/calendar/x.vcf")
    scene.sync()
    assert scene.here() == {"one": FULL}
    (twin,) = quarantine.every(scene.store.db.reader())
    assert twin.href == "/memory/calendar/x.vcf"


def test_what_is_no_card_is_quarantined(scene: Scene) -> None:
    scene.theirs("e", event(), "/memory/calendar/e.ics")
    scene.theirs("two", card(uid="a") + card(uid="b"), "/memory/calendar/two.vcf")
    scene.theirs("bytes", card("NOTE:x").encode().replace(b"x", b"\xff"), "/memory/calendar/bytes.vcf")
    scene.sync()
    assert scene.here() == {"one": FULL}
    assert len(quarantine.every(scene.store.db.reader())) == 3
