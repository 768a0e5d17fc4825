"""Push channels: who wants to hear of what, and the messages that go there (`X-Goog-…` headers, no body)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from tests.upstreams.google.asked import Call
from tests.upstreams.google.refusal import Refused, invalid, not_found, required
from tests.upstreams.google.state import Account

Json = dict[str, Any]

LASTING = 604_800  # seconds, if nothing shorter is asked for

Deliver = Callable[[str, dict[str, str]], None]
"""Takes an address and the headers of a message to it."""


@dataclass
class Channel:
    """One channel: `resource` is what it watches, such as `calendars/…/events`."""

    id: str
    resource: str
    resource_id: str
    address: str
    token: str
    expires: int
    number: int = 0


@dataclass
class Channels:
    """All channels; `deliver` is called with each message, `sent` keeps them. `plain`: addresses may be http."""

    account: Account
    deliver: Deliver = lambda _address, _headers: None
    plain: bool = False
    open: dict[str, Channel] = field(default_factory=dict)
    sent: list[dict[str, str]] = field(default_factory=list)

    def watch(self, call: Call) -> Json:
        """`….watch`: opens a channel, whose first message may come before this answer."""
        if "calendarId" in call.path:
            call = Call(call.method, {"calendarId": self.account.calendar(call.path["calendarId"]).id}, {}, call.body)
        body = call.body
        for name in ("id", "type", "address"):
            if not body.get(name):
                raise required(f"Missing {name}.", name)
        if body["type"] not in {"web_hook", "webhook"} or len(body["id"]) > 64 or len(body.get("token", "")) > 256:
            raise invalid("Invalid channel.", "id")
        if urlsplit(body["address"]).scheme != "https" and not self.plain:
            message = f"WebHook callback must be HTTPS: {body['address']}"
            raise Refused(400, "push.webhookUrlNotHttps", message)  # «unverified»: the reason
        if body["id"] in self.open:
            message = f"Channel id {body['id']} not unique"
            raise Refused(400, "channelIdNotUnique", message)  # «unverified»: the reason
        lasting = min(int(body.get("params", {}).get("ttl", LASTING)), LASTING)
        expires = int((self.account.now() + lasting) * 1000)
        resource = call.method.path.removesuffix("/watch").replace("{calendarId}", call.path.get("calendarId", ""))
        resource_id = f"r{sum(resource.encode()):x}{len(resource)}"
        channel = Channel(body["id"], resource, resource_id, body["address"], body.get("token", ""), expires)
        self.open[channel.id] = channel
        self._send(channel, "sync")
        found = {"kind": "api#channel", "id": channel.id, "resourceId": resource_id, "expiration": str(expires)}
        found["resourceUri"] = f"https://www.googleapis.com/calendar/v3/{resource}?alt=json"
        return found | ({"token": channel.token} if channel.token else {})

    def stop(self, call: Call) -> None:
        """`channels.stop`."""
        channel = self.open.get(call.body.get("id", ""))
        if channel is None or channel.resource_id != call.body.get("resourceId"):
            raise not_found()
        del self.open[channel.id]

    def changed(self, resource: str) -> None:
        """Tell everybody who watches it that something is other than before."""
        for channel in list(self.open.values()):
            if channel.expires <= self.account.now() * 1000:
                del self.open[channel.id]
            elif channel.resource == resource:
                self._send(channel, "exists")

    def _send(self, channel: Channel, state: str) -> None:
        channel.number += 1 if state == "sync" else 1 + channel.number % 3  # increasing, not contiguous
        headers = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Expiration": formatdate(channel.expires / 1000, usegmt=True),
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-URI": f"https://www.googleapis.com/calendar/v3/{channel.resource}?alt=json",
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(channel.number),
        }
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        self.sent.append(headers)
        self.deliver(channel.address, headers)
