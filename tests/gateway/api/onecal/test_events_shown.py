"""What an event looks like in the OneCal dialect, member by member, however it came into the calendar."""

from json import loads
from typing import Any

import pytest

from storage.model import Origin
from tests.contract.onecal import OneCal, full
from tests.gateway.api.contract_here import CALDAV, GOOGLE, Here, Json
from tests.gateway.api.kloudless.series import daily, override, with_overrides
from tests.storage.texts import event


def shown(here: Here, api: OneCal, more: str = "", account: int = GOOGLE, **how: Any) -> Json:
    """An event with these lines, as it is shown, which is the same in a list."""
    entry = here.put(account, event(f"uid-{len(here.store.listing(here.calendar(account).id))}", more=more, **how))
    one = api.get(f"/{entry.id}")
    assert full(api)[entry.id] == one
    return one


def test_people(here: Here, alice: OneCal) -> None:
    people = (
        "ORGANIZER;CN=Jane:mailto:jane@example.com\r\n"
        "ATTENDEE;CN=Alice;PARTSTAT=TENTATIVE:mailto:ALICE@example.com\r\n"
        "ATTENDEE;PARTSTAT=DELEGATED:mailto:bob@example.com\r\nATTENDEE;PARTSTAT=DECLINED:mailto:c@example.com\r\n"
    )
    one = shown(here, alice, people)
    assert one["organizer"] == {"name": "Jane", "email": "jane@example.com", "isSelf": False}
    assert one["creator"] == one["organizer"]
    assert one["attendees"] == [
        {"name": "Alice", "email": "ALICE@example.com", "responseStatus": "tentative"},
        {"email": "bob@example.com", "responseStatus": "needsAction"},
        {"email": "c@example.com", "responseStatus": "declined"},
    ]
    assert one["myResponseStatus"] == "tentative"
    others = shown(here, alice, "ATTENDEE:mailto:bob@example.com\r\n")
    assert "myResponseStatus" not in others
    assert others["organizer"] == {"email": "alice@example.com", "isSelf": True}


def test_reminders_of_the_calendar_and_of_the_event(here: Here, alice: OneCal, carol: OneCal) -> None:
    assert shown(here, alice)["reminders"] == {"useDefault": True, "isReminderOn": True}
    assert shown(here, carol, account=CALDAV)["reminders"] == {"useDefault": False, "isReminderOn": False}
    alarm = "BEGIN:VALARM\r\nACTION:{}\r\nTRIGGER:{}\r\nDESCRIPTION:x\r\nEND:VALARM\r\n"
    alarms = "".join(
        alarm.format(action, trigger)
        for action, trigger in (
            ("DISPLAY", "-PT10M"),
            ("EMAIL", "-P1D"),
            ("AUDIO", "-PT90S"),
            ("DISPLAY", "PT5M"),
            ("PROCEDURE", "-PT1M"),
        )
    )
    overrides = [("popup", 10), ("email", 1440), ("popup", 1)]
    assert shown(here, alice, alarms)["reminders"] == {
        "useDefault": False,
        "isReminderOn": True,
        "overrides": [{"method": method, "minutes": minutes} for method, minutes in overrides],
    }
    default = "X-GATEWAY-DEFAULT-REMINDERS:TRUE\r\n" + alarms
    assert shown(here, alice, default)["reminders"] == {"useDefault": True, "isReminderOn": True}


@pytest.mark.parametrize(
    ("lines", "members"),
    [
        ("CLASS:PRIVATE\r\n", {"visibility": "private"}),
        ("CLASS:X-SECRET\r\n", {"visibility": "private"}),
        ("CLASS:CONFIDENTIAL\r\n", {"visibility": "confidential"}),
        ("CLASS:PUBLIC\r\n", {"visibility": "public"}),
        ("TRANSP:TRANSPARENT\r\n", {"transparency": "transparent"}),
        ("TRANSP:OPAQUE\r\n", {"transparency": "opaque"}),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n", {"eventType": "outOfOffice"}),
        ('X-GATEWAY-RAW;X-KEY=eventType:"focusTime"\r\n', {"eventType": "focusTime"}),
        ('X-GATEWAY-RAW;X-KEY=eventType:"birthday"\r\n', {"eventType": "default"}),
        ('X-GATEWAY-RAW;X-KEY=colorId:"7"\r\n', {"colorId": "7"}),
        ('X-GATEWAY-RAW;X-KEY=customColor:"#AABBCC"\r\n', {"customColor": "#AABBCC"}),
        ("STATUS:CANCELLED\r\n", {"isCancelled": True}),
        ("STATUS:TENTATIVE\r\n", {"isCancelled": False}),
        ("URL:https://example.com/e\r\n", {"webLink": "https://example.com/e"}),
        ("DESCRIPTION:Hello\r\nLOCATION:Here\r\n", {"description": "Hello", "location": "Here"}),
        ("X-ALT-DESC;FMTTYPE=text/html:<p>One<br>two</p>\r\n", {"description": "One\ntwo"}),
        ("CREATED:20200101T000000Z\r\n", {"createdAt": "2020-01-01T00:00:00.000Z"}),
        ("LAST-MODIFIED:20200102T000000Z\r\n", {"updatedAt": "2020-01-02T00:00:00.000Z"}),
        (
            "X-GATEWAY-PROP;X-KEY=a;X-SCOPE=SHARED:1\r\nX-GATEWAY-PROP;X-KEY=b;X-SCOPE=PRIVATE:2\r\n",
            {"publicExtendedProperties": {"a": "1"}, "privateExtendedProperties": {"b": "2"}},
        ),
    ],
)
def test_members(here: Here, alice: OneCal, lines: str, members: Json) -> None:
    one = shown(here, alice, lines)
    assert {name: one.get(name) for name in members} == members
    assert [name for name, value in one.items() if value is None] == ["recurrence"]
    absent = {"description", "location", "transparency", "colorId", "customColor", "attendees", "myResponseStatus"}
    assert not absent & (set(one) - set(members))


def test_a_meeting_in_the_words_of_its_service_or_in_ours(here: Here, alice: OneCal) -> None:
    video = "CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=Join:https://meet.google.com/abc\r\n"
    phone = "CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+123\r\n"
    points = [
        {"entryPointType": "phone", "uri": "tel:+123"},
        {"entryPointType": "video", "uri": "https://meet.google.com/abc", "label": "Join"},
    ]
    solution = {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"}
    assert shown(here, alice, phone + video)["conferenceData"] == {
        "conferenceType": "Google Meet",
        "joinUrl": "https://meet.google.com/abc",
        "conferenceDetails": {"entryPoints": points, "conferenceSolution": solution},
    }
    assert "conferenceData" not in shown(here, alice)


@pytest.mark.parametrize(
    ("details", "stay"),
    [
        ('{"note":"bring tea"}', True),
        ('{"entryPoints":7}', True),
        ('{"entryPoints":[7,{"uri":"https://a.example/1"},{"uri":["x"]}]}', True),
        ('{"entryPoints":[{"uri":"https://b.example/2"}],"note":"bring tea"}', False),
    ],
)
def test_details_are_of_the_meeting_that_there_is(here: Here, alice: OneCal, details: str, *, stay: bool) -> None:
    text = details.replace(",", "\\,")
    one = shown(
        here,
        alice,
        f"CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://a.example/1\r\nX-GATEWAY-RAW;X-KEY=conferenceData:{text}\r\n",
    )
    found = one["conferenceData"]
    assert found["joinUrl"] == "https://a.example/1"
    assert (found["conferenceDetails"] == loads(details)) is stay


def test_times_by_the_clock_of_their_zone(here: Here, alice: OneCal) -> None:
    winter = shown(here, alice, start=";TZID=Europe/Berlin:20260115T100000", end=":20260115T100000Z")
    assert winter["start"] == {"dateTime": "2026-01-15T10:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert winter["end"] == {"dateTime": "2026-01-15T10:00:00Z", "timeZone": "Etc/UTC"}
    floating = shown(here, alice, start=":20260715T100000", end=":20260715T110000")
    assert floating["start"] == {"dateTime": "2026-07-15T10:00:00-07:00", "timeZone": "America/Los_Angeles"}
    elsewhere = alice.get(f"/{floating['id']}", timeZone="Europe/Berlin")
    assert elsewhere["start"] == {"dateTime": "2026-07-15T19:00:00+02:00", "timeZone": "Europe/Berlin"}
    day = shown(here, alice, start=";VALUE=DATE:20260715", end="")
    assert (day["isAllDay"], day["start"]["dateTime"]) == (True, "2026-07-15T00:00:00")
    assert day["end"] == {"dateTime": "2026-07-16T00:00:00", "timeZone": "Etc/UTC"}
    assert alice.get(f"/{day['id']}", timeZone="Asia/Tokyo") == day
    unknown = shown(here, alice, start=";TZID=Nowhere:20260115T100000", end=";TZID=Nowhere:20260115T110000")
    assert unknown["start"]["timeZone"] in ("America/Los_Angeles", "Etc/UTC")


def test_an_exception_without_its_series(here: Here, alice: OneCal) -> None:
    text = event(start=":20260115T100000Z", end=":20260115T110000Z", more="RECURRENCE-ID:20260114T100000Z\r\n")
    entry = here.put(GOOGLE, text)
    one = full(alice)[f"{entry.id}_20260114T100000Z"]
    assert alice.get(f"/{one['id']}") == one
    assert "recurringEventId" not in one
    assert (one["isException"], one["isRecurring"]) == (False, False)
    assert one["originalStart"]["dateTime"] == "2026-01-14T10:00:00Z"


def test_the_times_of_a_series_that_moved(here: Here, alice: OneCal) -> None:
    moved = override("20190412T100000Z", "20190412T150000Z", "20190412T160000Z")
    cancelled = override("20190413T100000Z", "20190413T100000Z", "20190413T110000Z", summary="Off")
    cancelled = cancelled.replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY")
    series = here.put(GOOGLE, with_overrides(daily("EXDATE:20190411T100000Z\r\n"), moved, cancelled))
    listed = full(alice)
    days = {key.partition("_")[2][:8]: each for key, each in listed.items()}
    assert set(days) == {"", "20190411", "20190412", "20190413"}
    assert {day: each["isCancelled"] for day, each in days.items()} == {
        "": False,
        "20190411": True,
        "20190412": False,
        "20190413": True,
    }
    assert days["20190412"]["start"]["dateTime"] == "2019-04-12T15:00:00Z"
    assert days["20190412"]["originalStart"]["dateTime"] == "2019-04-12T10:00:00Z"
    assert days["20190411"]["end"]["dateTime"] == "2019-04-11T11:00:00Z"
    assert set(full(alice, startDateTime="2019-04-11T10:00:00Z", endDateTime="2019-04-11T11:00:00Z")) == {
        f"{series.id}_20190411T100000Z"
    }
    span = {"startDateTime": "2019-04-10T00:00:00Z", "endDateTime": "2019-04-14T00:00:00Z"}
    assert {key.partition("_")[2][:8] for key in full(alice, expandRecurrences=True, **span)} == {
        "20190410",
        "20190412",
    }
    byupdate = alice.data(expandRecurrences=True, orderBy="updatedDateTime", limit=1, **span)
    assert [each["updatedAt"] for each in byupdate] == sorted(each["updatedAt"] for each in byupdate)
    assert len(byupdate) == 2


def test_occurrences_far_beyond_the_horizon(here: Here, alice: OneCal) -> None:
    series = here.put(GOOGLE, daily(rule="FREQ=YEARLY"))
    span = {"startDateTime": "2060-01-01T00:00:00Z", "endDateTime": "2062-01-01T00:00:00Z"}
    ids = [f"{series.id}_{year}0410T100000Z" for year in (2060, 2061)]
    assert list(full(alice, expandRecurrences=True, orderBy="startDateTime", **span)) == ids
    assert list(full(alice, f"/{series.id}/occurrences", **span)) == ids
    assert list(full(alice, **span)) == [series.id]


def test_a_task_is_no_event_and_what_moves_away_is_gone(here: Here, alice: OneCal) -> None:
    entry = here.put(GOOGLE, event())
    token = alice.all()[1]
    source, target = here.store.calendars(GOOGLE)
    other = OneCal(alice.send, GOOGLE, target.id)
    elsewhere = other.all()[1]
    here.store.move_entry(source.id, entry.href, target.id, entry.href, origin=Origin.DAV)
    assert alice.data(syncToken=token) == [{"id": entry.id, "isCancelled": True}]
    assert [each["id"] for each in other.data(syncToken=elsewhere)] == [entry.id]


def test_what_the_answers_depend_on_ends_the_tokens(here: Here, alice: OneCal) -> None:
    token = alice.all()[1]
    here.store.update_collection(here.calendar(GOOGLE).id, origin=Origin.API, name="Other name")
    assert alice.data(syncToken=token) == []
    here.store.update_collection(here.calendar(GOOGLE).id, origin=Origin.API, timezone="Asia/Tokyo")
    assert alice.get("", 410, syncToken=token)["error"] == "SyncTokenExpired"


def test_no_list_and_no_event_is_read_from_text(here: Here, alice: OneCal, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = override("20190412T100000Z", "20190412T150000Z", "20190412T160000Z")
    series = here.put(GOOGLE, with_overrides(daily("EXDATE:20190411T100000Z\r\n", rule="FREQ=DAILY"), moved), "s.ics")
    solo = here.put(GOOGLE, event(more="X-ALT-DESC;FMTTYPE=text/html:<p>x</p>\r\n"))
    span = {"startDateTime": "2060-01-01", "endDateTime": "2060-02-01"}
    tokens = [alice.all()[1], alice.all(expandRecurrences=True, **span)[1], alice.all(search="moved")[1]]
    here.put(GOOGLE, daily("EXDATE:20600112T100000Z\r\n", rule="FREQ=DAILY"), "s.ics")
    here.store.delete_entry(here.calendar(GOOGLE).id, solo.href, origin=Origin.DAV)

    def refuse(*_: object) -> None:
        raise AssertionError("a read path reads iCalendar")

    for module in ("storage.ical.lines", "storage.ical.read", "storage.recurrence.stored", "storage.ical.write"):
        monkeypatch.setattr(f"{module}.parse", refuse)
    monkeypatch.setattr("storage.ical.read.read", refuse)
    monkeypatch.setattr("storage.window.read", refuse)
    questions: list[dict[str, Any]] = [
        {},
        span,
        {"expandRecurrences": True, **span},
        {"expandRecurrences": True, "orderBy": "updatedDateTime", **span},
        {"isAllDay": False, "updatedAfter": "2020-01-01"},
        *({"syncToken": token} for token in tokens),
    ]
    for question in questions:
        assert alice.data(**question), question
    assert alice.data(f"/{series.id}/occurrences", **span)
    for each in (series.id, f"{series.id}_20190412T100000Z", f"{series.id}_20600101T100000Z"):
        assert alice.get(f"/{each}")["id"] == each
