"""Webhooks of the OneCal dialect (contract C.4): an application hears at an address of its own that something changed.

A message says no more than that, and when. It is signed twice with the secret that its subscription was given: as the
contract has it, and as Svix does, whose libraries clients of the original check it with.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from json import dumps

from gateway.hooks.courier import Courier
from gateway.hooks.outgoing import Outgoing
from gateway.http.log import event
from storage import callbacks, clock, ids
from storage.callbacks import Notice
from storage.store import Store
from storage.sync.lease import SyncLease

EVENTS, CALENDARS = "calendar.event.changed", "calendar.event.unknown"
"""What a message is about: events of a calendar, or the list of calendars, of which no more is said."""


def signatures(secret: str, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that say who sends this body; `at`: seconds since 1970."""
    said = f"{at}.".encode() + body
    plain = hmac.new(secret.encode(), said, sha256).hexdigest()
    key = b64decode(secret.removeprefix("whsec_"))
    svix = b64encode(hmac.new(key, f"{message_id}.".encode() + said, sha256).digest()).decode()
    return {
        "x-onecal-signature": f"t={at},v1={plain}",
        "svix-id": message_id,
        "svix-timestamp": str(at),
        "svix-signature": f"v1,{svix}",
    }


class CallbackDelivery(Courier[Notice]):
    """Tells those who asked for it over the API."""

    def __init__(self, store: Store, outgoing: Outgoing, lease: SyncLease) -> None:
        super().__init__(store, lease)
        self._outgoing = outgoing

    def look(self) -> tuple[Sequence[Notice], float]:
        """What is due."""
        return callbacks.look(self._store)

    def settle(self, outcomes: Sequence[tuple[Notice, str]]) -> None:
        """Note what became of messages."""
        callbacks.settle(self._store, outcomes)

    def note(self, message: Notice, error: str) -> None:
        """Write a line of the log."""
        event("callback", subscription=message.callback.id, account=message.callback.account, error=error)

    def send(self, message: Notice) -> str:
        """Post one message; anything but a 2xx is a failure."""
        callback = message.callback
        said = {
            "eventType": EVENTS if callback.collection else CALENDARS,
            "timestamp": clock.iso(),
            "endUserAccountId": str(callback.account),
            **({"calendarId": callback.collection} if callback.collection else {}),
            "webhookSubscriptionId": callback.id,
        }
        body = dumps(said).encode()
        # The same id when it is tried again: so a receiver knows what it has had.
        message_id = f"msg_{ids.content_hash(f'{callback.id}/{callback.told}')}"
        secret = callbacks.key_of(self._store, callback)
        headers = {"Content-Type": "application/json"}
        headers |= signatures(secret, message_id, int(clock.timestamp()), body)
        status = self._outgoing.post(callback.url, headers, body).status
        return "" if 200 <= status < 300 else f"the receiver answered with status {status}"
