"""Editing vCards as applications ask for it: what was asked is what is read back, and nothing else is touched."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.editing.change import RawProperty
from storage.editing.contacts import MAPPED, OWN, ContactChange, edited, made
from storage.errors import InvalidData
from storage.ical.lines import Line, dump, parse
from storage.records import ContactRecord
from storage.vcard import plain
from storage.vcard.plain import Address, Organization, Relation, Value
from storage.vcard.read import card_of, read
from tests.storage.vcard.cards import FULL, card

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
REV = "REV:2026-11-21T18:00:00Z"


def record(text: str) -> ContactRecord:
    found = read(text).contact
    assert found is not None
    return found


FREE = ("raw", "attributes")
"""What a change has beyond what all cards show alike."""


def shown(text: str) -> dict[str, Any]:
    """What applications see, under the names of a change."""
    said = record(text)
    return {
        "given": said.given_name,
        "family": said.family_name,
        "birthday": plain.birthday(said) or "",
        "gender": plain.gender(said) or "",
        "initials": said.initials,
        "organizations": [plain.organization(each) for each in said.organizations],
        "emails": [plain.value(each, plain.PLACES) for each in said.emails],
        "phones": [plain.value(each, plain.PHONES) for each in said.phones],
        "relations": plain.relations(said.relations),
        "addresses": [plain.address(each) for each in said.addresses],
        "websites": [each["value"] for each in said.urls],
    }


def lines(text: str) -> list[str]:
    """The lines between VERSION and END, without REV."""
    return [each for each in text.splitlines()[2:-1] if not each.startswith("REV")]


def change(*before: str, version: str = "3.0", **wanted: Any) -> list[str]:
    """The lines that a card of these lines has after a change, without UID, FN and REV."""
    after = edited(card(*before, version=version), ContactChange(**wanted), AT)
    assert {name: shown(after)[name] for name in wanted if name != "raw"} == {
        n: wanted[n] for n in wanted if n != "raw"
    }
    assert edited(after, ContactChange(**wanted), AT.replace(hour=20)) == after
    return lines(after)[2:]


def test_a_new_card() -> None:
    wanted = ContactChange(
        given="Walter",
        family="Bishop",
        birthday="1946-08-20",
        organizations=[Organization("Kloudless", title="Research; Scientist")],
        emails=[Value("hello@kloudless.com", "work")],
        phones=[Value("+1 555", "mobile")],
        relations=[Relation("Peter Bishop", "child"), Relation("Olivia")],
        addresses=[Address("2054 University Ave #200", "Berkeley", "CA", "US", "94704", "home")],
        websites=["https://github.com/a,b;c", "with\\new"],
        gender="male",
        initials="W.B.",
    )
    text = made(wanted, "one", AT)
    assert text.splitlines() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "PRODID:-//CalHarbor//EN",
        "UID:one",
        "CREATED:2026-11-21T18:00:00Z",
        "N:Bishop;Walter;;;",
        "FN:Walter Bishop",
        "BDAY:1946-08-20",
        "X-GENDER:M",
        "X-INITIALS:W.B.",
        "ORG:Kloudless",
        "TITLE:Research\\; Scientist",
        "EMAIL;TYPE=WORK:hello@kloudless.com",
        "TEL;TYPE=CELL:+1 555",
        "ADR;TYPE=HOME:;;2054 University Ave #200;Berkeley;CA;94704;US",
        "item1.X-ABRELATEDNAMES:Peter Bishop",
        "item1.X-ABLabel:_$!<Child>!$_",
        "X-ABRELATEDNAMES:Olivia",
        "URL:https://github.com/a,b;c",
        "URL:with\\\\new",
        REV,
        "END:VCARD",
    ]
    assert shown(text) == {each.name: getattr(wanted, each.name) for each in fields(wanted) if each.name not in FREE}
    assert (record(text).created, record(text).revised) == ("2026-11-21T18:00:00Z", "2026-11-21T18:00:00Z")


@pytest.mark.parametrize("wanted", [ContactChange(), ContactChange(given=" "), ContactChange(emails=[Value("a@b")])])
def test_a_new_card_needs_a_name(wanted: ContactChange) -> None:
    with pytest.raises(InvalidData, match="given name or a family name"):
        made(wanted, "one", AT)


def test_what_it_says_already_is_no_change() -> None:
    seen = shown(FULL)
    assert edited(FULL, ContactChange(**seen), AT) == FULL
    assert edited(FULL, ContactChange(), AT) == FULL


def test_lines_that_a_change_does_not_mean_keep_their_bytes() -> None:
    after = edited(FULL, ContactChange(emails=[Value("new@example.org"), Value("ada@example.org", "home")]), AT)
    assert after.splitlines() == [
        REV if each.startswith("REV") else each
        for each in FULL.replace("EMAIL;TYPE=INTERNET,HOME", "EMAIL:new@example.org\r\nEMAIL;TYPE=INTERNET,HOME")
        .replace("item1.EMAIL;TYPE=INTERNET:engine@example.org\r\nitem1.X-ABLabel:_$!<Engine>!$_\r\n", "")
        .splitlines()
    ]


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (["N:B;A;M;Dr.;", "X-A:1"], {"given": "C"}, ["N:B;C;M;Dr.;", "X-A:1"]),
        (["N;CHARSET=UTF-8;SORT-AS=b:B;A"], {"family": "D; E"}, ["N;SORT-AS=b:D\\; E;A;;;"]),
        ([], {"given": "C"}, ["N:;C;;;"]),
    ],
)
def test_names(before: list[str], wanted: dict[str, str], after: list[str]) -> None:
    assert change(*before, **wanted) == after


@pytest.mark.parametrize(
    ("name", "full", "expected"),
    [
        ("B;A;M;Dr.;Jr.", "Dr. A M B Jr.", "Dr. C M B Jr."),
        ("B;A;M;Dr.;", "A B", "C B"),
        ("B;A;M;Dr.;", "B, A", "B, C"),
        ("B;A;;;", "B A", "B C"),
        ("B;A;M;;", "Boss", "C M B"),
        ("B;A;M;Dr.;", "Dr. A B", "Dr. C B"),
    ],
)
def test_the_whole_name_follows_its_parts(name: str, full: str, expected: str) -> None:
    assert record(edited(card(f"N:{name}", fn=full), ContactChange(given="C"), AT)).full_name == expected


def test_a_contact_does_not_lose_its_name() -> None:
    with pytest.raises(InvalidData, match="given name or a family name"):
        edited(FULL, ContactChange(given="", family=""), AT)
    only_fn = card("NOTE:x")
    assert edited(only_fn, ContactChange(given="", family=""), AT) == only_fn


@pytest.mark.parametrize(
    ("before", "version", "wanted", "after"),
    [
        (["BDAY;VALUE=date:1990-01-02"], "3.0", "1991-01-02", ["BDAY;VALUE=date:1991-01-02"]),
        (["BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-01-02"], "3.0", "1991-01-02", ["BDAY;VALUE=date:1991-01-02"]),
        (["BDAY;VALUE=text:circa"], "4.0", "1991-01-02", ["BDAY:19910102"]),
        ([], "4.0", "1991-01-02", ["BDAY:19910102"]),
        (["BDAY:1990-01-02T10:00:00Z"], "3.0", "1990-01-02", ["BDAY:1990-01-02T10:00:00Z"]),
        (["BDAY:1990-01-02"], "3.0", "", []),
        (["BDAY:--0102"], "4.0", "", ["BDAY:--0102"]),
    ],
)
def test_birthdays(before: list[str], version: str, wanted: str, after: list[str]) -> None:
    assert change(*before, version=version, birthday=wanted) == after


@pytest.mark.parametrize(
    ("before", "version", "wanted", "after"),
    [
        ([], "3.0", "male", ["X-GENDER:M"]),
        ([], "4.0", "unknown", ["GENDER:U"]),
        (["GENDER:F;girl"], "4.0", "female", ["GENDER:F;girl"]),
        (["GENDER:F;girl"], "4.0", "other", ["GENDER:O"]),
        (["X-GENDER:Female"], "3.0", "female", ["X-GENDER:Female"]),
        (["GENDER:N"], "4.0", "other", ["GENDER:N"]),
        (["GENDER:;it"], "4.0", "other", ["GENDER:;it"]),
        (["GENDER:M", "X-GENDER:Male"], "4.0", "", []),
    ],
)
def test_genders(before: list[str], version: str, wanted: str, after: list[str]) -> None:
    assert change(*before, version=version, gender=wanted) == after


LABELLED = ("item1.EMAIL;type=INTERNET:a@b", "item1.X-ABLabel:Club")


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (LABELLED, [Value("a@b", "other"), Value("c@d", "work")], [*LABELLED, "EMAIL;TYPE=WORK:c@d"]),
        (LABELLED, [Value("a@b", "home")], ["item1.EMAIL;TYPE=INTERNET,HOME:a@b"]),
        (LABELLED, [Value("A@B", "other")], ["item1.EMAIL;TYPE=INTERNET:A@B", LABELLED[1]]),
        (LABELLED, [], []),
        ((*LABELLED, "item1.X-FOO:1"), [], [LABELLED[1], "item1.X-FOO:1"]),
        (("EMAIL:a", "EMAIL;PREF=1:b"), [Value("b"), Value("a")], ["EMAIL;PREF=1:b", "EMAIL:a"]),
        (("EMAIL:a", "X-A:1", "EMAIL:b"), [Value("b"), Value("a")], ["X-A:1", "EMAIL:b", "EMAIL:a"]),
        (("EMAIL:a", "EMAIL:a"), [Value("a"), Value("a"), Value("a")], ["EMAIL:a"] * 3),
        (("EMAIL;X-A=1;TYPE=x-b,home:a",), [Value("a")], ["EMAIL;X-A=1:a"]),
        (("EMAIL;TYPE=x-b,home:a",), [Value("a", "other")], ["EMAIL;TYPE=x-b,OTHER:a"]),
    ],
)
def test_emails(before: tuple[str, ...], wanted: list[Value], after: list[str]) -> None:
    assert change(*before, emails=wanted) == after


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (["TEL;TYPE=home,voice,pref:+1"], Value("+1", "work"), ["TEL;TYPE=voice,pref,WORK:+1"]),
        (["TEL;TYPE=home,fax:+1"], Value("+1", "other"), ["TEL;TYPE=home,fax:+1"]),
        (["TEL;TYPE=home,fax:+1"], Value("+1", "home"), ["TEL;TYPE=HOME:+1"]),
        (["TEL;X-A=1:+1 (2) 3"], Value("+123"), ["TEL;X-A=1:+123"]),
        (["TEL;VALUE=uri;TYPE=cell:tel:+1"], Value("+1", "mobile"), ["TEL;VALUE=uri;TYPE=cell:tel:+1"]),
        (["TEL;VALUE=uri;TYPE=cell:tel:+1"], Value("1", "mobile"), ["TEL;TYPE=cell:1"]),
    ],
)
def test_phones(before: list[str], wanted: Value, after: list[str]) -> None:
    assert change(*before, phones=[wanted]) == after


def test_a_number_as_a_uri_is_a_number() -> None:
    assert lines(edited(card(), ContactChange(phones=[Value("TEL: +1 ")]), AT))[-1] == "TEL:+1"


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        ("ADR:;;s;c;r;p;k", Address("s", "c", "r", "k", "p"), "ADR:;;s;c;r;p;k"),
        ("ADR;LABEL=x;X-A=1:box;flat;s;c;r;p;k", Address("S", "c"), "ADR;X-A=1:box;flat;S;c;;;"),
        ("ADR;LABEL=x:;;s;c;;;", Address("s", "c", type="home"), "ADR;LABEL=x;TYPE=HOME:;;s;c;;;"),
        ("ADR:;;s", Address("s", country="k"), "ADR:;;s;;;;k"),
        ("ADR:box;;s;c;r;p;k", Address("t"), "ADR:;;t;;;;"),
    ],
)
def test_addresses(before: str, wanted: Address, after: str) -> None:
    assert change(before, addresses=[wanted]) == [after]


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (["ORG:A;x;y", "TITLE:t"], [Organization("A", "x, y", "u")], ["ORG:A;x;y", "TITLE:u"]),
        (["ORG:A;x;y", "TITLE:t"], [Organization("A", "z")], ["ORG:A;z"]),
        (["ORG:A;x", "TITLE:t"], [], []),
        (["a.ORG:A", "a.X-ABLabel:Club"], [Organization("A", type="work")], ["a.ORG;TYPE=WORK:A"]),
        (["TITLE:t"], [Organization("", title="t")], ["TITLE:t"]),
        (["TITLE:t"], [Organization("A", title="t")], ["ORG:A", "TITLE:t"]),
        ([], [Organization("A", location="here", type="school")], ["ORG;TYPE=SCHOOL:A", "X-LOCATION:here"]),
        (
            ["ORG:A", "TITLE:t"],
            [Organization("B"), Organization("A", title="t")],
            ["ORG:B", "item1.ORG:A", "item1.TITLE:t"],
        ),
        (
            ["ORG:A", "TITLE:s", "ORG:B", "TITLE:t"],
            [Organization("A", title="s"), Organization("B", title="t"), Organization("C", title="u")],
            ["ORG:A", "TITLE:s", "ORG:B", "ORG:C", "TITLE:u", "TITLE:t"],
        ),
        ([], [Organization("", "d")], ["ORG:;d"]),
    ],
)
def test_organizations(before: list[str], wanted: list[Organization], after: list[str]) -> None:
    written = change(*before, organizations=wanted)
    assert sorted(written) == sorted(after) if len(wanted) > 2 else written == after


@pytest.mark.parametrize(
    ("version", "wanted", "after"),
    [
        ("3.0", [Relation("A", "other")], ["item1.X-ABRELATEDNAMES:A", "item1.X-ABLabel:_$!<Other>!$_"]),
        ("4.0", [Relation("A", "spouse"), Relation("B")], ["RELATED;TYPE=spouse;VALUE=text:A", "RELATED;VALUE=text:B"]),
        ("4.0", [Relation("urn:uuid:b")], ["RELATED;VALUE=text:urn:uuid:b"]),
    ],
)
def test_relations(version: str, wanted: list[Relation], after: list[str]) -> None:
    other = "RELATED;TYPE=friend:urn:uuid:a"
    assert change(other, version=version, relations=wanted) == [other, *after]
    gone = edited(card(other, *after, version=version), ContactChange(relations=[]), AT)
    assert lines(gone)[2:] == [other]


def test_raw_properties_are_written_as_they_are() -> None:
    raw = {"NOTE": RawProperty("a\\, b", {"LANGUAGE": ("de",)}), "X-OLD": None, "FN": None, "UID": RawProperty("x")}
    assert change("X-OLD:1", "X-KEPT:2", raw=raw) == ["X-KEPT:2", "NOTE;LANGUAGE=de:a\\, b"]


def test_a_card_of_another_age_is_brought_to_ours() -> None:
    before = card("TEL;HOME;VOICE:1", "NOTE;ENCODING=QUOTED-PRINTABLE:f=C3=BC=\r\nnf", version="2.1")
    after = edited(before, ContactChange(phones=[Value("1", "home"), Value("2")]), AT)
    assert "VERSION:3.0" in after
    assert lines(after)[2:] == ["TEL;TYPE=home,voice:1", "TEL:2", "NOTE:fünf", "N:;;;;"]
    assert edited(before, ContactChange(phones=[Value("1", "home")]), AT) == before


def test_torn_lines_are_mended_by_a_change() -> None:
    before = card("PHOTO;ENCODING=b;TYPE=JPEG:/9j/", "AAAA", "BBBB=", "NOTE;ENCODING=QUOTED-PRINTABLE:a=", "b")
    after = edited(before, ContactChange(websites=["x"]), AT)
    assert lines(after)[2:] == ["PHOTO;ENCODING=b;TYPE=JPEG:/9j/AAAABBBB=", "NOTE:ab", "URL:x"]


def test_what_stands_around_a_card_stays() -> None:
    text = f"\ufeffjunk\r\n{card('NOTE:x')}\r\nmore"
    assert edited(text, ContactChange(websites=["x"]), AT) == text.replace("END:", f"URL:x\r\n{REV}\r\nEND:")


# -- any card, any change ---------------------------------------------------------------------------------------------

_WORD = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\x85"), max_size=8)
_TEXT = st.builds(str.strip, _WORD)
_SAID = _TEXT.filter(lambda text: bool(text) and text[:4].lower() != "tel:")
_PLACE = st.sampled_from([None, "home", "work", "other"])
CHANGES = st.builds(
    ContactChange,
    given=st.none() | _SAID,
    family=st.none() | _SAID,
    birthday=st.sampled_from([None, "1990-01-02", "2004-02-29"]),
    gender=st.sampled_from([None, "", "male", "other"]),
    initials=st.none() | _TEXT,
    organizations=st.none()
    | st.lists(
        st.builds(Organization, _SAID, _TEXT, _TEXT, _TEXT, st.sampled_from([None, "work", "school", "other"]))
        | st.builds(Organization, st.just(""), st.just(""), _SAID),
        max_size=3,
    ),
    emails=st.none() | st.lists(st.builds(Value, _SAID | st.just("a@b"), _PLACE), max_size=3),
    phones=st.none() | st.lists(st.builds(Value, _SAID | st.just("1"), _PLACE | st.just("mobile")), max_size=3),
    relations=st.none()
    | st.lists(st.builds(Relation, _SAID, st.sampled_from([None, "child", "spouse", "other"])), max_size=3),
    addresses=st.none() | st.lists(st.builds(Address, _SAID, _TEXT, _TEXT, _TEXT, _TEXT, _PLACE), max_size=3),
    websites=st.none() | st.lists(_SAID, max_size=3),
)
_NAMES = st.sampled_from(
    [
        *("EMAIL", "TEL", "ADR", "ORG", "TITLE", "X-LOCATION", "RELATED", "X-ABRELATEDNAMES", "URL", "N", "BDAY"),
        *("GENDER", "X-GENDER", "X-INITIALS", "X-ABLabel", "NOTE", "X-Foo", "PHOTO", "REV", "email"),
    ]
)
_PARAMS = st.sampled_from(
    " ;TYPE=home ;TYPE=WORK,pref ;type=CELL;type=VOICE ;PREF=1 ;VALUE=uri ;VALUE=text ;HOME ;X-A='b:c';LABEL='x'"
    " ;TYPE=x-foo ;ENCODING=QUOTED-PRINTABLE ;ENCODING=b ;=;X".replace("'", '"').split(" ")
)
_LINES = st.builds(
    lambda group, name, params, value: f"{group}{name}{params}:{value}",
    st.sampled_from(["", "", "item1.", "item2.", "A.b."]),
    _NAMES,
    _PARAMS,
    st.sampled_from(["a@b", "1", "tel:1", "a;b;c;d", "urn:uuid:a", "1990-01-02", "M;x", "=", "=C3=BC=", ""])
    | st.text("aB;,:\\n= é", max_size=12),
)
CARDS = st.builds(
    lambda lines, version, eol: card(*lines, version=version).replace("\r\n", eol),
    st.lists(_LINES, max_size=10),
    st.sampled_from(["3.0", "4.0"]),
    st.sampled_from(["\r\n", "\n"]),
)


def unmapped(text: str) -> list[str]:
    """The lines that no change means, in their bytes."""
    inside = card_of(parse(text)).children
    found = [each for each in inside if isinstance(each, Line)]
    return [each.raw for each in found if each.name not in MAPPED | OWN]


@given(CARDS, CHANGES)
def test_any_change_of_any_card(text: str, wanted: ContactChange) -> None:
    before = shown(text)
    after = edited(text, wanted, AT)
    assert dump(parse(after)) == after
    asked = {each.name: getattr(wanted, each.name) for each in fields(wanted) if each.name not in FREE}
    expected = {name: before[name] if said is None else said for name, said in asked.items()}
    assert shown(after) == expected
    assert edited(after, wanted, AT.replace(hour=20)) == after
    if "ENCODING" not in text:
        assert unmapped(after) == unmapped(text)


@given(CHANGES)
def test_any_new_card(wanted: ContactChange) -> None:
    wanted = replace(wanted, given=wanted.given or "x")
    after = made(wanted, "one", AT)
    said = shown(after)
    assert all(
        said[each.name] == (getattr(wanted, each.name) or type(said[each.name])())
        for each in fields(wanted)
        if each.name not in FREE
    )
