"""A person decides about a conflict: the decision is live here and upstream, and everything edited since stays."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryUpstream
from storage.content import canonical
from storage.errors import AlreadyExists, InvalidData, NotFound
from storage.model import CollectionKind
from storage.provider import RemoteCollection
from storage.sync import restore, undo
from storage.sync.resolve import Choice, offered, resolve
from tests.simulation.texts import event
from tests.storage.merge.test_cards import CARD
from tests.storage.merge.texts import EDITS, MEETING
from tests.storage.sync.scene import Scene, mirrored

EDIT = {edit.name: edit for edit in EDITS}
HREF = "/memory/calendar/meeting.ics"
OURS = MEETING.replace("SUMMARY:Planning\r", "SUMMARY:Ours\r").replace("URL:https://example.org/1", "URL:https://ours/")
THEIRS = MEETING.replace("SUMMARY:Planning\r", "SUMMARY:Theirs\r").replace("LOCATION:Room 1", "LOCATION:Hall")
BOTH = THEIRS.replace("URL:https://example.org/1", "URL:https://ours/")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with mirrored(tmp_path, {"meeting": MEETING}) as found:
        yield found


def clashed(scene: Scene) -> int:
    scene.ours("meeting.ics", OURS)
    scene.theirs("meeting", THEIRS)
    assert not scene.sync().converged
    (lost,) = scene.inbox()
    assert canonical(scene.here()["meeting"]) == canonical(BOTH)
    return lost.n


def agreed(scene: Scene) -> dict[str, str]:
    """What both sides hold after one round; nothing waits for anybody."""
    assert scene.sync().converged
    here = {uid: canonical(text) for uid, text in scene.here().items()}
    assert sorted(here.values()) == sorted(canonical(str(text)) for text in scene.there().values())
    return scene.here()


@pytest.mark.parametrize(("how", "summary"), [(Choice.MINE, "Ours"), (Choice.THEIRS, "Theirs")])
def test_one_sides_version_of_what_both_changed(scene: Scene, how: Choice, summary: str) -> None:
    number = clashed(scene)
    since = EDIT["master DESCRIPTION"](scene.here()["meeting"])
    scene.ours("meeting.ics", since)
    resolve(scene.store, number, how)
    text = agreed(scene)["meeting"]
    assert canonical(text) == canonical(since.replace("SUMMARY:Theirs\r", f"SUMMARY:{summary}\r"))
    with pytest.raises(NotFound):
        resolve(scene.store, number, how)


def test_both_versions_are_two_entries_and_nobody_is_invited_twice(scene: Scene) -> None:
    resolve(scene.store, clashed(scene), Choice.BOTH)
    found = agreed(scene)
    assert canonical(found.pop("meeting")) == canonical(BOTH)
    ((uid, copy),) = found.items()
    assert "SUMMARY:Ours\r\n" in copy
    assert copy.count(f"UID:{uid}\r\n") == 2, "master and override"
    assert "mailto:" not in copy


def test_a_text_of_its_own(scene: Scene) -> None:
    number = clashed(scene)
    live = scene.here()["meeting"]
    scene.ours("meeting.ics", EDIT["master DESCRIPTION"](live))
    with pytest.raises(InvalidData):
        resolve(scene.store, number, Choice.EDIT, text="no calendar")
    with pytest.raises(InvalidData):
        resolve(scene.store, number, Choice.EDIT, text=event("other", 1, "x"))
    text = live.replace("SUMMARY:Theirs\r", "SUMMARY:Together\r")
    resolve(scene.store, number, Choice.EDIT, text=text, seen=live)
    assert canonical(agreed(scene)["meeting"]) == canonical(EDIT["master DESCRIPTION"](text))


def test_a_text_that_was_offered_is_taken_as_it_stands(scene: Scene) -> None:
    number = clashed(scene)
    offer = offered(scene.store, number, Choice.EDIT)
    assert offer.text is not None
    assert "SUMMARY:Ours\r\n" in offer.text
    scene.ours("meeting.ics", EDIT["master DESCRIPTION"](offer.seen))
    resolve(scene.store, number, Choice.EDIT, text=offer.text, seen=offer.seen)
    assert canonical(agreed(scene)["meeting"]) == canonical(EDIT["master DESCRIPTION"](offer.text))


@pytest.mark.parametrize("how", [Choice.MINE, Choice.THEIRS])
def test_our_deletion_that_lost(scene: Scene, how: Choice) -> None:
    scene.delete("meeting.ics")
    scene.theirs("meeting", THEIRS)
    scene.sync()
    (lost,) = scene.inbox()
    with pytest.raises(AlreadyExists):
        resolve(scene.store, lost.n, Choice.BOTH)
    resolve(scene.store, lost.n, how)
    assert set(agreed(scene)) == (set() if how is Choice.MINE else {"meeting"})


@pytest.mark.parametrize("how", [Choice.MINE, Choice.THEIRS])
def test_their_deletion_that_lost(scene: Scene, how: Choice) -> None:
    scene.ours("meeting.ics", OURS)
    scene.upstream.remove(scene.remote.href, HREF)
    scene.sync()
    (lost,) = scene.inbox()
    resolve(scene.store, lost.n, how)
    assert set(agreed(scene)) == ({"meeting"} if how is Choice.MINE else set())


def test_an_entry_that_was_deleted_since_comes_back_under_its_id(scene: Scene) -> None:
    number = clashed(scene)
    entry_id = scene.store.entry_at(scene.collection.id, "meeting.ics").id
    scene.delete("meeting.ics")
    scene.sync()
    resolve(scene.store, number, Choice.MINE)
    assert "SUMMARY:Ours\r\n" in agreed(scene)["meeting"]
    assert scene.store.entry_by_uid(scene.collection.id, "meeting").id == entry_id


def test_an_entry_comes_back_beside_another_one_that_has_its_name_by_now(scene: Scene) -> None:
    number = clashed(scene)
    entry_id = scene.store.entry_at(scene.collection.id, "meeting.ics").id
    scene.delete("meeting.ics")
    scene.ours(f"{entry_id}.ics", event("other", 1, "x"))
    resolve(scene.store, number, Choice.MINE)
    assert set(agreed(scene)) == {"meeting", "other"}


def test_what_was_refused_and_then_made_again_keeps_what_was_edited_since(scene: Scene) -> None:
    scene.upstream.folders[scene.remote.href].remote = replace(scene.remote, read_only=True)
    scene.ours("new.ics", event("new", 1, "Ours"))
    scene.sync()
    (lost,) = scene.inbox()
    assert "new" not in scene.here()
    scene.upstream.folders[scene.remote.href].remote = scene.remote
    scene.sync()
    restore.carry_out(scene.store, undo.plan(scene.store, undo.Choice(change=scene.store.head())))
    since = scene.here()["new"].replace("END:VEVENT", "LOCATION:Hall\r\nEND:VEVENT")
    scene.ours("new.ics", since)
    resolve(scene.store, lost.n, Choice.MINE)
    assert canonical(agreed(scene)["new"]) == canonical(since)


def test_a_contact(tmp_path: Path) -> None:
    wanted = RemoteCollection("", "people", CollectionKind.CONTACTS, ("VCARD",))
    scene = Scene(tmp_path / "mirror", MemoryUpstream(), wanted)
    scene.theirs("card", CARD)
    scene.sync()
    scene.ours("card.ics", CARD.replace("CELL:+1", "CELL:+2").replace("likes tea", "likes coffee"))
    scene.theirs("card", CARD.replace("CELL:+1", "CELL:+3"))
    scene.sync()
    (lost,) = scene.inbox()
    resolve(scene.store, lost.n, Choice.BOTH)
    found = agreed(scene)
    assert "CELL:+3" in found["card"]
    assert "likes coffee" in found.pop("card")
    assert "CELL:+2" in next(iter(found.values()))
    scene.store.close()
