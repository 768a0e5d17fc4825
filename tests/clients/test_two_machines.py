"""One account on two computers, as people have it: what one writes with khal, todoman or khard, the other reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from storage.content import same
from tests.clients.machine import Machine
from tests.gateway.running import serving
from tests.mirror import corpus

CARD = """BEGIN:VCARD\r
VERSION:3.0\r
UID:ada\r
FN:Ada Lovelace\r
N:Lovelace;Ada;;;\r
ORG:Analytical;\r
TEL;type=CELL;type=VOICE:+44 1\r
item1.URL:https://example.org/\r
item1.X-ABLabel:_$!<HomePage>!$_\r
X-SOCIALPROFILE;type=x:https://example.org/a,b\r
IMPP:xmpp:ada@example.org,work\r
END:VCARD\r
"""
MKCOL = (
    '<mkcol xmlns="DAV:" xmlns:r="urn:ietf:params:xml:ns:carddav"><set><prop><displayname>Leute</displayname>'
    "<resourcetype><collection/><r:addressbook/></resourcetype></prop></set></mkcol>"
)


@dataclass
class Two:
    """The two computers."""

    one: Machine
    other: Machine

    def there(self, command: str = "sync") -> None:
        """What stands on one gets to the other."""
        self.one.sync(command)
        self.other.sync(command)

    def back(self) -> None:
        """What stands on the other gets to one."""
        self.other.sync()
        self.one.sync()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    with serving(folder, "[user alice]\npassword = secret\n") as running:
        url = f"{running.url}/dav/alice/people/"
        book = httpx.request("MKCOL", url, content=MKCOL, auth=("alice", "secret"), trust_env=False, timeout=60)
        assert book.status_code == 201
        machines = [Machine(folder / name, running.url) for name in ("one", "other")]
        for machine in machines:
            machine.set_up()
        # vdirsyncer refuses to sync a folder that was emptied.
        (machines[0].calendar / "stays.ics").write_bytes(event("stays", "stays"))
        (machines[0].book / "stays.vcf").write_text(CARD.replace("Ada", "Zoe").replace("ada", "zoe"), newline="")
        yield Two(*machines)


def holding(folder: Path, words: str) -> Path:
    """The one file of a folder with these words in it."""
    [file] = [path for path in folder.iterdir() if words in path.read_text()]
    return file


def event(uid: str, summary: str, more: str = "") -> bytes:
    text = (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260304T100000\r\n"
        f"DTEND;TZID=Europe/Berlin:20260304T110000\r\nSUMMARY:{summary}\r\n{more}END:VEVENT\r\n"
    )
    return corpus.calendar(text, "Europe/Berlin").encode()


def test_an_event_of_khal_is_listed_edited_and_deleted_on_the_other(two: Two) -> None:
    two.one.khal("new", "2026-03-04", "10:00", "11:00", "Besprechung", "Grüße")
    two.there()
    assert "10:00-11:00 Besprechung Grüße" in two.other.khal("list", "2026-03-04", "1d")
    file = holding(two.other.calendar, "Besprechung")
    file.write_text(file.read_text().replace("Besprechung", "Abgesagt"))
    two.back()
    assert "Abgesagt Grüße" in two.one.khal("list", "2026-03-04", "1d")
    file.unlink()
    two.back()
    assert "Abgesagt" not in two.one.khal("list", "2026-03-04", "1d")


def test_a_task_of_todoman_is_done_on_the_other(two: Two) -> None:
    two.one.todo("new", "-d", "2027-03-04", "Paint the fence")
    two.there()
    assert "Paint the fence" in two.other.todo("list")
    two.other.todo("done", "1")
    two.back()
    assert "Paint the fence" not in two.one.todo("list")
    assert "Paint the fence" in two.one.todo("list", "--status", "COMPLETED")


def test_a_contact_of_khard_is_shown_edited_and_removed_on_the_other(two: Two) -> None:
    new = "First name: Augusta\nLast name: King\nEmail:\n  home: ada@example.org\n"
    template = two.one.folder / "new.yaml"
    template.write_text(new)
    two.one.khard("new", "-a", "people", "-i", str(template))
    two.there()
    assert "ada@example.org" in two.other.khard("email")
    file = holding(two.other.book, "Augusta")
    file.write_text(file.read_text().replace("ada@", "countess@"))
    two.back()
    assert "countess@example.org" in two.one.khard("email")
    two.one.khard("remove", "--force", "Augusta")
    two.there()
    assert not file.exists()


def test_what_both_edited_is_settled_as_vdirsyncer_was_told(two: Two) -> None:
    (two.one.calendar / "both.ics").write_bytes(event("both", "first"))
    two.there()
    (two.one.calendar / "both.ics").write_bytes(event("both", "edited on one"))
    file = holding(two.other.calendar, "UID:both")
    file.write_bytes(event("both", "edited on the other"))
    two.there()
    assert b"edited on one" in file.read_bytes(), "the server wins"


def test_names_and_colours_go_both_ways(two: Two) -> None:
    (two.one.calendar / "displayname").write_text("Hafen ✅")
    (two.one.calendar / "color").write_text("#3366cc")
    two.there("metasync")
    assert (two.other.calendar / "displayname").read_text() == "Hafen ✅"
    assert (two.other.calendar / "color").read_text().lower() == "#3366cc"


def test_lines_that_no_client_here_knows_come_back_unchanged(two: Two) -> None:
    odd = event("odd", "odd", "X-APPLE-STRUCTURED-LOCATION;X-TITLE=Café:geo:52.51,13.37\r\nX-Foo:one,two\r\n")
    (two.one.calendar / "odd.ics").write_bytes(odd)
    (two.one.book / "ada.vcf").write_bytes(CARD.encode())
    two.there()
    assert holding(two.other.calendar, "UID:odd").read_bytes() == odd
    assert holding(two.other.book, "UID:ada").read_bytes() == CARD.encode()


def test_an_override_of_one_occurrence_reaches_the_other(two: Two) -> None:
    series = event("series", "daily", "RRULE:FREQ=DAILY;COUNT=3\r\n").decode()
    moved = (
        "BEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260305T100000\r\n"
        "DTSTART;TZID=Europe/Berlin:20260305T150000\r\nDTEND;TZID=Europe/Berlin:20260305T160000\r\n"
        "SUMMARY:moved\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    text = series.replace("END:VCALENDAR", moved)
    (two.one.calendar / "series.ics").write_text(text, newline="")
    two.there()
    assert same(holding(two.other.calendar, "UID:series").read_text(), text)
    listed = two.other.khal("list", "2026-03-04", "3d")
    assert "15:00-16:00 moved" in listed
    assert listed.count("10:00-11:00 daily") == 2


def test_a_folder_made_here_becomes_a_collection_there(two: Two) -> None:
    (two.one.folder / "calendars" / "zweite").mkdir()
    two.one.vdirsyncer("discover")
    (two.one.folder / "calendars" / "zweite" / "a.ics").write_bytes(event("a", "in the second"))
    two.one.sync()
    two.other.vdirsyncer("discover")
    two.other.sync()
    assert "in the second" in two.other.khal("list", "2026-03-04", "1d")
