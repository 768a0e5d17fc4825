"""The door of calendar clients: whole texts, which the `icalendar` library writes and reads."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar

from tests.contract.doors import EVERYTHING, Http, Told
from tests.contract.serving import Fixture

ME = "alice@example.com"


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
        if told.labels:
            event.add("CATEGORIES", list(told.labels))
        if told.cancelled:
            event.add("STATUS", "CANCELLED")
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
            labels=tuple(str(each) for each in event["CATEGORIES"].cats) if "CATEGORIES" in event else (),
            cancelled=str(event.get("STATUS", "")) == "CANCELLED",
        )


def _text(value: object) -> str:
    """A text of a property that the library does not know: as a TEXT of RFC 5545 §3.3.11."""
    return re.sub(r"\\(.)", r"\1", str(value))
