"""The canonical form of vCards: what is no difference, and what is one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import content
from storage.content import digest, same
from storage.errors import InvalidData
from storage.ical.lines import escape, fold
from storage.vcard.canonical import canonical
from tests.storage.vcard.cards import FULL, TEXT, card

SAME = [
    ("TEL;TYPE=HOME,VOICE:1", "tel;type=voice;type=home:1"),
    ("TEL;HOME;VOICE:1", 'TEL;TYPE="home,voice":1'),
    ("TEL;TYPE=home:+1-555", "TEL;VALUE=uri;TYPE=home:tel:+1-555"),
    ("EMAIL;TYPE=INTERNET:a@b", "EMAIL:a@b"),
    ("N:Lovelace;Ada", "N:Lovelace;Ada;;;"),
    ("N:;;;;", ""),
    ("NOTE:", ""),
    ("ORG:A, B;C;", "ORG:A\\, B;C"),
    ("CATEGORIES:b,a", "CATEGORIES:a,b"),
    ("NOTE:a\\,b\\;c", "NOTE:a,b;c"),
    ("NOTE:a\\nb", "NOTE:a\\Nb"),
    ("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:f=C3=BC=\r\nnf", "NOTE:fünf"),
    ("PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=", "PHOTO;TYPE=png;BASE64:iVBO\r\n  Rw0KGgo="),
    ("BDAY;VALUE=date:1815-12-10", "BDAY:18151210"),
    ("BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-12-10", "BDAY;X-APPLE-OMIT-YEAR=1604:16041210"),
    ("URL;VALUE=uri:http://a", "URL:http://a"),
    ("REV:20240101T000000Z", "REV:2024-02-02T00:00:00Z"),
    ("PRODID:-//A//EN", "PRODID:-//B//EN"),
    ("a.TEL:1\r\na.X-ABLabel:x\r\nb.TEL:2", "item7.X-ABLABEL:x\r\nITEM7.TEL:1\r\nTEL:2"),
    ("TZ:-05:00", "TZ;VALUE=utc-offset:-0500"),
    ("NOTE:x\r\nNOTE:x", "NOTE:x"),
]
DIFFERENT = [
    ("TEL;TYPE=HOME:1", "TEL;TYPE=WORK:1"),
    ("TEL;TYPE=HOME,pref:1", "TEL;TYPE=HOME:1"),
    ("TEL;VALUE=uri:tel:1;ext=2", "TEL;VALUE=uri:tel:1"),
    ("TEL:1", "TEL:2"),
    ("EMAIL:a@b", "EMAIL:A@b"),
    ("N:a,b;c", "N:a\\,b;c"),
    ("N:a;b", "N:b;a"),
    ("NICKNAME:a,b", "NICKNAME:b,a"),
    ("X-SOCIALPROFILE;TYPE=x:http://t/a,b", "X-SOCIALPROFILE;TYPE=x:http://t/a"),
    ("IMPP:xmpp:a,b", "IMPP:xmpp:a"),
    ("PHOTO;ENCODING=b:AAAA", "PHOTO;ENCODING=b:AAAB"),
    ("BDAY:1815-12-10", "BDAY:1815-12-11"),
    ("BDAY:--1210", "BDAY:1604-12-10"),
    ("BDAY;VALUE=text:1815-12-10 or so", "BDAY:1815-12-10 or so"),
    ("a.TEL:1\r\na.X-ABLabel:x\r\nb.TEL:2", "a.TEL:1\r\nb.X-ABLabel:x\r\nb.TEL:2"),
    ("NOTE;LANGUAGE=en:x", "NOTE;LANGUAGE=de:x"),
    ("X-A:1", "X-B:1"),
    ("ADR:;;a\\;b", "ADR:;;a;b"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_no_difference(one: str, other: str) -> None:
    assert canonical(card(one)) == canonical(card(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_a_difference(one: str, other: str) -> None:
    assert not same(card(one), card(other))


def test_the_version_is_content() -> None:
    assert not same(card(), card(version="4.0"))


def test_a_broken_text_is_no_card() -> None:
    for text in ("", "FN:x\r\n", "BEGIN:VCARD\r\n"):
        with pytest.raises(InvalidData):
            canonical(text)


def test_the_door_tells_cards_from_calendars() -> None:
    calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    other = "\ufeff\r\nBegin: vcard\r\nREV:1\r\nFN:x\r\nUID:a\r\nEND:VCARD\r\n"
    assert content.same(other, "BEGIN:VCARD\r\nUID:a\r\nFN:x\r\nREV:2\r\nEND:VCARD\r\n")
    assert not content.same(calendar, other)
    assert content.digest(FULL) == digest(FULL)
    with pytest.raises(InvalidData):
        content.canonical("nothing")


@given(st.randoms(use_true_random=False), st.sampled_from(["\r\n", "\n"]), st.booleans())
def test_order_folding_and_case_are_no_difference(chance: random.Random, eol: str, lower: bool) -> None:
    lines = FULL.split("\r\n")[2:-2]
    chance.shuffle(lines)
    if lower:
        lines = [line.partition(":")[0].lower() + line[len(line.partition(":")[0]) :] for line in lines]
    lines = ["BEGIN:VCARD", *lines[:5], "", "VERSION:3.0", *lines[5:], "END:VCARD", ""]
    assert same(FULL, eol.join(fold(line, eol) for line in lines))


@given(TEXT, TEXT)
def test_two_notes_are_the_same_only_if_they_are(one: str, other: str) -> None:
    left, right = card(f"NOTE:{escape(one)}"), card(f"NOTE:{escape(other)}")
    assert same(left, right) == (one.strip() == other.strip())
