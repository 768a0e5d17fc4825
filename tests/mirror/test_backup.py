"""A mirror of a real server, restored from a backup after both sides went on: nothing is doubled, nothing is lost."""

from pathlib import Path

import pytest

from storage import backup
from storage.content import canonical
from storage.model import Origin
from storage.store import Store
from storage.sync.once import sync_once
from storage.verify import verify
from tests.mirror import corpus
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.upstreams.radicale import running_radicale


def event(uid: str, summary: str) -> str:
    return corpus.calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260301T100000Z\r\n"
        f"DTEND:20260301T110000Z\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    )


@pytest.mark.parametrize("sent", [False, True])
def test_both_sides_went_on_after_the_backup(tmp_path: Path, sent: bool) -> None:
    """`sent`: what waited in the outbox at the time of the backup has reached the upstream before the restore."""
    with running_radicale(tmp_path / "radicale") as server:
        calendar = server.make_calendar("work")
        upstream = Upstream(server)
        for number in range(30):
            upstream.put(calendar, f"e{number}.ics", event(f"e{number}", "first"))
        with mirror_of(server, tmp_path / "data") as mirror:
            assert mirror.sync().converged
            mirror.put(calendar, "waiting.ics", event("waiting", "made before"))
            mirror.put(calendar, "e0.ics", event("e0", "edited before"))
            delete(mirror, calendar, "e1.ics")
            backup.backup(mirror.store, tmp_path / "saved.tar")
            if sent:
                mirror.sync()
                mirror.put(calendar, "later.ics", event("later", "made after"))
                mirror.put(calendar, "e2.ics", event("e2", "edited after"))
                delete(mirror, calendar, "e3.ics")
                mirror.sync()
            upstream.put(calendar, "theirs.ics", event("theirs", "by somebody else"))
            upstream.put(calendar, "e4.ics", event("e4", "by somebody else"))
            upstream.delete(calendar, "e5.ics")
            if sent:
                mirror.sync()
            before = upstream.texts(calendar)
        backup.restore(tmp_path / "saved.tar", tmp_path / "restored")
        store = Store.open(tmp_path / "restored")
        account = store.account("up")
        outcome = sync_once(store, mirror.make, [account])
        outcome = sync_once(store, mirror.make, [account])
        assert outcome.converged, outcome
        after = upstream.texts(calendar)
        assert len(upstream.names(calendar)) == len(after)
        [place] = store.collections(account=account.id)
        assert {entry.uid: canonical(entry.text) for entry in store.iter_entries(place.id)} == after
        if sent:
            assert after == before
        else:
            changed = {uid for uid in {*before, *after} if before.get(uid) != after.get(uid)}
            assert changed == {"waiting", "e0", "e1"}
        assert store.conflicts() == []
        assert verify(store, None).problems == []
        store.close()


def test_a_mirror_restored_beside_the_one_that_goes_on(tmp_path: Path) -> None:
    with running_radicale(tmp_path / "radicale") as server:
        calendar = server.make_calendar("work")
        upstream = Upstream(server)
        for number in range(12):
            upstream.put(calendar, f"e{number}.ics", event(f"e{number}", "first"))
        with mirror_of(server, tmp_path / "data") as mirror:
            mirror.sync()
            backup.backup(mirror.store, tmp_path / "saved.tar")
            backup.restore(tmp_path / "saved.tar", tmp_path / "restored")
            store = Store.open(tmp_path / "restored")
            place = mirror.collection(calendar).id
            mirror.put(calendar, "a.ics", event("a", "first mirror"))
            store.put_entry(place, "b.ics", event("b", "second mirror"), origin=Origin.DAV)
            for _ in range(2):
                assert mirror.sync().converged
                assert sync_once(store, mirror.make, [store.account("up")]).converged
            there = upstream.texts(calendar)
            assert len(there) == 14
            assert mirror.texts(calendar) == there
            assert {entry.uid: canonical(entry.text) for entry in store.iter_entries(place)} == there
            store.close()


def delete(mirror: Mirror, calendar: str, name: str) -> None:
    mirror.store.delete_entry(mirror.collection(calendar).id, name, origin=Origin.DAV)
