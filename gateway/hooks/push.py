"""Push messages (WebDAV-Push over Web Push): sent as the journal grows, merged, rate limited, tried again.

Exactly one process of a server sends: the sync process, while it holds the sync lease. It has a thread of its own for
it, so that neither a first mirror nor a slow upstream holds messages up; each message is sent in a further thread, at
most `PER_HOST` to one push service and `PER_USER` for one user, so that one slow service delays nobody else's.

What is still to be told is never kept: it is the journal after each registration's own position (`storage.push`). A
restart therefore loses nothing, and a crash between sending and noting it sends one message twice.
"""

import logging
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from random import random
from threading import Event, Thread
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from gateway.hooks.outgoing import Outgoing, Posted
from gateway.http.log import event
from gateway.http.webpush import Keys, Vapid, encrypt
from storage import clock, ids, push
from storage.errors import InvalidData, LeaseLost, StoreError, Unreachable
from storage.push import Notice, Outcome
from storage.store import Store
from storage.sync.lease import SyncLease

POLL = 0.2
"""Seconds between two looks at whether something has been written."""

TIME_TO_LIVE = 86_400
"""Seconds for which a push service keeps a message for a phone that is off; after a day the phone asks by itself."""

PER_HOST, PER_USER, IN_ALL = 4, 8, 32
"""Messages under way at the same time."""

FREE, WHILE, GAP = 60, 60.0, 6.0
"""So many messages within `WHILE` seconds go to one registration as changes come; then `GAP` seconds lie between two.

While changes go on without a pause, as in a first mirror, `GAP` seconds lie between two from the second one on.
"""

FIRST_PAUSE, LONGEST_PAUSE, MOST_REFUSED = 5.0, 3600.0, 5
"""Seconds between two tries, doubled each time; and how often a push service may refuse before it is believed."""

_GONE = (404, 410)
_AGAIN = (408, 425, 429)

log = logging.getLogger("calharbor.push")


@dataclass(slots=True)
class _Sent:
    """When messages went to one registration lately, in seconds since 1970."""

    moments: deque[float] = field(default_factory=deque)

    def may(self, now: float, *, quiet: bool) -> bool:
        """Whether one more may go now; `quiet`: changes have come to a pause."""
        while self.moments and self.moments[0] < now - WHILE:
            self.moments.popleft()
        free = len(self.moments) < FREE if quiet else not self.moments
        return free or now - self.moments[-1] >= GAP


class PushDelivery:
    """Sends what is due, in the moments in which this process holds the sync lease."""

    def __init__(self, store: Store, vapid: Vapid, outgoing: Outgoing, lease: SyncLease, *, contact: str = "") -> None:
        """`contact`: an address at which operators of push services find the owner of this server, or empty."""
        self._store = store
        self._vapid = vapid
        self._outgoing = outgoing
        self._lease = lease
        self._contact = contact
        self._under_way: dict[str, Notice] = {}
        self._done: SimpleQueue[Outcome] = SimpleQueue()
        self._outcomes: list[Outcome] = []
        self._sent: dict[str, _Sent] = {}

    def run(self, stop: Event) -> None:
        """Send until `stop` is set."""
        version, waiting = -1, False
        while not stop.wait(POLL):
            seen = self._store.data_version()
            if seen != version or waiting or not self._done.empty():
                version = seen
                try:
                    waiting = self.step()
                except LeaseLost:
                    waiting = True
                except StoreError as error:
                    log.warning("push messages have to wait: %s", error.message)
                    waiting = True

    def step(self) -> bool:
        """Note what became of messages, and start those that are due; whether there is more to do in a moment.

        Raises `LeaseLost` where another process sends.
        """
        self._lease.check(self._store.db.reader())
        self._settle()
        now = clock.timestamp()
        look = push.due(self._store)
        hosts = Counter(_host(notice) for notice in self._under_way.values())
        users = Counter(notice.registration.user for notice in self._under_way.values())
        waiting = look.waiting
        for notice in look.notices:
            one, host = notice.registration, _host(notice)
            if one.id in self._under_way:
                continue
            room = hosts[host] < PER_HOST and users[one.user] < PER_USER and len(self._under_way) < IN_ALL
            if not room or not self._sent.setdefault(one.id, _Sent()).may(now, quiet=notice.quiet):
                waiting = True
                continue
            hosts[host] += 1
            users[one.user] += 1
            self._under_way[one.id] = notice
            self._sent[one.id].moments.append(now)
            # A daemon: the end of the process waits for nobody's push service.
            Thread(target=self._deliver, args=(notice,), name="push", daemon=True).start()
        return waiting

    def _settle(self) -> None:
        with suppress(Empty):
            while True:
                self._outcomes.append(self._done.get_nowait())
        if not self._outcomes:
            return
        push.settle(self._store, self._outcomes)  # where that fails, they are noted the next time
        for outcome in self._outcomes:
            del self._under_way[outcome.notice.registration.id]
        self._outcomes.clear()
        now = clock.timestamp()
        self._sent = {key: sent for key, sent in self._sent.items() if sent.moments and sent.moments[-1] > now - WHILE}

    def _deliver(self, notice: Notice) -> None:
        """Send one message. Whatever happens, an outcome is noted."""
        outcome = _failed(notice)
        try:
            outcome = self._send(notice)
        except Unreachable as error:
            event("push", host=_host(notice), user=notice.registration.user, error=error.message)
        except InvalidData:
            outcome = Outcome(notice, delivered=False)
        finally:
            self._done.put(outcome)

    def _send(self, notice: Notice) -> Outcome:
        one = notice.registration
        # A message may take the place of an undelivered one only if it tells of the same kinds of updates.
        topic = ids.content_hash(f"{one.id}/{notice.content}/{notice.properties}")
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": 'application/xml; charset="UTF-8"',
            "TTL": str(TIME_TO_LIVE),
            "Urgency": "normal" if notice.content else "low",
            "Topic": topic,
            "Authorization": self._vapid.authorization(one.endpoint, self._contact),
        }
        body = encrypt(self._message(notice), Keys(one.public_key, one.auth))
        posted = self._outgoing.post(one.endpoint, headers, body)
        event("push", host=_host(notice), user=one.user, status=posted.status)
        return _judged(notice, posted)

    def _message(self, notice: Notice) -> bytes:
        """The `push-message` document: what has changed, never how."""
        one = notice.registration
        topic = push.topic(self._store, one.user, one.collection_id)
        token = ids.sync_token(self._store.id, one.collection_id, notice.seq)
        known = one.collection_id and not notice.gone
        content = f"<D:sync-token>{escape(token)}</D:sync-token>" if known else ""
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<push-message xmlns="https://bitfire.at/webdav-push" xmlns:D="DAV:"><topic>{escape(topic)}</topic>'
            + (f"<content-update>{content}</content-update>" if notice.content else "")
            + ("<property-update/>" if notice.properties else "")
            + "</push-message>"
        ).encode()


def _judged(notice: Notice, posted: Posted) -> Outcome:
    """What an answer of a push service means (RFC 8030 §5, §7.3, RFC 8291 §4)."""
    if 200 <= posted.status < 300:
        return Outcome(notice, delivered=True)
    if posted.status in _GONE:
        return Outcome(notice, delivered=False)
    if posted.status in _AGAIN or posted.status >= 500:
        return _failed(notice, posted.retry_after)
    refused = notice.registration.failures + 1 >= MOST_REFUSED
    return Outcome(notice, delivered=False) if refused else _failed(notice, posted.retry_after)


def _failed(notice: Notice, asked: float | None = None) -> Outcome:
    """To be tried again: later each time, not all at once, and never earlier than the push service `asked` for."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(notice.registration.failures, 20)) * (0.75 + random() / 2)  # noqa: S311 — spreads load, guards nothing
    return Outcome(notice, delivered=False, again=clock.timestamp() + max(pause, asked or 0.0))


def _host(notice: Notice) -> str:
    return urlsplit(notice.registration.endpoint).netloc
