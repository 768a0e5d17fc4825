"""What hostile requests are made of: good requests to be broken, the words of the protocols, and known bombs."""

from tests.gateway.dav.door import component, event
from tests.gateway.hooks.service import Phone


def _words(text: str) -> list[str]:
    return text.split()


METHODS = _words("GET HEAD PUT DELETE OPTIONS PROPFIND PROPPATCH REPORT MKCALENDAR MKCOL MOVE COPY POST ACL LOCK BREW")
FOLDERS = [
    "/dav/",
    "/dav",
    "/dav/alice/",
    "/dav/alice",
    "/dav/alice/work/",
    "/dav/alice/work",
    "/dav/alice/book/",
    "/dav/alice/.push/",
    "/dav/alice/new/",
    "/dav/alice/new-%C3%A9/",
    "/dav/bob/",
    "/dav/bob/work/",
]
OWN = ["/dav/alice/work/", "/dav/alice/book/", "/dav/alice/", "/dav/alice/work/series.ics"]
ENTRIES = [
    "/dav/alice/work/good.ics",
    "/dav/alice/work/series.ics",
    "/dav/alice/work/a.ics",
    "/dav/alice/work/b.ics",
    "/dav/alice/work/%3A%2C%20%27%2A%25%40.ics",
    "/dav/alice/book/card.vcf",
    "/dav/alice/.push/x",
    "/dav/alice/calharbor.mobileconfig",
    "/dav/bob/work/good.ics",
]
PATH_PIECES = [
    "..",
    ".",
    "%2e%2e",
    "%2F",
    "%5C",
    "%00",
    "%FF%FE",
    "%E2%80%AE",
    "%",
    "%G1",
    "//",
    ";x=1",
    "?x",
    "#",
    "~alice",
    "alice",
    "work",
    "a" * 300,
    "CON",
    "inbox",
    "outbox",
]
HEADERS: dict[str, list[str]] = {
    "Depth": ["0", "1", "infinity", "Infinity", "1,noroot", "2", "-1", ""],
    "If-Match": ["*", '"x"', 'W/"x"', "x", '"', ",,,", '"a", "b"'],
    "If-None-Match": ["*", '"x"', "", '"' * 50],
    "If": ['(["x"])', "(<urn:x>)", "</dav/alice/work/> (Not <x>)", "((", "<", '("'],
    "If-Modified-Since": ["Sat, 21 Nov 2026 10:00:00 GMT", "x", "Sat, 99 Nov 2026 10:00:00 GMT"],
    "If-Schedule-Tag-Match": ['"x"', "*"],
    "Destination": ["/dav/alice/work/c.ics", "http://h/dav/bob/work/c.ics", "//", "http://[", "/dav/alice/new/", "%%"],
    "Overwrite": ["T", "F", "x"],
    "Prefer": ["return=minimal", "return=representation", "handling=lenient;a=b", "wait=99999999999999999999", ",;="],
    "Brief": ["t", "f"],
    "Range": ["bytes=0-1", "bytes=-5", "bytes=5-1", "bytes=0-0,5-9", "bytes=99999999999999999999-", "x"],
    "Accept-Encoding": ["gzip", "gzip;q=0", "gzip;q=x", "*", "br, gzip"],
    "Accept": ["text/vcard; version=4.0", "text/vcard;version=9", "*/*;q=x", ";;;"],
    "Content-Type": [
        "application/xml",
        "text/calendar",
        "text/vcard; charset=x",
        "application/xml; charset=utf-16",
        ";",
    ],
    "Content-Encoding": ["gzip", "identity", "x"],
    "Content-Length": ["0", "-1", "99999999999999999999999", "x", "5"],
    "Expect": ["100-continue"],
    "Push-Dont-Notify": ["*", '"http://h/dav/alice/.push/x"', '"', '"\\"', ",,"],
    "Host": ["h", "h:x", "", "[::1", "h\x80"],
    "Authorization": ["", "Basic", "Basic !", "Basic OjpOg==", "Bearer x", "Digest x=y"],
    "X-Forwarded-Proto": ["https", "x"],
}

NAMESPACES = {
    "D": "DAV:",
    "C": "urn:ietf:params:xml:ns:caldav",
    "R": "urn:ietf:params:xml:ns:carddav",
    "S": "http://calendarserver.org/ns/",
    "A": "http://apple.com/ns/ical/",
    "P": "https://bitfire.at/webdav-push",
    "X": "urn:x",
}
DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
ROOTS = _words(
    "C:calendar-query C:calendar-multiget C:free-busy-query D:sync-collection R:addressbook-query R:addressbook- "
    "multiget D:principal-property-search D:expand-property D:principal-match D:acl-principal-prop-set D:principal- "
    "search-property-set D:propfind D:propertyupdate D:mkcol C:mkcalendar P:push-register S:share D:acl X:other"
)
NAMES = _words(
    "D:prop D:allprop D:propname D:include D:set D:remove D:href D:displayname D:resourcetype D:collection D:owner "
    "D:getetag D:getcontenttype D:getlastmodified D:creationdate D:sync-token D:sync-level D:limit D:nresults D:depth "
    "D:property D:property-search D:match D:current-user-principal D:acl D:resource-id D:supported-report-set "
    "D:principal-collection-set D:quota-used-bytes C:filter C:comp-filter C:prop-filter C:param-filter C:is-not- "
    "defined C:text-match C:time-range C:calendar-data C:comp C:allcomp C:allprop C:expand C:limit-recurrence-set "
    "C:limit-freebusy-set C:timezone C:timezone-id C:calendar C:calendar-home-set C:calendar-timezone C:supported- "
    "calendar-component-set C:schedule-calendar-transp C:opaque R:address-data R:filter R:prop-filter R:text-match "
    "R:limit R:nresults R:addressbook A:calendar-color A:calendar-order S:getctag S:invite P:transports P:topic "
    "P:subscription P:web-push-subscription P:push-resource P:trigger P:content-update P:property-update P:expires "
    "P:auth-secret P:subscription-public-key X:thing"
)
ATTRIBUTES = _words(
    "name start end collation negate-condition match-type test novalue content-type version type xml:lang caldav "
    "namespace"
)
VALUES = _words(
    "VCALENDAR VEVENT VTODO VJOURNAL VALARM VTIMEZONE VFREEBUSY VCARD SUMMARY DTSTART RRULE ATTENDEE UID PARTSTAT FN "
    "EMAIL 20260310T000000Z 20360310T000000Z 00010101T000000Z 99991231T235959Z 20260310 i;octet i;unicode-casemap "
    "i;ascii-casemap i;nonsense yes no anyof allof equals contains starts-with infinity 0 1 -1 99999999999999999999 "
    "text/calendar 2.0 4.0 Europe/Berlin Nowhere/Land /dav/alice/work/good.ics /dav/alice/work/series.ics "
    "/dav/bob/work/good.ics http://calharbor.invalid/ns/sync/x/y/1 #FF0000 displayname DAV:"
)

_HEAD = f'<?xml version="1.0" encoding="utf-8"?><{{0}} {DECLARATIONS}>{{1}}</{{0}}>'
_SPAN = 'start="20260310T000000Z" end="20260410T000000Z"'
_WIDE = 'start="20000101T000000Z" end="20400101T000000Z"'
_DATA = "<D:prop><D:getetag/><C:calendar-data/></D:prop>"


def _document(root: str, inner: str) -> bytes:
    return _HEAD.format(root, inner).encode()


def _filter(inner: str) -> str:
    return (
        f'<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">{inner}</C:comp-filter>'
        "</C:comp-filter></C:filter>"
    )


DOCUMENTS = [
    _document("D:propfind", "<D:prop><D:getetag/><D:displayname/><P:topic/><C:calendar-timezone/></D:prop>"),
    _document("D:propfind", "<D:allprop/><D:include><D:acl/></D:include>"),
    _document("D:propfind", "<D:propname/>"),
    _document("C:calendar-query", _DATA + _filter(f"<C:time-range {_SPAN}/>")),
    _document(
        "C:calendar-query",
        _DATA + _filter('<C:prop-filter name="SUMMARY"><C:text-match>x</C:text-match></C:prop-filter>'),
    ),
    _document(
        "C:calendar-query",
        f"<D:prop><C:calendar-data><C:expand {_WIDE}/></C:calendar-data></D:prop>"
        + _filter(f"<C:time-range {_WIDE}/>"),
    ),
    _document(
        "C:calendar-query",
        f"<D:prop><C:calendar-data><C:limit-recurrence-set {_SPAN}/><C:limit-freebusy-set {_SPAN}/></C:calendar-data>"
        "</D:prop>" + _filter(f'<C:comp-filter name="VALARM"><C:time-range {_SPAN}/></C:comp-filter>'),
    ),
    _document(
        "C:calendar-query",
        '<D:prop><C:calendar-data><C:comp name="VCALENDAR"><C:comp name="VEVENT"><C:prop name="SUMMARY"/></C:comp>'
        "</C:comp></C:calendar-data></D:prop><C:timezone-id>Europe/Berlin</C:timezone-id>" + _filter(""),
    ),
    _document("C:calendar-multiget", _DATA + "<D:href>/dav/alice/work/good.ics</D:href><D:href>/dav/x</D:href>"),
    _document("C:free-busy-query", f"<C:time-range {_WIDE}/>"),
    _document("D:sync-collection", "<D:sync-token/><D:sync-level>1</D:sync-level>" + _DATA),
    _document(
        "D:sync-collection",
        "<D:sync-token>http://calharbor.invalid/ns/sync/x/y/1</D:sync-token><D:sync-level>infinite</D:sync-level>"
        "<D:limit><D:nresults>1</D:nresults></D:limit>" + _DATA,
    ),
    _document(
        "R:addressbook-query",
        '<D:prop><R:address-data content-type="text/vcard" version="4.0"><R:prop name="FN"/></R:address-data></D:prop>'
        '<R:filter test="anyof"><R:prop-filter name="EMAIL"><R:text-match match-type="contains">x</R:text-match>'
        "</R:prop-filter></R:filter><R:limit><R:nresults>2</R:nresults></R:limit>",
    ),
    _document("R:addressbook-multiget", "<D:prop><R:address-data/></D:prop><D:href>/dav/alice/book/card.vcf</D:href>"),
    _document(
        "D:principal-property-search",
        "<D:property-search><D:prop><D:displayname/></D:prop><D:match>a</D:match></D:property-search>"
        "<D:prop><D:displayname/></D:prop>",
    ),
    _document("D:expand-property", '<D:property name="owner"><D:property name="displayname"/></D:property>'),
    _document(
        "D:propertyupdate",
        "<D:set><D:prop><D:displayname>New</D:displayname><A:calendar-color>#FF0000</A:calendar-color>"
        "<X:thing a='b'>deep<X:er/></X:thing></D:prop></D:set><D:remove><D:prop><X:thing/></D:prop></D:remove>",
    ),
    _document(
        "C:mkcalendar",
        "<D:set><D:prop><D:displayname>New</D:displayname><C:supported-calendar-component-set>"
        '<C:comp name="VEVENT"/></C:supported-calendar-component-set></D:prop></D:set>',
    ),
    _document(
        "D:mkcol", "<D:set><D:prop><D:resourcetype><D:collection/><R:addressbook/></D:resourcetype></D:prop></D:set>"
    ),
    Phone().registration(
        "https://up.example.net/x",
        trigger="<content-update><D:depth>1</D:depth></content-update>",
        expires="Fri, 01 Jan 2038 00:00:00 GMT",
        encoding="aes128gcm",
    ),
]


def _matched(document: bytes) -> tuple[str, str, bytes]:
    """A document with the method and a path that it is meant for."""
    methods = {
        b"D:propfind": ("PROPFIND", "/dav/alice/work/"),
        b"D:propertyupdate": ("PROPPATCH", "/dav/alice/work/"),
        b"C:mkcalendar": ("MKCALENDAR", "/dav/alice/new/"),
        b"D:mkcol": ("MKCOL", "/dav/alice/new/"),
        b"push-register": ("POST", "/dav/alice/work/"),
        b"R:addressbook": ("REPORT", "/dav/alice/book/"),
        b"D:principal-property-search": ("REPORT", "/dav/"),
    }
    head = document[:200]
    found = next((there for root, there in methods.items() if root in head), ("REPORT", "/dav/alice/work/"))
    return (*found, document)


MATCHED = [_matched(document) for document in DOCUMENTS]

_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))
BOMBS = [
    f"<!DOCTYPE x [{_ENTITIES}]><D:propfind xmlns:D='DAV:'>&e9;</D:propfind>".encode(),
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"/>',
    b"<a>" * 50_000,
    b"<D:propfind xmlns:D='DAV:'><D:prop>" + b"<D:x/>" * 100_000 + b"</D:prop></D:propfind>",
    b"<D:propfind xmlns:D='DAV:'><D:prop " + b" ".join(b'a%d="x"' % n for n in range(50_000)) + b"/></D:propfind>",
    b"<D:propfind " + b" ".join(b'xmlns:a%d="u:%d"' % (n, n) for n in range(20_000)) + b" xmlns:D='DAV:'/>",
    b"<D:propfind xmlns:D='DAV:'><D:prop><D:" + b"x" * 1_000_000 + b"/></D:prop></D:propfind>",
    _document("C:calendar-multiget", _DATA + "<D:href>/dav/alice/work/good.ics</D:href>" * 50_000),
    _document("C:calendar-multiget", _DATA + "".join(f"<D:href>/dav/alice/work/{n}</D:href>" for n in range(50_000))),
    _document("C:calendar-query", _DATA + _filter('<C:prop-filter name="SUMMARY"/>' * 20_000)),
    _document(
        "C:calendar-query",
        _DATA + "<C:filter>" + '<C:comp-filter name="VCALENDAR">' * 25 + "</C:comp-filter>" * 25 + "</C:filter>",
    ),
    '<?xml version="1.0" encoding="utf-16"?><propfind xmlns="DAV:"><allprop/></propfind>'.encode("utf-16"),
    b'<?xml version="1.0" encoding="utf-7"?><propfind xmlns="DAV:"/>',
    b'<?xml version="1.0" encoding="base64"?><propfind xmlns="DAV:"/>',
    b"\xef\xbb\xbf<propfind xmlns='DAV:'/>",
    b"<propfind xmlns='DAV:'><prop>\xff</prop></propfind>",
    b"<propfind xmlns='DAV:'><prop>&#0;&#xFFFE;&#x110000;</prop></propfind>",
]

SERIES = event("series", "RRULE:FREQ=DAILY;COUNT=400\nSUMMARY:Daily\nEXDATE:20260312T100000Z")
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card\r\nFN:Zoë\r\nN:Z;oë;;;\r\nEMAIL;TYPE=WORK:z@example.org\r\nEND:VCARD\r\n"
_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
    "TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
DATA = [
    text.encode()
    for text in (
        event("a"),
        SERIES,
        CARD,
        CARD.replace("3.0", "4.0"),
        event("a", "RRULE:FREQ=SECONDLY"),
        event("a", "RRULE:FREQ=SECONDLY;BYSECOND=0,59;BYMINUTE=0;BYHOUR=0;BYMONTHDAY=30;BYMONTH=2"),
        event("a", "RRULE:FREQ=YEARLY;BYYEARDAY=366;BYDAY=MO;BYMONTHDAY=13;BYSETPOS=-1;INTERVAL=97"),
        event("a", "RRULE:FREQ=MINUTELY;UNTIL=99991231T235959Z;INTERVAL=7"),
        event("a", "RDATE:" + ",".join(f"2026{m:02}{d:02}T100000Z" for m in range(1, 13) for d in range(1, 29))),
        event("a", "RRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY"),
        event("a", "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nREPEAT:999999\nDURATION:PT1S\nEND:VALARM"),
        event("a", start="DTSTART:00010101T000000Z", end="DTEND:99991231T235959Z"),
        event("a", start="DTSTART;VALUE=DATE:20260310", end="DURATION:P99999999D"),
        event("a", start="DTSTART;TZID=Own:20260310T100000", end="").replace("BEGIN:VEVENT", _ZONE + "BEGIN:VEVENT"),
        event("a", start="DTSTART;TZID=Europe/Berlin:20260329T023000", end="DTEND;TZID=Nowhere:20260329T033000"),
        event("a", "ATTENDEE;PARTSTAT=X:mailto:x@example.org\n" * 200),
        event("a", 'X-DEEP;A="b;c",d:e\\,f\\;g\\nh\nDESCRIPTION:' + "é" * 3000),
        component("VTODO", "a", "DUE:20260310T100000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,-1FR\nPERCENT-COMPLETE:200"),
        component("VTODO", "a", "SUMMARY:no dates\nCOMPLETED:20260310T100000Z\nCREATED:20260309T100000Z"),
        component("VJOURNAL", "a", "DTSTART;VALUE=DATE:20260310"),
        component("VEVENT", "twin", "DTSTART:20260310T100000Z\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260310T100000Z"),
    )
]
COMPONENTS = _words("VEVENT VTODO VJOURNAL VALARM VTIMEZONE STANDARD DAYLIGHT VFREEBUSY VCALENDAR VCARD X-OTHER")
PROPERTIES = _words(
    "DTSTART DTEND DUE DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID UID SUMMARY TRIGGER REPEAT TZID TZOFFSETTO "
    "TZOFFSETFROM ATTENDEE ORGANIZER STATUS TRANSP CLASS SEQUENCE PRIORITY GEO ATTACH CATEGORIES CREATED COMPLETED "
    "BEGIN END METHOD X-APPLE;X FN N EMAIL VERSION"
)
PARAMETERS = [
    "",
    ";VALUE=DATE",
    ";VALUE=DATE-TIME",
    ";VALUE=PERIOD",
    ";TZID=Europe/Berlin",
    ";TZID=Own",
    ";TZID=/x/y",
    ';X="a;b:c"',
    ";RANGE=THISANDFUTURE",
    ";RELATED=END",
    ";ENCODING=BASE64",
    ";=",
    ';A="',
]
PROPERTY_VALUES = [
    "20260310T100000Z",
    "20260310T100000",
    "20260310",
    "00000000T000000",
    "20260230T250000Z",
    "99991231T235959Z",
    "-P1D",
    "PT0S",
    "P99999999999D",
    "-PT99999999H",
    "FREQ=DAILY",
    "FREQ=SECONDLY;INTERVAL=0",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=-53MO",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
    "FREQ=HOURLY;COUNT=99999999999999999999",
    "FREQ=DAILY;UNTIL=20250101",
    "FREQ=DAILY;BYSETPOS=400",
    "FREQ=DAILY;COUNT=-1;COUNT=2",
    "20260310T100000Z/PT1H,20260311T100000Z/20260311T110000Z",
    "+2500",
    "-0000",
    "mailto:x@example.org",
    "VEVENT",
    "PRIVATE",
    "TRANSPARENT",
    "\\",
    "\\n\\;\\,",
    "=?utf-8?q?x?=",
]
TOKENS = [
    b"\r\n",
    b"\n ",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"&amp;",
    b"&x;",
    b"<",
    b">",
    b'"',
    b"/>",
    b"xmlns=''",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"END:VCALENDAR\r\n",
    b"RRULE:FREQ=SECONDLY\r\n",
    b"RECURRENCE-ID:20260311T100000Z\r\n",
    b"DTSTART:20260311T100000Z\r\n",
    b"UID:other\r\n",
    b"99999999999999999999",
    b"-1",
    b";;",
    b":",
    b"T",
    b"Z",
]
