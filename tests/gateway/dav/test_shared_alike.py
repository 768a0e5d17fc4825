"""Nothing that is hidden decides anything: two calendars that differ only in it give the same answer to every question.

Both are alice's and both are shared with bob, entry for entry under the same names.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from storage.ical.lines import escape, line
from storage.model import Level
from tests.gateway.dav.door import NAMESPACES, Door, Got, component, event

LEVELS = (Level.READ, Level.WRITE, Level.BUSY)
NAMES = ("SUMMARY", "LOCATION", "DESCRIPTION", "CATEGORIES", "COMMENT", "X-ANY", "ATTENDEE", "CREATED", "COMPLETED")
SPAN = '<C:time-range start="20260301T000000Z" end="20260401T000000Z"/>'
WORDS = st.sampled_from(("a", "b", "ab", "20260310T100000Z", "mailto:a@b", "Busy", "NEEDS-ACTION"))


@st.composite
def hidden(draw: st.DrawFn) -> str:
    """Properties and alarms that only the owner may see."""
    lines = [
        line(draw(st.sampled_from(NAMES)), escape(draw(WORDS)), {"X-P": [draw(WORDS)]}, eol="\n").raw
        for _ in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        lines.append(f"BEGIN:VALARM\nTRIGGER:-PT{draw(st.integers(1, 90))}M\nEND:VALARM\n")
    return "".join(lines).strip()


@st.composite
def filters(draw: st.DrawFn) -> str:
    """What stands inside a comp-filter for an event or a task."""
    name = draw(st.sampled_from((*NAMES, "DTSTAMP", "CLASS", "SEQUENCE")))
    inner = draw(
        st.sampled_from(
            (
                "",
                "<C:is-not-defined/>",
                f'<C:text-match negate-condition="{draw(st.sampled_from(("yes", "no")))}">{draw(WORDS)}</C:text-match>',
                '<C:param-filter name="X-P"/>',
                SPAN,
            )
        )
    )
    alarm = (
        '<C:comp-filter name="VALARM"><C:time-range start="20260310T090000Z" end="20260310T094500Z"/></C:comp-filter>'
    )
    parts = (SPAN, f'<C:prop-filter name="{name}">{inner}</C:prop-filter>', alarm)
    kept = [part for part in parts if draw(st.booleans())]
    kind = draw(st.sampled_from(("VEVENT", "VTODO")))
    return f'<C:comp-filter name="{kind}">{"".join(kept)}</C:comp-filter>'


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    opened = Door(Path(tmp_path_factory.mktemp("alike")) / "data")
    for slug in ("one", "other"):
        opened.add_calendar(slug)
    yield opened
    opened.store.close()


def fill(door: Door, slug: str, secret: str) -> None:
    """Entries of which `secret` is hidden; the same names and times whatever it is."""
    private = f"CLASS:PRIVATE\n{secret}".strip()
    series = event("s", "RRULE:FREQ=DAILY;COUNT=3").replace(
        "END:VCALENDAR",
        event("s", f"RECURRENCE-ID:20260311T100000Z\n{private}", "DTSTART:20260311T120000Z").partition(
            "PRODID:-//Test//EN\r\n"
        )[2],
    )
    for name, text in {
        "e.ics": event("e", private),
        "t.ics": component("VTODO", "t", f"SUMMARY:x\n{private}"),
        "d.ics": component("VTODO", "d", f"DUE:20260310T100000Z\n{private}"),
        "s.ics": series,
    }.items():
        assert door.request("PUT", f"/dav/alice/{slug}/{name}", text).status in (201, 204), text


def ask(door: Door, slug: str, level: Level, body: str) -> str:
    """The answer without what names the calendar."""
    source = door.store.collection_at("alice", slug)
    path = f"/dav/bob/{door.store.share(source.id, 'bob', level).slug}/"
    got: Got = door.request("REPORT", path, body.replace("{path}", path), user="bob")
    text = re.sub(r"DTSTAMP:2[0-9TZ]+", "DTSTAMP", got.text.replace(path, "/"))
    return f"{got.status} {re.sub(r'<sync-token>.*?</sync-token>', '', text)}"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hidden(), hidden(), st.lists(filters(), min_size=3, max_size=6), st.sampled_from(LEVELS))
@example("CREATED:20300101T000000Z", "", [f'<C:comp-filter name="VTODO">{SPAN}</C:comp-filter>'], Level.READ)
@example("CREATED:20300101T000000Z", "", [f'<C:comp-filter name="VTODO">{SPAN}</C:comp-filter>'], Level.BUSY)
def test_every_answer_is_the_same(door: Door, some: str, others: str, asked: list[str], level: Level) -> None:
    fill(door, "one", some)
    fill(door, "other", others)
    props = "<getetag/><getcontentlength/><C:calendar-data/>"
    expand = '<C:calendar-data><C:expand start="20260301T000000Z" end="20260401T000000Z"/></C:calendar-data>'
    hrefs = "".join(f"<href>{{path}}{name}.ics</href>" for name in "etds")
    bodies = [
        *(
            f'<C:calendar-query {NAMESPACES}><prop>{props}</prop><C:filter><C:comp-filter name="VCALENDAR">{each}'
            "</C:comp-filter></C:filter></C:calendar-query>"
            for each in asked
        ),
        f"<C:calendar-multiget {NAMESPACES}><prop>{expand}</prop>{hrefs}</C:calendar-multiget>",
        f"<C:free-busy-query {NAMESPACES}>{SPAN}</C:free-busy-query>",
        f"<sync-collection {NAMESPACES}><sync-token/><prop><getetag/><getcontentlength/></prop></sync-collection>",
    ]
    for body in bodies:
        assert ask(door, "one", level, body) == ask(door, "other", level, body)
