"""What an entry has to hold to pass a filter: known where it can be, and never more than what really passes it."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC
from itertools import product
from sqlite3 import connect
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dav import addressbook_query, sieve
from gateway.dav.filters import read_filter
from gateway.dav.matching import matches
from storage import reading
from storage.ical.lines import escape
from storage.ical.read import read
from storage.ical.words import others
from storage.model import Level
from storage.tables import sought
from storage.tables.needles import Needle, condition
from tests.gateway.dav.door import NAMESPACES, Door, component, event

COLLATIONS = ("i;ascii-casemap", "i;octet", "i;unicode-casemap")


def match(text: str, collation: str = "i;ascii-casemap", *, negate: bool = False) -> str:
    no = ' negate-condition="yes"' if negate else ""
    return f'<C:text-match collation="{collation}"{no}>{text}</C:text-match>'


def prop(name: str, *tests: str, test: str = "allof") -> str:
    return f'<C:prop-filter name="{name}" test="{test}">{"".join(tests)}</C:prop-filter>'


def param(name: str, test: str) -> str:
    return f'<C:param-filter name="{name}">{test}</C:param-filter>'


def query(*tests: str, test: str = "allof", name: str = "VEVENT") -> str:
    inner = f'<C:comp-filter name="{name}" test="{test}">{"".join(tests)}</C:comp-filter>'
    outer = f'<C:filter><C:comp-filter name="VCALENDAR">{inner}</C:comp-filter></C:filter>'
    return f"<C:calendar-query {NAMESPACES}><prop><getetag/></prop>{outer}</C:calendar-query>"


def needles(*tests: str, test: str = "allof", name: str = "VEVENT") -> list[str]:
    return [each.text for each in sieve.of_calendar(read_filter(fromstring(query(*tests, test=test, name=name))))]


NOT, SPAN = "<C:is-not-defined/>", '<C:time-range start="20260101T000000Z"/>'


def test_what_an_event_has_to_hold_is_known_where_it_can_be() -> None:
    a, b = prop("SUMMARY", match("Aä")), prop("LOCATION", match("b"))
    assert needles(a, b) == ["aä"]
    assert needles(a, b, test="anyof") == ["aä", "b"]
    assert needles(a, prop("LOCATION", NOT), test="anyof") == []
    assert needles(a, SPAN) == ["aä"]
    assert needles(a, SPAN, test="anyof") == []
    assert needles(prop("SUMMARY", match("a", negate=True))) == []
    assert needles(prop("SUMMARY", match("a,b"))) == []
    assert needles(prop("SUMMARY", match("a，b", "i;unicode-casemap"))) == []
    assert needles(prop("SUMMARY", match("\u0338a", "i;unicode-casemap"))) == []
    assert needles(prop("ATTENDEE", param("PARTSTAT", match("x")))) == ["x"]
    assert needles(prop("ATTENDEE", param("CN", NOT))) == []
    assert needles(*(prop("SUMMARY", match(f"w{n}")) for n in range(sieve.MOST + 1)), test="anyof") == []


def test_a_uid_is_looked_for_where_it_stands_by_itself() -> None:
    asked = query(prop("SUMMARY", match("a")), prop("UID", match("b", "i;octet")))
    assert sieve.of_calendar(read_filter(fromstring(asked))) == (Needle("b", in_uid=True),)
    alarm = f'<C:comp-filter name="VALARM">{prop("UID", match("b"))}</C:comp-filter>'
    assert sieve.of_calendar(read_filter(fromstring(query(alarm)))) == (Needle("b"),)


def _folded(line: str, at: Sequence[int], how: str) -> str:
    for each in sorted({place for place in at if 0 < place < len(line)}, reverse=True):
        line = f"{line[:each]}{how}{line[each:]}"
    return line


@given(
    value=st.text("aAbBßéE\u0301\u0338ﬁ ,;\\:n=", min_size=1, max_size=12),
    at=st.lists(st.integers(1, 20), max_size=4),
    how=st.sampled_from(["\r\n ", "\n ", "\r\n\t", "\n\t", "\r\r\n "]),
    begin=st.integers(0, 11),
    length=st.integers(1, 6),
    in_param=st.booleans(),
)
def test_whatever_passes_is_found(value: str, at: list[int], how: str, begin: int, length: int, in_param: bool) -> None:
    """By one look at the text, and by SQL."""
    wanted = value[begin : begin + length].swapcase() or "a"
    safe = value.translate(str.maketrans("", "", ",;:\\"))
    line = f"X-T;X-P=={safe}:x" if in_param else f"X-T:{escape(value)}"
    text = event("u", _folded(line, [each + len("X-T:") for each in at], how))
    for collation, name in product(COLLATIONS, ("X-T", "UID")):
        leaf = f'<C:text-match collation="{collation}"></C:text-match>'
        root = fromstring(query(prop(name, param("X-P", leaf) if in_param else leaf)))
        for element in root.iter("{urn:ietf:params:xml:ns:caldav}text-match"):
            element.text = wanted
        asked = read_filter(root)
        if matches(text, asked, UTC):
            assert sieve.may_hold(text, sieve.of_calendar(asked))
            assert _sql_finds(text, "u", sieve.of_calendar(asked))


def _sql_finds(text: str, uid: str, needles: Sequence[Needle]) -> bool:
    with closing(connect(":memory:")) as conn:
        row = conn.execute(
            f"SELECT ({condition(needles)}) FROM (SELECT ? AS text, ? AS uid, ? AS size)",
            (*(each.text for each in needles), text, uid, len(text.encode())),
        ).fetchone()
    return bool(row[0])


TEXTS = {
    "folded": event("folded", "SUMMARY:Long\r\n er word"),
    "torn": event("torn", "SUMMARY:Lo\n\tn\r\n ger word"),
    "loud": event("loud", "SUMMARY:LONGER WORD"),
    "wide": event("wide", "SUMMARY:ＬＯＮＧＥＲ word"),
    "accent": event("accent", "LOCATION:CAFE\u0301"),
    "kelvin": event("Kelvin-\u212a", "SUMMARY:x"),
    "other": event("other", "DESCRIPTION:nothing"),
    "twice": event("twice", "SUMMARY:first\nSUMMARY:and second\nLOCATION:x\nLOCATION:STRASSE"),
    "alarm": event("alarm", "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:rings\nTRIGGER:-PT1H\nEND:VALARM"),
    "task": component("VTODO", "task", "SUMMARY:second longer"),
}


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        (prop("SUMMARY", match("longer")), {"folded", "torn", "loud"}),
        (prop("SUMMARY", match("Longer", "i;octet")), {"folded", "torn"}),
        (prop("SUMMARY", match("longer", "i;unicode-casemap")), {"folded", "torn", "loud", "wide"}),
        (prop("LOCATION", match("café", "i;unicode-casemap")), {"accent"}),
        (prop("UID", match("OTHE")), {"other"}),
        (prop("UID", match("-k", "i;unicode-casemap")), {"kelvin"}),
        (prop("UID", match("-k")), set()),
        (prop("UID", match("o", "i;octet")) + SPAN, {"folded", "torn", "loud", "other"}),
        (prop("SUMMARY", match("nowhere")), set()),
        (prop("SUMMARY", match("D SECOND")), {"twice"}),
        (prop("LOCATION", match("straße", "i;unicode-casemap")), {"twice"}),
        (prop("LOCATION", match("straße")), set()),
        (prop("DESCRIPTION", match("rings")), set()),
        (f'<C:comp-filter name="VALARM">{prop("DESCRIPTION", match("rings"))}</C:comp-filter>', {"alarm"}),
    ],
)
def test_the_store_finds_as_much(door: Door, tests: str, expected: set[str]) -> None:
    """Whether the index of words knows of it already, of some, or of nothing yet."""
    for name, text in TEXTS.items():
        assert door.put(name, text).status == 201
    for _ in range(3):
        assert door.report(query(tests)).names == expected
        door.store.index_words(5)
    assert door.store.index_words(1) == 0


WORDS_INDEX = next(line for line in sought.INDEX.split(";") if "VIRTUAL" in line)


@given(value=st.text("aAbBßéEﬁİ\u0301\u0338½ ", min_size=3, max_size=12), begin=st.integers(0, 9), second=st.booleans())
def test_whatever_passes_is_in_the_index_of_words(value: str, begin: int, second: bool) -> None:
    wanted = value[begin : begin + 6].swapcase() or "a"
    text = event("u", f"{'SUMMARY:x' if second else ''}\nSUMMARY:{value}".strip("\n"))
    with closing(connect(":memory:")) as conn:
        conn.execute("CREATE TABLE sought_texts (seq INTEGER PRIMARY KEY, text TEXT)")
        conn.execute(WORDS_INDEX)
        words = [read(text).components[0].summary, *(value for _, value in others(text))]
        conn.execute("INSERT INTO sought (rowid, text) VALUES (1, ?)", (sought.forms("\n".join(words)),))
        for collation in COLLATIONS:
            root = fromstring(query(prop("SUMMARY", match("", collation))))
            for element in root.iter("{urn:ietf:params:xml:ns:caldav}text-match"):
                element.text = wanted
            asked = read_filter(root)
            for needle in sieve.of_calendar(asked):
                triples = sought.triples(needle.text.casefold())
                found = not triples or conn.execute("SELECT 1 FROM sought WHERE sought MATCH ?", (triples,)).fetchone()
                assert found or not matches(text, asked, UTC)


def test_only_that_is_looked_at_which_holds_it_where_it_is_asked_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many events hold it elsewhere, and in the order of names."""
    lines = {
        "f": "SUMMARY:old harbour",
        "e": "DESCRIPTION:harbour",
        "d": "LOCATION:harbour",
        "c": "SUMMARY:HARBOUR",
        "b": "SUMMARY:x\nSUMMARY:harbour",
        "a": "ATTENDEE;CN=harbour:mailto:harbour@example.org",
    }
    for name, line in lines.items():
        door.put(name, event(name, line))
    while door.store.index_words(2):
        pass
    monkeypatch.setattr(reading, "PAGE", 2)
    collection = door.store.collection_at("alice", "work")

    def looked_at(*names: str) -> list[str]:
        needles = [Needle("harbour", words_of=name) for name in names]
        return [each.href for each in door.store.iter_entries(collection.id, needles)]

    assert looked_at("SUMMARY") == ["b", "c", "f"]
    assert looked_at("LOCATION", "DESCRIPTION") == ["d", "e"]
    door.put("g", event("g", "DESCRIPTION:harbour"))
    assert looked_at("SUMMARY") == ["b", "c", "f", "g"]
    assert door.report(query(prop("SUMMARY", match("harbour")))).names == {"b", "c", "f"}


def test_a_text_that_is_nowhere_takes_no_entry_apart(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        door.put(name, event(name))
    door.add_book()
    monkeypatch.setattr("gateway.dav.matching.parse", lambda _text: pytest.fail("an entry was taken apart"))
    monkeypatch.setattr("gateway.dav.addressbook_query.parse", lambda _text: pytest.fail("a card was taken apart"))
    assert door.report(query(prop("SUMMARY", match("nowhere")))).names == set()
    assert door.report(query(SPAN, prop("SUMMARY", match("nowhere")))).names == set()
    collection = door.store.collection_at("alice", "work")
    assert [each.href for each in door.store.iter_entries(collection.id, [Needle("a", in_uid=True)])] == ["a"]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_few_or_many_uids_are_found_in_the_order_of_names(
    door: Door, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A few by the index of UIDs, many by a walk through the collection; of another collection none."""
    for name, uid in (("d", "one-1"), ("c", "ONE-2"), ("b", "two"), ("a", "zone-K")):
        door.put(name, event(uid))
    monkeypatch.setattr(reading, "PAGE", most)
    collection = door.store.collection_at("alice", "work")

    def named(*needles: Needle) -> list[str]:
        return [each.href for each in door.store.iter_entries(collection.id, needles)]

    assert named(Needle("one-", in_uid=True)) == ["a", "c", "d"]
    assert named(Needle("1", in_uid=True), Needle("w", in_uid=True)) == ["b", "d"]
    assert named(Needle("-k", wide=True, in_uid=True)) == ["a"]
    assert named(Needle("-k", in_uid=True)) == []
    assert list(door.store.iter_entries(door.add_book(), [Needle("one", in_uid=True)])) == []


def test_what_is_shown_in_place_of_something_else_is_found(door: Door) -> None:
    """Whoever sees only the times asks for what is shown, and learns nothing of what is not."""
    door.put("secret", event("secret", "SUMMARY:hidden"))
    collection = door.store.collection_at("alice", "work")
    grant = door.store.share(collection.id, "bob", Level.BUSY)
    path = f"/dav/bob/{grant.slug}/"
    found = {
        word: door.request("REPORT", path, query(prop("SUMMARY", match(word))), {"Depth": "1"}, user="bob").names
        for word in ("busy", "hidden")
    }
    assert found == {"busy": {"secret"}, "hidden": set()}


def test_types_of_cards_are_compared_in_lower_case() -> None:
    text = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u\r\nFN:x\r\nTEL;TYPE=HOME:1\r\nEND:VCARD\r\n"
    leaf = '<CR:text-match collation="i;octet">home</CR:text-match>'
    inner = f'<CR:prop-filter name="TEL"><CR:param-filter name="TYPE">{leaf}</CR:param-filter></CR:prop-filter>'
    asked = addressbook_query.read_filter(fromstring(f"<x {NAMESPACES}><CR:filter>{inner}</CR:filter></x>"))
    assert addressbook_query.matches(text, asked)
    assert sieve.may_hold(text, sieve.of_cards(asked.props, anyof=asked.anyof))
