"""Which entries may hold a text: looked for in what is stored, without taking any of it apart.

A text is found wherever folds (RFC 5545 §3.1) stand in it, and in upper or lower case. Whoever asks has to look again:
more entries are found than those that are meant, and never fewer.
"""

from collections.abc import Sequence
from typing import NamedTuple

_UNFOLDED = "replace(replace(replace(text, char(13), ''), char(10) || ' ', ''), char(10) || char(9), '')"


class Needle(NamedTuple):
    """A text without line ends, tabs, and what is ever escaped; A to Z in lower case.

    `wide`: what is not ASCII is compared in a way that SQL does not know, so that whatever holds some of it is found.
    `in_uid`: it has to stand in the entry's UID; `words_of`: in a SUMMARY, DESCRIPTION or LOCATION of a VEVENT itself,
    whichever of them is named.
    """

    text: str
    wide: bool = False
    in_uid: bool = False
    words_of: str = ""


def condition(needles: Sequence[Needle]) -> str:
    """The SQL test whether an entry may hold one of these; its parameters are their texts. True without any."""
    return " OR ".join(map(_test, needles)) or "1"


def _test(needle: Needle) -> str:
    searched = "uid" if needle.in_uid else _UNFOLDED
    found = f"instr(lower({searched}), lower(?))"
    if not needle.wide:
        return found
    octets = "length(CAST(uid AS BLOB))" if needle.in_uid else "size"
    return f"{octets} > length({'uid' if needle.in_uid else 'text'}) OR {found}"
