"""What to do about a file: what both sides had, what the file is, what the mirror has in, one named step out. Pure."""

from enum import StrEnum

SETTLE = 0.5
"""Seconds for which a file must not have changed before it is read: whoever writes it may be in the middle."""

GONE = 2.0
"""Seconds for which a file must be missing before that is a deletion: editors put another in its place."""

EMPTY = 60.0
"""Seconds after which an empty file is not the beginning of one any more."""


class Step(StrEnum):
    """What to do with one file and its entry."""

    AGREE = "agree"  # both are the same: remember that
    EXPORT = "export"  # only the mirror changed: the file becomes what the entry is, or goes as it has gone
    TAKE = "take"  # only the file changed: the entry becomes what the file is, or goes as it has gone
    BOTH = "both"  # both changed


def decide(agreed: str, file: str, mirror: str) -> Step:
    """The step for a file. All three are content hashes, "" for what is not there (or was never agreed)."""
    if file == mirror:
        return Step.AGREE
    if file == agreed:
        return Step.EXPORT
    return Step.TAKE if mirror == agreed else Step.BOTH
