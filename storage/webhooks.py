"""Who is told over HTTP that an account has new activity: receivers, what is due for each, what became of messages.

Each receiver holds a position in the journal for every account, so nothing is kept that a crash could lose: what came
after it is still to be told. A message that was sent and not noted before a crash is sent once more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from storage import activity, clock
from storage.activity import Position
from storage.db import Connection
from storage.errors import CursorExpired
from storage.model import Subscription
from storage.reading import Reader
from storage.tables import journal, subscriptions, webhooks
from storage.tables.webhooks import DeadLetter, Turn, Webhook

GAP = 5.0
"""Seconds between two messages to one receiver about one account (D64)."""

PAUSES = (60.0, 300.0, 1800.0)
"""Seconds after which what failed is tried again; then it is dropped (D65), for the next activity is told anyway."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that is due: to this receiver, about an account up to the change `through`.

    Without a `turn` it asks the receiver whether it is the one that the configuration means.
    """

    webhook: Webhook
    turn: Turn | None = None
    through: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What no two messages under way have in common: the receiver's name and the account (0: none)."""
        return self.webhook.name, self.turn.account if self.turn else 0


@dataclass(frozen=True, slots=True)
class Look:
    """The messages that should be sent now, and when to look again if nothing happens (seconds since 1970)."""

    messages: list[Message]
    again: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: `error` is "" where it was received as it should be."""

    message: Message
    error: str


def declare(store: Reader, wanted: Mapping[str, tuple[str, str]]) -> list[str]:
    """Let these be the receivers (URL and application id by name), and no others; the names of those that went.

    One that is new, or has another URL or id, is asked first, and told of what happens from now on.
    """
    known = {each.name: each for each in webhooks.every(store.db.reader())}
    new = {name for name, said in wanted.items() if name not in known or _said(known[name]) != said}
    gone = sorted(known.keys() - wanted.keys())
    if new or gone:
        with store.db.atomic() as conn:
            for name in gone:
                webhooks.delete(conn, name)
            for name in sorted(new):
                webhooks.put(conn, Webhook(name, *wanted[name], since=journal.head(conn)))
    return gone


def _said(webhook: Webhook) -> tuple[str, str]:
    return webhook.url, webhook.application


def receivers(store: Reader) -> list[Webhook]:
    """All receivers, by name."""
    return webhooks.every(store.db.reader())


def turns(store: Reader) -> list[Turn]:
    """How far each receiver is with each account that it was ever told of."""
    return webhooks.turns(store.db.reader())


def dead_letters(store: Reader) -> list[DeadLetter]:
    """What was told in vain, to the last try, oldest first."""
    return webhooks.dead(store.db.reader())


class Watch:
    """Looks for what is due. It remembers up to where it found nothing, so that no look goes over the same again."""

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._quiet: dict[tuple[str, int], int] = {}

    def look(self) -> Look:
        """The messages that are due."""
        now = clock.timestamp()
        messages: list[Message] = []
        again = inf
        with self._store.db.snapshot() as conn:
            known = webhooks.every(conn)
            followed = _by_account(subscriptions.active(conn)) if known else {}
            turns = {(each.webhook, each.account): each for each in webhooks.turns(conn)} if known else {}
            head = journal.head(conn)
            for webhook in known:
                if webhook.verified is None:
                    again = min(again, webhook.next_try) if webhook.next_try > now else again
                    messages += [Message(webhook)] if webhook.next_try <= now else []
                    continue
                for account, theirs in followed.items():
                    turn = turns.get((webhook.name, account), Turn(webhook.name, account, webhook.since))
                    due = max(turn.next_try, turn.sent + GAP if turn.sent <= now else now)
                    if turn.told >= head or not self._pending(conn, turn, theirs, head):
                        continue
                    if due > now:
                        again = min(again, due)
                    else:
                        messages.append(Message(webhook, turn, head))
        return Look(messages, again)

    def _pending(self, conn: Connection, turn: Turn, followed: Sequence[Subscription], head: int) -> bool:
        """Whether there is activity after a turn that one of these subscriptions is about."""
        key = turn.webhook, turn.account
        told = max(turn.told, self._quiet.get(key, 0))
        if told < head and any(self._active(conn, each, max(told, each.since)) for each in followed):
            return True
        self._quiet[key] = head
        return False

    def _active(self, conn: Connection, subscription: Subscription, after: int) -> bool:
        account, monitored = subscription.account, subscription.monitored
        try:
            page = activity.page(conn, account, monitored, Position(after), 1, known=self._store.pasts)
        except CursorExpired:
            return True  # what happened since has been forgotten, but something did
        return bool(page.activities)


def _by_account(followed: Iterable[Subscription]) -> dict[int, list[Subscription]]:
    found: dict[int, list[Subscription]] = {}
    for each in followed:
        found.setdefault(each.account, []).append(each)
    return found


def settle(store: Reader, outcomes: Iterable[Outcome]) -> None:
    """Note what became of messages."""
    now = clock.timestamp()
    with store.db.atomic() as conn:
        known = {each.name: each for each in webhooks.every(conn)}
        for outcome in outcomes:
            webhook, turn = outcome.message.webhook, outcome.message.turn
            current = known.get(webhook.name)
            if current is None or _said(current) != _said(webhook):
                continue
            if turn is not None:
                _settle(conn, turn, outcome, now)
            elif outcome.error:
                again = now + PAUSES[min(webhook.failures, len(PAUSES) - 1)]
                webhooks.set_unverified(conn, webhook.name, webhook.failures + 1, again, outcome.error)
            else:
                webhooks.set_verified(conn, webhook.name, clock.iso())


def _settle(conn: Connection, turn: Turn, outcome: Outcome, now: float) -> None:
    through = outcome.message.through
    told = replace(turn, told=through, sent=now, failures=0, next_try=0, error="")
    failed = replace(turn, sent=now, failures=turn.failures + 1, error=outcome.error)
    if not outcome.error:
        webhooks.put_turn(conn, told)
    elif failed.failures <= len(PAUSES):
        webhooks.put_turn(conn, replace(failed, next_try=now + PAUSES[turn.failures]))
    else:
        webhooks.bury(conn, failed, through, clock.iso())
        webhooks.put_turn(conn, told)
