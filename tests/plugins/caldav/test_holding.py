"""What servers cannot hold: the tables are true of the real ones, to the property, and each server gets its own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from plugins.caldav.discovery import Home
from plugins.caldav.greeting import Greeting
from plugins.caldav.holding import CYRUS, DAVMAIL, GOOGLE, MAIL_RU, ONE_RELATION, RADICALE, XANDIKOS, ZIMBRA, holds_of
from plugins.caldav.provider import CalDavProvider
from storage.content import canonical, decode
from storage.errors import InvalidData
from storage.ical.lines import Component, Line, dump, parse
from storage.projection import lost, project
from storage.provider import EVERYTHING, Holds, Login
from tests.upstreams.fixtures import real_server
from tests.upstreams.scripted import Reply, Request, ScriptedServer
from tests.upstreams.serving import Server

__all__ = ["real_server"]

CORPUS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))
BENT = {
    "radicale": {"063", "064", "085", "093", "094"},
    "xandikos": {"044", "082", "092", "093"},
    "cyrus": {"029", "056", "072"},
}
"""Of the corpus what is no iCalendar (044: a URI with backslashes), or has a name that nobody registered (029): of that
every server that takes it makes what it likes."""

ANN = "mailto:ann@example.net"
ALARM = "BEGIN:VALARM|ACTION:DISPLAY|DESCRIPTION:x|TRIGGER:-PT{}M|END:VALARM"
URI = "https://example.org/a,b;c=1"

LINES = [
    *("CLASS:PRIVATE", "PRIORITY:3", "STATUS:TENTATIVE", "TRANSP:TRANSPARENT", "SEQUENCE:3", "COLOR:turquoise"),
    *("CATEGORIES:One,Two", "RESOURCES:Easel", "RESOURCES:Easel,Beamer", "GEO:52.5;13.4", "GEO:-52.500001;13.4000009"),
    *(
        "CONTACT:Jim\\\\, 555",
        'COMMENT;LANGUAGE=en;ALTREP="https://example.org/c":first',
        "DESCRIPTION:a\\nb\\, c\\; d",
    ),
    *('LOCATION;ALTREP="https://example.org/l":Hall', "SUMMARY;LANGUAGE=de;X-P=1:Titel", "X-PLAIN:anything"),
    *(f"URL:{URI}", f"ATTACH:{URI}", "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:SGVsbG8="),
    *("RELATED-TO;RELTYPE=SIBLING:other@example.org", "RELATED-TO;RELTYPE=FINISHTOSTART;GAP=PT1H:other@example.org"),
    *("REQUEST-STATUS:2.0;Success", "RRULE:FREQ=MONTHLY;BYDAY=1MO,-1FR;COUNT=3", "EXRULE:FREQ=WEEKLY;COUNT=2"),
    *("RDATE:20260401T100000Z,20260402T100000Z", "RDATE;VALUE=PERIOD:20260401T100000Z/PT1H"),
    *("RRULE:FREQ=DAILY;COUNT=9|EXDATE:20260302T100000Z,20260303T100000Z", f"IMAGE;VALUE=URI;DISPLAY=BADGE:{URI}"),
    *("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Dial:https://meet.example.org/x", f"CONFERENCE;VALUE=URI:{URI}"),
    *("CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1-412-555-0123,,,654321", f"LINK;VALUE=URI;LINKREL=SOURCE:{URI}"),
    *(f"CONCEPT:{URI}", "REFID:group", "STYLED-DESCRIPTION;VALUE=TEXT;FMTTYPE=text/html:<p>x</p>"),
    *('STRUCTURED-DATA;VALUE=TEXT;FMTTYPE=application/json;SCHEMA="https://schema.org/x":{}', "X-ESCAPED:a\\, b\\; c"),
    *('X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-RADIUS=100;X-TITLE="Hall, 1":geo:52.5,13.4', "X-RAW:a,b;c"),
    f'ORGANIZER;CN=Me;SENT-BY="mailto:s@example.net":mailto:boss@example.net|ATTENDEE;ROLE=CHAIR;RSVP=TRUE:{ANN}',
    f'ORGANIZER:mailto:boss@example.net|ATTENDEE;MEMBER="mailto:g@example.net","mailto:h@example.net":{ANN}',
    f'ORGANIZER:mailto:boss@example.net|ATTENDEE;DELEGATED-TO="mailto:g@example.net","mailto:h@example.net":{ANN}',
    "|".join(ALARM.format(minutes) for minutes in (5, 10, 15)),
    "BEGIN:VALARM|ACTION:AUDIO|ATTACH;VALUE=URI:Basso|TRIGGER;RELATED=END:PT0S|REPEAT:2|DURATION:PT5M|END:VALARM",
    "BEGIN:VALARM|UID:a|ACTION:DISPLAY|DESCRIPTION:x|TRIGGER:-PT5M|ACKNOWLEDGED:20260101T000000Z|X-A:1|END:VALARM",
    "BEGIN:VALARM|ACTION:DISPLAY|DESCRIPTION:x|TRIGGER:-PT5M|PROXIMITY:ARRIVE|BEGIN:VLOCATION|UID:l|END:VLOCATION|END:VALARM",
    "BEGIN:PARTICIPANT|UID:p|PARTICIPANT-TYPE:SPEAKER|CALENDAR-ADDRESS:mailto:p@example.net|END:PARTICIPANT",
    "BEGIN:VLOCATION|UID:l|NAME:Hall|LOCATION-TYPE:hall|END:VLOCATION",
    "BEGIN:VRESOURCE|UID:r|RESOURCE-TYPE:ROOM|END:VRESOURCE",
]
"""What an event can have besides its time, one thing each; `|` stands between lines."""


def event(number: int, lines: str) -> str:
    title = [] if lines.startswith("SUMMARY") else ["SUMMARY:x"]
    times = ["DTSTAMP:20260101T000000Z", "DTSTART:20260302T100000Z", "DTEND:20260302T110000Z"]
    inside = [f"UID:held-{number}", *times, *title, *lines.split("|")]
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//x//EN",
            "BEGIN:VEVENT",
            *inside,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def without(text: str, names: frozenset[str]) -> str:
    """The canonical form, but for what stands in properties of these names."""

    def masked(part: Component) -> Component:
        children: list[Line | Component] = []
        for child in part.children:
            if isinstance(child, Component):
                children.append(masked(child))
            elif child.name not in names:
                children.append(child)
        return Component(part.name, children, part.begin, part.end)

    return canonical(dump(masked(parse(text))))


def kept(client: httpx.Client, url: str, data: bytes) -> str | None:
    """What the server has of a text after it took it; None where it refused it."""
    answer = client.put(url, content=data, headers={"Content-Type": "text/calendar; charset=utf-8"})
    return decode(client.get(url).content) if answer.is_success else None


@pytest.fixture
def holds(real_server: Server) -> Iterator[Holds]:
    settings = {"url": real_server.url, "username": real_server.username}
    provider = CalDavProvider(Login("test", settings, {"password": real_server.password}))
    assert provider.capabilities.holds == EVERYTHING
    provider.collections()
    yield provider.capabilities.holds
    provider.close()


def test_each_real_server_is_recognised(real_server: Server, holds: Holds) -> None:
    assert holds == {"radicale": RADICALE, "xandikos": XANDIKOS, "cyrus": CYRUS}[real_server.name]


def test_the_table_says_what_a_real_server_makes_of_each_property(real_server: Server, holds: Holds) -> None:
    calendar = real_server.make_calendar("held")
    said: set[str] = set()
    with real_server.client() as client:
        for number, lines in enumerate(LINES):
            text = event(number, lines)
            shown = kept(client, f"{calendar}{number}.ics", text.encode())
            if shown is None:
                assert real_server.name == "radicale"
                assert lines.startswith("RDATE;VALUE=PERIOD")
                continue
            assert without(shown, holds.rewords) == without(project(text, holds), holds.rewords), lines
            names = set(lost(text, holds))
            assert names <= holds.rewords if canonical(shown) == canonical(text) else names, lines
            said |= names
    assert said


def test_the_table_says_what_a_real_server_makes_of_the_corpus(real_server: Server, holds: Holds) -> None:
    calendar = real_server.make_calendar("corpus")
    compared = 0
    with real_server.client() as client:
        for path in CORPUS:
            shown = kept(client, f"{calendar}{path.name}", path.read_bytes())
            if shown is None or path.name[:3] in BENT[real_server.name]:
                continue
            text = decode(path.read_bytes())
            try:
                expected = without(project(text, holds), holds.rewords)
            except InvalidData:
                continue
            assert without(shown, holds.rewords) == expected, path.name
            compared += 1
    assert compared > 50


@pytest.mark.parametrize(
    ("url", "principal", "headers", "holds"),
    [
        ("https://apidata.googleusercontent.com/caldav/v2/me@gmail.com/", "", {}, GOOGLE),
        ("https://calendar.mail.ru/principals/mail.ru/me/calendars/", "", {}, MAIL_RU),
        ("https://dav.example.org/caldav/", "", {"server": "Openexchange WebDAV"}, ONE_RELATION),
        ("http://localhost:1080/users/me@example.org/", "", {"server": "DavMail Gateway 6.6.0"}, DAVMAIL),
        ("https://zimbra.example.org/dav/me/", "https://zimbra.example.org/principals/users/me/", {}, ZIMBRA),
        ("https://bw.example.org/ucaldav/user/me/", "", {}, ONE_RELATION),
        ("https://p42-caldav.icloud.com:443/123/calendars/", "", {"server": "AppleHttpServer/1"}, EVERYTHING),
        ("https://cloud.example.org/remote.php/dav/calendars/me/", "", {"dav": "1, 3, nc-calendar-search"}, EVERYTHING),
        ("https://new.example.org/dav/", "", {"server": "Cyrus-HTTP/4.0 LibiCal/4.0"}, EVERYTHING),
        ("https://plain.example.org/dav/me/", "https://plain.example.org/dav/principals/me/", {}, EVERYTHING),
    ],
)
def test_servers_that_cannot_run_here_are_recognised(
    url: str, principal: str, headers: dict[str, str], holds: Holds
) -> None:
    assert holds_of(Home((url,), principal=principal), Greeting.of(headers)) == holds


def test_what_the_tables_say_is_spelled_as_projections_want_it() -> None:
    for holds in (CYRUS, DAVMAIL, GOOGLE, MAIL_RU, ONE_RELATION, RADICALE, XANDIKOS, ZIMBRA):
        names: Sequence[str] = [*holds.drops, *holds.parameters, *holds.single, *holds.rewords, *holds.splits]
        assert names == [name.upper() for name in names]
        assert not holds.drops & {"UID", "DTSTART", "DTEND", "SUMMARY", "RRULE", "RECURRENCE-ID", "VEVENT", "VTODO"}
        assert not holds.rewords & {"UID", "DTSTART", "DTEND", "RRULE", "RECURRENCE-ID"}


@pytest.mark.parametrize("status", [200, 404, 405, 501])
def test_a_server_that_does_not_say_what_it_is_is_believed_to_hold_everything(status: int) -> None:
    def script(request: Request) -> Reply:
        if request.method == "OPTIONS":
            return Reply(status, {}, b"")
        shown = "<D:current-user-principal><D:href>/</D:href></D:current-user-principal>"
        home = "<C:calendar-home-set><D:href>/cal/</D:href></C:calendar-home-set>" if request.path == "/" else ""
        body = (
            '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response>'
            f"<D:href>{request.path}</D:href><D:propstat><D:prop>{shown}{home}</D:prop>"
            "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
        )
        return Reply(207, {"Content-Type": "application/xml"}, body.encode())

    with ScriptedServer(script) as server:
        settings = {"url": server.url, "username": "me", "auth": "basic"}
        provider = CalDavProvider(Login("test", settings, {"password": "pw"}))
        provider.collections()
        assert provider.capabilities.holds == EVERYTHING
        assert server.counts["OPTIONS"] == 1
        provider.collections()
        assert server.counts["OPTIONS"] == 1
        provider.close()
