"""When to stop, and what to call it: the brake on deletions, and the state word that an error means. Pure."""

from dataclasses import dataclass

from storage.errors import BlockedByAdmin, CalHarborError, NeedsLogin, RateLimited
from storage.model import State

FEW = 5
"""So many deletions in one round are never too many."""

SHARE = 0.10
"""Beyond `FEW`, a round may delete this share of a collection."""

SAMPLE = 50
"""So many of the entries that a listing left out are asked for by name before anything is concluded."""

VERIFY_EVERY = 6 * 3600.0
"""Seconds after which a collection is compared with a full listing that trusts no cursor."""

STALE_AFTER = 3
"""A state of `fresh` is believed for this many intervals after its `as_of`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a round's deletions may be carried out; `reason` says in plain words why not."""

    allowed: bool
    reason: str = ""


def judge_deletions(count: int, total: int, *, explicit: bool, lister: str = "the upstream") -> Verdict:
    """Whether a round may delete `count` of a collection's `total` entries (promise 2).

    More than max(5, 10 %), or the whole collection, waits for a person. The one exception to "the whole collection" is
    a single entry whose deletion the upstream stated by name (`explicit`): that is what removing the only event of a
    calendar looks like. `lister` is who lists them no longer, for the reason.
    """
    if count == 0:
        return Verdict(True)
    if count >= total and not (explicit and count == 1):
        what = f"none of the {total} entries any more" if total > 1 else "its only entry no longer"
        return Verdict(False, f"{lister} lists {what}")
    if count > max(FEW, int(total * SHARE)):
        return Verdict(False, f"{count} of {total} entries would be deleted in one round")
    return Verdict(True)


def state_of(error: CalHarborError) -> tuple[State, str]:
    """The state word and the reason that an error leaves behind; never `fresh`."""
    words = f"{error.message}: {error.hint}" if error.hint else error.message
    match error:
        case NeedsLogin():
            return State.NEEDS_LOGIN, words
        case BlockedByAdmin():
            return State.BLOCKED, words
        case RateLimited():
            return State.WAITING, words
        case _:
            return State.STALE, words


_WORST_FIRST = (
    State.NEEDS_LOGIN,
    State.BLOCKED,
    State.HELD,
    State.STALE,
    State.WAITING,
    State.SYNCING,
    State.PAUSED,
    State.FRESH,
)


def worst(states: list[State]) -> State:
    """The state that a person should hear of first; `fresh` for none."""
    return min(states, key=_WORST_FIRST.index, default=State.FRESH)


def believed(state: State, age: float | None, interval: float) -> State:
    """`state` as a reader should take it when its `as_of` is `age` seconds old: nothing stays fresh by itself."""
    if state is State.FRESH and (age is None or age > max(STALE_AFTER * interval, 300)):
        return State.STALE
    return state
