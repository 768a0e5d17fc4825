"""The whole path with Radicale, Xandikos and Cyrus as the upstream: mirror, edit on either side, and an idle round."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import pytest

from storage.ical.canonical import canonical
from storage.model import CollectionKind, Origin
from tests.mirror import corpus
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.upstreams import cyrus
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.radicale import running_radicale
from tests.upstreams.serving import Server
from tests.upstreams.xandikos import running_xandikos

MANY = 1000


def _start(name: str, folder: Path) -> AbstractContextManager[Server]:
    if name == "cyrus":
        return cyrus.running_cyrus()
    return running_radicale(folder) if name == "radicale" else running_xandikos(folder)


@pytest.fixture(
    scope="module",
    params=[
        "radicale",
        "xandikos",
        pytest.param(
            "cyrus",
            marks=[pytest.mark.cyrus, pytest.mark.skipif(bool(cyrus.missing()), reason=cyrus.missing() or "-")],
        ),
    ],
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with _start(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


def uid(name: str) -> str:
    return f"{name}@example.com"


def event(name: str, summary: str) -> str:
    return corpus.calendar(
        f"BEGIN:VEVENT\r\nUID:{uid(name)}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260301T100000Z\r\n"
        f"DTEND:20260301T110000Z\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    )


@pytest.mark.timeout(420)
def test_a_thousand_mixed_entries(server: Server, upstream: Upstream, tmp_path: Path) -> None:
    calendar = server.make_calendar("many")
    wanted = corpus.entries(MANY)
    upstream.fill(calendar, wanted)
    with FaultyProxy(server.url) as proxy, mirror_of(proxy.server(server), tmp_path / "many") as mirror:
        outcome = mirror.sync()
        assert outcome.converged, outcome
        here, there = mirror.texts(calendar), upstream.texts(calendar)
        assert len(here) == MANY
        assert here == there
        series = [c for e in mirror.store.iter_entries(mirror.collection(calendar).id) for c in [e.text]]
        moved = [text for text in series if "(moved)" in text]
        assert len(moved) == MANY // 10
        assert all(text.count("BEGIN:VEVENT") == 2 for text in moved), "a series and its override are one entry"
        head, writes = mirror.store.head(), proxy.writes
        assert mirror.sync().converged
        assert mirror.store.head() == head, "an idle round made journal rows"
        assert proxy.writes == writes == 0, "an idle round wrote upstream"


def test_edits_arrive_on_the_other_side(server: Server, upstream: Upstream, mirror: Mirror) -> None:
    calendar = server.make_calendar("edits")
    upstream.put(calendar, "theirs.ics", event("theirs", "made upstream"))
    assert mirror.sync().converged
    mirror.put(calendar, "ours.ics", event("ours", "made here"))
    assert mirror.sync().converged
    assert "made here" in upstream.get(calendar, "ours.ics")
    assert mirror.texts(calendar) == upstream.texts(calendar)

    upstream.put(calendar, "theirs.ics", event("theirs", "edited upstream"))
    mirror.put(calendar, "ours.ics", event("ours", "edited here"))
    assert mirror.sync().converged
    assert "edited here" in upstream.get(calendar, "ours.ics")
    assert mirror.texts(calendar)[uid("theirs")] == canonical(upstream.get(calendar, "theirs.ics"))
    assert "edited upstream" in mirror.texts(calendar)[uid("theirs")]

    upstream.put(calendar, "third.ics", event("third", "stays"))
    upstream.delete(calendar, "theirs.ics")
    mirror.store.delete_entry(mirror.collection(calendar).id, "ours.ics", origin=Origin.DAV)
    assert mirror.sync().converged
    assert upstream.names(calendar) == ["third.ics"]
    assert list(mirror.texts(calendar)) == [uid("third")]


def test_the_only_entry_can_be_deleted_upstream(server: Server, upstream: Upstream, mirror: Mirror) -> None:
    calendar = server.make_calendar("only")
    upstream.put(calendar, "one.ics", event("one", "alone"))
    assert mirror.sync().converged
    upstream.delete(calendar, "one.ics")
    assert mirror.sync().converged
    assert mirror.texts(calendar) == {}


def test_a_series_edited_on_both_sides_in_turn_stays_one_entry(
    server: Server, upstream: Upstream, mirror: Mirror
) -> None:
    calendar = server.make_calendar("series")
    text = corpus.series("series-alone", Random(1))
    upstream.put(calendar, "series.ics", text)
    assert mirror.sync().converged
    mirror.put(calendar, "series.ics", text.replace("(moved)", "(moved again)"))
    assert mirror.sync().converged
    assert "(moved again)" in upstream.get(calendar, "series.ics")
    upstream.put(calendar, "series.ics", text.replace("COUNT=20", "COUNT=12"))
    assert mirror.sync().converged
    (only,) = mirror.texts(calendar).values()
    assert "COUNT=12" in only
    assert upstream.names(calendar) == ["series.ics"]


@pytest.mark.parametrize("name", corpus.ODD_NAMES)
def test_odd_names_work_both_ways(server: Server, upstream: Upstream, mirror: Mirror, name: str) -> None:
    number = corpus.ODD_NAMES.index(name)
    calendar = server.make_calendar(f"odd{number}")
    # Stock Radicale takes none of : , ' * in a path; Cyrus wants a UID in one calendar of a user only.
    refused = server.name == "radicale" and set(name) & set(":,'*")
    upstream.put(calendar, "theirs.ics" if refused else name, event(f"odd{number}", "theirs"))
    upstream.put(calendar, "plain.ics", event(f"plain{number}", "stays"))
    assert mirror.sync().converged
    (mine,) = [e for e in mirror.store.iter_entries(mirror.collection(calendar).id) if e.uid == uid(f"odd{number}")]
    mirror.put(calendar, mine.href, event(f"odd{number}", "ours"))
    mirror.put(calendar, f"our {name}", event(f"new{number}", "ours"))
    assert mirror.sync().converged
    assert "SUMMARY:ours" in upstream.get(calendar, "theirs.ics" if refused else name)
    assert mirror.texts(calendar) == upstream.texts(calendar)
    assert uid(f"new{number}") in upstream.texts(calendar)
    mirror.store.delete_entry(mirror.collection(calendar).id, mine.href, origin=Origin.DAV)
    assert mirror.sync().converged
    assert uid(f"odd{number}") not in upstream.texts(calendar)


def test_collections_are_made_renamed_and_removed_upstream(server: Server, upstream: Upstream, mirror: Mirror) -> None:
    assert mirror.sync().errors == []
    made = mirror.store.create_collection(
        mirror.account.id,
        "made-here",
        name="Made here ☂",
        kind=CollectionKind.CALENDAR,
        components=("VEVENT",),
        color="#336699",
        origin=Origin.DAV,
    )
    mirror.store.put_entry(made.id, "first.ics", event("first", "inside"), origin=Origin.DAV)
    mirror.sync()
    remote = mirror.store.collection(made.id).remote_href
    assert remote
    url = server.url.rstrip("/").removesuffix("/dav") + remote if remote.startswith("/") else remote
    assert "inside" in upstream.get(url, "first.ics")
    mirror.store.update_collection(made.id, name="Renamed", origin=Origin.DAV)
    mirror.sync()
    shown = {c.href: c for c in mirror.make(mirror.account).collections()}
    assert shown[remote].name == "Renamed"
    mirror.store.delete_collection(made.id, origin=Origin.DAV)
    mirror.sync()
    assert remote not in {c.href for c in mirror.make(mirror.account).collections()}
    assert made.id not in {c.id for c in mirror.store.collections()}
