"""Webhooks of the Kloudless dialect (contract B.1, D64, D65): who receives them hears which account has new activity.

Exactly one process of a server sends: the sync process, while it holds the sync lease, in a thread of its own. Every
receiver has a queue of its own, and each message a thread, so that a slow or dead receiver delays nobody else. What is
still to be told is the journal after each receiver's own position (`storage.webhooks`).
"""

import hmac
import logging
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from queue import Empty, SimpleQueue
from threading import Event, Thread
from urllib.parse import urlencode

from gateway.hooks.outgoing import Outgoing
from gateway.http.log import event
from storage import clock, webhooks
from storage.errors import LeaseLost, StoreError, Unreachable
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.webhooks import Message, Outcome

POLL = 0.2
"""Seconds between two looks at whether something has been written."""

AT_ONCE = 4
"""Messages under way to one receiver."""

SOON = 5.0
"""Seconds after which it is tried again to look, where the mirror could not be asked."""

_ANSWER = 1_024
"""Octets of an answer that are read: it is no longer than an application's id."""

log = logging.getLogger("calharbor.webhooks")


def signature(key: str, body: bytes) -> str:
    """The value of `X-Kloudless-Signature`: base64 of the HMAC-SHA256 of the raw body under the application's key."""
    return b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()


class WebhookDelivery:
    """Sends what is due, in the moments in which this process holds the sync lease."""

    def __init__(self, store: Store, keys: Callable[[str], str], outgoing: Outgoing, lease: SyncLease) -> None:
        """`keys`: the application key of a receiver, by its name."""
        self._store = store
        self._keys = keys
        self._outgoing = outgoing
        self._lease = lease
        self._watch = webhooks.Watch(store)
        self._under_way: set[tuple[str, int]] = set()
        self._done: SimpleQueue[Outcome] = SimpleQueue()
        self._outcomes: list[Outcome] = []

    @property
    def busy(self) -> bool:
        """Whether messages are under way, or what became of them is still to be noted."""
        return bool(self._under_way)

    def run(self, stop: Event) -> None:
        """Send until `stop` is set."""
        version, again = -1, 0.0
        while not stop.wait(POLL):
            seen = self._store.data_version()
            if seen != version or clock.timestamp() >= again or not self._done.empty():
                version = seen
                try:
                    again = self.step()
                except LeaseLost:
                    again = clock.timestamp() + SOON
                except StoreError as error:
                    log.warning("webhooks have to wait: %s", error.message)
                    again = clock.timestamp() + SOON

    def step(self) -> float:
        """Note what became of messages, and start those that are due; when to look again (seconds since 1970).

        Raises `LeaseLost` where another process sends.
        """
        self._lease.check(self._store.db.reader())
        self._settle()
        look = self._watch.look()
        busy = Counter(name for name, _account in self._under_way)
        for message in look.messages:
            name, _account = message.key
            if message.key in self._under_way or busy[name] >= AT_ONCE:
                continue  # what is under way ends, and then there is another look
            busy[name] += 1
            self._under_way.add(message.key)
            # A daemon: the end of the process waits for nobody's receiver.
            Thread(target=self._deliver, args=(message,), name="webhook", daemon=True).start()
        return look.again

    def _settle(self) -> None:
        with suppress(Empty):
            while True:
                self._outcomes.append(self._done.get_nowait())
        if self._outcomes:
            webhooks.settle(self._store, self._outcomes)  # where that fails, they are noted the next time
            self._under_way -= {outcome.message.key for outcome in self._outcomes}
            self._outcomes.clear()

    def _deliver(self, message: Message) -> None:
        """Send one message. Whatever happens, an outcome is noted."""
        error = "it was not sent"
        try:
            error = self._send(message)
        except (Unreachable, StoreError) as refused:
            error = refused.message
        finally:
            event("webhook", webhook=message.webhook.name, account=message.key[1], error=error)
            self._done.put(Outcome(message, error))

    def _send(self, message: Message) -> str:
        """Post one message; what is wrong with the answer, "" for nothing."""
        webhook, turn = message.webhook, message.turn
        body = urlencode({"account": turn.account}).encode() if turn else b""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Kloudless-Signature": signature(self._keys(webhook.name), body),
        }
        posted = self._outgoing.post(webhook.url, headers, body, most=_ANSWER)
        if posted.status != 200:
            return f"the receiver answered with status {posted.status}, not 200"
        if posted.body.strip() != webhook.application.encode():
            return "the receiver did not answer with the id of the application"
        return ""
