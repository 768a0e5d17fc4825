"""vCards: telephone numbers, addresses and labels are told apart, and versions do not stand in each other's way."""

import pytest

from storage.content import canonical
from storage.sync.merge import Policy, merge

CARD = """BEGIN:VCARD
VERSION:3.0
PRODID:-//test//cards//EN
UID:card
REV:20260101T000000Z
FN:Ann Other
N:Other;Ann;;;
TEL;TYPE=CELL:+1
TEL;TYPE=HOME:+9
EMAIL;TYPE=WORK:ann@work.example
ADR;TYPE=HOME:;;Street 1;Town;;;
item1.URL:https://example.org/
item1.X-ABLabel:blog
CATEGORIES:friends,choir
NOTE:likes tea
BDAY:1990-01-02
X-MINE:one
END:VCARD
""".replace("\n", "\r\n")


def edited(old: str, new: str, text: str = CARD) -> str:
    old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    assert old in text
    return text.replace(old, new, 1)


EDITS = {
    "FN": ("FN:Ann Other", "FN:Ann B. Other"),
    "N": ("N:Other;Ann;;;", "N:Other;Ann;B.;;"),
    "cell": ("CELL:+1", "CELL:+2"),
    "home": ("HOME:+9", "HOME:+8"),
    "work": (
        "EMAIL;TYPE=WORK:ann@work.example\n",
        "EMAIL;TYPE=WORK:ann@work.example\nEMAIL;TYPE=HOME:a@home.example\n",
    ),
    "TEL new": ("TEL;TYPE=CELL", "TEL;TYPE=FAX:+7\nTEL;TYPE=CELL"),
    "no mail": ("EMAIL;TYPE=WORK:ann@work.example\n", ""),
    "moved": ("Street 1", "Street 2"),
    "URL": ("https://example.org/", "https://example.com/"),
    "label": ("X-ABLabel:blog", "X-ABLabel:diary"),
    "new URL": ("CATEGORIES", "item2.URL:https://new.example/\nitem2.X-ABLabel:news\nCATEGORIES"),
    "other new URL": ("CATEGORIES", "item2.IMPP:xmpp:ann@example.org\nitem2.X-ABLabel:chat\nCATEGORIES"),
    "choir": ("friends,choir", "friends"),
    "band": ("friends,choir", "friends,choir,band"),
    "NOTE": ("likes tea", "likes coffee"),
    "BDAY": ("1990-01-02", "1990-01-03"),
    "X-MINE": ("X-MINE:one", "X-MINE:two"),
    "X-NEW": ("X-MINE", "X-NEW:n\nX-MINE"),
    "title": ("NOTE", "TITLE:Dr\nNOTE"),
}
RIVALS = [{"work", "no mail"}, {"choir", "band"}, {"new URL", "other new URL"}]
"""Edits of one piece of text, which cannot be written one upon the other."""


@pytest.mark.parametrize("first", EDITS)
def test_both_of_two_edits_survive(first: str) -> None:
    ours = edited(*EDITS[first])
    for second, other in EDITS.items():
        if second == first or {first, second} in RIVALS:
            continue
        found = merge(CARD, ours, edited(*other))
        assert found.clashes == (), (first, second)
        assert not found.whole
        assert canonical(found.text) == canonical(edited(*other, text=ours)), (first, second)
        again = merge(edited(*other), found.text, edited(*other))
        assert again.text == found.text


def test_the_labels_of_two_new_lines_stay_with_their_lines() -> None:
    found = merge(CARD, edited(*EDITS["new URL"]), edited(*EDITS["other new URL"])).text
    for url, label in (("https://new.example/", "news"), ("xmpp:ann@example.org", "chat")):
        (group,) = [line.partition(".")[0] for line in found.split("\r\n") if url in line]
        assert f"{group}.X-ABLabel:{label}\r\n" in found


@pytest.mark.parametrize("policy", Policy)
def test_one_number_changed_on_both_sides_is_the_upstreams(policy: Policy) -> None:
    ours, theirs = edited("CELL:+1", "CELL:+2"), edited("CELL:+1", "CELL:+3")
    found = merge(CARD, ours, theirs, policy=policy)
    assert found.text == (ours if policy is Policy.OURS else theirs)
    (clash,) = found.clashes
    assert (clash.name, clash.base, clash.ours, clash.theirs) == ("TEL", "TYPE=CELL:+1", "TYPE=CELL:+2", "TYPE=CELL:+3")


def test_a_category_less_here_and_one_more_there() -> None:
    found = merge(CARD, edited("friends,choir", "friends"), edited("friends,choir", "friends,choir,band"))
    assert "choir" not in found.text
    assert "band" in found.text
    assert found.clashes == ()


def test_numbers_are_told_apart_by_their_pid() -> None:
    base = edited("TEL;TYPE=CELL:+1", "TEL;PID=1.1;TYPE=CELL:+1").replace("TEL;TYPE=HOME", "TEL;PID=2.1;TYPE=HOME")
    ours = edited("PID=1.1;TYPE=CELL:+1", "PID=1.1;TYPE=WORK:+2", base)
    theirs = edited("PID=2.1;TYPE=HOME:+9", "PID=2.1;TYPE=CELL:+8", base)
    found = merge(base, ours, theirs)
    assert "TEL;PID=1.1;TYPE=WORK:+2" in found.text
    assert "TEL;PID=2.1;TYPE=CELL:+8" in found.text
    assert found.clashes == ()


def test_a_card_that_the_upstream_keeps_in_another_version_keeps_ours() -> None:
    ours = CARD.replace("VERSION:3.0", "VERSION:4.0").replace("BDAY:1990-01-02", "BDAY:19900102")
    ours = ours.replace("TEL;TYPE=CELL:+1", "TEL;PREF=1;TYPE=CELL:+1")
    shown = CARD.replace("TYPE=CELL:+1", "TYPE=CELL,PREF:+1")
    theirs = shown.replace("likes tea", "likes coffee").replace(
        "TEL;TYPE=HOME", "EMAIL;TYPE=PREF:p@example.org\r\nTEL;TYPE=HOME"
    )
    found = merge(shown, ours, theirs, agreed=ours)
    assert found.clashes == ()
    for line in ("VERSION:4.0", "TEL;PREF=1;TYPE=CELL:+1", "NOTE:likes coffee", "BDAY:19900102"):
        assert f"\r\n{line}\r\n" in found.text
    assert "PREF=1:p@example.org" in found.text


def test_an_old_card_with_torn_lines_is_decided_as_a_whole() -> None:
    old = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nUID:card\r\nFN:A\r\nNOTE;ENCODING=QUOTED-PRINTABLE:one=\r\ntwo\r\nEND:VCARD\r\n"
    )
    found = merge(old, old.replace("FN:A", "FN:B"), old.replace("UID", "TEL;HOME:+1\r\nUID"))
    assert found.whole
    assert found.clashes
