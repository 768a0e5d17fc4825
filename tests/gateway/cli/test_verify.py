"""`calharbor verify` as it is typed: what it says, what `--repair` mends, and a mirror that cannot be written."""

import os
from pathlib import Path

import pytest

from storage.model import Origin
from tests.gateway.cli.conftest import Line, event


def test_damage_is_named_and_mended(line: Line) -> None:
    assert line("user", "list").code == 0
    with line.store() as store:
        calendar = store.collections(user="alice")[0]
        store.put_entry(calendar.id, "a.ics", event("a", "One"), origin=Origin.DAV)
    assert line("sync").code == 0
    assert line("verify").code == 0
    with line.store() as store, store.db.atomic() as conn:
        conn.execute("UPDATE components SET summary = 'Other'")
    found = line("verify", "--json")
    assert (found.code, found.json["ok"], len(found.json["problems"])) == (1, False, 2)
    mended = line("verify", "--repair", "--json")
    assert (mended.code, mended.json["ok"], mended.json["problems"]) == (0, True, [])
    assert len(mended.json["repaired"]) == 2
    assert "all is well" in line("verify").out


def test_a_mirror_that_cannot_be_written_is_looked_at_all_the_same(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    assert line("user", "list").code == 0
    folder = line.folder / "data"
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and real(path, mode))
    assert line("verify").code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
