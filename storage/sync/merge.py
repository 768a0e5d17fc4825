"""Three-way merge of an entry's texts: edits of both sides live, property by property. Pure.

The upstream went from `base` to `theirs`, we went from `agreed` to `ours`; `agreed` is our text of which `base` is what
the upstream showed, and the same text where it holds everything. What the upstream changed is written into our text, so
what it cannot hold survives. See `storage.merge` for what counts as one thing.
"""

from dataclasses import dataclass
from functools import partial

from storage.content import is_card, same
from storage.errors import InvalidData
from storage.ical.differences import Difference, differences
from storage.merge.calendars import calendars
from storage.merge.cards import cards
from storage.merge.choice import Four, Lossy, Policy
from storage.merge.state import Merge

__all__ = ["Lossy", "Merged", "Policy", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """The text, and what both sides had changed in two ways: it is as the policy says, and nobody's wish is forgotten.

    `whole`: the texts could not be taken apart, so all of one side's stands.
    """

    text: str
    clashes: tuple[Difference, ...] = ()
    whole: bool = False


def merge(
    base: str | None,
    ours: str,
    theirs: str,
    *,
    agreed: str | None = None,
    me: frozenset[str] = frozenset(),
    policy: Policy = Policy.LIVE,
    lossy: Lossy = Lossy.NOTHING,
    reworded: frozenset[str] = frozenset(),
) -> Merged:
    """Both sides' edits in one text. `base` is None where both made the entry by themselves.

    `agreed`: our text when the upstream showed `base`; None where it was the same. `me`: our own addresses (`mailto:…`,
    lower case): only the organizer counts a meeting's SEQUENCE on. `lossy`: how much of what is other in `theirs` is no
    edit, but only how the upstream shows what it was given; `reworded` are properties that it shows in its own words.

    Where both changed one thing in two ways, the upstream's stays, but an edit wins over a deletion; `policy` asks for
    one side's version throughout instead.

    One side's text stands as it is, to the byte, where the other side changed nothing. Never raises: what cannot be
    taken apart is decided as a whole.
    """
    before = base if agreed is None else agreed
    if base is not None and before is not None:
        if _same(theirs, base):
            return Merged(ours)
        if lossy is Lossy.NOTHING and before == base and _same(ours, before):
            return Merged(theirs)
    if _same(ours, theirs):
        return Merged(theirs)
    texts = Four(before, ours, base, _in_the_manner_of(ours, theirs))
    try:
        begin = partial(Merge, policy=policy, me=me, lossy=lossy, reworded=reworded)
        text, done = (cards if is_card(ours) else calendars)(texts, begin)
        if _same(text, theirs):
            text = theirs
        return Merged(text, tuple(done.clashes))
    except (InvalidData, ValueError, OverflowError):
        return Merged(ours, whole=True) if lossy is not Lossy.NOTHING else _as_a_whole(before, ours, theirs, policy)


def _as_a_whole(before: str | None, ours: str, theirs: str, policy: Policy) -> Merged:
    if before is not None and _same(ours, before):
        return Merged(theirs, whole=True)
    stays = ours if policy is Policy.OURS else theirs
    return Merged(stays, tuple(differences(before, ours, theirs)), whole=True)


def _same(one: str, other: str) -> bool:
    try:
        return same(one, other)
    except InvalidData:
        return False


def _in_the_manner_of(ours: str, theirs: str) -> str:
    """Their text with our line ends."""
    plain = theirs.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if "\r\n" in ours else plain
