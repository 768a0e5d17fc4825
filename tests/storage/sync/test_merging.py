"""Edits of both sides in the engine: on a pull, at a refused push, with an upstream that cannot hold everything."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.content import canonical
from storage.model import Origin
from storage.provider import Capabilities, Holds, Push, Receipt, RemoteCollection
from storage.tables import links
from storage.verify import verify
from tests.simulation.texts import event
from tests.storage.merge.texts import EDITS, MEETING
from tests.storage.sync.scene import Scene, mirrored

EDIT = {edit.name: edit for edit in EDITS}
HREF = "/memory/calendar/meeting.ics"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with mirrored(tmp_path, {"meeting": MEETING}) as found:
        yield found


def settled(scene: Scene, *, rounds: int = 2) -> str:
    """The text on both sides after so many rounds; one more writes nothing anywhere."""
    for _ in range(rounds):
        scene.sync()
    here, there = scene.here()["meeting"], str(scene.there()[HREF])
    assert canonical(here) == canonical(there)
    assert scene.waiting() == 0
    writes, head = scene.upstream.writes, scene.store.head()
    scene.sync()
    assert (scene.upstream.writes, scene.store.head()) == (writes, head), "an idle round wrote something"
    return here


PAIRS = [
    ("master SUMMARY", "master LOCATION"),
    ("override SUMMARY", "override LOCATION"),
    ("master DTSTART", "override X-MINE"),
    ("master bob;PARTSTAT", "master dave"),
    ("master VALARM:new", "master VALARM:first;TRIGGER"),
    ("master EXDATE:26", "override DTEND"),
    ("master CATEGORIES:new", "master CATEGORIES:work"),
]


@pytest.mark.parametrize("late", [False, True], ids=["seen by the pull", "seen at the push"])
@pytest.mark.parametrize(("mine", "other"), [*PAIRS, *[(other, mine) for mine, other in PAIRS]])
def test_both_edits_live_on_both_sides(scene: Scene, mine: str, other: str, *, late: bool) -> None:
    ours, theirs = EDIT[mine](MEETING), EDIT[other](MEETING)
    entry_id = scene.store.entry_at(scene.collection.id, "meeting.ics").id
    scene.ours("meeting.ics", ours)
    if late:
        scene.interrupt(pulling=lambda: scene.theirs("meeting", theirs))
    else:
        scene.theirs("meeting", theirs)
    assert canonical(settled(scene)) == canonical(EDIT[other](ours))
    assert scene.inbox() == []
    assert scene.store.entry_at(scene.collection.id, "meeting.ics").id == entry_id
    changes = [each.origin for each in scene.store.changes() if each.entry == entry_id]
    assert changes == [Origin.UPSTREAM, Origin.DAV, Origin.UPSTREAM], "one row for each change that a client sees"


def test_the_same_property_is_the_upstreams_and_ours_in_the_inbox_and_the_rest_lives(scene: Scene) -> None:
    ours = EDIT["master URL"](EDIT["master SUMMARY"](MEETING))
    theirs = EDIT["master LOCATION"](MEETING.replace("SUMMARY:Planning\r", "SUMMARY:Theirs\r"))
    scene.ours("meeting.ics", ours)
    scene.theirs("meeting", theirs)
    assert canonical(settled(scene)) == canonical(EDIT["master URL"](theirs))
    (lost,) = scene.inbox()
    assert (lost.cause, lost.ours, lost.theirs) == ("edit", ours, theirs)
    assert [tuple(each) for each in lost.fields or ()] == [
        ("master", "SUMMARY", "Planning", "Planning, again", "Theirs")
    ]


def test_an_edit_during_the_push_is_merged_and_pushed_by_the_next_round(scene: Scene) -> None:
    scene.ours("meeting.ics", EDIT["master SUMMARY"](MEETING))
    sent = EDIT["master SUMMARY"](MEETING)
    later = EDIT["master LOCATION"](sent)

    def meanwhile() -> None:
        scene.ours("meeting.ics", later)
        scene.theirs("meeting", EDIT["master URL"](sent))

    scene.interrupt(sent=meanwhile)
    assert canonical(settled(scene)) == canonical(EDIT["master URL"](later))
    assert scene.inbox() == []


def test_two_entries_made_on_both_sides_under_one_uid_are_one(scene: Scene) -> None:
    made = event("new", 2, "same").replace("SUMMARY", "LOCATION:here\r\nSUMMARY")
    scene.ours("new.ics", made)
    scene.theirs("new", event("new", 2, "same").replace("SUMMARY", "URL:https://example.org/\r\nSUMMARY"))
    for _ in range(2):
        scene.sync()
    assert scene.inbox() == []
    assert {"LOCATION:here", "URL:https://example.org/"} <= set(scene.here()["new"].split("\r\n"))
    assert canonical(scene.here()["new"]) == canonical(str(scene.there()["/memory/calendar/new.ics"]))


def without(*names: str) -> Callable[[str], str]:
    """What an upstream makes of a text that cannot hold these properties."""

    def rewrite(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(names))

    return rewrite


class Lossy(MemoryProvider):
    """An upstream that says that it cannot hold everything; `names_versions` though it rewrites."""

    def __init__(self, upstream: MemoryUpstream, *, names_versions: bool) -> None:
        super().__init__(upstream)
        self.capabilities = Capabilities(holds=Holds(drops=frozenset({"X-*", "CATEGORIES", "CLASS"})))
        self.names_versions = names_versions

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        receipt = super().push(collection, push)
        versions = self.listing(collection) if self.names_versions else {}
        return Receipt(receipt.href, versions.get(receipt.href, ""))


@pytest.fixture(params=[True, False], ids=["versions", "no versions"])
def poor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    found = Scene(tmp_path / "mirror", MemoryUpstream(rewrite=without("X-", "CATEGORIES", "CLASS")))
    found.make = lambda _account: Lossy(found.upstream, names_versions=request.param)
    found.sync()
    found.ours("meeting.ics", MEETING)
    found.sync()
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


def test_what_an_upstream_cannot_hold_survives_edits_of_both_sides(poor: Scene) -> None:
    writes = poor.upstream.writes
    poor.sync()
    assert (poor.upstream.writes, poor.here()["meeting"]) == (writes, MEETING), "never sent again"
    shown = str(poor.there()[HREF])
    assert "X-MINE" not in shown
    poor.theirs("meeting", EDIT["master LOCATION"](shown), HREF)
    poor.sync()
    once = EDIT["master LOCATION"](MEETING)
    assert canonical(poor.here()["meeting"]) == canonical(once)
    twice = EDIT["master X-MINE"](EDIT["override SUMMARY"](once))
    poor.ours("meeting.ics", twice)
    shown = str(poor.there()[HREF])
    poor.theirs("meeting", EDIT["master URL"](shown), HREF)
    poor.sync()
    poor.sync()
    assert canonical(poor.here()["meeting"]) == canonical(EDIT["master URL"](twice))
    assert canonical(str(poor.there()[HREF])) == canonical(without("X-", "CATEGORIES", "CLASS")(poor.here()["meeting"]))
    assert poor.inbox() == []
    writes, head = poor.upstream.writes, poor.store.head()
    for _ in range(3):
        poor.sync()
    assert (poor.upstream.writes, poor.store.head()) == (writes, head)


class Raced(Lossy):
    """A line on which somebody's edit gets in between our push and our reading back of what became of it."""

    def push(self, collection: RemoteCollection, push: Push) -> Receipt:
        receipt = super().push(collection, push)
        shown = self.upstream.folders[collection.href].entries[receipt.href]
        self.upstream.put(collection.href, receipt.href, EDIT["master LOCATION"](without("RRULE")(str(shown.data))))
        return receipt


def test_what_somebody_takes_away_right_after_our_push_is_gone_where_no_version_is_named(poor: Scene) -> None:
    """A poor upstream that names no version might have dropped it, but it says itself what it cannot hold."""
    poor.make = lambda _account: Raced(poor.upstream, names_versions=False)
    poor.ours("meeting.ics", EDIT["master SUMMARY"](MEETING))
    poor.sync()
    poor.make = lambda _account: Lossy(poor.upstream, names_versions=False)
    poor.sync()
    here = poor.here()["meeting"]
    assert "X-MINE" in here
    assert "RRULE" not in here
    assert canonical(str(poor.there()[HREF])) == canonical(without("X-", "CATEGORIES", "CLASS")(here))


def test_what_an_upstream_adds_to_what_it_was_given_is_seen_here(scene: Scene) -> None:
    def add(text: str) -> str:
        return (
            text.replace("mailto:bob", "mailto:bob")
            .replace(";CN=Bob", ";SCHEDULE-STATUS=1.1;CN=Bob")
            .replace("SEQUENCE:2", "SEQUENCE:3\r\nX-SERVER:was here")
        )

    scene.upstream.rewrite = add
    scene.make = lambda _account: Lossy(scene.upstream, names_versions=True)
    scene.ours("meeting.ics", EDIT["master SUMMARY"](MEETING))
    here = settled(scene)
    for said in ("SCHEDULE-STATUS=1.1", "SEQUENCE:3", "X-SERVER:was here", "SUMMARY:Planning, again"):
        assert said in here.replace("\r\n ", "")


def test_our_deletion_against_an_edit_of_a_poor_upstream_gives_back_the_rich_text(poor: Scene) -> None:
    poor.delete("meeting.ics")
    poor.theirs("meeting", EDIT["master LOCATION"](str(poor.there()[HREF])), HREF)
    poor.sync()
    assert canonical(poor.here()["meeting"]) == canonical(EDIT["master LOCATION"](MEETING))
    (lost,) = poor.inbox()
    assert (lost.cause, lost.ours) == ("delete", None)


def test_a_link_at_rest_keeps_each_text_once(scene: Scene) -> None:
    scene.ours("meeting.ics", EDIT["master SUMMARY"](MEETING))
    entry_id = scene.store.entry_at(scene.collection.id, "meeting.ics").id
    waiting = links.of_entry(scene.store.db.reader(), entry_id)
    assert waiting is not None
    assert (waiting.base, waiting.agreed) == (MEETING, MEETING)
    scene.sync()
    resting = links.of_entry(scene.store.db.reader(), entry_id)
    assert resting is not None
    assert (resting.base, resting.agreed) == (None, None)
