"""The same requests to stock Radicale and to us, on the same entries: the standard shapes have the same answers.

Where we differ on purpose: `test_differences.py`.
"""

from collections.abc import Iterator

import pytest

from gateway.dav.names import caldav, dav
from storage.ical.canonical import canonical
from storage.ical.lines import parse
from tests.gateway.dav.door import NAMESPACES, Got, event
from tests.gateway.dav.stock import DATA, ETAGS, Pair, comp, entries, query, same

MARCH = 'start="20260301T000000Z" end="20260401T000000Z"'


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("pair"))
    yield made
    made.ours.store.close()


@pytest.mark.parametrize("depth", ["0", "1"])
def test_propfind(pair: Pair, depth: str) -> None:
    props = "<getetag/><resourcetype/>" if depth == "0" else ETAGS.replace("<getcontenttype/>", "")
    body = f"<propfind {NAMESPACES}><prop>{props}<nonsense/></prop></propfind>"
    assert same(pair.ask("PROPFIND", body, {"Depth": depth})) == (1 if depth == "0" else len(entries()) + 1)


def test_properties_of_a_calendar(pair: Pair) -> None:
    props = "<current-user-principal/><C:supported-calendar-component-set/><owner/><CS:nonsense/>"
    ours, theirs = (
        got.replies
        for got in pair.ask("PROPFIND", f"<propfind {NAMESPACES}><prop>{props}</prop></propfind>", {"Depth": "0"})
    )
    mine, stock = ours["/dav/alice/work/"], theirs["/alice/work/"]
    assert (set(mine.props), mine.refused) == (set(stock.props), stock.refused)
    names = caldav("supported-calendar-component-set")
    assert {each.get("name") for each in mine.props[names]} == {each.get("name") for each in stock.props[names]}


@pytest.mark.parametrize("props", [ETAGS.replace("<resourcetype/>", ""), DATA])
def test_multiget(pair: Pair, props: str) -> None:
    hrefs = "".join(f"<href>/dav/alice/work/{name}</href>" for name in [*entries(), "missing.ics"])
    body = f"<C:calendar-multiget {NAMESPACES}><prop>{props}</prop>{hrefs}</C:calendar-multiget>"
    assert same(pair.ask("REPORT", body)) == len(entries()) + 1


@pytest.mark.parametrize(
    "inner",
    [
        "",
        comp("VEVENT"),
        comp("VTODO"),
        *(
            comp("VEVENT", f'<C:time-range start="{start}" end="{end}"/>')
            for start, end in (
                ("20260301T000000Z", "20260401T000000Z"),
                ("20260310T000000Z", "20260317T000000Z"),
                ("20260311T000000Z", "20260311T120000Z"),
                ("20270101T000000Z", "20270201T000000Z"),
                ("20200101T000000Z", "20200201T000000Z"),
            )
        ),
        comp("VTODO", '<C:time-range start="20260312T000000Z" end="20260313T000000Z"/>'),
        comp("VJOURNAL", '<C:time-range start="20260313T000000Z" end="20260314T000000Z"/>'),
        comp("VEVENT", '<C:prop-filter name="SUMMARY"><C:text-match>nr 1</C:text-match></C:prop-filter>'),
        comp("VEVENT", '<C:prop-filter name="CATEGORIES"><C:is-not-defined/></C:prop-filter>'),
        comp("VEVENT", '<C:prop-filter name="RRULE"/>'),
        comp(
            "VEVENT",
            '<C:prop-filter name="SUMMARY"><C:text-match negate-condition="yes">Nr</C:text-match></C:prop-filter>',
        ),
        comp(
            "VEVENT",
            '<C:prop-filter name="SUMMARY"><C:text-match collation="i;octet">nr</C:text-match></C:prop-filter>',
        ),
        comp(
            "VEVENT",
            f'<C:time-range {MARCH}/><C:prop-filter name="SUMMARY"><C:text-match>c</C:text-match></C:prop-filter>',
        ),
    ],
)
def test_calendar_query(pair: Pair, inner: str) -> None:
    same(pair.ask("REPORT", query(DATA, inner)))


def test_first_synchronisation(pair: Pair) -> None:
    asked = "<sync-token/><sync-level>1</sync-level><prop><getetag/></prop>"
    body = f"<sync-collection {NAMESPACES}>{asked}</sync-collection>"
    ours, stock = pair.ask("REPORT", body)
    assert same((ours, stock)) == len(entries())
    assert ours.xml.findtext(dav("sync-token"))


def test_expand_of_an_ordinary_series(pair: Pair) -> None:
    window = 'start="20260310T000000Z" end="20260401T000000Z"'
    body = query(
        f"<C:calendar-data><C:expand {window}/></C:calendar-data>", comp("VEVENT", f"<C:time-range {window}/>")
    )
    starts = [
        sorted(
            line.strip()
            for reply in got.replies.values()
            for line in reply.text(caldav("calendar-data")).splitlines()
            if line.startswith(("DTSTART", "SUMMARY"))
        )
        for got in pair.ask("REPORT", body)
    ]
    assert starts[0] == starts[1]


def test_whole_texts(pair: Pair) -> None:
    for name in [*entries(), "none.ics"]:
        ours, theirs = pair.ask("GET", path=f"/alice/work/{name}")
        assert ours.status == theirs.status
        if ours.status == 200:
            assert canonical(ours.text) == canonical(theirs.text)
            assert ours.headers["content-type"].partition(";")[0] == theirs.headers["Content-Type"].partition(";")[0]


def test_a_whole_calendar(pair: Pair) -> None:
    def uids(got: Got) -> list[str]:
        [calendar] = parse(got.text).components()
        return sorted(each.lines("UID")[0].value for each in calendar.components() if each.name != "VTIMEZONE")

    ours, theirs = pair.ask("GET")
    assert uids(ours) == uids(theirs)
    assert ours.text.count("BEGIN:VTIMEZONE") == theirs.text.count("BEGIN:VTIMEZONE") == 1


def test_when_a_calendar_is_busy(pair: Pair) -> None:
    """In the days that have no overlaps: how they are merged is another matter."""
    window = 'start="20260301T000000Z" end="20260309T000000Z"'
    body = f"<C:free-busy-query {NAMESPACES}><C:time-range {window}/></C:free-busy-query>"

    def periods(got: Got) -> set[str]:
        [calendar] = parse(got.text).components()
        lines = [line for each in calendar.components() for line in each.lines("FREEBUSY")]
        pairs = {part.replace("+00:00", "Z") for line in lines for part in line.value.split(",")}
        return {pair.partition("/")[0] for pair in pairs}

    ours, theirs = (periods(got) for got in pair.ask("REPORT", body))
    assert len(ours) == 8
    assert ours == theirs


def test_the_way_to_the_calendars(pair: Pair) -> None:
    props = f"<propfind {NAMESPACES}><prop><current-user-principal/></prop></propfind>"
    ours, theirs = pair.ask("PROPFIND", props, {"Depth": "0"}, "/")
    name = dav("current-user-principal")
    found = [next(iter(got.replies.values())).props[name].findtext(dav("href")) for got in (ours, theirs)]
    assert found == ["/dav/alice/", "/alice/"]
    home = f"<propfind {NAMESPACES}><prop><C:calendar-home-set/><principal-URL/></prop></propfind>"
    ours, theirs = pair.ask("PROPFIND", home, {"Depth": "0"}, "/alice/")
    for name in (caldav("calendar-home-set"), dav("principal-URL")):
        mine = ours.replies["/dav/alice/"].props[name].findtext(dav("href"))
        stock = theirs.replies["/alice/"].props[name].findtext(dav("href")) or ""
        assert mine == f"/dav{stock}"


def test_the_life_of_an_entry(pair: Pair) -> None:
    """Every status of a client's writes, the successes that we name otherwise aside."""
    pair.ask("MKCALENDAR", path="/alice/life/")
    entry, other = "/alice/life/a.ics", "/alice/life/b.ics"
    steps: list[tuple[int, str, str, str, dict[str, str]]] = [
        (409, "MKCALENDAR", "/alice/life/", "", {}),
        (412, "PUT", entry, event("a"), {"If-Match": '"x"'}),
        (201, "PUT", entry, event("a"), {"If-None-Match": "*"}),
        (412, "PUT", entry, event("a", "SUMMARY:x"), {"If-None-Match": "*"}),
        (412, "PUT", entry, event("a", "SUMMARY:x"), {"If-Match": '"x"'}),
        (409, "PUT", other, event("a"), {}),
        (409, "PUT", "/alice/none/a.ics", event("a"), {}),
        (412, "DELETE", entry, "", {"If-Match": '"x"'}),
        (404, "DELETE", other, "", {}),
        (404, "GET", other, "", {}),
        (404, "PROPFIND", other, "", {"Depth": "0"}),
        (201, "MOVE", entry, "", {"Destination": "http://localhost/dav/alice/life/c.ics", "Host": "localhost"}),
        (404, "GET", entry, "", {}),
        (200, "GET", "/alice/life/c.ics", "", {}),
    ]
    for status, method, path, body, headers in steps:
        assert pair.statuses(method, path, body, headers) == (status, status), (method, path, headers)
    conflict = [got.conditions for got in pair.ask("PUT", event("a"), path=other)]
    assert conflict == [{caldav("no-uid-conflict")}] * 2


def test_what_a_calendar_is_called(pair: Pair) -> None:
    pair.ask("MKCALENDAR", path="/alice/called/")
    sets = (
        "<displayname>Näme &amp; so</displayname><ICAL:calendar-color>#ff0000ff</ICAL:calendar-color>"
        "<x xmlns='urn:x'>1</x>"
    )
    body = f"<propertyupdate {NAMESPACES}><set><prop>{sets}</prop></set></propertyupdate>"
    assert pair.statuses("PROPPATCH", "/alice/called/", body) == (207, 207)
    asked = f"<propfind {NAMESPACES}><prop><displayname/><ICAL:calendar-color/><x xmlns='urn:x'/></prop></propfind>"
    same(pair.ask("PROPFIND", asked, {"Depth": "0"}, "/alice/called/"))
    body = f"<propertyupdate {NAMESPACES}><remove><prop><ICAL:calendar-color/></prop></remove></propertyupdate>"
    pair.ask("PROPPATCH", body, path="/alice/called/")
    same(pair.ask("PROPFIND", asked, {"Depth": "0"}, "/alice/called/"))


def test_what_changed_since_a_token(pair: Pair) -> None:
    pair.ask("MKCALENDAR", path="/alice/synced/")
    asked = "<sync-level>1</sync-level><prop><getetag/></prop>"
    body = f"<sync-collection {NAMESPACES}><sync-token>%s</sync-token>{asked}</sync-collection>"
    for uid in "abc":
        pair.ask("PUT", event(uid), path=f"/alice/synced/{uid}.ics")
    tokens = [got.xml.findtext(dav("sync-token")) or "" for got in pair.ask("REPORT", body % "", path="/alice/synced/")]
    pair.ask("DELETE", path="/alice/synced/a.ics")
    pair.ask("PUT", event("b", "SUMMARY:x"), path="/alice/synced/b.ics")
    pair.ask("PUT", event("d"), path="/alice/synced/d.ics")
    ours = pair.ours.report(body % tokens[0], "/dav/alice/synced/")
    theirs = pair.stock.request("REPORT", "/alice/synced/", body % tokens[1])
    assert same((ours, theirs)) == 3
    wrong = [got.conditions for got in pair.ask("REPORT", body % "urn:x", path="/alice/synced/")]
    assert wrong == [{dav("valid-sync-token")}] * 2
