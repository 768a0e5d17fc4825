"""The Access dialect written over HTTP by a key that is not restricted: create, change, delete and answer (D.2)."""

from collections.abc import Iterator

import pytest

from gateway.cli import main
from tests.contract.access import Access, at, dav, day, empty, key, put
from tests.contract.serving import Fixture, Json


@pytest.fixture
def full(fixture: Fixture) -> Iterator[Access]:
    yield key(fixture, "full")
    empty(fixture)


def stored(fixture: Fixture, event: Json) -> str:
    """The text of an event of the primary calendar, as calendar clients get it; "" where there is none."""
    report = (
        '<c:calendar-query xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:"><d:prop><c:calendar-data/></d:prop>'
        '<c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
    )
    with dav(fixture) as client:
        body = client.request("REPORT", "/dav/alice/primary/", content=report, headers={"Depth": "1"}).text
    texts = [each for each in body.split("BEGIN:VCALENDAR")[1:] if f"SUMMARY:{event.get('title', '')}" in each]
    return texts[0] if texts else ""


def test_p02_an_event_from_its_creation_to_its_end(full: Access) -> None:
    made = full.make("Kickoff", at(1), at(1, 1), attendees=["a@example.com"])
    assert (made["title"], made["startUtc"], made["endUtc"]) == ("Kickoff", at(1), at(1, 1))
    assert made["attendees"] == [{"email": "a@example.com", "response": "needsAction"}]
    path = f"/events/{made['id']}"
    changed = full.patch(path, {"addAttendees": ["b@example.com"], "removeAttendees": ["a@example.com"]})
    assert [each["email"] for each in changed["attendees"]] == ["b@example.com"]
    assert {**changed, "attendees": made["attendees"]} == made
    full.refused(400, "VALIDATION_ERROR", "PATCH", path, {"summary": "x" * 256})
    new = {"calendarId": full.calendar(), "summary": "x" * 256, "from": at(1), "to": at(1, 1)}
    full.refused(400, "VALIDATION_ERROR", "POST", "/events", new)
    gone = full.delete(path)
    assert gone["success"] is True
    assert gone["message"]
    full.refused(404, "EVENT_NOT_FOUND", "DELETE", path)
    full.refused(404, "EVENT_NOT_FOUND", "GET", path)


def test_every_member_of_a_new_event(full: Access) -> None:
    made = full.make(
        "x" * 255,
        at(1),
        at(1, 0.5),
        description="d" * 2000,
        location="l" * 255,
        isAllDay=False,
        attendees=["a@example.com", "mailto:B@example.com", "A@example.com"],
        recurrence=["RRULE:FREQ=WEEKLY;COUNT=4", f"EXDATE:{at(8).replace('-', '').replace(':', '')}"],
        eventType="default",
        sendNotifications=False,
        unknown={"member": 1},
    )
    assert (made["title"], made["description"], made["location"]) == ("x" * 255, "d" * 2000, "l" * 255)
    assert [each["email"] for each in made["attendees"]] == ["a@example.com", "B@example.com"]
    found = full.get("/events", **{"from": day(0), "to": day(30)})["events"]
    assert [each["startUtc"] for each in found] == [at(1), at(15), at(22)]
    assert full.get(f"/events/{made['id']}")["event"] == made


def test_the_names_that_events_are_read_under_are_taken_as_well(full: Access) -> None:
    body = {"calendarId": full.calendar(), "title": "Aliases", "startUtc": f"{day(1)}T00:00:00Z", "endUtc": day(3)}
    made = full.post("/events", {**body, "allDay": True})
    assert (made["title"], made["allDay"], made["durationMinutes"]) == ("Aliases", True, 2880)
    path = f"/events/{made['id']}"
    assert full.patch(path, {"title": "New", "summary": None})["title"] == "New"
    assert full.patch(path, {"title": "alias", "summary": "own"})["title"] == "own"
    timed = full.patch(path, {"allDay": False, "startUtc": at(1), "endUtc": at(1, 2)})
    assert (timed["allDay"], timed["startUtc"], timed["durationMinutes"]) == (False, at(1), 120)
    assert timed.keys().isdisjoint({"summary", "from", "to", "isAllDay"})


def test_whole_days(full: Access) -> None:
    made = full.make("Trip", f"{day(1)}T00:00:00Z", f"{day(3)}T00:00:00Z", isAllDay=True)
    assert (made["allDay"], made["startUtc"], made["endUtc"]) == (True, f"{day(1)}T00:00:00Z", f"{day(3)}T00:00:00Z")
    assert made["startLocal"].startswith(f"{day(1)}T00:00:00-0")
    assert full.titles(**{"from": day(2), "to": day(3)}) == ["Trip"]
    assert full.titles(**{"from": day(3), "to": day(4)}) == []
    assert full.make("East", f"{day(1)}T00:00:00+09:00", f"{day(2)}T00:00:00+09:00", isAllDay=True)["startUtc"][
        :10
    ] == day(1)
    timed = full.make("Midnights", day(1), day(2))
    assert (timed["allDay"], timed["startUtc"], timed["endUtc"]) == (
        False,
        f"{day(1)}T00:00:00Z",
        f"{day(2)}T00:00:00Z",
    )
    day_long = full.patch(f"/events/{timed['id']}", {"isAllDay": True})
    assert day_long["allDay"] is True


@pytest.mark.parametrize(
    ("change", "member", "value"),
    [
        ({"summary": "New"}, "title", "New"),
        ({"description": "New\r\ntext"}, "description", "New\ntext"),
        ({"location": "Elsewhere"}, "location", "Elsewhere"),
        ({"from": at(1, -1)}, "startUtc", at(1, -1)),
        ({"to": at(1, 3)}, "endUtc", at(1, 3)),
        ({"to": at(1, 3).replace("Z", "+00:00")}, "endUtc", at(1, 3)),
        ({"addAttendees": ["c@example.com", "A@EXAMPLE.com"]}, "attendees", ["a@example.com", "c@example.com"]),
        ({"removeAttendees": ["A@example.com", "nobody@example.com"]}, "attendees", []),
    ],
)
def test_each_member_changes_alone(full: Access, change: Json, member: str, value: object) -> None:
    made = full.make(
        "Old", at(1), at(1, 1), description="Old", location="Old", attendees=["a@example.com"], sendNotifications=False
    )
    changed = full.patch(f"/events/{made['id']}", change)
    shown = changed[member]
    assert ([each["email"] for each in shown] if member == "attendees" else shown) == value
    kept = made.keys() - {member, "durationMinutes", "startLocal", "endLocal"}
    assert {name: changed[name] for name in kept} == {name: made[name] for name in kept}
    assert full.get(f"/events/{made['id']}")["event"] == changed


def test_what_is_null_stays_and_what_is_empty_goes(full: Access) -> None:
    made = full.make("Old", at(1), at(1, 1), description="Old", location="Old", attendees=["a@example.com"])
    path = f"/events/{made['id']}"
    names = ("summary", "description", "location", "from", "to", "isAllDay", "addAttendees", "removeAttendees")
    assert full.patch(path, dict.fromkeys(names)) == made
    assert full.patch(path, {}) == made
    assert (
        full.patch(path, {"id": "x", "calendarId": 1, "status": "cancelled", "organizer": "x", "labels": ["y"]}) == made
    )
    less = full.patch(path, {"description": "", "location": "", "summary": ""})
    assert less.keys().isdisjoint({"description", "location", "title"})


def test_one_instance_and_the_whole_series(full: Access) -> None:
    series = full.make("Daily", at(1), at(1, 1), recurrence=["FREQ=DAILY;COUNT=4"])
    span = {"from": day(0), "to": day(9)}
    one, two, *_ = full.get("/events", **span)["events"]
    moved = full.patch(f"/events/{two['id']}", {"summary": "Moved", "from": at(2, 3), "to": at(2, 4)})
    assert (moved["id"], moved["title"], moved["startUtc"]) == (two["id"], "Moved", at(2, 3))
    assert full.titles(**span) == ["Daily", "Moved", "Daily", "Daily"]
    full.delete(f"/events/{one['id']}")
    full.refused(404, "EVENT_NOT_FOUND", "GET", f"/events/{one['id']}")
    assert full.titles(**span) == ["Moved", "Daily", "Daily"]
    full.patch(f"/events/{series['id']}", {"summary": "Renamed"})
    assert full.titles(**span) == ["Moved", "Renamed", "Renamed"]
    full.delete(f"/events/{series['id']}")
    assert full.titles(**span) == []


def test_what_a_change_does_not_speak_of_keeps_its_bytes(fixture: Fixture, full: Access) -> None:
    put(fixture, "e", "X-FOO;A=b:bar", "CATEGORIES:red", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x",
        "TRIGGER:-PT5M", "END:VALARM", start=at(0), end=at(0, 1))  # fmt: skip
    [event] = full.get("/events")["events"]
    full.patch(f"/events/{event['id']}", {"location": "There"})
    text = stored(fixture, event)
    for line in ("X-FOO;A=b:bar", "CATEGORIES:red", "TRIGGER:-PT5M", "LOCATION:There"):
        assert line in text


@pytest.mark.parametrize("answer", ["accepted", "declined", "tentative"])
def test_answering_an_invitation(fixture: Fixture, full: Access, answer: str) -> None:
    people = ["ATTENDEE:mailto:alice@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:x@example.org"]
    put(fixture, "e", "ORGANIZER:mailto:boss@example.org", *people, start=at(1), end=at(1, 1))
    [event] = full.get("/events")["events"]
    path = f"/events/{event['id']}/respond"
    answered = full.post(path, {"status": answer, "comment": "See you"}, status=200)
    assert [each["response"] for each in answered["attendees"]] == [answer, "accepted"]
    assert answered["status"] == ("confirmed" if answer == "accepted" else answer)
    assert f"PARTSTAT={answer.upper()}" in stored(fixture, event)
    full.refused(400, "VALIDATION_ERROR", "POST", path, {"status": "maybe"})


def test_who_is_not_invited_cannot_answer(fixture: Fixture, full: Access) -> None:
    put(fixture, "own", start=at(1), end=at(1, 1))
    put(
        fixture,
        "other",
        "ORGANIZER:mailto:boss@example.org",
        "ATTENDEE:mailto:x@example.org",
        start=at(2),
        end=at(2, 1),
    )
    for event in full.get("/events")["events"]:
        full.refused(403, "ACCESS_DENIED", "POST", f"/events/{event['id']}/respond", {"status": "accepted"})
        assert full.get(f"/events/{event['id']}")["event"] == event


def test_who_is_invited_changes_no_guests(fixture: Fixture, full: Access) -> None:
    put(
        fixture,
        "e",
        "ORGANIZER:mailto:boss@example.org",
        "ATTENDEE:mailto:alice@example.com",
        start=at(1),
        end=at(1, 1),
    )
    [event] = full.get("/events")["events"]
    full.refused(403, "ACCESS_DENIED", "PATCH", f"/events/{event['id']}", {"addAttendees": ["y@example.org"]})
    assert full.get(f"/events/{event['id']}")["event"] == event


def test_people_hear_of_it_unless_they_are_not_to(fixture: Fixture, full: Access) -> None:
    """Bob has an account here, so that this server itself brings invitations to his calendar."""
    bob = fixture.api(102)

    def invited() -> list[str]:
        start, end = at(0).replace("Z", "+00:00"), at(9).replace("Z", "+00:00")
        found = bob.get("cal/calendars/primary/events", params={"start": start, "end": end})["objects"]
        return sorted(each["name"] for each in found)

    loud = full.make("Loud", at(1), at(1, 1), attendees=["bob@example.com"])
    quiet = full.make("Quiet", at(2), at(2, 1), attendees=["bob@example.com"], sendNotifications=False)
    assert invited() == ["Loud"]
    full.patch(f"/events/{loud['id']}", {"summary": "Louder", "sendNotifications": False})
    assert invited() == ["Loud"]
    full.patch(f"/events/{loud['id']}", {"summary": "Loudest"})
    assert invited() == ["Loudest"]
    full.delete(f"/events/{quiet['id']}", notifyAttendees="true")
    full.delete(f"/events/{loud['id']}")
    left = bob.get("cal/calendars/primary/events")["objects"]
    assert [each["status"] for each in left] in ([], ["cancelled"])
    for each in left:
        bob.delete(f"cal/calendars/primary/events/{each['id']}")


def test_a_write_is_known_by_the_name_of_its_key(
    fixture: Fixture, full: Access, capsys: pytest.CaptureFixture[str]
) -> None:
    made = full.make("Named", at(1), at(1, 1))
    capsys.readouterr()
    assert main(["history", made["id"], "--json", "--config", str(fixture.data.parent / "contract.ini")]) == 0
    told = capsys.readouterr().out
    assert "alice/full" in told
    assert '"api"' in told
