"""What an entry has to hold to pass a filter, told from the filter alone: one look at a text, or at all of them in SQL,
in place of taking each apart. Most of what programs ask for while a person types matches next to nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gateway.dav.filters import CompFilter, PropFilter
from gateway.dav.text_match import TextFilter, folded
from storage.ical.kinds import ENTRIES
from storage.ical.lines import unfold
from storage.ical.words import NAMES
from storage.tables.needles import Needle

Needles = Sequence[Needle]
"""An entry that passes holds one of these; of none it is not known what it has to hold."""

MOST = 8
"""More needles than these take longer to look for than they spare."""

_PLAIN = re.compile(r"[^\\,;:\"'^=\r\n\t]+")
"""Texts that stand in an entry's text as they stand in its values: nothing in them is ever escaped."""

_CODED = Needle("quoted-printable")
"""Where this stands in a card (vCard 2.1), its values stand there in a way of their own."""

_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
"""Their values go over many lines, in some cards without the indent that makes one of them."""


def of_calendar(wanted: CompFilter) -> Needles:
    """What an entry has to hold to pass a filter for its VCALENDAR."""
    return _few(_of_comp(wanted, ""))


def of_cards(props: Iterable[PropFilter], *, anyof: bool) -> Needles:
    """What a card has to hold to pass all of these filters, or any."""
    found = _few(_one_of([_of_prop(each) for each in props], anyof=anyof))
    return (*found, _CODED) if found else ()


def may_hold(text: str, needles: Needles) -> bool:
    """Whether a text holds one of these, in its values or anywhere else; true without any."""
    if not needles:
        return True
    plain = _unfolded(text)
    low = folded(plain, "i;ascii-casemap")
    if any(each.text in low for each in needles):
        return True
    wide = [each.text for each in needles if each.wide]
    if not wide or plain.isascii():
        return False
    whole = folded(plain, "i;unicode-casemap")
    return any(each in whole for each in wide)


def _unfolded(text: str) -> str:
    """A whole text without its folds; nearly every one is CRLF and a blank, for which there is a faster way."""
    plain = text.replace("\r\n ", "") if "\r\r" not in text else text
    return unfold(text) if "\n " in plain or "\n\t" in plain else plain


def _few(needles: Needles) -> Needles:
    return needles if len(needles) <= MOST else ()


def _of_comp(wanted: CompFilter, parent: str) -> Needles:
    if wanted.absent:
        return ()
    entry = wanted.name if parent == "VCALENDAR" and wanted.name in ENTRIES else ""
    tests: list[Needles] = [()] if wanted.span else []
    tests.extend(_of_prop(each, entry) for each in wanted.props)
    tests.extend(_of_comp(each, wanted.name) for each in wanted.comps)
    return _one_of(tests, anyof=wanted.anyof)


def _of_prop(wanted: PropFilter, entry: str = "") -> Needles:
    """As `of_calendar`; `entry`: the kind of the entry's component that has the property, if it is one."""
    if wanted.absent or wanted.name.rpartition(".")[2] in _BINARY:
        return ()
    tests: list[Needles] = [()] if wanted.span else []
    in_uid = entry != "" and wanted.name == "UID"
    words_of = wanted.name if entry == "VEVENT" and wanted.name in NAMES else ""
    tests.extend(_of_text(each, in_uid=in_uid, words_of=words_of) for each in wanted.texts)
    # The types of a card are compared in lower case, however they are written.
    tests.extend(_of_text(each.text, wide=each.name == "TYPE") if each.text else () for each in wanted.params)
    return _one_of(tests, anyof=wanted.anyof)


def _of_text(wanted: TextFilter, *, wide: bool = False, in_uid: bool = False, words_of: str = "") -> Needles:
    wide = wide or wanted.collation == "i;unicode-casemap"
    text = folded(wanted.text, "i;unicode-casemap" if wide else "i;ascii-casemap")
    plain = _PLAIN.fullmatch(wanted.text) and _PLAIN.fullmatch(text) and text.strip()
    # What begins with a combining character may have become one with whatever stands before the value.
    if wanted.negate or not plain or unicodedata.combining(text[0]):
        return ()
    return (Needle(text, wide, in_uid, words_of),)


def _one_of(tests: Sequence[Needles], *, anyof: bool) -> Needles:
    """Where any test may pass, all have to need a text; where all have to, the cheapest is enough."""
    if anyof:
        return [needle for test in tests for needle in test] if all(tests) else ()
    needing = (test for test in tests if test)
    return min(needing, key=lambda test: sum(map(_effort, test)), default=())


def _effort(needle: Needle) -> int:
    """How much it takes to find: least in the index of UIDs, more in that of words, most in texts."""
    return 0 if needle.in_uid else 1 if needle.words_of else 2
