"""Webhooks of the Kloudless dialect (contract B.1, D64, D65): who receives them hears which account has new activity.

What is still to be told is the journal after each receiver's own position (`storage.webhooks`).
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from urllib.parse import urlencode

from gateway.hooks.courier import Courier
from gateway.hooks.outgoing import Outgoing
from gateway.http.log import event
from storage import webhooks
from storage.store import Store
from storage.sync.lease import SyncLease
from storage.webhooks import Message, Outcome

_ANSWER = 1_024
"""Octets of an answer that are read: it is no longer than an application's id."""


def signature(key: str, body: bytes) -> str:
    """The value of `X-Kloudless-Signature`: base64 of the HMAC-SHA256 of the raw body under the application's key."""
    return b64encode(hmac.new(key.encode(), body, sha256).digest()).decode()


class WebhookDelivery(Courier[Message]):
    """Tells the receivers of the configuration which account has new activity."""

    def __init__(self, store: Store, keys: Callable[[str], str], outgoing: Outgoing, lease: SyncLease) -> None:
        """`keys`: the application key of a receiver, by its name."""
        super().__init__(store, lease)
        self._keys = keys
        self._outgoing = outgoing
        self._watch = webhooks.Watch(store)

    def look(self) -> tuple[Sequence[Message], float]:
        """What is due."""
        found = self._watch.look()
        return found.messages, found.again

    def settle(self, outcomes: Sequence[tuple[Message, str]]) -> None:
        """Note what became of messages."""
        webhooks.settle(self._store, [Outcome(message, error) for message, error in outcomes])

    def note(self, message: Message, error: str) -> None:
        """Write a line of the log."""
        event("webhook", webhook=message.webhook.name, account=message.key[1], error=error)

    def send(self, message: Message) -> str:
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
