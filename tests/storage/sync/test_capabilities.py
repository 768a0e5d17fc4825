"""Upstreams that cannot hold everything: a corpus goes there and back, and nothing of it is lost, or sent again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.caldav.holding import CYRUS, DAVMAIL, MAIL_RU, RADICALE, XANDIKOS
from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.content import canonical, decode, read, same
from storage.errors import CalHarborError, InvalidData, Unreachable
from storage.ical.lines import parse
from storage.model import CollectionKind, Origin
from storage.provider import EVERYTHING, Holds, RemoteCollection, RemoteEntry
from storage.verify import verify
from tests.storage.merge.texts import EDITS, MEETING, Edit, put
from tests.storage.sync.scene import Scene

CORPUS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))

TABLES = {
    "everything": EVERYTHING,
    "no X-properties": Holds(drops=frozenset({"X-*"})),
    "one alarm": Holds(alarms=1),
    "no RDATE": Holds(drops=frozenset({"RDATE", "EXRULE"})),
    "other bodies": Holds(rewords=frozenset({"DESCRIPTION", "COMMENT"})),
    "no people's details": Holds(parameters=frozenset({"RSVP", "ROLE", "CN", "X-*"})),
    "next to nothing": Holds(
        drops=frozenset({"X-*", "CATEGORIES", "CLASS", "RDATE", "ATTACH", "URL", "GEO", "RELATED-TO"}),
        alarms=0,
        rewords=frozenset({"DESCRIPTION", "SUMMARY", "LOCATION"}),
    ),
    "Radicale": RADICALE,
    "Xandikos": XANDIKOS,
    "Cyrus": CYRUS,
    "DavMail": DAVMAIL,
    "mail.ru": MAIL_RU,
}


def entries() -> list[str]:
    """More than 300 texts, each of another UID: the corpus, and edits of the meeting, one and two at a time."""
    texts = []
    for path in CORPUS:
        try:
            text = decode(path.read_bytes())
            read(text, CollectionKind.CALENDAR)
        except InvalidData:
            continue
        if "METHOD:" not in text.upper():
            texts.append(text)
    edits = [*EDITS, *(one for one in EDITS if one.override)]
    for at, edit in enumerate(edits):
        texts.append(edit(MEETING).replace("UID:meeting", f"UID:meeting-{at}"))
    for at, (one, other) in enumerate(zip(EDITS * 3, [*EDITS[7:], *EDITS[20:], *EDITS[33:], *EDITS], strict=False)):
        try:
            texts.append(other(one(MEETING)).replace("UID:meeting", f"UID:pair-{at}"))
        except AssertionError:
            continue  # the first edit has rewritten what the second one means
    return texts


TEXTS = entries()


@pytest.fixture(params=TABLES)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    everything = RemoteCollection("", "calendar", CollectionKind.CALENDAR, ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"))
    found = Scene(tmp_path / "mirror", MemoryUpstream(holds=TABLES[request.param]), everything)
    found.sync()
    yield found
    assert verify(found.store, None).problems == []
    found.store.close()


def test_a_corpus_goes_there_and_back_with_all_its_properties_and_the_second_round_writes_nothing(scene: Scene) -> None:
    given: dict[str, str] = {}
    for at, text in enumerate(TEXTS):
        try:
            scene.ours(f"{at}.ics", text)
        except CalHarborError:
            continue  # the UID of another one, and the like
        given[f"{at}.ics"] = text
    assert len(given) >= 300
    scene.sync()
    assert scene.waiting() == 0
    writes, head = scene.upstream.writes, scene.store.head()
    for _ in range(2):
        scene.sync()
    assert (scene.upstream.writes, scene.store.head()) == (writes, head)
    for name, text in given.items():
        assert same(scene.store.entry_at(scene.collection.id, name).text, text), name
    assert scene.inbox() == []

    tell = Edit("", "", put("X-TOLD", "upstream")) if scene.upstream.holds.drops else Edit("", "", put("X-TOLD", "up"))
    touched = {}
    for href, shown in list(scene.there().items())[::9]:
        if "BEGIN:VEVENT" in str(shown) and not same(tell(str(shown)), str(shown)):
            touched[href.rsplit("/", 1)[1]] = tell(str(shown))
            scene.theirs("", touched[href.rsplit("/", 1)[1]], href)
    assert len(touched) > 20
    scene.sync()
    for name, text in given.items():
        here = scene.store.entry_at(scene.collection.id, name).text
        assert same(here, tell(text) if name in touched else text), name
    assert (scene.upstream.writes, scene.waiting(), scene.inbox()) == (writes, 0, [])


def test_an_edit_of_what_the_upstream_cannot_hold_is_no_business_of_the_upstreams(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "mirror", MemoryUpstream(holds=TABLES["no X-properties"]))
    scene.sync()
    scene.ours("meeting.ics", MEETING)
    scene.sync()
    writes = scene.upstream.writes
    edited = Edit("", "", put("X-MINE", "changed"))(MEETING)
    scene.ours("meeting.ics", edited)
    assert scene.sync().converged
    assert (scene.upstream.writes, scene.waiting()) == (writes, 0)
    shown = str(scene.there()["/memory/calendar/meeting.ics"])
    scene.theirs("", Edit("", "", put("LOCATION", "Hall"))(shown), "/memory/calendar/meeting.ics")
    scene.sync()
    assert canonical(scene.here()["meeting"]) == canonical(Edit("", "", put("LOCATION", "Hall"))(edited))
    scene.store.close()


def test_a_creation_whose_answer_is_lost_is_recognised_although_the_upstream_shows_it_otherwise(tmp_path: Path) -> None:
    upstream = MemoryUpstream(holds=replace(TABLES["next to nothing"], rewords=frozenset()))
    scene = Scene(tmp_path / "mirror", upstream)
    scene.sync()
    scene.ours("meeting.ics", MEETING)
    scene.upstream.put(scene.remote.href, "/memory/calendar/meeting.ics", upstream.kept(MEETING))
    scene.store.put_entry(scene.collection.id, "meeting.ics", MEETING, origin=Origin.DAV)
    scene.sync()
    scene.sync()
    assert same(scene.here()["meeting"], MEETING)
    assert scene.inbox() == []
    assert scene.waiting() == 0
    assert parse(str(scene.there()["/memory/calendar/meeting.ics"]))
    scene.store.close()


class Forgetful(MemoryProvider):
    """The line breaks between a push and its reading back."""

    def fetch(self, collection: RemoteCollection, hrefs: Sequence[str]) -> Mapping[str, RemoteEntry | None]:
        raise Unreachable("the line is down")


def test_what_it_cannot_hold_stays_where_nothing_could_be_read_back(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "mirror", MemoryUpstream(holds=Holds(drops=frozenset({"CATEGORIES"}))))
    scene.sync()
    ours = MEETING.replace("BEGIN:VALARM", "CATEGORIES:Ours\r\nBEGIN:VALARM", 1)
    scene.ours("meeting.ics", ours)
    scene.make = lambda _account: Forgetful(scene.upstream)
    scene.sync()
    scene.make = lambda _account: MemoryProvider(scene.upstream)
    assert scene.sync().converged
    assert scene.here() == {"meeting": ours}
    scene.store.close()
