"""Google's event resources for tests: one in full, as Google writes them, and Hypothesis strategies of others.

`anything()` has the members and types of the discovery document (calendar v3, revision of PyPI google-api-python-client
2.202.0) with any values, and with wrong types now and then; `events()` are events that Google could send.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from plugins.google.mapping import Calendar

CALENDAR: Final = Calendar("Europe/Berlin", "anna@example.com", ({"method": "popup", "minutes": 10},))

_WHEN: Final = {"date": "string", "dateTime": "string", "timeZone": "string"}
_PERSON: Final = {"id": "string", "email": "string", "displayName": "string", "self": "boolean"}
_SOLUTION_KEY: Final = {"type": "string"}

SHAPE: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("anyoneCanAddSelf", "attendeesOmitted", "endTimeUnspecified", "guestsCanInviteOthers"), "boolean"),
    **dict.fromkeys(("guestsCanModify", "guestsCanSeeOtherGuests", "locked", "privateCopy"), "boolean"),
    **dict.fromkeys(
        ("colorId", "created", "description", "etag", "eventLabelId", "eventType", "hangoutLink"), "string"
    ),
    **dict.fromkeys(("htmlLink", "iCalUID", "id", "kind", "location", "recurringEventId", "status"), "string"),
    **dict.fromkeys(("summary", "transparency", "updated", "visibility"), "string"),
    "sequence": "integer",
    "recurrence": ["string"],
    **dict.fromkeys(("start", "end", "originalStartTime"), _WHEN),
    **dict.fromkeys(("creator", "organizer"), _PERSON),
    "attendees": [
        {
            **_PERSON,
            **dict.fromkeys(("optional", "organizer", "resource"), "boolean"),
            **dict.fromkeys(("asyncOperation", "comment", "responseStatus"), "string"),
            "additionalGuests": "integer",
        }
    ],
    "attachments": [dict.fromkeys(("fileId", "fileUrl", "iconLink", "mimeType", "title"), "string")],
    "birthdayProperties": dict.fromkeys(("contact", "customTypeName", "type"), "string"),
    "focusTimeProperties": dict.fromkeys(("autoDeclineMode", "chatStatus", "declineMessage"), "string"),
    "outOfOfficeProperties": dict.fromkeys(("autoDeclineMode", "declineMessage"), "string"),
    "workingLocationProperties": {"type": "string", "customLocation": {"label": "string"}, "homeOffice": "any"},
    "gadget": {"display": "string", "height": "integer", "preferences": {"type": "string"}},
    "source": {"title": "string", "url": "string"},
    "extendedProperties": {"private": {"": "string", "a": "string"}, "shared": {"a": "string"}},
    "reminders": {"useDefault": "boolean", "overrides": [{"method": "string", "minutes": "integer"}]},
    "conferenceData": {
        **dict.fromkeys(("conferenceId", "notes", "signature"), "string"),
        "conferenceSolution": {"iconUri": "string", "key": _SOLUTION_KEY, "name": "string"},
        "createRequest": {
            "conferenceSolutionKey": _SOLUTION_KEY,
            "requestId": "string",
            "status": {"statusCode": "string"},
        },
        "entryPoints": [
            {
                **dict.fromkeys(("accessCode", "entryPointType", "label", "meetingCode", "passcode"), "string"),
                **dict.fromkeys(("password", "pin", "regionCode", "uri"), "string"),
                "entryPointFeatures": ["string"],
            }
        ],
        "parameters": {"addOnParameters": {"parameters": {"a": "string"}}},
    },
}
"""The members of an event: a type, an object of members, or a list of what it says first."""

_WORDS: Final = (
    *("cancelled", "confirmed", "2025-03-30", "2025-03-30T02:30:00+01:00", "2025-10-26T02:30:00+01:00", "9999-12-31"),
    *("0001-01-01T00:00:00+14:00", "2025-02-30", "Europe/Berlin", "UTC", "Moon/Sea", "popup", "email", "video"),
    *("RRULE:FREQ=WEEKLY", "EXDATE;VALUE=DATE:20250330", "DTSTART:20250101", "RDATE;TZID=X:junk", "tel:+1", "a\r\nb"),
    *("<p>a</p>", "<![x", "private", "addOn", "hangoutsMeet", "\x00", "\udc80", "a"),
)


def anything() -> st.SearchStrategy[dict[str, Any]]:
    """JSON of the discovery document's shape, more or less."""
    return _of_shape(wrong=False) | _of_shape(wrong=True)


def _of_shape(*, wrong: bool) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: _value(shape, wrong=wrong) for name, shape in SHAPE.items() if name != "id"}
    series, start = st.sampled_from(["abcde", ""]), st.just({"dateTime": "2025-03-03T10:00:00Z"})
    likely = {"recurringEventId": series, "start": members["start"] | start, "originalStartTime": start}
    named = {"id": st.sampled_from(["abcde", "abcde_1", ""])}
    return st.fixed_dictionaries(named, optional={**members, **likely})


def _value(shape: Any, *, wrong: bool) -> st.SearchStrategy[Any]:
    if isinstance(shape, list):
        right: st.SearchStrategy[Any] = st.lists(_value(shape[0], wrong=wrong), max_size=2)
    elif isinstance(shape, Mapping):
        inner = {name: _value(each, wrong=wrong) for name, each in shape.items()}
        right = st.fixed_dictionaries({}, optional=inner)
    else:
        right = _PLAIN[shape]
    return right | st.sampled_from([None, 1, "x", [], {}, [None], True]) if wrong else right


_PLAIN: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "string": st.sampled_from(_WORDS) | st.text(max_size=8),
    "integer": st.integers(-1, 50_000) | st.just(2**70),
    "boolean": st.booleans(),
    "any": st.none() | st.floats() | st.text(max_size=3),
}

ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=20)
_NAMES = st.text("abcXYZ ,;:\"'^äß", min_size=1, max_size=12).map(str.strip).filter(bool)
_ADDRESSES = st.from_regex(r"[a-z]{1,8}@example\.(?:com|org)", fullmatch=True)
_LINKS = st.from_regex(r"https://example\.com/[a-z0-9,;:?=]{1,12}", fullmatch=True)


def when(at: datetime, zone: str) -> dict[str, str]:
    """A time of an event as Google writes it: by the clock of its zone."""
    local = at.astimezone(ZoneInfo(zone))
    said = local.isoformat() if zone != "UTC" else f"{local.replace(tzinfo=None).isoformat()}Z"
    return {"dateTime": said, "timeZone": zone}


@st.composite
def _times(draw: st.DrawFn) -> dict[str, Any]:
    day = draw(st.dates(date(2000, 1, 1), date(2040, 12, 28)))
    if draw(st.booleans()):
        return {"start": {"date": str(day)}, "end": {"date": str(day + timedelta(days=draw(st.integers(1, 3))))}}
    zone, other = draw(st.sampled_from(ZONES)), draw(st.sampled_from(ZONES))
    at = datetime(day.year, day.month, day.day, draw(st.integers(6, 20)), draw(st.integers(0, 59)), tzinfo=UTC)
    end = at + timedelta(minutes=draw(st.integers(0, 90)))
    # The hours that the clocks show twice have a test of their own.
    if any(each.astimezone(ZoneInfo(name)).fold for each, name in ((at, zone), (end, other))):
        at, end = at + timedelta(hours=3), end + timedelta(hours=3)
    return {"start": when(at, zone), "end": when(end, other)}


def _object(
    needed: Mapping[str, st.SearchStrategy[Any]], optional: Mapping[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(dict(needed), optional=dict(optional))


_ATTENDEE = _object(
    {"email": _ADDRESSES, "responseStatus": st.sampled_from(["needsAction", "declined", "tentative", "accepted"])},
    {
        "displayName": _NAMES,
        "optional": st.just(True),
        "resource": st.just(True),
        "comment": _NAMES,
        "additionalGuests": st.integers(1, 9),
    },
)
_PROPERTIES = st.dictionaries(_NAMES, _TEXTS, max_size=3)
_POINT = _object(
    {"entryPointType": st.sampled_from(["video", "phone", "sip", "more"]), "uri": _LINKS},
    {"label": _NAMES, "pin": _NAMES, "meetingCode": _NAMES, "regionCode": st.just("DE")},
)
_MEETING = _object(
    {
        "conferenceSolution": st.sampled_from(
            [{"key": {"type": "hangoutsMeet"}, "name": "Google Meet"}, {"key": {"type": "addOn"}, "name": "Other"}]
        ),
        "entryPoints": st.lists(_POINT, min_size=1, max_size=2, unique_by=lambda each: each["uri"]),
    },
    {"conferenceId": _NAMES, "notes": _NAMES, "signature": _NAMES},
)
_REMINDERS: st.SearchStrategy[dict[str, Any]] = st.just({"useDefault": True}) | _object(
    {
        "useDefault": st.just(False),
        "overrides": st.lists(
            st.fixed_dictionaries({"method": st.sampled_from(["popup", "email"]), "minutes": st.integers(0, 40_320)}),
            max_size=5,
            unique_by=lambda each: (each["method"], each["minutes"]),
        ),
    },
    {},
)
_HTML = st.sampled_from(["Hello<br><b>you</b>", "<p>a &amp; b</p>", "one <a href='https://example.com'>link</a>"])

MEMBERS: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "summary": _TEXTS,
    "location": _TEXTS,
    "description": _TEXTS.filter(lambda said: "<" not in said and "&" not in said) | _HTML,
    "visibility": st.sampled_from(["public", "private", "confidential"]),
    "transparency": st.just("transparent"),
    "status": st.sampled_from(["confirmed", "tentative"]),
    "attendees": st.lists(_ATTENDEE, min_size=1, max_size=3, unique_by=lambda each: each["email"]),
    "attachments": st.lists(
        _object({"fileUrl": _LINKS}, {"title": _NAMES, "mimeType": st.just("text/plain")}),
        min_size=1,
        max_size=2,
        unique_by=lambda each: each["fileUrl"],
    ),
    "extendedProperties": st.fixed_dictionaries({"private": _PROPERTIES, "shared": _PROPERTIES}),
    "conferenceData": _MEETING,
    "reminders": _REMINDERS,
    "colorId": st.sampled_from(["1", "11"]),
    "eventLabelId": _NAMES,
    "guestsCanModify": st.just(True),
    "guestsCanInviteOthers": st.just(False),
    "source": st.fixed_dictionaries({"url": _LINKS, "title": _NAMES}),
}
"""What Google may say of an event besides when it is."""


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event as Google could send it."""
    return {
        "id": "abcde12345",
        "iCalUID": draw(_NAMES),
        "organizer": {"email": "anna@example.com", "self": True},
        **draw(_times()),
        **draw(_object({}, MEMBERS)),
    }


FULL: Final[Mapping[str, Any]] = {
    "kind": "calendar#event",
    "etag": '"3425508164135000"',
    "id": "abcde12345",
    "status": "confirmed",
    "htmlLink": "https://www.google.com/calendar/event?eid=YWJj",
    "created": "2025-01-01T08:00:00.000Z",
    "updated": "2025-01-02T08:00:00.123Z",
    "summary": "Planning, weekly",
    "description": "Bring<br><b>numbers</b>",
    "location": "Room 1; ground floor",
    "colorId": "7",
    "creator": {"email": "ben@example.com", "displayName": "Ben"},
    "organizer": {"email": "anna@example.com", "displayName": "Anna", "self": True},
    "start": {"dateTime": "2025-03-03T10:00:00+01:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2025-03-03T05:00:00-05:00", "timeZone": "America/New_York"},
    "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=8", "EXDATE;TZID=Europe/Berlin:20250310T100000"],
    "iCalUID": "abcde12345@google.com",
    "sequence": 2,
    "attendees": [
        {"email": "anna@example.com", "organizer": True, "self": True, "responseStatus": "accepted"},
        {
            "email": "ben@example.com",
            "displayName": "Ben, the other",
            "responseStatus": "tentative",
            "optional": True,
            "comment": 'says "maybe"',
            "additionalGuests": 2,
        },
        {"email": "room@resource.calendar.google.com", "resource": True, "responseStatus": "needsAction"},
        {"id": "1234", "displayName": "Hidden", "responseStatus": "declined"},
    ],
    "extendedProperties": {"private": {"color": "green"}, "shared": {"color": "blue"}},
    "hangoutLink": "https://meet.google.com/aaa-bbbb-ccc",
    "conferenceData": {
        "entryPoints": [
            {"entryPointType": "video", "uri": "https://meet.google.com/aaa-bbbb-ccc", "label": "meet"},
            {"entryPointType": "phone", "uri": "tel:+49-30-1", "pin": "12", "regionCode": "DE"},
        ],
        "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
        "conferenceId": "aaa-bbbb-ccc",
    },
    "guestsCanModify": True,
    "reminders": {"useDefault": False, "overrides": [{"method": "email", "minutes": 60}]},
    "source": {"url": "https://example.com/a", "title": "A page"},
    "attachments": [
        {"fileUrl": "https://drive.example.com/f", "title": "Plan", "mimeType": "text/plain", "fileId": "f"}
    ],
    "eventType": "default",
}
"""A weekly meeting of Anna's, whose calendar it is, with all that an event can have."""

MOVED: Final[Mapping[str, Any]] = {
    **{name: value for name, value in FULL.items() if name != "recurrence"},
    "id": "abcde12345_20250317T090000Z",
    "recurringEventId": "abcde12345",
    "originalStartTime": {"dateTime": "2025-03-17T10:00:00+01:00", "timeZone": "Europe/Berlin"},
    "start": {"dateTime": "2025-03-17T14:00:00+01:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2025-03-17T15:00:00+01:00", "timeZone": "Europe/Berlin"},
}
CANCELLED: Final[Mapping[str, Any]] = {
    "id": "abcde12345_20250324T090000Z",
    "status": "cancelled",
    "recurringEventId": "abcde12345",
    "originalStartTime": {"dateTime": "2025-03-24T04:00:00-05:00", "timeZone": "America/New_York"},
}
