"""Events written in the OneCal dialect over HTTP: cases O02 and O06 of the contract, and its C.2 and C.3."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.serving import APP_KEY, Fixture, Json
from tests.gateway.running import PATIENCE

ACCOUNTS = {"google": 101, "outlook": 102, "caldav": 103, "exchange": 104, "icloud": 105}
NINE, TEN = "2025-03-04T09:00:00", "2025-03-04T10:00:00"


class Writing:
    """Requests about the primary calendar of an account, which is empty again afterwards."""

    def __init__(self, fixture: Fixture, account: int) -> None:
        self.root = f"{fixture.url}/api/v1"
        self.account = account
        self.made: list[str] = []
        self.owner = fixture.api(account)

    def __call__(self, method: str, path: str = "", json: object = None, *, status: int, **headers: str) -> Json:
        """The JSON of a request to an event of the calendar that answers with this status."""
        options: dict[str, Any] = {} if json is None else {"json": json}
        response = httpx.request(
            method,
            f"{self.root}/events/{self.account}/primary{path and '/'}{path}",
            headers={"x-api-key": APP_KEY, **{name.replace("_", "-"): value for name, value in headers.items()}},
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
            **options,
        )
        assert response.status_code == status, response.text
        found: Json = response.json()
        if status >= 400:
            assert set(found) == {"error", "message", "requestId"}
        return found

    def make(self, **more: Any) -> Json:
        """An event, shown as it is after its creation."""
        body = {"title": "n", "start": {"dateTime": NINE, "timeZone": "Europe/Berlin"}, **more}
        made = self("POST", "", body, status=201)
        self.made.append(made["id"])
        assert self("GET", made["id"], status=200) == made
        return made

    def change(self, event: Json, status: int = 200, **members: Any) -> Json:
        """An event after a PUT; a refused one changes nothing."""
        answered = self("PUT", event["id"], members, status=status)
        after = self("GET", event["id"], status=200)
        if status == 200:
            assert answered == after
        return after

    def refused(self, member: str, **body: Any) -> None:
        """Nothing is made of this, and the message names the member."""
        assert member in self("POST", "", {"title": "n", "start": {"dateTime": NINE}, **body}, status=400)["message"]
        assert self.owner.get("cal/calendars/primary/events", params={"instances": "false"})["objects"] == []

    def refused_of(self, event: Json, member: str, **body: Any) -> None:
        """An event stays as it is, and the message names the member."""
        before = self("GET", event["id"], status=200)
        assert member in self("PUT", event["id"], body, status=400)["message"]
        assert self("GET", event["id"], status=200) == before

    def clean(self) -> None:
        """Delete what was made."""
        for each in self.made:
            self.owner("DELETE", f"cal/calendars/primary/events/{each}")


@pytest.fixture
def alice(fixture: Fixture) -> Iterator[Writing]:
    writing = Writing(fixture, 101)
    yield writing
    writing.clean()


@pytest.fixture
def carol(fixture: Fixture) -> Iterator[Writing]:
    writing = Writing(fixture, 103)
    yield writing
    writing.clean()


@pytest.fixture(params=ACCOUNTS)
def each(request: pytest.FixtureRequest, fixture: Fixture) -> Iterator[Writing]:
    """As each of the five services in turn."""
    writing = Writing(fixture, ACCOUNTS[request.param])
    yield writing
    writing.clean()


def at(text: str, zone: str = "Europe/Berlin") -> Json:
    """A time by the clock of a zone."""
    return {"dateTime": text, "timeZone": zone}


def people(event: Json) -> dict[str, str]:
    """What the attendees answered."""
    return {each["email"]: each["responseStatus"] for each in event.get("attendees", [])}


# -- the listed cases -------------------------------------------------------------------------------------------------


def test_o02_an_event_is_made_changed_and_deleted(each: Writing) -> None:
    made = each.make(
        title="Created", start=at("2025-08-13T00:00:00", "Etc/UTC"), end=at("2025-08-14T00:00:00", "Etc/UTC")
    )
    assert made["start"] == {"dateTime": "2025-08-13T00:00:00Z", "timeZone": "Etc/UTC"}
    assert made["end"] == {"dateTime": "2025-08-14T00:00:00Z", "timeZone": "Etc/UTC"}
    assert (made["isAllDay"], made["recurrence"], made["etag"][0], made["etag"][-1]) == (False, None, '"', '"')
    assert made["iCalUid"]
    each("POST", "", {"start": at(NINE)}, status=400)
    after = each.change(made, title="Updated Title")
    assert (after["title"], after["start"]) == ("Updated Title", made["start"])
    assert after["etag"] != made["etag"]
    assert each("DELETE", made["id"], status=200) == {"success": True}
    assert each("GET", made["id"], status=404)["error"] == "NotFound"
    assert each("DELETE", made["id"], status=404)["error"] == "NotFound"


def test_o06_an_invitation_is_answered_for_others_and_for_oneself(alice: Writing) -> None:
    made = alice.make(attendees=[{"email": "alice@example.com"}, {"email": "jane@example.com", "name": "Jane"}])
    answer = {"email": "JANE@example.com", "responseStatus": "accepted"}
    after = alice("POST", f"{made['id']}/rsvp", [answer], status=200)
    assert people(after) == {"alice@example.com": "needsAction", "jane@example.com": "accepted"}
    nobody = [{"email": "nobody@example.com", "responseStatus": "accepted"}]
    assert alice("POST", f"{made['id']}/rsvp", nobody, status=404)["error"] == "NotFound"
    after = alice("POST", f"{made['id']}/rsvp", {"responseStatus": "tentative"}, status=200)
    assert people(after) == {"alice@example.com": "tentative", "jane@example.com": "accepted"}
    assert after["myResponseStatus"] == "tentative"


# -- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (at(NINE), at(TEN), (f"{NINE}+01:00", f"{TEN}+01:00", "Europe/Berlin")),
        (at(f"{NINE}Z"), at(f"{TEN}Z"), ("2025-03-04T10:00:00+01:00", "2025-03-04T11:00:00+01:00", "Europe/Berlin")),
        ({"dateTime": f"{NINE}Z"}, None, ("2025-03-04T10:00:00+01:00", "2025-03-04T11:00:00+01:00", "Europe/Paris")),
        ({"dateTime": NINE}, None, (f"{NINE}+01:00", f"{TEN}+01:00", "Europe/Paris")),
        (at(f"{NINE}.500-08:00"), None, ("2025-03-04T18:00:00+01:00", "2025-03-04T19:00:00+01:00", "Europe/Berlin")),
        (at("2025-10-26T02:30:00"), None, ("2025-10-26T02:30:00+02:00", "2025-10-26T01:30:00Z", "Europe/Berlin")),
        (at(NINE, "W. Europe Standard Time"), None, (f"{NINE}+01:00", f"{TEN}+01:00", "Europe/Berlin")),
    ],
)
def test_times_are_read_in_their_zone(carol: Writing, start: Json, end: Json | None, shown: tuple[str, ...]) -> None:
    made = carol.make(start=start, **({} if end is None else {"end": end}))
    assert (made["start"]["dateTime"], made["end"]["dateTime"], made["start"]["timeZone"]) == shown


@pytest.mark.parametrize(
    "given",
    [
        {"start": {"date": "2025-08-13"}},
        {"start": {"date": "2025-08-13"}, "end": {"date": "2025-08-14"}},
        {"start": at("2025-08-13T00:00:00", "Etc/UTC"), "isAllDay": True},
        {"start": at("2025-08-13T15:00:00"), "end": at("2025-08-13T16:00:00"), "isAllDay": True},
        {"start": {"dateTime": "2025-08-13T00:00:00"}, "end": {"date": "2025-08-14"}, "isAllDay": True},
    ],
)
def test_whole_days_come_in_every_form(each: Writing, given: Json) -> None:
    made = each.make(**given)
    assert made["isAllDay"] is True
    assert made["start"] == {"dateTime": "2025-08-13T00:00:00", "timeZone": "Etc/UTC"}
    assert made["end"] == {"dateTime": "2025-08-14T00:00:00", "timeZone": "Etc/UTC"}


def test_what_is_not_named_stays(carol: Writing) -> None:
    made = carol.make(title="a", description="b", location="c", end=at("2025-03-04T12:00:00"))
    after = carol.change(made, start=at(TEN))
    assert (after["description"], after["location"], after["end"]) == ("b", "c", made["end"])
    assert carol.change(made, 400, start=at("2025-03-04T13:00:00")) == after
    cleared = carol.change(made, description=None, location="")
    assert not {"description", "location"} & cleared.keys()


def test_patch_is_the_same_as_put_and_both_heed_if_match(alice: Writing) -> None:
    made = alice.make()
    for method, title in (("PUT", "one"), ("PATCH", "two")):
        now = alice("GET", made["id"], status=200)
        assert alice(method, made["id"], {"title": "x"}, status=412, If_Match='"other"')["error"]
        assert alice("GET", made["id"], status=200) == now
        assert alice(method, made["id"], {"title": title}, status=200, If_Match=now["etag"])["title"] == title
    alice("DELETE", made["id"], status=412, If_Match=made["etag"])
    alice("PUT", made["id"], {"title": "y"}, status=200, If_Match="*")


def test_what_is_shown_can_be_sent_back(each: Writing) -> None:
    made = each.make(
        description="d",
        recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"],
        attendees=[{"email": "a@example.org", "name": "A", "responseStatus": "declined"}],
        reminders={"overrides": [{"minutes": 10}]},
        visibility="private",
        transparency="transparent",
        eventType="focusTime",
        colorId="7",
        customColor="#7BD148",
        privateExtendedProperties={"a": "b"},
        conferenceData={"joinUrl": "https://meet.example.com/x", "conferenceType": "Google Meet"},
    )
    assert each.change(made, **made) == made


# -- series -----------------------------------------------------------------------------------------------------------


def test_one_occurrence_is_changed_answered_and_deleted(each: Writing) -> None:
    mine = each("GET", each.make()["id"], status=200)["organizer"]["email"]
    made = each.make(start=at(NINE, "Etc/UTC"), recurrence=["RRULE:FREQ=DAILY;COUNT=3"], attendees=[{"email": mine}])
    assert (made["isRecurring"], made["recurrence"]) == (True, ["RRULE:FREQ=DAILY;COUNT=3"])
    second, third = (f"{made['id']}_202503{day}T090000Z" for day in ("05", "06"))
    after = each("PUT", second, {"title": "other", "recurrence": None}, status=200)
    assert (after["title"], after["isException"], after["isRecurring"]) == ("other", True, False)
    assert (after["recurringEventId"], after["originalStart"]["dateTime"]) == (made["id"], "2025-03-05T09:00:00Z")
    each("PUT", second, {"recurrence": ["RRULE:FREQ=DAILY"]}, status=400)
    answered = each("POST", f"{second}/rsvp", {"responseStatus": "declined"}, status=200)
    assert answered["myResponseStatus"] == "declined"
    assert each("DELETE", third, status=200) == {"success": True}
    each("GET", third, status=404)
    each("DELETE", third, status=404)
    master = each("GET", made["id"], status=200)
    assert (master["title"], master["myResponseStatus"]) == ("n", "needsAction")
    ended = each.change(made, recurrence=None)
    assert (ended["recurrence"], ended["isRecurring"]) == (None, False)


def test_lines_of_a_series(carol: Writing) -> None:
    lines = ["RRULE:FREQ=DAILY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20250305T090000"]
    made = carol.make(recurrence=lines)
    assert made["recurrence"] == lines
    assert carol.change(made, recurrence=lines[:1])["recurrence"] == lines[:1]
    assert carol.change(made, recurrence=["FREQ=WEEKLY"])["recurrence"] == ["RRULE:FREQ=WEEKLY"]


def test_a_series_of_one_pattern_is_all_that_microsoft_has(fixture: Fixture) -> None:
    outlook = Writing(fixture, 102)
    outlook.refused("recurrence", recurrence=["RRULE:FREQ=HOURLY"])
    made = outlook.make(recurrence=["RRULE:FREQ=MONTHLY;BYDAY=2TU"])
    assert made["recurrence"] == ["RRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"]
    outlook.clean()


# -- people -----------------------------------------------------------------------------------------------------------


def test_the_list_of_attendees_is_replaced(alice: Writing) -> None:
    made = alice.make(attendees=[{"email": "p@example.org", "name": "P", "responseStatus": "accepted"}])
    after = alice.change(made, attendees=[{"email": "q@example.org"}, {"email": "P@example.org"}])
    assert people(after) == {"q@example.org": "needsAction", "p@example.org": "accepted"}
    assert after["attendees"][1]["name"] == "P"
    assert "attendees" not in alice.change(made, attendees=None)


def test_ones_own_answer_is_written_by_name_or_in_the_list(alice: Writing) -> None:
    me, jane = {"email": "alice@example.com"}, {"email": "jane@example.com"}
    made = alice.make(attendees=[me, jane], myResponseStatus="accepted")
    assert people(made) == {"alice@example.com": "accepted", "jane@example.com": "needsAction"}
    shown = made["attendees"]
    assert alice.change(made, attendees=shown, myResponseStatus="declined")["myResponseStatus"] == "declined"
    tentative = [{**me, "responseStatus": "tentative"}, jane]
    assert alice.change(made, attendees=tentative, myResponseStatus="declined")["myResponseStatus"] == "tentative"
    now = alice.change(made, 400, attendees=[{**me, "responseStatus": "accepted"}, jane], myResponseStatus="declined")
    assert now["myResponseStatus"] == "tentative"
    alice.refused_of(made, "myResponseStatus", attendees=[jane], myResponseStatus="accepted")


def test_who_does_not_organize_answers_for_themselves_alone(fixture: Fixture, carol: Writing) -> None:
    made = carol.make(attendees=[{"email": "carol@example.com"}, {"email": "jane@example.com"}])
    path = f"cal/calendars/primary/events/{made['id']}"
    boss = {"raw": {"object": {}}, "organizer": {"name": "B", "email": "boss@example.org"}}
    assert fixture.api(103).patch(path, boss)["organizer"]["email"] == "carol@example.com"
    invited = fixture.api(103).post(
        "cal/calendars/primary/events",
        {
            "name": "n",
            "start": "2025-03-04T09:00:00Z",
            "end": "2025-03-04T10:00:00Z",
            "organizer": {"name": "B", "email": "boss@example.org"},
            "attendees": [{"name": "", "email": "carol@example.com"}, {"name": "J", "email": "jane@example.com"}],
        },
    )
    carol.made.append(invited["id"])
    event = carol("GET", invited["id"], status=200)
    jane = [{"email": "jane@example.com", "responseStatus": "accepted"}]
    assert carol("POST", f"{event['id']}/rsvp", jane, status=403)["error"] == "Forbidden"
    assert carol.change(event, 403, attendees=jane) == event
    assert carol.change(event, 403, attendees=[]) == event
    answered = carol("POST", f"{event['id']}/rsvp", {"responseStatus": "accepted"}, status=200)
    assert people(answered) == {"carol@example.com": "accepted", "jane@example.com": "needsAction"}
    mine = [{**each, "responseStatus": "declined"} for each in event["attendees"][:1]]
    after = carol.change(event, attendees=[*mine, *event["attendees"][1:]])
    assert people(after) == {"carol@example.com": "declined", "jane@example.com": "needsAction"}


@pytest.mark.parametrize(
    ("answers", "member"),
    [
        ({}, "responseStatus"),
        ([], "list"),
        ([{"responseStatus": "accepted"}], "email"),
        ([{"email": "a@example.org"}], "responseStatus"),
        ({"responseStatus": "maybe"}, "responseStatus"),
        ([{"email": "a@example.org", "responseStatus": "accepted"}] * 2, "email"),
        (["a@example.org"], "object"),
        ("accepted", "object"),
    ],
)
def test_an_answer_that_is_none(alice: Writing, answers: object, member: str) -> None:
    made = alice.make(attendees=[{"email": "a@example.org"}, {"email": "alice@example.com"}])
    assert member in alice("POST", f"{made['id']}/rsvp", answers, status=400)["message"]
    assert alice("GET", made["id"], status=200) == made


def test_who_is_not_invited_has_nothing_to_answer(alice: Writing) -> None:
    made = alice.make(attendees=[{"email": "jane@example.com"}])
    alice("POST", f"{made['id']}/rsvp", {"responseStatus": "accepted"}, status=404)
    alice("POST", "nobody/rsvp", {"responseStatus": "accepted"}, status=404)


# -- what else an event has -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"visibility": "private"}, {"visibility": "private"}),
        ({"transparency": "transparent"}, {"transparency": "transparent"}),
        ({"eventType": "outOfOffice"}, {"eventType": "outOfOffice"}),
        ({"eventType": "focusTime"}, {"eventType": "focusTime"}),
        ({"colorId": "11"}, {"colorId": "11"}),
        ({"colorId": "PALE_BLUE"}, {"colorId": "PALE_BLUE"}),
        ({"customColor": "#7BD148"}, {"customColor": "#7BD148"}),
        ({"id": "x", "iCalUid": "x", "isRecurring": True, "organizer": 7, "isCancelled": True}, {"isCancelled": False}),
    ],
)
def test_members_are_kept_and_cleared(each: Writing, given: Json, shown: Json) -> None:
    made = each.make(**given)
    assert {name: made[name] for name in shown} == shown
    plain = each.make()
    assert {name: each.change(plain, **given)[name] for name in shown} == shown
    nothing: Json = dict.fromkeys(given)
    after = each.change(plain, **nothing)
    assert "colorId" not in after
    assert "customColor" not in after
    assert (after["visibility"], after["eventType"]) == ("default", "default")


def test_extended_properties_are_merged(carol: Writing) -> None:
    made = carol.make(publicExtendedProperties={"a": "1", "b": "2"}, privateExtendedProperties={"a": "3", "c": None})
    assert made["publicExtendedProperties"] == {"a": "1", "b": "2"}
    assert made["privateExtendedProperties"] == {"a": "3"}
    after = carol.change(made, publicExtendedProperties={"a": None, "d": "4"})
    assert after["publicExtendedProperties"] == {"b": "2", "d": "4"}
    assert after["privateExtendedProperties"] == {"a": "3"}
    assert "publicExtendedProperties" not in carol.change(made, publicExtendedProperties=None)


def test_reminders(alice: Writing, carol: Writing) -> None:
    google = alice.make()
    assert google["reminders"] == {"useDefault": True, "isReminderOn": True}
    after = alice.change(google, reminders={"overrides": [{"method": "email", "minutes": 1440}, {"minutes": 30}]})
    assert after["reminders"]["useDefault"] is False
    assert after["reminders"]["overrides"] == [
        {"method": "email", "minutes": 1440},
        {"method": "popup", "minutes": 30},
    ]
    assert alice.change(google, reminders={"useDefault": True})["reminders"] == google["reminders"]
    off = {"useDefault": False, "isReminderOn": False}
    assert alice.change(google, reminders={"isReminderOn": False})["reminders"] == off
    plain = carol.make(reminders={"useDefault": True, "overrides": [{"minutes": 5}]})
    assert plain["reminders"]["useDefault"] is False
    assert plain["reminders"]["overrides"] == [{"method": "popup", "minutes": 5}]
    assert carol.change(plain, reminders=None)["reminders"] == off


def test_a_mail_keeps_its_words(carol: Writing) -> None:
    made = carol.make()
    mail = {"summary": "S", "description": "D", "to": ["x@example.org"]}
    reminders = [{"minutes": 10, "method": "email", "email": mail}]
    carol.owner.patch(f"cal/calendars/primary/events/{made['id']}", {"reminders": reminders})
    shown = carol("GET", made["id"], status=200)["reminders"]["overrides"]
    carol.change(made, reminders={"overrides": [*shown, {"minutes": 5}]})
    kept = carol.owner.get(f"cal/calendars/primary/events/{made['id']}")["reminders"]
    assert kept[0]["email"] == mail


def test_a_meeting_is_kept_in_the_words_of_its_service(each: Writing) -> None:
    url = "https://meet.google.com/gvw-ciaa-uud"
    meeting = {
        "conferenceId": "tvw-eiaa-uuk",
        "conferenceType": "Google Meet",
        "joinUrl": url,
        "conferenceDetails": {
            "createRequest": {"requestId": "1502701f", "status": {"statusCode": "success"}},
            "entryPoints": [
                {"entryPointType": "video", "uri": url, "label": "meet.google.com/gvw-ciaa-uud"},
                {"entryPointType": "phone", "uri": "tel:+15551234", "pin": "123"},
            ],
            "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
            "conferenceId": "tvw-eiaa-uuk",
        },
    }
    made = each.make(conferenceData=meeting)
    assert made["conferenceData"] == meeting
    other = {"joinUrl": "https://zoom.example.com/j/1", "conferenceType": "Zoom"}
    shown = each.change(made, conferenceData=other)["conferenceData"]
    assert {name: shown[name] for name in other} == other
    assert "conferenceId" not in shown
    assert "conferenceData" not in each.change(made, conferenceData=None)


def test_the_words_of_a_service_go_with_its_meeting(alice: Writing) -> None:
    points = [{"entryPointType": "video", "uri": "https://a.example/1", "pin": "123"}]
    made = alice.make(conferenceData={"conferenceDetails": {"entryPoints": points}})
    assert made["conferenceData"]["conferenceDetails"]["entryPoints"] == points
    other = {"online_meeting_provider": "addOn", "entry_points": [{"uri": "https://b.example/2"}]}
    for value in (None, other):
        alice.owner.patch(f"cal/calendars/primary/events/{made['id']}", {"online_meeting": value})
    shown = alice("GET", made["id"], status=200)["conferenceData"]
    assert shown["joinUrl"] == "https://b.example/2"
    assert [each["uri"] for each in shown["conferenceDetails"]["entryPoints"]] == ["https://b.example/2"]


def test_a_meeting_is_wanted_of_who_makes_some(alice: Writing, carol: Writing) -> None:
    shown = alice.make(generateMeetingUrlProvider="hangoutsMeet")["conferenceData"]
    assert shown["conferenceType"] == "Google Meet"
    assert "joinUrl" not in shown
    assert "conferenceData" not in carol.make(generateMeetingUrlProvider="hangoutsMeet")


WRONG: list[tuple[str, Json]] = [
    ("title", {"title": None}),
    ("title", {"title": 7}),
    ("title", {"title": "x" * 10_001}),
    ("title", {"title": "a\x01b"}),
    ("start", {"start": None}),
    ("start", {"start": NINE}),
    ("start.dateTime", {"start": {}}),
    ("start.dateTime", {"start": {"timeZone": "Europe/Berlin"}}),
    ("start.dateTime", {"start": {"dateTime": "tomorrow"}}),
    ("start.dateTime", {"start": {"dateTime": 7}}),
    ("start.date", {"start": {"date": NINE}}),
    ("start.date", {"start": {"date": "2025-03-04", "dateTime": NINE}}),
    ("start.timeZone", {"start": {"dateTime": NINE, "timeZone": "Mars/Olympus"}}),
    ("start", {"start": {"dateTime": "9999-12-31T23:30:00"}}),
    ("end", {"end": None}),
    ("end", {"end": {"dateTime": "2025-03-04T08:00:00"}}),
    ("end", {"end": {"date": "2025-03-05"}, "isAllDay": False}),
    ("start", {"end": {"date": "2025-03-05"}}),
    ("end", {"start": {"date": "2025-03-05"}, "end": {"date": "2025-03-05"}}),
    ("isAllDay", {"isAllDay": "yes"}),
    ("recurrence", {"recurrence": "RRULE:FREQ=DAILY"}),
    ("recurrence", {"recurrence": [7]}),
    ("recurrence", {"recurrence": ["RRULE:FREQ=SOMETIMES"]}),
    ("recurrence", {"recurrence": ["RRULE:FREQ=DAILY;COUNT=2;UNTIL=20300101T000000Z"]}),
    ("recurrence", {"recurrence": ["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"]}),
    ("attendees", {"attendees": {}}),
    ("attendees[0].email", {"attendees": [{"name": "x"}]}),
    ("attendees[0].email", {"attendees": [{"email": "nobody"}]}),
    ("attendees[0].responseStatus", {"attendees": [{"email": "a@example.org", "responseStatus": "yes"}]}),
    ("attendees", {"attendees": [{"email": "a@example.org"}, {"email": "A@example.org"}]}),
    ("myResponseStatus", {"myResponseStatus": "accepted"}),
    ("visibility", {"visibility": "secret"}),
    ("transparency", {"transparency": True}),
    ("eventType", {"eventType": "party"}),
    ("colorId", {"colorId": 7}),
    ("colorId", {"colorId": "12"}),
    ("customColor", {"customColor": "red"}),
    ("customColor", {"customColor": "#12345g"}),
    ("reminders", {"reminders": []}),
    ("reminders.overrides[0].minutes", {"reminders": {"overrides": [{"method": "popup"}]}}),
    ("reminders.overrides[0].minutes", {"reminders": {"overrides": [{"minutes": -1}]}}),
    ("reminders.overrides[0].method", {"reminders": {"overrides": [{"minutes": 1, "method": "sms"}]}}),
    ("reminders.overrides", {"reminders": {"overrides": [{"minutes": 1}] * 6}}),
    ("reminders.isReminderOn", {"reminders": {"overrides": [{"minutes": 1}], "isReminderOn": False}}),
    ("publicExtendedProperties.a", {"publicExtendedProperties": {"a": 1}}),
    ("privateExtendedProperties", {"privateExtendedProperties": ["a"]}),
    ("conferenceData", {"conferenceData": "https://meet.example.com"}),
    ("conferenceData", {"conferenceData": {}}),
    ("conferenceData.joinUrl", {"conferenceData": {"joinUrl": "javascript:alert(1)"}}),
    ("conferenceData.conferenceDetails", {"conferenceData": {"conferenceDetails": {"a": "x" * 60_000}}}),
    ("generateMeetingUrlProvider", {"conferenceData": {"joinUrl": "https://a.b"}, "generateMeetingUrlProvider": "x"}),
    ("description", {"description": ["x"]}),
    ("location", {"location": {}}),
]


@pytest.mark.parametrize(("member", "wrong"), WRONG)
def test_what_is_wrong_is_named_and_writes_nothing(alice: Writing, member: str, wrong: Json) -> None:
    alice.refused(member, **wrong)
    if not wrong.keys() & {"start", "end", "myResponseStatus", "generateMeetingUrlProvider"}:
        made = alice.make()
        alice.refused_of(made, member, **wrong)


def test_no_json_is_no_event(alice: Writing) -> None:
    for content in (b"{", b"[]", b"7", b"\xff", b""):
        response = httpx.post(
            f"{alice.root}/events/101/primary",
            content=content,
            headers={"x-api-key": APP_KEY, "content-type": "application/json"},
            trust_env=False,
            verify=False,
        )
        assert response.status_code == 400


def test_nobody_writes_without_a_key_or_elsewhere(fixture: Fixture) -> None:
    body = {"title": "n", "start": {"dateTime": NINE}}
    for path, headers, status in (
        ("101/primary", {}, 401),
        ("101/primary", {"x-api-key": "nope"}, 401),
        ("101/nothing", {"x-api-key": APP_KEY}, 404),
        ("999/primary", {"x-api-key": APP_KEY}, 404),
    ):
        response = httpx.post(
            f"{fixture.url}/api/v1/events/{path}", json=body, headers=headers, trust_env=False, verify=False
        )
        assert response.status_code == status, response.text
