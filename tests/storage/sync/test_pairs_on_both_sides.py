"""Of two edits to different properties, one here and one upstream, both sides hold both, at once.

Here each edit meets every third of the others, on either side; every ordered pair is merged in
`tests/storage/merge/test_pairs_of_edits.py`. `CALHARBOR_PAIRS=all` lets every pair go through the whole engine.
"""

import os
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryUpstream
from storage.content import canonical, same
from storage.verify import verify
from tests.storage.merge.test_pairs_of_edits import rivals
from tests.storage.merge.test_same_property import RIVALS
from tests.storage.merge.texts import EDITS, MEETING, Edit
from tests.storage.sync.scene import Scene

APART = 1 if os.environ.get("CALHARBOR_PAIRS") == "all" else 3


def named(text: str, name: str) -> str:
    """A text of the meeting, as an entry of its own."""
    return text.replace("UID:meeting", f"UID:{name}")


def edited(folder: Path, pairs: dict[str, tuple[str, str]]) -> Scene:
    """A mirror of as many meetings, each edited here and upstream, after two rounds; it has come to rest."""
    scene = Scene(folder, MemoryUpstream())
    for name in pairs:
        scene.theirs(name, named(MEETING, name))
    assert scene.sync().converged
    for name, (ours, theirs) in pairs.items():
        scene.ours(f"{name}.ics", named(ours, name))
        scene.theirs(name, named(theirs, name))
    scene.sync()
    scene.sync()
    writes, head = scene.upstream.writes, scene.store.head()
    scene.sync()
    assert (scene.waiting(), scene.upstream.writes, scene.store.head()) == (0, writes, head)
    there = {href.rpartition("/")[2]: text for href, text in scene.there().items()}
    for uid, text in scene.here().items():
        assert same(text, str(there[f"{uid}.ics"])), uid
    assert verify(scene.store, None).problems == []
    return scene


@pytest.mark.parametrize("first", EDITS, ids=lambda edit: edit.name)
def test_both_edits_live_on_both_sides_within_two_rounds(tmp_path: Path, first: Edit) -> None:
    start = EDITS.index(first) // APART % APART
    others = {f"e{at}": each for at, each in list(enumerate(EDITS))[start::APART]}
    others = {name: each for name, each in others.items() if each is not first and not rivals(first, each)}
    ours = first(MEETING)
    scene = edited(tmp_path, {name: (ours, second(MEETING)) for name, second in others.items()})
    here = scene.here()
    for name, second in others.items():
        assert canonical(here[name]) == canonical(named(second(ours), name)), f"{first.name}, {second.name}"
    assert scene.inbox() == []
    scene.store.close()


@pytest.mark.parametrize("override", [False, True], ids=["master", "override"])
def test_of_two_edits_of_one_property_the_upstreams_lives_and_ours_can_be_read(tmp_path: Path, override: bool) -> None:
    rows = [row for row in RIVALS if not (override and row[0] in ("RRULE", "DTEND"))]
    pairs = {
        f"e{at}": (Edit("", "", mine, override)(MEETING), Edit("", "", other, override)(MEETING))
        for at, (_name, mine, other) in enumerate(rows)
    }
    scene = edited(tmp_path, pairs)
    inbox = {each.uid: each for each in scene.inbox()}
    for at, (name, *_) in enumerate(rows):
        ours, theirs = (named(text, f"e{at}") for text in pairs[f"e{at}"])
        conflict = inbox.pop(f"e{at}")
        assert [field.name for field in conflict.fields or ()] == [name]
        assert same(conflict.ours or "", ours)
        assert same(conflict.theirs or "", theirs)
        removed = (conflict.fields or ())[0].theirs is None  # an edit wins over a deletion
        assert same(scene.here()[f"e{at}"], ours if removed else theirs), name
    assert inbox == {}
    scene.store.close()
