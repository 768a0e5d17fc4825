"""addressbook-query: every filter of RFC 6352 §10.5, against expectations and against a naive reading with vobject."""

from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape as xml_escape

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from gateway.dav import sieve
from gateway.dav.addressbook_query import matches, read_filter
from storage.ical.lines import escape
from tests.gateway.dav.door import CARDDAV, DAV, NAMESPACES, Door, Got
from tests.storage.vcard.cards import card

BOOK = "/dav/alice/people/"
CARDS = {
    "ada": card("EMAIL;TYPE=home:ada@example.org", "TEL;TYPE=CELL:1", "NOTE:Analytical\\, Engine", uid="ada"),
    "bob": card("EMAIL;TYPE=work:bob@example.com", "item1.TEL:2", "NICKNAME:Bobby", uid="bob", fn="Bob Straße"),
    "group": card("KIND:group", "MEMBER:urn:uuid:ada", uid="group", version="4.0", fn="ÅNGSTRÖM"),
    "old": card("N:Doe;John", "TEL;TYPE=work,pref;X-Q=a:3", uid="old", fn="John Doe"),
}


@pytest.fixture
def book(door: Door) -> Door:
    door.add_book()
    for name, text in CARDS.items():
        assert door.request("PUT", BOOK + name, text, {"Content-Type": "text/vcard"}).status == 201
    return door


def prop(name: str, inner: str = "", test: str = "") -> str:
    return f'<CR:prop-filter name="{name}"{f" test={chr(34)}{test}{chr(34)}" if test else ""}>{inner}</CR:prop-filter>'


def match(text: str, **attributes: str) -> str:
    more = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<CR:text-match{more}>{xml_escape(text)}</CR:text-match>"


def param(name: str, inner: str = "") -> str:
    return f'<CR:param-filter name="{name}">{inner}</CR:param-filter>'


def query(door: Door, filters: str, test: str = "", more: str = "", props: str = "<getetag/>") -> Got:
    attribute = f' test="{test}"' if test else ""
    return door.report(
        f"<CR:addressbook-query {NAMESPACES}><prop>{props}</prop><CR:filter{attribute}>{filters}</CR:filter>{more}"
        "</CR:addressbook-query>",
        BOOK,
        {"Depth": "1"},
    )


NOT = "<CR:is-not-defined/>"


@pytest.mark.parametrize(
    ("filters", "test", "expected"),
    [
        ("", "", {"ada", "bob", "group", "old"}),
        (prop("FN"), "", {"ada", "bob", "group", "old"}),
        (prop("email"), "", {"ada", "bob"}),
        (prop("EMAIL", NOT), "", {"group", "old"}),
        (prop("FN", match("ada")), "", {"ada"}),
        (prop("FN", match("STRASSE")), "", {"bob"}),
        (prop("FN", match("ångström")), "", {"group"}),
        (prop("FN", match("ångström", collation="i;ascii-casemap")), "", set()),
        (prop("FN", match("ada", collation="i;octet")), "", set()),
        (prop("FN", match("Ada Lovelace", match_type="equals")), "", {"ada"}),
        (prop("FN", match("ada", match_type="starts-with")), "", {"ada"}),
        (prop("FN", match("doe", match_type="ends-with")), "", {"old"}),
        (prop("FN", match("o", negate_condition="yes")), "", {"group"}),
        (prop("NOTE", match("Analytical, Engine")), "", {"ada"}),
        (prop("FN", match("ada") + match("bob")), "", {"ada", "bob"}),
        (prop("FN", match("ada") + match("bob"), "allof"), "", set()),
        (prop("FN", match("john") + match("doe"), "allof"), "", {"old"}),
        (prop("FN", match("ada")) + prop("EMAIL", match("bob")), "", {"ada", "bob"}),
        (prop("FN", match("ada")) + prop("EMAIL", match("bob")), "anyof", {"ada", "bob"}),
        (prop("FN", match("ada")) + prop("EMAIL", match("ada@")), "allof", {"ada"}),
        (prop("FN", match("ada")) + prop("EMAIL", NOT), "allof", set()),
        (prop("EMAIL", param("TYPE", match("home"))), "", {"ada"}),
        (prop("EMAIL", param("TYPE", match("home")) + match("example.com")), "", {"ada", "bob"}),
        (prop("EMAIL", param("TYPE", match("home")) + match("example.com"), "allof"), "", set()),
        (prop("TEL", param("TYPE")), "", {"ada", "old"}),
        (prop("TEL", param("TYPE", NOT)), "", {"bob"}),
        (prop("TEL", param("x-q", match("A"))), "", {"old"}),
        (prop("TEL", param("TYPE", match("pref", match_type="equals"))), "", {"old"}),
        (prop("ITEM1.TEL"), "", {"bob"}),
        (prop("ITEM2.TEL"), "", set()),
        (prop("KIND", match("GROUP")), "", {"group"}),
        (prop("N", match("doe;john")), "", {"old"}),
        (prop("X-NOTHING"), "", set()),
        (prop("X-NOTHING", NOT), "", {"ada", "bob", "group", "old"}),
    ],
)
def test_filters(book: Door, filters: str, test: str, expected: set[str]) -> None:
    assert query(book, filters, test).names == expected


@pytest.mark.parametrize(
    ("filters", "test", "precondition"),
    [
        (prop("FN", match("a", collation="i;klingon")), "", "supported-collation"),
        (prop("FN", match("a", match_type="like")), "", "supported-filter"),
        (prop("FN", f"{NOT}{match('a')}"), "", "supported-filter"),
        (prop("FN", '<C:time-range start="20260101T000000Z"/>'), "", "supported-filter"),
        (prop(""), "", "supported-filter"),
        (prop("FN"), "someof", "supported-filter"),
        ('<C:prop-filter name="FN"/>', "", "supported-filter"),
    ],
)
def test_a_filter_that_is_not_understood(book: Door, filters: str, test: str, precondition: str) -> None:
    refused = query(book, filters, test)
    assert (refused.status, refused.conditions) == (403, {CARDDAV + precondition})


def test_one_card_can_be_asked(book: Door) -> None:
    def asked(filters: str) -> set[str]:
        inner = f"<prop><getetag/></prop><CR:filter>{filters}</CR:filter>"
        query = f"<CR:addressbook-query {NAMESPACES}>{inner}</CR:addressbook-query>"
        return book.report(query, f"{BOOK}ada").names

    assert asked(prop("FN", match("ada"))) == {"ada"}
    assert asked(prop("FN", match("bob"))) == set()
    (reply,) = book.propfind(f"{BOOK}ada", "<supported-report-set/>").replies.values()
    assert reply.props[f"{DAV}supported-report-set"].find(f".//{CARDDAV}addressbook-query") is not None


def test_a_limit_is_kept_and_said(book: Door) -> None:
    limit = "<CR:limit><CR:nresults>{}</CR:nresults></CR:limit>"
    cut = query(book, "", more=limit.format(2)).replies
    assert [reply.status for reply in cut.values()] == [207, 207, 507]
    assert list(cut)[-1] == BOOK
    assert len(query(book, "", more=limit.format(4)).replies) == 4
    refused = query(book, "", more=limit.format(0))
    assert (refused.status, refused.conditions) == (507, {f"{DAV}number-of-matches-within-limits"})


def test_a_query_gives_the_data(book: Door) -> None:
    props = '<CR:address-data version="4.0"><CR:prop name="UID"/></CR:address-data>'
    (reply,) = query(book, prop("UID", match("old")), props=props).replies.values()
    assert reply.text(f"{CARDDAV}address-data") == "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:old\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("line", "wanted", "expected"),
    [
        ("NOTE:" + "x" * 65 + "\r\n  needle", "x needle", True),
        ("NOTE;ENCODING=QUOTED-PRINTABLE:nee=64le", "needle", True),
        ("NOTE:nee\\,dle", "nee,dle", True),
        ("NOTE:Cafe\u0301", "CAFÉ", True),
        ("X-OTHER:needle", "needle", False),
    ],
)
def test_a_text_is_found_however_it_is_written(line: str, wanted: str, expected: bool) -> None:
    filters = f"<x {NAMESPACES}><CR:filter>{prop('NOTE', match(wanted))}</CR:filter></x>"
    asked = read_filter(fromstring(filters))
    assert matches(card(line), asked) is expected
    if expected:
        assert sieve.may_hold(card(line), sieve.of_cards(asked.props, anyof=asked.anyof))


def test_a_card_that_cannot_be_read_stops_nobody() -> None:
    wanted = read_filter(fromstring(f"<x {NAMESPACES}><CR:filter>{prop('FN')}</CR:filter></x>"))
    assert not matches("BEGIN:VCARD\r\n", wanted)


WORDS = st.text("aAbBß ,", min_size=1, max_size=4)


@given(
    values=st.lists(st.tuples(WORDS, st.sampled_from(["home", "work", ""])), max_size=4),
    tests=st.lists(
        st.tuples(
            WORDS, st.sampled_from(["equals", "contains", "starts-with", "ends-with"]), st.booleans(), st.booleans()
        ),
        min_size=1,
        max_size=3,
    ),
    anyof=st.booleans(),
)
def test_the_naive_reading_agrees(
    values: list[tuple[str, str]], tests: list[tuple[str, str, bool, bool]], anyof: bool
) -> None:
    lines = [f"X-WORD{f';TYPE={kind}' if kind else ''}:{escape(value)}" for value, kind in values]
    text = card("N:x;;;;", *lines)
    filters = ""
    for wanted, how, negate, about_type in tests:
        leaf = match(wanted.strip() or "x", match_type=how, negate_condition="yes" if negate else "no")
        filters += param("TYPE", leaf) if about_type else leaf
    parsed = read_filter(
        fromstring(
            f"<x {NAMESPACES}><CR:filter>{prop('X-WORD', filters, 'anyof' if anyof else 'allof')}</CR:filter></x>"
        )
    )
    found = _naive(text, tests, anyof=anyof)
    assert matches(text, parsed) == found
    assert not found or sieve.may_hold(text, sieve.of_cards(parsed.props, anyof=parsed.anyof))


def _naive(text: str, tests: list[tuple[str, str, bool, bool]], *, anyof: bool) -> bool:
    """Read with vobject, compared with the plainest code there is."""
    found = vobject.readOne(text, allowQP=False).contents.get("x-word", [])
    for line in found:
        results = []
        for wanted, how, negate, about_type in tests:
            given_values = line.params.get("TYPE", []) if about_type else [",".join(_values(line))]
            ok = any(_compare(value, wanted.strip() or "x", how) is not negate for value in given_values)
            results.append(ok)
        if any(results) if anyof else all(results):
            return True
    return False


def _values(line: vobject.base.ContentLine) -> list[str]:
    return line.value if isinstance(line.value, list) else [str(line.value).replace("\\,", ",")]


def _compare(value: str, wanted: str, how: str) -> bool:
    value, wanted = value.casefold(), wanted.casefold()
    if how == "equals":
        return value == wanted
    if how == "contains":
        return wanted in value
    return value.startswith(wanted) if how == "starts-with" else value.endswith(wanted)
