"""Who is told of changes (WebDAV-Push): registrations, what each does not know yet, and what became of its messages.

Each registration holds a position in the journal, so nothing is kept that a crash could lose: what came after it is
still to be told. A message that was sent and not noted before a crash is sent once more.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from storage import clock, ids
from storage.errors import AccessDenied, NotFound
from storage.reading import Reader
from storage.tables import homes, journal, push
from storage.tables.push import News, Registration

MOST = 500
"""Registrations that one user may have: ten devices with fifty collections each."""

QUIET, LONGEST = 0.3, 1.5
"""Seconds: changes are told once there was none for `QUIET`, or the first of them is `LONGEST` old."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that is due: what kinds of updates to tell of, and up to which change.

    `turn`: also up to which coming or going of a share (`storage/tables/homes.py`).
    `gone`: the collection has been deleted, and the registration ends with this message. `quiet`: nothing more has
    happened for a moment; else changes go on, and there will be more to tell.
    """

    registration: Registration
    seq: int
    turn: int
    content: bool
    properties: bool
    gone: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class Look:
    """The messages that are due, and whether there are others that will be in a moment."""

    notices: list[Notice]
    waiting: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a notice. `delivered`, or else `again`: when to try once more (seconds since 1970), None: never.

    With neither the registration is removed.
    """

    notice: Notice
    delivered: bool
    again: float | None = None


def topic(store: Reader, user: str, collection_id: str) -> str:
    """The push topic of a collection as its user sees it; without one, that of the user's home."""
    return collection_id or ids.content_hash(f"{store.id}/{user}")


def register(store: Reader, wanted: Registration) -> tuple[Registration, bool]:
    """Keep a registration, or renew the one of its user, collection and endpoint; it, and whether it is new.

    A new one is told of what happens from now on. Raises `AccessDenied` where the user has `MOST` already.
    """
    with store.db.atomic() as conn:
        for over in push.ended(conn, clock.timestamp()):
            push.delete(conn, over)
        known = push.find(conn, wanted.user, wanted.collection_id, wanted.endpoint)
        if known is None and len(push.every(conn, wanted.user)) >= MOST:
            raise AccessDenied(f"there are {MOST} push registrations already", hint="remove those of old devices")
        told, turn = (known.told, known.turn) if known else (journal.head(conn), homes.newest(conn, wanted.user))
        kept = replace(wanted, id=known.id if known else wanted.id, told=told, turn=turn)
        push.put(conn, kept)
        return kept, known is None


def withdraw(store: Reader, user: str, registration_id: str) -> None:
    """Remove a user's registration. Raises `NotFound`, also for one of somebody else."""
    with store.db.atomic() as conn:
        registration = push.get(conn, registration_id)
        if registration is None or registration.user != user or registration.expires <= clock.timestamp():
            raise NotFound("there is no such push registration", hint="it may have expired: register again")
        push.delete(conn, registration_id)


def silence(store: Reader, user: str, registration_ids: Sequence[str] | None, *, after: int, actor: str) -> None:
    """Let the user's registrations (None: everybody's) not be told of what this actor changed since `after`."""
    until = store.head()
    if until == after:
        return
    with store.db.atomic() as conn:
        if registration_ids is None:
            push.silence_all(conn, after=after, until=until, actor=actor)
        else:
            push.silence(conn, user, registration_ids, after=after, until=until, actor=actor)


def wanted(store: Reader) -> bool:
    """Whether anybody has asked to be told of changes."""
    return bool(push.every(store.db.reader()))


def due(store: Reader) -> Look:
    """The messages that should be sent now.

    Registrations that are over are removed: expired ones, those of revoked devices, and, with nothing told, those of
    collections that their users cannot see any more.
    """
    now = clock.timestamp()
    with store.db.snapshot() as conn:
        registrations = push.every(conn)
        news = push.news(conn) if registrations else {}
        over = push.ended(conn, now)
    notices: list[Notice] = []
    known: list[tuple[str, int, int]] = []
    waiting = False
    for one in registrations:
        what = news.get(one.id)
        if one.id in over or not _visible(store, one, what):
            over.add(one.id)
        elif what is not None and not (what.content or what.properties):
            known.append((one.id, what.seq, what.turn))
        elif what is not None and one.next_try <= now and (_quiet(what, now) or now - _epoch(what.first) >= LONGEST):
            quiet = _quiet(what, now)
            notices.append(Notice(one, what.seq, what.turn, what.content, what.properties, what.gone, quiet))
        elif what is not None:
            waiting = True
    if over or known:
        with store.db.atomic() as conn:
            for registration_id in over:
                push.delete(conn, registration_id)
            for each in known:
                push.set_told(conn, *each)
    return Look(notices, waiting)


def settle(store: Reader, outcomes: Iterable[Outcome]) -> None:
    """Note what became of messages."""
    with store.db.atomic() as conn:
        for outcome in outcomes:
            one = outcome.notice.registration
            if outcome.delivered and not outcome.notice.gone:
                push.set_told(conn, one.id, outcome.notice.seq, outcome.notice.turn)
            elif outcome.again is not None:
                push.set_failed(conn, one.id, one.failures + 1, outcome.again)
            else:
                push.delete(conn, one.id)


def _visible(store: Reader, one: Registration, what: News | None) -> bool:
    """Whether its user sees the collection, or has it to hear that it was deleted."""
    if not one.collection_n or (what is not None and what.gone):
        return what is None or not what.gone or what.content
    with suppress(NotFound):
        return store.collection(one.collection_id).user == one.user
    return False


def _quiet(what: News, now: float) -> bool:
    return now - _epoch(what.last) >= QUIET


def _epoch(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
