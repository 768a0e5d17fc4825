"""Conversion between vCard 3.0 and 4.0: each difference of the versions, and nothing lost on the way back."""

from base64 import b64encode

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from storage.content import same
from storage.errors import InvalidData
from storage.ical.lines import escape
from storage.vcard.canonical import canonical
from storage.vcard.convert import convert
from storage.vcard.read import read
from tests.storage.vcard.cards import FULL, TEXT, card

PAIRS = [
    ("TEL;TYPE=home,pref:1", "TEL;TYPE=home;PREF=1:1"),
    ("EMAIL;TYPE=INTERNET,WORK:a@b", "EMAIL;TYPE=WORK:a@b"),
    ("X-ADDRESSBOOKSERVER-KIND:group", "KIND:group"),
    ("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a", "MEMBER:urn:uuid:a"),
    ("PHOTO;ENCODING=b;TYPE=JPEG:/9j/AAAA", "PHOTO:data:image/jpeg;base64,/9j/AAAA"),
    ("LOGO;ENCODING=b;TYPE=PNG,work:AAAA", "LOGO;TYPE=work:data:image/png;base64,AAAA"),
    ("KEY;ENCODING=b;TYPE=PGP:AAAA", "KEY:data:application/pgp-keys;base64,AAAA"),
    ("SOUND;ENCODING=b;TYPE=BASIC:AAAA", "SOUND:data:audio/basic;base64,AAAA"),
    ("PHOTO;VALUE=uri;TYPE=GIF:http://a/b.gif", "PHOTO;MEDIATYPE=image/gif:http://a/b.gif"),
    ("PHOTO;VALUE=uri:http://a/b", "PHOTO:http://a/b"),
    ("GEO:51.5;-0.13", "GEO:geo:51.5,-0.13"),
    ("TZ:-05:00", "TZ;VALUE=utc-offset:-0500"),
    ("TZ;VALUE=text:Europe/Berlin", "TZ:Europe/Berlin"),
    ("BDAY:1985-04-12", "BDAY:19850412"),
    ("BDAY:1985-04-12T10:22:00Z", "BDAY:19850412T102200Z"),
    ("BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-04-12", "BDAY:--0412"),
    ("BDAY;VALUE=text:circa 1800", "BDAY;VALUE=text:circa 1800"),
    ("BDAY:1985", "BDAY:1985"),
    ("X-ANNIVERSARY:1990-01-02", "ANNIVERSARY:19900102"),
    ("X-GENDER:F", "GENDER:F"),
    ("X-GENDER:Female", "X-GENDER:Female"),
    ("N:van Dam;Jan;;;\r\nSORT-STRING:Dam\\, van", 'N;SORT-AS="Dam, van":van Dam;Jan;;;'),
    ('ADR;TYPE=home:;;a;b;;;\r\nLABEL;TYPE=home:a\\nb "c"', "ADR;TYPE=home;LABEL=\"a^nb ^'c^'\":;;a;b;;;"),
    ("LABEL;TYPE=work:alone", "LABEL;TYPE=work:alone"),
    ("RELATED;TYPE=friend:urn:uuid:a", "RELATED;TYPE=friend:urn:uuid:a"),
    ("item1.X-ABLabel:x\r\nitem1.X-ABDATE:1990-01-02", "item1.X-ABLabel:x\r\nitem1.X-ABDATE:1990-01-02"),
    ("IMPP:xmpp:a@b,c", "IMPP:xmpp:a@b,c"),
    ("CLASS:PRIVATE", "CLASS:PRIVATE"),
    ("TEL;PREF=50;TYPE=home,pref:1\r\nTEL;PREF=60:2", "TEL;PREF=50;TYPE=home:1\r\nTEL;PREF=60:2"),
]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_each_difference_of_the_versions(old: str, new: str) -> None:
    name = [] if old.startswith("N:") else ["N:x;;;;"]
    three, four = card(*name, old), card(*name, new, version="4.0")
    assert canonical(convert(three, "4.0")) == canonical(four)
    assert canonical(convert(four, "3.0")) == canonical(three)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("TEL;VALUE=uri;TYPE=home:tel:+1-555", "TEL;TYPE=home:+1-555"),
        ("TEL;VALUE=uri:tel:+1;ext=2", "TEL;VALUE=uri:tel:+1;ext=2"),
        ('EMAIL;TYPE="home,work":a@b', "EMAIL;TYPE=home,work:a@b"),
        ("PHOTO:data:image/svg+xml,%3Csvg%3E", "PHOTO;VALUE=uri:data:image/svg+xml,%3Csvg%3E"),
        ("GEO:geo:1,2;u=3", "GEO:geo:1,2;u=3"),
        ("BDAY:--0412T10", "BDAY:--0412T10"),
        ("KIND:org", "X-ADDRESSBOOKSERVER-KIND:org"),
    ],
)
def test_more_of_4_0_in_3_0(new: str, old: str) -> None:
    assert convert(card("N:;;;;", new, version="4.0"), "3.0").splitlines()[5:-1] == old.splitlines()


def test_only_lines_that_differ_are_written_anew() -> None:
    kept = ["x-Foo;Bar=1:a,b;c", "item1.X-ABLabel:Élan", "NOTE:" + "x" * 70, " " + "y" * 70]
    before = card("N:Lovelace;Ada;;;", *kept, "TEL;TYPE=pref:1")
    after = convert(before, "4.0")
    assert after == before.replace("3.0", "4.0").replace("TYPE=pref", "PREF=1")
    assert convert(after, "4.0") == after


def test_the_version_stands_first_and_line_ends_stay() -> None:
    before = "BEGIN:VCARD\nFN:x\nVERSION:4.0\nUID:a\nKIND:group\nEND:VCARD"
    assert convert(before, "3.0") == (
        "BEGIN:VCARD\nVERSION:3.0\nFN:x\nUID:a\nX-ADDRESSBOOKSERVER-KIND:group\nN:;;;;\nEND:VCARD\n"
    )


def test_a_card_of_version_2_1_is_written_out() -> None:
    before = card(
        "N:Lovelace;Ada",
        "TEL;HOME;PREF:1",
        "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:f=FCnf=0D=0A=",
        "zeilen",
        "PHOTO;GIF;BASE64:R0lG",
        "  ODlh",
        "",
        version="2.1",
    )
    after = convert(before, "3.0")
    assert after.splitlines()[4:-1] == [
        "N:Lovelace;Ada",
        "TEL;TYPE=home,pref:1",
        "NOTE:fünf\\nzeilen",
        "PHOTO;TYPE=gif;ENCODING=b:R0lGODlh",
    ]
    assert "PHOTO:data:image/gif;base64,R0lGODlh" in convert(before, "4.0")


def test_a_photo_without_type_is_recognised() -> None:
    data = b64encode(b"\x89PNG....").decode()
    assert f"PHOTO:data:image/png;base64,{data}" in convert(card(f"PHOTO;ENCODING=b:{data}"), "4.0")
    assert "PHOTO:data:image/octet-stream;base64,@@" in convert(card("PHOTO;ENCODING=b:@@"), "4.0")


def test_what_is_no_card_is_refused() -> None:
    with pytest.raises(InvalidData):
        convert("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "4.0")


def test_the_record_is_the_same_in_both_versions() -> None:
    def without_version(text: str) -> object:
        found = read(text).contact
        assert found is not None
        return {name: getattr(found, name) for name in found.__slots__ if name != "version"}

    assert without_version(convert(FULL, "4.0")) == without_version(FULL)


def test_another_reader_understands_the_3_0_form() -> None:
    four = card("PHOTO:data:image/png;base64,iVBORw0KGgo=", "TEL;TYPE=home;PREF=1:1", "BDAY:--0412", version="4.0")
    found = vobject.readOne(convert(four, "3.0"))
    assert found.photo.value == b"\x89PNG\r\n\x1a\n"
    assert found.tel.params["TYPE"] == ["home", "pref"]
    assert found.bday.value == "1604-04-12"


@given(
    st.lists(st.sampled_from(range(len(PAIRS))), unique=True, max_size=8),
    TEXT,
    st.sampled_from(["3.0", "4.0"]),
)
def test_there_and_back_nothing_is_lost(chosen: list[int], note: str, version: str) -> None:
    lines = [PAIRS[number][version == "4.0"] for number in chosen]
    # Two names, labels or ranks would be matched with each other; everything else stands by itself.
    lines = [line for line in lines if not line.startswith(("N", "ADR", "LABEL", "TEL;PREF=50"))]
    text = card("N:x;;;;", f"NOTE:{escape(note)}", *lines, version=version)
    there = convert(text, "4.0" if version == "3.0" else "3.0")
    assert same(convert(there, version), text)


@given(st.lists(st.text("AaTEL=;:,.\"'\\^é -0", max_size=20), max_size=5), st.sampled_from(["2.1", "3.0", "4.0"]))
def test_no_line_makes_the_converter_fail(lines: list[str], version: str) -> None:
    for wanted in ("3.0", "4.0"):
        assert read(convert(card(*lines, version=version), wanted)).uid == "one"


def test_a_huge_card_is_converted_and_compared() -> None:
    lines = [f"LABEL;TYPE=home:{number}" for number in range(4_000)] + ["ADR;TYPE=home:;;x;;;;"] * 4_000
    photo = ["PHOTO;ENCODING=BASE64;TYPE=PNG:AAAA", *["A" * 76] * 8_000, ""]
    text = card("N:x;;;;", *lines, *photo, "NOTE;QUOTED-PRINTABLE:=", *["a="] * 8_000, "b", version="2.1")
    there = convert(text, "4.0")
    assert there.count("LABEL=") == 4_000
    assert read(there).contact is not None
    assert "a" * 8_000 + "b" in canonical(text)
    assert canonical(convert(there, "3.0")).count("LABEL") == 4_000
