"""VFREEBUSY as an entry: stored, found by time, limited, and counted when somebody asks when a calendar is busy."""

import pytest

from gateway.dav.names import caldav
from storage.ical.lines import parse
from storage.model import Level
from tests.gateway.dav.door import NAMESPACES, Door, component, event

SLUG = "/dav/alice/published/"
PERIODS = (
    'FREEBUSY;FBTYPE="BUSY-TENTATIVE":20260310T100000Z/PT1H\n'
    "FREEBUSY:20260310T120000Z/20260310T130000Z,20260311T120000Z/PT30M\nFREEBUSY;FBTYPE=FREE:20260310T140000Z/PT1H"
)
BOUNDED = f"DTSTART:20260310T000000Z\nDTEND:20260312T000000Z\n{PERIODS}"


@pytest.fixture
def published(door: Door) -> Door:
    assert door.request("MKCALENDAR", SLUG).status == 201
    texts = {
        "bounded": component("VFREEBUSY", "bounded", BOUNDED),
        "periods": component("VFREEBUSY", "periods", PERIODS),
        "nothing": component("VFREEBUSY", "nothing", "COMMENT:x"),
        "event": event("event", start="DTSTART:20260310T123000Z", end="DURATION:PT1H"),
    }
    for name, text in texts.items():
        assert door.request("PUT", f"{SLUG}{name}", text).status == 201
        assert door.request("GET", f"{SLUG}{name}").text == text
    return door


def query(door: Door, inner: str, data: str = "<getetag/>") -> dict[str, str]:
    got = door.report(
        f'<C:calendar-query {NAMESPACES}><prop>{data}</prop><C:filter><C:comp-filter name="VCALENDAR">'
        f'<C:comp-filter name="VFREEBUSY">{inner}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>',
        SLUG,
    )
    texts = ((href, reply.props.get(caldav("calendar-data"))) for href, reply in got.replies.items())
    return {href.removeprefix(SLUG): (prop.text or "" if prop is not None else "") for href, prop in texts}


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("20260301T000000Z", "20260401T000000Z", {"bounded", "periods"}),
        ("20260310T110000Z", "20260310T120000Z", {"bounded"}),
        ("20260310T120000Z", "20260310T121500Z", {"bounded", "periods"}),
        ("20260312T000000Z", "20260313T000000Z", {"bounded"}),
        ("20260313T000000Z", "20260314T000000Z", set()),
    ],
)
def test_when_one_is_found(published: Door, start: str, end: str, found: set[str]) -> None:
    """The table for VFREEBUSY of RFC 4791 §9.9."""
    assert set(query(published, f'<C:time-range start="{start}" end="{end}"/>')) == found


def test_filters_on_what_it_holds(published: Door) -> None:
    assert set(query(published, "")) == {"bounded", "periods", "nothing"}
    assert set(query(published, '<C:prop-filter name="COMMENT"/>')) == {"nothing"}


def test_only_the_periods_of_a_window(published: Door) -> None:
    window = 'start="20260310T113000Z" end="20260310T230000Z"'
    texts = query(published, "", f"<C:calendar-data><C:limit-freebusy-set {window}/></C:calendar-data>")
    [calendar] = parse(texts["periods"]).components()
    lines = calendar.components()[0].lines("FREEBUSY")
    assert [(each.param("FBTYPE"), each.value) for each in lines] == [
        ("", "20260310T120000Z/20260310T130000Z"),
        ("FREE", "20260310T140000Z/PT1H"),
    ]
    expanded = query(published, "", f"<C:calendar-data><C:expand {window}/></C:calendar-data>")
    assert expanded["periods"] == published.request("GET", f"{SLUG}periods").text


def test_it_counts_when_the_calendar_is_busy(published: Door) -> None:
    span = '<C:time-range start="20260310T000000Z" end="20260311T000000Z"/>'
    got = published.report(f"<C:free-busy-query {NAMESPACES}>{span}</C:free-busy-query>", SLUG)
    [busy] = parse(got.text).components()[0].components()
    assert [(each.param("FBTYPE"), each.value) for each in busy.lines("FREEBUSY")] == [
        ("BUSY", "20260310T120000Z/20260310T133000Z"),
        ("BUSY-TENTATIVE", "20260310T100000Z/20260310T110000Z"),
    ]


def test_who_sees_only_busy_times_sees_nothing_of_its_text(published: Door) -> None:
    shared = published.store.collection_at("alice", "published")
    published.store.share(shared.id, "bob", Level.BUSY)
    href = list(published.request("PROPFIND", "/dav/bob/", "", {"Depth": "1"}, user="bob").replies)[-3]
    assert "COMMENT" not in published.request("GET", f"{href}nothing", user="bob").text
    assert "FREEBUSY;FBTYPE=BUSY-TENTATIVE:" in published.request("GET", f"{href}bounded", user="bob").text


def test_a_calendar_holds_them_if_it_says_so(door: Door) -> None:
    got = door.put("a", component("VFREEBUSY", "a", PERIODS))
    assert (got.status, got.conditions) == (403, {caldav("supported-calendar-component")})
