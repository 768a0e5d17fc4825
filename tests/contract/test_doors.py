"""One event through every door: whatever door writes it, it reads the same through all the others (contract E.1).

The matrix is every writer × every reader × every case. Each door is compared over the members that both of them have.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx
import icalendar
import pytest

from tests.contract.serving import APP_KEY, TOKENS, Fixture, Json
from tests.gateway.running import PATIENCE

FULL_KEY = "cg_full_c063a5c714ae4f86"
BERLIN = "Europe/Berlin"
JANE, ME = "jane@example.com", "alice@example.com"


@dataclass(frozen=True)
class Told:
    """An event in words of no door; times are UTC, whole days dates."""

    title: str = "Lunch"
    description: str = ""
    location: str = ""
    start: datetime | date = datetime(2026, 7, 21, 10, tzinfo=UTC)
    end: datetime | date = datetime(2026, 7, 21, 11, tzinfo=UTC)
    zone: str = BERLIN
    rule: str = ""
    guests: Mapping[str, str] = field(default_factory=dict)
    visibility: str = "default"
    transparent: bool = False
    minutes: Sequence[int] = ()
    private: Mapping[str, str] = field(default_factory=dict)
    public: Mapping[str, str] = field(default_factory=dict)
    meeting: str = ""


CASES: Mapping[str, Told] = {
    "plain": Told(),
    "text": Told(title='Hé; \\ , "quoted"', description="a\nb, c; d\\n é 🎉", location="Hall 3, Öst"),
    "dst": Told(start=datetime(2026, 3, 29, 0, 30, tzinfo=UTC), end=datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    "elsewhere": Told(zone="Asia/Kathmandu"),
    "days": Told(start=date(2026, 7, 21), end=date(2026, 7, 23), zone=""),
    "series": Told(rule="FREQ=WEEKLY;COUNT=3"),
    "days again": Told(start=date(2026, 7, 21), end=date(2026, 7, 22), zone="", rule="FREQ=DAILY;COUNT=2"),
    "guests": Told(guests={ME: "needsAction", JANE: "needsAction"}),
    "answers": Told(guests={ME: "accepted", JANE: "declined", "joe@example.com": "tentative"}),
    "private": Told(visibility="private"),
    "confidential": Told(visibility="confidential", transparent=True),
    "reminders": Told(minutes=(30, 5)),
    "properties": Told(private={"a": "1, 2"}, public={"a": "b;c"}),
    "meeting": Told(meeting="https://meet.example.com/abc?x=1&y=2"),
}


class Door(Protocol):
    """One way to write and to read an event; `writes` and `reads` are the members that it knows of."""

    writes: frozenset[str]
    reads: frozenset[str]

    def write(self, told: Told) -> None:
        """Make it, in a calendar that is empty."""

    def read(self) -> Told:
        """The one event that is there; what the door does not know of is as it is by default."""


EVERYTHING = frozenset(each.name for each in fields(Told))


def utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def local(moment: datetime | date, zone: str) -> str:
    """A time by the clock of a zone, without its offset."""
    assert isinstance(moment, datetime)
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()


def given(**members: Any) -> Json:
    """Those that say something."""
    return {name: value for name, value in members.items() if value not in ("", [], {}, (), None)}


class Http:
    """Requests of one client to the fixture."""

    def __init__(self, fixture: Fixture, **options: Any) -> None:
        self.url, self.options = fixture.url, options

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = httpx.request(
            method,
            self.url + path,
            timeout=PATIENCE,
            trust_env=False,
            verify=False,
            **{**self.options, **options},
        )
        assert response.is_success, (method, path, response.text)
        return response


class CalDav:
    """A calendar client, whose texts the `icalendar` library writes and reads."""

    writes = reads = EVERYTHING
    statuses: Mapping[str, str] = {
        "NEEDS-ACTION": "needsAction",
        "ACCEPTED": "accepted",
        "DECLINED": "declined",
        "TENTATIVE": "tentative",
    }

    def __init__(self, fixture: Fixture) -> None:
        self.http = Http(fixture, auth=("alice", "alice-password"))
        self.place = ""

    def hrefs(self, path: str) -> list[str]:
        """What stands in a collection."""
        answer = self.http("PROPFIND", path, headers={"Depth": "1"}).text
        found = [piece.partition("</")[0] for piece in answer.split("href>")[1::2]]
        return [each for each in found if each.startswith(path) and each != path]

    def home(self) -> str:
        """The path of Alice's calendar."""
        if not self.place:
            named = {
                path: self.http("PROPFIND", path, headers={"Depth": "0"}).text for path in self.hrefs("/dav/alice/")
            }
            self.place = next(path for path, said in named.items() if ">Alice<" in said)
        return self.place

    def write(self, told: Told) -> None:
        event = icalendar.Event()
        event.add("UID", "written-over-caldav")
        event.add("DTSTAMP", datetime(2026, 1, 1, tzinfo=UTC))
        event.add("SUMMARY", told.title)
        for name, moment in (("DTSTART", told.start), ("DTEND", told.end)):
            event.add(name, moment.astimezone(ZoneInfo(told.zone)) if isinstance(moment, datetime) else moment)
        for name, text in (("DESCRIPTION", told.description), ("LOCATION", told.location)):
            if text:
                event.add(name, text)
        if told.rule:
            event.add("RRULE", icalendar.vRecur.from_ical(told.rule))
        if told.guests:
            event.add("ORGANIZER", f"mailto:{ME}")
        for email, answer in told.guests.items():
            partstat = next(status for status, word in self.statuses.items() if word == answer)
            event.add("ATTENDEE", f"mailto:{email}", parameters={"PARTSTAT": partstat})
        if told.visibility != "default":
            event.add("CLASS", told.visibility.upper())
        if told.transparent:
            event.add("TRANSP", "TRANSPARENT")
        for minutes in told.minutes:
            alarm = icalendar.Alarm()
            alarm.add("ACTION", "DISPLAY")
            alarm.add("DESCRIPTION", "ding")
            alarm.add("TRIGGER", -timedelta(minutes=minutes))
            event.add_component(alarm)
        for scope, pairs in (("PRIVATE", told.private), ("SHARED", told.public)):
            for key, value in pairs.items():
                event.add("X-GATEWAY-PROP", icalendar.vText(value), parameters={"X-KEY": key, "X-SCOPE": scope})
        if told.meeting:
            event.add("CONFERENCE", icalendar.vUri(told.meeting), parameters={"VALUE": "URI", "FEATURE": "VIDEO"})
        calendar = icalendar.Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//doors//EN")
        calendar.add_component(event)
        self.http("PUT", f"{self.home()}one.ics", content=calendar.to_ical())

    def read(self) -> Told:
        [href] = self.hrefs(self.home())
        [event] = icalendar.Calendar.from_ical(self.http("GET", href).text).walk("VEVENT")
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        properties = event.get("X-GATEWAY-PROP", [])
        pairs = properties if isinstance(properties, list) else [properties]
        people = event.get("ATTENDEE", [])
        conference = event.get("CONFERENCE", "")
        timed = isinstance(start, datetime)
        return Told(
            title=str(event["SUMMARY"]),
            description=str(event.get("DESCRIPTION", "")),
            location=str(event.get("LOCATION", "")),
            start=start.astimezone(UTC) if timed else start,
            end=end.astimezone(UTC) if timed else end,
            zone=str(start.tzinfo) if timed else "",
            rule=event["RRULE"].to_ical().decode() if "RRULE" in event else "",
            guests={
                str(each).removeprefix("mailto:"): self.statuses[each.params.get("PARTSTAT", "NEEDS-ACTION")]
                for each in (people if isinstance(people, list) else [people])
            },
            visibility=str(event.get("CLASS", "DEFAULT")).lower(),
            transparent=str(event.get("TRANSP", "")) == "TRANSPARENT",
            minutes=tuple(int(-each["TRIGGER"].dt.total_seconds() // 60) for each in event.walk("VALARM")),
            private={each.params["X-KEY"]: _text(each) for each in pairs if each.params["X-SCOPE"] == "PRIVATE"},
            public={each.params["X-KEY"]: _text(each) for each in pairs if each.params["X-SCOPE"] == "SHARED"},
            meeting=str(conference),
        )


def _text(value: object) -> str:
    """A text of a property that the library does not know: as a TEXT of RFC 5545 §3.3.11."""
    return re.sub(r"\\(.)", r"\1", str(value))


class Kloudless:
    """An application with a token of the account."""

    writes = reads = EVERYTHING
    statuses: Mapping[str, str] = {
        "pending": "needsAction",
        "accepted": "accepted",
        "declined": "declined",
        "tentative": "tentative",
    }
    path = "/v1/accounts/me/cal/calendars/primary/events"

    def __init__(self, fixture: Fixture) -> None:
        self.http = Http(fixture, headers={"Authorization": f"Bearer {TOKENS[101]}"})

    def write(self, told: Told) -> None:
        timed = isinstance(told.start, datetime)
        word = {answer: status for status, answer in self.statuses.items()}
        zones = {"start_time_zone": told.zone, "end_time_zone": told.zone}
        body = given(
            name=told.title,
            description=told.description,
            location=told.location,
            start=told.start.isoformat(),
            end=told.end.isoformat(),
            all_day=None if timed else True,
            recurrence=[{"rrule": f"RRULE:{told.rule}"}] if told.rule else [],
            attendees=[{"name": None, "email": each, "status": word[said]} for each, said in told.guests.items()],
            visibility=told.visibility,
            transparent=told.transparent,
            reminders=[{"minutes": each} for each in told.minutes],
            custom_properties=[
                {"key": key, "value": value, "private": private}
                for private, pairs in ((True, told.private), (False, told.public))
                for key, value in pairs.items()
            ],
            online_meeting={"online_meeting_provider": "addOn", "entry_points": [{"uri": told.meeting}]}
            if told.meeting
            else None,
        )
        self.http("POST", self.path, json={**body, **(zones if timed else {})})

    def read(self) -> Told:
        [event] = self.http("GET", self.path, params={"instances": "false"}).json()["objects"]
        timed = not event["all_day"]
        meeting = event["online_meeting"]
        return Told(
            title=event["name"],
            description=event["description"] or "",
            location=event["location"] or "",
            start=utc(event["start"]) if timed else date.fromisoformat(event["start"]),
            end=utc(event["end"]) if timed else date.fromisoformat(event["end"]),
            zone=event["start_time_zone"] or "",
            rule="".join(each["rrule"].removeprefix("RRULE:") for each in event["recurrence"]),
            guests={each["email"]: self.statuses[each["status"]] for each in event["attendees"]},
            visibility=event["visibility"] or "default",
            transparent=event["transparent"],
            minutes=tuple(each["minutes"] for each in event["reminders"]),
            private={each["key"]: each["value"] for each in event["custom_properties"] if each["private"]},
            public={each["key"]: each["value"] for each in event["custom_properties"] if not each["private"]},
            meeting=meeting["entry_points"][0]["uri"] if meeting else "",
        )


class OneCal:
    """An application of the OneCal dialect."""

    writes = reads = EVERYTHING
    path = "/api/v1/events/101/primary"

    def __init__(self, fixture: Fixture) -> None:
        self.http = Http(fixture, headers={"x-api-key": APP_KEY})

    def write(self, told: Told) -> None:
        body = given(
            title=told.title,
            description=told.description,
            location=told.location,
            start=self.moment(told.start, told.zone),
            end=self.moment(told.end, told.zone),
            recurrence=[f"RRULE:{told.rule}"] if told.rule else [],
            attendees=[{"email": each, "responseStatus": said} for each, said in told.guests.items()],
            visibility=told.visibility,
            transparency="transparent" if told.transparent else "opaque",
            reminders={"overrides": [{"minutes": each} for each in told.minutes]} if told.minutes else {},
            privateExtendedProperties=told.private,
            publicExtendedProperties=told.public,
            conferenceData={"joinUrl": told.meeting} if told.meeting else {},
        )
        self.http("POST", self.path, json=body)

    @staticmethod
    def moment(at: datetime | date, zone: str) -> Json:
        """A time of this dialect."""
        return {"dateTime": local(at, zone), "timeZone": zone} if isinstance(at, datetime) else {"date": at.isoformat()}

    def read(self) -> Told:
        [event] = self.http("GET", self.path).json()["data"]
        timed = not event["isAllDay"]
        start, end = (
            utc(event[name]["dateTime"]) if timed else date.fromisoformat(event[name]["dateTime"][:10])
            for name in ("start", "end")
        )
        return Told(
            title=event["title"],
            description=event.get("description", ""),
            location=event.get("location", ""),
            start=start,
            end=end,
            zone=event["start"]["timeZone"] if timed else "",
            rule="".join(each.removeprefix("RRULE:") for each in event["recurrence"] or ()),
            guests={each["email"]: each["responseStatus"] for each in event.get("attendees", [])},
            visibility=event["visibility"],
            transparent=event.get("transparency") == "transparent",
            minutes=tuple(each["minutes"] for each in event["reminders"].get("overrides", [])),
            private=event.get("privateExtendedProperties", {}),
            public=event.get("publicExtendedProperties", {}),
            meeting=event.get("conferenceData", {}).get("joinUrl", ""),
        )


class Access:
    """A holder of a key of the Access dialect, which writes less than it reads."""

    writes = frozenset({"title", "description", "location", "start", "end", "rule"})
    reads = (writes - {"rule"}) | {"guests", "meeting"}
    path = "/api/access/calendar"

    def __init__(self, fixture: Fixture) -> None:
        self.http = Http(fixture, headers={"Authorization": f"Bearer {FULL_KEY}"})

    def write(self, told: Told) -> None:
        places = self.http("GET", f"{self.path}/calendars").json()["data"]
        timed = isinstance(told.start, datetime)
        body = given(
            calendarId=next(each["id"] for each in places if each["isPrimary"]),
            summary=told.title,
            description=told.description,
            location=told.location,
            **{"from": told.start.isoformat(), "to": told.end.isoformat()},
            isAllDay=None if timed else True,
            recurrence=[f"RRULE:{told.rule}"] if told.rule else [],
        )
        self.http("POST", f"{self.path}/events", json=body)

    def read(self) -> Told:
        span = {"from": "2026-01-01", "to": "2027-01-01"}
        event = self.http("GET", f"{self.path}/events", params=span).json()["events"][0]
        timed = not event["allDay"]
        start, end = (
            utc(event[f"{name}Utc"]) if timed else date.fromisoformat(event[f"{name}Local"][:10])
            for name in ("start", "end")
        )
        return Told(
            title=event["title"],
            description=event.get("description", ""),
            location=event.get("location", ""),
            start=start,
            end=end,
            guests={each["email"]: each["response"] for each in event.get("attendees", [])},
            meeting=event.get("joinUrl", ""),
        )


DOORS: Mapping[str, type[Any]] = {"caldav": CalDav, "kloudless": Kloudless, "onecal": OneCal, "access": Access}


@pytest.fixture(scope="module")
def doors(fixture: Fixture) -> Mapping[str, Door]:
    return {name: door(fixture) for name, door in DOORS.items()}


@pytest.fixture(autouse=True)
def emptied(fixture: Fixture) -> Iterator[None]:
    """The calendar is empty again afterwards."""
    yield
    api = fixture.api(101)
    for each in api.get("cal/calendars/primary/events", params={"instances": "false"})["objects"]:
        api.delete(f"cal/calendars/primary/events/{each['id']}")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("writer", DOORS)
def test_what_one_door_writes_all_doors_read(doors: Mapping[str, Door], writer: str, case: str) -> None:
    told = CASES[case]
    doors[writer].write(told)
    for reader, door in doors.items():
        read = door.read()
        for name in doors[writer].writes & door.reads:
            assert getattr(read, name) == getattr(told, name), (writer, reader, name)
