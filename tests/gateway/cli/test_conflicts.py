"""`calharbor conflicts`: what both sides changed, shown and decided."""

from pathlib import Path

import pytest

from storage import clock
from storage.model import Origin
from storage.tables import conflicts
from tests.gateway.cli.conftest import Line, event

SAID = ("Before", "Ours", "Theirs")
BASE, OURS, THEIRS = (event("a", said, "LOCATION:Room 4") for said in SAID)


def conflict(line: Line, component: str, base: str, ours: str, theirs: str) -> str:
    """The number of a conflict about what an entry is called, in the first collection that holds such components."""
    line("status")
    with line.store() as store:
        collection = next(each for each in store.collections() if component in each.components)
        entry = store.put_entry(collection.id, "a", theirs, origin=Origin.UPSTREAM).entry
        with store.db.atomic() as conn:
            found = conflicts.add(
                conn,
                at=clock.iso(),
                account_id=collection.account_id,
                collection_n=collection.n,
                collection_id=collection.id,
                entry_id=entry.id,
                uid="a",
                cause="edit",
                reason="both sides edited the same; the upstream's is live",
                base=base,
                ours=ours,
                theirs=theirs,
                fields=[conflicts.Field("master", "SUMMARY", "Before", "Ours", "Theirs")],
            )
    return str(found)


@pytest.fixture
def number(line: Line) -> str:
    """A conflict about the title of an event."""
    return conflict(line, "VEVENT", BASE, OURS, THEIRS)


def live(line: Line) -> list[str]:
    with line.store() as store:
        return [e.text for c in store.collections() for e in store.iter_entries(c.id)]


def test_only_what_both_changed_is_shown(line: Line, number: str) -> None:
    one = line("conflicts", "list", "--json").json["conflicts"][0]
    assert one == line("conflicts", "--json").json["conflicts"][0]
    assert one["properties"] == [
        {"component": "master", "name": "SUMMARY", "base": "Before", "ours": "Ours", "theirs": "Theirs"}
    ]
    assert (one["ours"], one["theirs"], one["resolution"]) == (OURS, THEIRS, None)
    assert "our edit of SUMMARY lost" in line("conflicts").out


@pytest.mark.parametrize(
    ("how", "count", "summary"), [("mine", 1, "Ours"), ("theirs", 1, "Theirs"), ("both", 2, "Ours")]
)
def test_a_decision_is_live_and_closes_the_conflict(
    line: Line, number: str, how: str, count: int, summary: str
) -> None:
    shown = line("conflicts", "resolve", number, how, "--json").json
    assert (shown["state"], shown["resolution"]) == ("resolved", how)
    texts = live(line)
    assert len(texts) == count
    assert any(f"SUMMARY:{summary}" in text for text in texts)
    assert line("conflicts", "--json").json == {"conflicts": []}
    assert len(line("conflicts", "list", "--all", "--json").json["conflicts"]) == 1
    assert line("conflicts", "resolve", number, how).code == 1
    assert sum(f"SUMMARY:{summary}" in path.read_text() for path in Path(line.folder).rglob("*.ics")) == 1


def test_a_text_from_a_file(line: Line, number: str, tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text(BASE.replace("Before", "Together").replace("\r\n", "\n"))
    assert line("conflicts", "resolve", number, "mine", "--file", str(own)).code == 2
    assert line("conflicts", "resolve", number, "edit", "--file", str(own)).code == 0
    assert live(line) == [BASE.replace("Before", "Together")]


def test_a_text_from_the_editor(line: Line, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/Ours/Edited/")
    assert line("conflicts", "resolve", number, "edit").code == 0
    assert "SUMMARY:Edited" in live(line)[0]


def test_a_contact_is_edited_as_a_vcard(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = (f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:a\r\nFN:{said}\r\nN:{said};;;;\r\nEND:VCARD\r\n" for said in SAID)
    number = conflict(line, "VCARD", *cards)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncase "$1" in *.vcf) sed -i s/Ours/Edited/ "$1" ;; esac\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    assert line("conflicts", "resolve", number, "edit").code == 0
    assert "FN:Edited" in live(line)[0]


def test_an_editor_that_is_left_without_saving_decides_nothing(
    line: Line, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    assert line("conflicts", "resolve", number, "edit").code != 0
    assert line("conflicts", "--json").json["conflicts"][0]["state"] == "open"
