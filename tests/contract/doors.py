"""Doors through which one event is written and read: the three JSON dialects, and what all doors share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx

from tests.contract.serving import APP_KEY, TOKENS, Fixture, Json
from tests.gateway.running import PATIENCE

FULL_KEY = "cg_full_c063a5c714ae4f86"
BERLIN = "Europe/Berlin"


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
    labels: Sequence[str] = ()
    cancelled: bool = False


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
        # Nothing is encrypted here, and to read all certificates takes 20 ms.
        self.client = httpx.Client(base_url=fixture.url, timeout=PATIENCE, trust_env=False, verify=False, **options)

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = self.client.request(method, path, **options)
        assert response.is_success, (method, path, response.text)
        return response


class Kloudless:
    """An application with a token of the account."""

    reads = EVERYTHING - {"labels"}
    writes = reads - {"cancelled"}
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
            cancelled=event["status"] == "cancelled",
        )


class OneCal:
    """An application of the OneCal dialect."""

    reads = EVERYTHING - {"labels"}
    writes = reads - {"cancelled"}
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
            cancelled=event["isCancelled"],
        )


class Access:
    """A holder of a key of the Access dialect, which writes less than it reads."""

    writes = frozenset({"title", "description", "location", "start", "end", "rule"})
    reads = (writes - {"rule"}) | {"guests", "meeting", "labels", "cancelled"}
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
        span = {"from": "2026-01-01", "to": "2027-01-01", "includeCancelled": "true"}
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
            labels=tuple(event.get("labels", ())),
            cancelled=event["status"] == "cancelled",
        )
