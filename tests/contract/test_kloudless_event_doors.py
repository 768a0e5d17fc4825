"""Events through two doors: written by the JSON API, read over CalDAV, and the other way round; nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.ical.lines import parse
from storage.ical.read import read
from storage.ical.write import calendar_of
from storage.model import Level, Origin
from storage.store import Store
from tests.contract.serving import Fixture
from tests.contract.test_kloudless_event_writes import EVENTS, RAW, Emptied, body, emptied
from tests.gateway.running import PATIENCE

__all__ = ["emptied"]

CORPUS = Path(__file__).parents[1] / "ics"
TOLD = ("SUMMARY", "DTSTAMP", "LAST-MODIFIED")
FILES = (
    *("002", "003", "004", "006", "007", "012", "016", "017", "019", "020", "025", "026", "027", "028", "029", "030"),
    *("044", "045", "046", "047", "048", "050", "053", "054", "057", "058", "059", "061", "062", "063", "065", "069"),
    *("078", "079", "083", "084", "088", "089", "091", "092", "093", "095", "096", "097", "100"),
)


class Dav:
    """Requests over CalDAV as one user of the fixture."""

    def __init__(self, fixture: Fixture, user: str) -> None:
        self.url, self.user = fixture.url, (user, f"{user}-password")

    def __call__(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        """One request."""
        return httpx.request(
            method,
            f"{self.url}{path}",
            auth=self.user,
            content=content,
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
        )


def lines(text: str) -> Iterator[str]:
    """Every line of the events of a text but those that a new name changes, byte for byte."""
    for event in calendar_of(parse(text)).components("VEVENT"):
        yield from (each.raw for each in event.children if hasattr(each, "raw") and each.name not in TOLD)
        yield from (repr([line.raw for line in each.children if hasattr(line, "raw")]) for each in event.components())


def test_what_the_api_writes_is_what_caldav_reads(emptied: Emptied) -> None:
    api, dav = emptied.api(103), Dav(emptied.fixture, "carol")
    given = body(description="Hé\n, ;", recurrence=[{"rrule": "FREQ=WEEKLY;COUNT=3"}])
    made = api.post(EVENTS, {**given, "attendees": [{"name": 'A "b", c', "email": "a@example.org"}]})
    raw = api.get(f"{EVENTS}/{made['id']}", headers=RAW)["raw"]
    answer = dav("GET", raw["href"])
    assert (answer.content.decode(), answer.headers["etag"]) == (raw["data"], raw["etag"])
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n" in raw["data"]
    record = read(raw["data"]).components[0]
    assert (record.summary, record.description) == ("n", "Hé\n, ;")
    assert record.attendees[0]["name"] == "A 'b', c" or record.attendees[0]["name"] == 'A "b", c'
    assert dav("PUT", raw["href"], content=raw["data"].replace("SUMMARY:n", "SUMMARY:dav").encode()).status_code == 204
    assert api.get(f"{EVENTS}/{made['id']}")["name"] == "dav"
    api.delete(f"{EVENTS}/{made['id']}")
    assert dav("GET", raw["href"]).status_code == 404


@pytest.mark.parametrize("number", FILES)
def test_an_edit_loses_nothing_that_another_program_wrote(emptied: Emptied, number: str) -> None:
    api, dav = emptied.api(103), Dav(emptied.fixture, "carol")
    [path] = CORPUS.glob(f"{number}-*.ics")
    before = path.read_bytes()
    place = api.get(f"{EVENTS}/{api.post(EVENTS, body())['id']}", headers=RAW)["raw"]["href"].rpartition("/")[0]
    assert dav("PUT", f"{place}/{path.name}", content=before).status_code == 201
    stored = dav("GET", f"{place}/{path.name}").content.decode()
    window = {"instances": "false", "start": "1990-01-01", "page_size": 1000}
    found = [each for each in api.get(EVENTS, params=window)["objects"] if each["name"] != "n"]
    masters = [each for each in found if each["recurrence_type"] != "recurring"]
    assert masters
    changed = api.patch(f"{EVENTS}/{masters[0]['id']}", {"name": "Renamed, by the API"})
    assert changed["name"] == "Renamed, by the API"
    same = {name: value for name, value in changed.items() if name not in ("name", "modified")}
    assert same == {name: masters[0][name] for name in same}
    after = dav("GET", f"{place}/{path.name}").content.decode()
    assert list(lines(after)) == list(lines(stored))
    mine = changed["organizer"] is None or changed["organizer"]["email"] == "carol@example.com"
    again = {name: value for name, value in changed.items() if mine or name != "attendees"}
    assert api.patch(f"{EVENTS}/{masters[0]['id']}", again) == changed
    assert dav("GET", f"{place}/{path.name}").content.decode() == after


def test_a_calendar_that_is_only_read(emptied: Emptied) -> None:
    alice, bob = emptied.api(101), emptied.api(102)
    made = alice.post(EVENTS, body())
    store = Store.open(emptied.fixture.data)
    try:
        grant = store.share(made["calendar_id"], "bob", Level.READ)
        path = f"cal/calendars/{grant.id}/events"
        assert bob.get(f"{path}/{made['id']}")["name"] == "n"
        for response in (
            bob("POST", path, json=body()),
            bob("PATCH", f"{path}/{made['id']}", json={"name": "x"}),
            bob("DELETE", f"{path}/{made['id']}"),
        ):
            assert (response.status_code, response.json()["error_code"]) == (403, "permission_denied")
        store.delete_collection(grant.id, origin=Origin.CLI)
    finally:
        store.close()
    assert alice.get(f"{EVENTS}/{made['id']}") == made


def test_an_invitation_reaches_the_other_calendar_of_this_server(emptied: Emptied) -> None:
    """What google and outlook tell attendees (contract A.12) is delivered where the attendee's calendar is here."""
    alice, bob = emptied.api(101), emptied.api(102)
    made = alice.post(EVENTS, body(attendees=[{"name": "Bob", "email": "bob@example.com"}]))
    [theirs] = bob.get(EVENTS)["objects"]
    assert theirs["ical_uid"] == made["ical_uid"]
    answer = [{"name": "Bob", "email": "bob@example.com", "status": "accepted"}]
    bob.patch(f"{EVENTS}/{theirs['id']}", {"attendees": answer})
    assert alice.get(f"{EVENTS}/{made['id']}")["attendees"][0]["status"] == "accepted"
    bob.patch(f"{EVENTS}/{theirs['id']}", {"start": "2025-03-04T09:00:00Z"}, 403)
    alice.delete(f"{EVENTS}/{made['id']}")
    assert [each["status"] for each in bob.get(EVENTS)["objects"]] == ["cancelled"]
