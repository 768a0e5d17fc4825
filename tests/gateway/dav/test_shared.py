"""Another user's calendar in one's own home: every method at every level, and nothing that is private in any answer."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from storage.model import Level
from tests.gateway.dav.door import CALDAV, DAV, NAMESPACES, Door, Got, event

CS = "{http://calendarserver.org/ns/}"
OPEN = event("open", "SUMMARY:lunch\nLOCATION:lunchroom")
SECRET = "SUMMARY:hush\nLOCATION:hush\nDESCRIPTION:hush\nATTENDEE;CN=hush:mailto:hush@example.org\nX-HUSH:hush"
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:hush\nTRIGGER:-PT10M\nEND:VALARM"
PRIVATE = event("private", f"CLASS:PRIVATE\n{SECRET}\n{ALARM}")
CONFIDENTIAL = event("confidential", f"CLASS:CONFIDENTIAL\n{SECRET}")
SERIES = event("series", "RRULE:FREQ=DAILY;COUNT=3\nSUMMARY:lunch").replace(
    "END:VCALENDAR",
    "BEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:20260311T100000Z\r\n"
    "DTSTART:20260311T120000Z\r\nDTEND:20260311T130000Z\r\nCLASS:PRIVATE\r\nSUMMARY:hush\r\nEND:VEVENT\r\nEND:VCALENDAR",
)
ENTRIES = {"open.ics": OPEN, "private.ics": PRIVATE, "confidential.ics": CONFIDENTIAL, "series.ics": SERIES}
HIDDEN = {Level.READ: set(ENTRIES) - {"open.ics"}, Level.WRITE: set(ENTRIES) - {"open.ics"}, Level.BUSY: set(ENTRIES)}
LEVELS = [Level.READ, Level.WRITE, Level.BUSY]
ALL = f'<C:calendar-query {NAMESPACES}><prop>%s</prop><C:filter><C:comp-filter name="VCALENDAR">%s</C:comp-filter></C:filter></C:calendar-query>'  # noqa: E501


class Shared:
    """Alice's calendar as bob sees it."""

    def __init__(self, door: Door, level: Level) -> None:
        self.door = door
        for name, text in ENTRIES.items():
            door.put(name, text)
        self.share(level)

    def share(self, level: Level) -> None:
        source = self.door.store.collection_at("alice", "work")
        self.path = f"/dav/bob/{self.door.store.share(source.id, 'bob', level).slug}/"

    def ask(self, method: str, name: str = "", body: str = "", headers: dict[str, str] | None = None) -> Got:
        got = self.door.request(method, f"{self.path}{name}", body, headers, user="bob")
        assert "hush" not in got.text, "something hidden is in the answer"
        return got

    def query(self, tests: str, prop: str = "<getetag/>") -> set[str]:
        return self.ask("REPORT", body=ALL % (prop, tests)).names

    def sync(self, token: str = "") -> Got:
        body = (
            f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><prop><getetag/></prop></sync-collection>"
        )
        return self.ask("REPORT", body=body)

    def tags(self) -> dict[str, str]:
        body = f"<propfind {NAMESPACES}><prop><getetag/></prop></propfind>"
        replies = self.ask("PROPFIND", body=body, headers={"Depth": "1"}).replies
        return {href.rpartition("/")[2]: r.text(f"{DAV}getetag") for href, r in replies.items() if href != self.path}


@pytest.fixture(params=LEVELS, ids=str)
def shared(door: Door, request: pytest.FixtureRequest) -> Shared:
    return Shared(door, request.param)


@pytest.fixture
def writable(door: Door) -> Shared:
    return Shared(door, Level.WRITE)


def level_of(shared: Shared) -> Level:
    return shared.door.store.grants()[0].level


def token_of(got: Got) -> str:
    return got.xml.findtext(f"{DAV}sync-token") or ""


def test_it_is_found_in_the_home(shared: Shared) -> None:
    props = "<resourcetype/><owner/><displayname/><current-user-privilege-set/><share-access/><CS:invite/>"
    got = shared.door.request(
        "PROPFIND", "/dav/bob/", f"<propfind {NAMESPACES}><prop>{props}</prop></propfind>", {"Depth": "1"}, user="bob"
    )
    reply = got.replies[shared.path]
    level = level_of(shared)
    assert {kind.tag for kind in reply.props[f"{DAV}resourcetype"]} == {
        *(f"{DAV}collection", f"{CALDAV}calendar", f"{CS}shared")
    }
    assert reply.props[f"{DAV}owner"].findtext(f"{DAV}href") == "/dav/alice/"
    granted = {privilege[0].tag for privilege in reply.props[f"{DAV}current-user-privilege-set"]}
    assert {f"{DAV}read", f"{CALDAV}read-free-busy"} <= granted
    writing = {f"{DAV}{each}" for each in ("write", "write-content", "write-properties", "bind", "unbind")}
    assert granted & writing == (writing if level is Level.WRITE else set())
    access = "read-write" if level is Level.WRITE else "read"
    assert [each.tag for each in reply.props[f"{DAV}share-access"]] == [f"{DAV}{access}"]
    invite = reply.props[f"{CS}invite"]
    assert invite.findtext(f"{CS}organizer/{DAV}href") == "/dav/alice/"
    assert [user.findtext(f"{DAV}href") for user in invite.findall(f"{CS}user")] == ["/dav/bob/"]


def test_its_owner_sees_with_whom(shared: Shared) -> None:
    got = shared.door.propfind("/dav/alice/work/", "<resourcetype/><CS:invite/><share-access/>")
    props = got.replies["/dav/alice/work/"].props
    assert f"{CS}shared-owner" in {kind.tag for kind in props[f"{DAV}resourcetype"]}
    assert props[f"{DAV}share-access"][0].tag == f"{DAV}shared-owner"
    [user] = props[f"{CS}invite"].findall(f"{CS}user")
    access = "read-write" if level_of(shared) is Level.WRITE else "read"
    assert (user.findtext(f"{DAV}href"), user[-1][0].tag) == ("/dav/bob/", f"{CS}{access}")


def test_the_owners_paths_stay_closed(shared: Shared) -> None:
    for path in ("/dav/alice/", "/dav/alice/work/", "/dav/alice/work/open.ics"):
        assert shared.door.request("GET", path, user="bob").status == 403


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_read(shared: Shared, name: str) -> None:
    got = shared.ask("GET", name)
    assert got.status == 200
    assert got.headers["etag"] == f'"{sha256(got.body).hexdigest()[:32]}"' == shared.tags()[name]
    assert (got.text == ENTRIES[name]) is (name not in HIDDEN[level_of(shared)])
    assert shared.ask("GET", name, headers={"If-None-Match": got.headers["etag"]}).status == 304
    assert shared.ask("HEAD", name).headers["etag"] == got.headers["etag"]


def test_all_reports_and_listings_agree_on_versions_and_sizes(shared: Shared) -> None:
    tags = shared.tags()
    data = "<getetag/><getcontentlength/><C:calendar-data/>"
    hrefs = "".join(f"<href>{shared.path}{name}</href>" for name in ENTRIES)
    multiget = f"<C:calendar-multiget {NAMESPACES}><prop>{data}</prop>{hrefs}</C:calendar-multiget>"
    window = (
        '<C:comp-filter name="VEVENT"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:comp-filter>'
    )
    bodies = (multiget, ALL % (data, ""), ALL % (data, window), ALL % (data, '<C:comp-filter name="VEVENT"/>'))
    for body in bodies:
        replies = shared.ask("REPORT", body=body).replies
        assert {href.rpartition("/")[2]: r.text(f"{DAV}getetag") for href, r in replies.items()} == tags
        for reply in replies.values():
            text = reply.text(f"{CALDAV}calendar-data").encode()
            assert reply.text(f"{DAV}getetag") == f'"{sha256(text).hexdigest()[:32]}"'
            assert reply.text(f"{DAV}getcontentlength") == str(len(text))
    assert {href.rpartition("/")[2] for href in shared.sync().replies} == set(ENTRIES)


PROBES = {
    "a word of the summary": '<C:prop-filter name="SUMMARY"><C:text-match>hush</C:text-match></C:prop-filter>',
    "a property": '<C:prop-filter name="X-HUSH"/>',
    "a parameter": '<C:prop-filter name="ATTENDEE"><C:param-filter name="CN"/></C:prop-filter>',
    "an alarm": '<C:comp-filter name="VALARM"/>',
    "the time of an alarm": '<C:comp-filter name="VALARM">'
    '<C:time-range start="20260310T094000Z" end="20260310T095500Z"/></C:comp-filter>',
    "the time of the stamp": '<C:prop-filter name="CLASS"/><C:prop-filter name="DTSTAMP">'
    '<C:time-range start="20250101T000000Z" end="20270101T000000Z"/></C:prop-filter>',
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
@pytest.mark.parametrize("span", ["", '<C:time-range start="20260301T000000Z" end="20260401T000000Z"/>'])
def test_no_filter_finds_what_is_hidden(shared: Shared, probe: str, span: str) -> None:
    hit = shared.query(f'<C:comp-filter name="VEVENT">{span}{probe}</C:comp-filter>')
    assert hit & {"private.ics", "confidential.ics"} == set()


@pytest.mark.parametrize("word", ["lunch", "hush"])
def test_a_negated_filter_says_nothing_either(shared: Shared, word: str) -> None:
    negated = (
        f'<C:prop-filter name="SUMMARY"><C:text-match negate-condition="yes">{word}</C:text-match></C:prop-filter>'
    )
    hit = shared.query(f'<C:comp-filter name="VEVENT">{negated}</C:comp-filter>')
    assert {"private.ics", "confidential.ics"} <= hit


def test_expanding_shows_the_times_alone(shared: Shared) -> None:
    span = 'start="20260301T000000Z" end="20260401T000000Z"'
    data = f"<C:calendar-data><C:expand {span}/></C:calendar-data>"
    window = f'<C:comp-filter name="VEVENT"><C:time-range {span}/></C:comp-filter>'
    replies = shared.ask("REPORT", body=ALL % (data, window)).replies
    text = replies[f"{shared.path}series.ics"].text(f"{CALDAV}calendar-data")
    starts = [line for line in text.split() if line.startswith("DTSTART")]
    assert sorted(starts) == ["DTSTART:20260310T100000Z", "DTSTART:20260311T120000Z", "DTSTART:20260312T100000Z"]


def test_free_busy_counts_everything(shared: Shared) -> None:
    body = f'<C:free-busy-query {NAMESPACES}><C:time-range start="20260310T000000Z" end="20260312T000000Z"/></C:free-busy-query>'  # noqa: E501
    theirs = shared.ask("REPORT", body=body)
    own = shared.door.report(body)
    stamped = [line for line in theirs.text.splitlines() if not line.startswith("DTSTAMP")]
    assert stamped == [line for line in own.text.splitlines() if not line.startswith("DTSTAMP")]
    assert (
        "FREEBUSY;FBTYPE=BUSY:20260310T100000Z/20260310T110000Z,20260311T120000Z/20260311T130000Z"
        in theirs.text.replace("\r\n ", "")
    )


def test_the_whole_calendar_is_one_file(shared: Shared) -> None:
    got = shared.ask("GET")
    assert got.status == 200
    assert got.text.count("BEGIN:VEVENT") == 5


WRITES: dict[str, Callable[[Shared, str], Got]] = {
    "PUT": lambda shared, name: shared.ask("PUT", name, ENTRIES[name].replace("hush", "mine")),
    "DELETE": lambda shared, name: shared.ask("DELETE", name),
    "MOVE within": lambda shared, name: shared.ask("MOVE", name, headers={"Destination": f"{shared.path}x.ics"}),
    "MOVE away": lambda shared, name: shared.ask("MOVE", name, headers={"Destination": "/dav/bob/work/x.ics"}),
    "MOVE onto": lambda shared, name: move_onto(shared, "MOVE", name),
    "COPY onto": lambda shared, name: move_onto(shared, "COPY", name),
}


def move_onto(shared: Shared, method: str, name: str) -> Got:
    shared.door.request("PUT", "/dav/bob/work/own.ics", event("own"), user="bob")
    headers = {"Destination": f"{shared.path}{name}"}
    return shared.door.request(method, "/dav/bob/work/own.ics", "", headers, user="bob")


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("name", ENTRIES)
def test_a_write_is_refused_unless_granted_and_nothing_hidden(shared: Shared, write: str, name: str) -> None:
    collection = shared.door.store.collection_at("alice", "work")
    before = collection.seq
    got = WRITES[write](shared, name)
    allowed = level_of(shared) is Level.WRITE and name not in HIDDEN[Level.WRITE]
    assert got.status in (201, 204) if allowed else got.status == 403, got.text
    if not allowed:
        assert f"{DAV}need-privileges" in got.conditions
        assert shared.door.store.collection(collection.id).seq == before


def test_an_override_alone_that_is_private_keeps_the_series_closed(writable: Shared) -> None:
    assert "SUMMARY:lunch" in writable.ask("GET", "series.ics").text
    assert writable.ask("PUT", "series.ics", OPEN.replace("open", "series")).status == 403


def test_what_is_written_is_journaled_under_the_writers_name(writable: Shared) -> None:
    got = writable.ask("PUT", "new.ics", event("new"))
    assert (got.status, got.headers["etag"]) == (201, writable.tags()["new.ics"])
    change = writable.door.store.changes()[-1]
    assert (change.origin, change.actor, change.uid) == ("dav", "bob/laptop", "new")
    assert writable.door.request("GET", "/dav/alice/work/new.ics").text == event("new")


def test_no_version_is_told_of_what_is_not_kept_as_sent(writable: Shared) -> None:
    got = writable.ask("PUT", "new.ics", event("new", "CLASS:PRIVATE\nSUMMARY:mine"))
    assert (got.status, got.headers.get("etag")) == (201, None)
    assert "mine" not in writable.ask("GET", "new.ics").text
    assert writable.ask("DELETE", "new.ics").status == 403


def test_a_taken_uid_tells_where_it_is_and_nothing_of_it(writable: Shared) -> None:
    got = writable.ask("PUT", "new.ics", event("private"))
    assert (got.status, got.conditions) == (409, {f"{CALDAV}no-uid-conflict"})
    assert f"{writable.path}private.ics" in got.text


def test_privileges_are_told_of_each_entry(writable: Shared) -> None:
    body = f"<propfind {NAMESPACES}><prop><current-user-privilege-set/><owner/></prop></propfind>"
    replies = writable.ask("PROPFIND", body=body, headers={"Depth": "1"}).replies
    may_write = {
        href.rpartition("/")[2]
        for href, reply in replies.items()
        if any(each[0].tag == f"{DAV}write-content" for each in reply.props[f"{DAV}current-user-privilege-set"])
    }
    assert may_write == {"open.ics", ""}
    assert {reply.props[f"{DAV}owner"].findtext(f"{DAV}href") for reply in replies.values()} == {"/dav/alice/"}
    single = writable.ask("PROPFIND", "private.ics", body).replies[f"{writable.path}private.ics"]
    assert "write-content" not in {each[0].tag for each in single.props[f"{DAV}current-user-privilege-set"]}


def test_name_and_colour_are_ones_own(shared: Shared) -> None:
    props = "<displayname>Hers</displayname><ICAL:calendar-color>#112233</ICAL:calendar-color><x xmlns='urn:x'>y</x>"
    body = f"<propertyupdate {NAMESPACES}><set><prop>{props}</prop></set></propertyupdate>"
    asked = "<displayname/><ICAL:calendar-color/><x xmlns='urn:x'/><CS:getctag/>"
    find = f"<propfind {NAMESPACES}><prop>{asked}</prop></propfind>"
    before = shared.door.propfind("/dav/alice/work/", asked).replies["/dav/alice/work/"]
    assert shared.ask("PROPPATCH", body=body).replies[shared.path].refused == {}
    theirs = shared.ask("PROPFIND", body=find).replies[shared.path]
    assert (theirs.text(f"{DAV}displayname"), theirs.text("{urn:x}x")) == ("Hers", "y")
    after = shared.door.propfind("/dav/alice/work/", asked).replies["/dav/alice/work/"]
    assert {name: element.text for name, element in before.props.items()} == {
        name: element.text for name, element in after.props.items()
    }
    assert set(after.refused) == {"{http://apple.com/ns/ical/}calendar-color", "{urn:x}x"}
    removal = f"<propertyupdate {NAMESPACES}><remove><prop><displayname/></prop></remove></propertyupdate>"
    assert shared.ask("PROPPATCH", body=removal).status == 207
    assert shared.ask("PROPFIND", body=find).replies[shared.path].text(f"{DAV}displayname") == "Work"


def test_changes_come_with_the_token(shared: Shared) -> None:
    token = token_of(shared.sync())
    shared.door.put("open.ics", OPEN.replace("lunch", "dinner"))
    shared.door.put("private.ics", PRIVATE.replace("hush", "HUSH"))
    shared.door.request("DELETE", "/dav/alice/work/confidential.ics")
    replies = shared.sync(token).replies
    told = {href.rpartition("/")[2]: reply.status for href, reply in replies.items()}
    assert told == {"open.ics": 207, "private.ics": 207, "confidential.ics": 404}
    tags = shared.tags()
    assert replies[f"{shared.path}private.ics"].text(f"{DAV}getetag") == tags["private.ics"]


def test_another_level_voids_what_was_synchronised(door: Door) -> None:
    shared = Shared(door, Level.READ)
    token, path, tags = token_of(shared.sync()), shared.path, shared.tags()
    shared.share(Level.BUSY)
    assert shared.path == path
    assert f"{DAV}valid-sync-token" in shared.sync(token).conditions
    assert {name for name in tags if shared.tags()[name] != tags[name]} == {"open.ics", "series.ics"}


def test_an_ended_share_is_gone_at_once(shared: Shared) -> None:
    source = shared.door.store.collection_at("alice", "work")
    shared.door.store.unshare(source.id, "bob")
    for method in ("GET", "PROPFIND", "PUT", "DELETE", "REPORT", "PROPPATCH"):
        body = event("x") if method == "PUT" else ""
        assert shared.ask(method, "open.ics", body).status == (409 if method == "PUT" else 404)


def test_who_deletes_it_leaves_it(shared: Shared) -> None:
    assert shared.ask("DELETE").status == 204
    assert shared.ask("GET").status == 404
    assert shared.door.request("GET", "/dav/alice/work/private.ics").text == PRIVATE


MEETING = "ORGANIZER:mailto:alice@example.org\nATTENDEE:mailto:hush@example.org"


def test_a_hidden_meeting_has_no_tag_that_tells(writable: Shared) -> None:
    writable.door.put("meeting.ics", event("meeting", f"CLASS:PRIVATE\n{MEETING}"))
    own = writable.door.request("GET", "/dav/alice/work/meeting.ics")
    tag = own.headers["schedule-tag"]
    assert "schedule-tag" not in writable.ask("GET", "meeting.ics").headers
    body = f"<propfind {NAMESPACES}><prop><C:schedule-tag/></prop></propfind>"
    reply = writable.ask("PROPFIND", "meeting.ics", body).replies[f"{writable.path}meeting.ics"]
    assert reply.refused == {f"{CALDAV}schedule-tag": 404}
    for guess in (tag, '"wrong"'):
        assert writable.ask("DELETE", "meeting.ics", headers={"If-Schedule-Tag-Match": guess}).status == 412


def test_a_guest_does_not_learn_where_else_its_owner_has_a_meeting(writable: Shared) -> None:
    writable.door.add_calendar("hushed")
    meeting = event("meeting", MEETING.replace("hush", "x"))
    assert writable.door.request("PUT", "/dav/alice/hushed/hush.ics", meeting).status == 201
    got = writable.ask("PUT", "other.ics", meeting)
    assert got.status == 403, got.text


def test_its_place_is_taken(shared: Shared) -> None:
    assert shared.ask("MKCALENDAR").status == 409


CARDS = {
    "open.vcf": "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:open\r\nFN:Ada\r\nN:Ada;;;;\r\nEND:VCARD\r\n",
    "private.vcf": "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:private\r\nFN:hush\r\nN:hush;;;;\r\nTEL:hush\r\n"
    "CLASS:PRIVATE\r\nEND:VCARD\r\n",
}


@pytest.mark.parametrize("level", [Level.READ, Level.WRITE])
def test_an_address_book_is_shared_alike(door: Door, level: Level) -> None:
    book = door.add_book()
    for name, text in CARDS.items():
        assert door.request("PUT", f"/dav/alice/people/{name}", text, {"Content-Type": "text/vcard"}).status == 201
    path = f"/dav/bob/{door.store.share(book, 'bob', level).slug}/"

    def ask(method: str, name: str = "", body: str = "") -> Got:
        got = door.request(method, path + name, body, {"Content-Type": "text/vcard", "Depth": "1"}, user="bob")
        assert "hush" not in got.text
        return got

    assert ask("GET", "open.vcf").text == CARDS["open.vcf"]
    assert "FN:Private\r\n" in ask("GET", "private.vcf").text
    query = (
        f"<CR:addressbook-query {NAMESPACES}><prop><getetag/><CR:address-data/></prop><CR:filter>"
        '<CR:prop-filter name="{}"><CR:text-match>{}</CR:text-match></CR:prop-filter></CR:filter>'
        "</CR:addressbook-query>"
    )
    assert ask("REPORT", body=query.format("TEL", "hush")).replies == {}
    assert ask("REPORT", body=query.format("FN", "a")).names == set(CARDS)
    listed = ask("PROPFIND", body=f"<propfind {NAMESPACES}><prop><getetag/></prop></propfind>").replies
    for name in CARDS:
        assert listed[path + name].text(f"{DAV}getetag") == ask("GET", name).headers["etag"]
    writes = {name: ask("PUT", name, text.replace("hush", "mine")).status for name, text in CARDS.items()}
    assert writes == {"open.vcf": 204 if level is Level.WRITE else 403, "private.vcf": 403}
