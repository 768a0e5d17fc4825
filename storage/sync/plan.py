"""What a remote entry, or its absence, means for ours: base, local and remote in, one named step out. Pure.

The base is the projection last agreed with the upstream. "Dirty" means that the outbox holds a change of ours which the
upstream has not taken yet. Where the upstream changed what we have, `storage.sync.merge` decides property by property.
"""

from dataclasses import dataclass
from enum import StrEnum

from storage.content import digest, same


class Step(StrEnum):
    """What to do with one entry."""

    TAKE = "take"  # the upstream's text becomes ours (a new entry, or a newer version)
    MERGE = "merge"  # both edited: both sides' edits live; what both changed in two ways goes to the inbox
    ADOPT = "adopt"  # upstream has what we already know: remember where and in which version; what waits stays waiting
    OURS = "ours"  # upstream has an earlier text of ours, whose arrival we never heard of: that is the base now
    AGREE = "agree"  # both sides have the same now: link them, nothing is pending any more
    RESTORE = "restore"  # we deleted, the upstream edited: the edit wins, our deletion goes to the inbox
    DROP = "drop"  # the upstream deleted, we did not touch it: delete ours (under the brake)
    REVIVE = "revive"  # the upstream deleted, we edited: the edit wins and is created anew upstream
    FORGET = "forget"  # gone on both sides
    REPLACE = "replace"  # the upstream put another UID under this href: one entry goes, another comes
    DUPLICATE = "duplicate"  # another href of the collection holds this UID
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Ours:
    """What we hold for an href or UID. `text` is None where we deleted the entry; `base` is the projection last agreed,
    and `agreed` our text when that was agreed.

    `uid` is empty where we no longer know it, and for a vCard that has none.

    `linked` is false for an entry that the upstream has not confirmed; then there is no base. `sent` are the digests of
    texts that we sent and that may have arrived unheard.
    """

    uid: str
    text: str | None
    base: str
    agreed: str
    dirty: bool
    linked: bool
    sent: frozenset[str] = frozenset()


def incoming(theirs: str, uid: str, linked: Ours | None, same_uid: Ours | None) -> Step:
    """The step for an entry that the upstream shows as `theirs`.

    `linked` is what we hold under its href; `same_uid` what else we hold under its UID in this collection.
    """
    if linked is None:
        return _unknown_href(theirs, same_uid)
    if uid and linked.uid != uid and (linked.uid or _both_live(linked, same_uid)):
        return Step.REPLACE
    if linked.base and same(theirs, linked.base):
        return Step.ADOPT
    if linked.text is not None and same(theirs, linked.text):
        return Step.AGREE
    if linked.sent and digest(theirs) in linked.sent:
        return Step.OURS
    if linked.text is None:
        return Step.RESTORE
    edited = linked.dirty and (linked.sent or not same(linked.text, linked.agreed))
    return Step.MERGE if edited else Step.TAKE


def _both_live(linked: Ours, same_uid: Ours | None) -> bool:
    """A vCard without UID has got one upstream, which another entry of ours has already."""
    return linked.text is not None and same_uid is not None and same_uid.text is not None


def _unknown_href(theirs: str, same_uid: Ours | None) -> Step:
    if same_uid is None:
        return Step.TAKE
    if same_uid.text is None:
        # We deleted what we had sent: either that has arrived after all, or this is somebody else's, of the same UID.
        return Step.ADOPT if digest(theirs) in same_uid.sent else Step.TAKE
    if same_uid.linked:
        return Step.DUPLICATE
    if same(theirs, same_uid.text):
        return Step.AGREE
    return Step.OURS if digest(theirs) in same_uid.sent else Step.MERGE


def missing(linked: Ours) -> Step:
    """The step for a linked entry that the upstream no longer has."""
    if linked.text is None:
        return Step.FORGET
    return Step.REVIVE if linked.dirty else Step.DROP


def written(pushed: str, version: str, shown: str, shown_version: str) -> Step:
    """What reading an entry back after our push means.

    With the version that the push was answered with, a different text is the upstream's projection of ours: ADOPT keeps
    our richer text and remembers the projection as the base. Under another version, or where the upstream named none
    (it says so when it rewrites what it is given, RFC 4791 §5.3.4), somebody may have edited in between: TAKE.
    """
    if same(pushed, shown):
        return Step.AGREE
    return Step.ADOPT if version and version == shown_version else Step.TAKE
