"""A server as its users run it tells an application of changes, at the address that it named (contract C.4)."""

import json
from pathlib import Path

from tests.contract.onecal import OneCal, expected, over
from tests.contract.serving import contract
from tests.gateway.hooks.receiver import receiver


def test_an_application_hears_of_what_others_write(tmp_path: Path) -> None:
    with receiver() as hook, contract(tmp_path) as fixture:
        api = OneCal(over(fixture.url))
        wanted = {"webhookUrl": hook.url, "subscriptionType": "event", "calendarId": "primary"}
        made = expected(api("POST", "/api/v1/calendarSubscriptions/101", json=wanted), 201)
        times = {"start": "2025-03-04T10:00:00Z", "end": "2025-03-04T11:00:00Z"}
        fixture.api(101).post("cal/calendars/primary/events", {"name": "n", **times})
        [heard] = hook.wait(1)
        said = json.loads(heard.body)
        assert said["eventType"] == "calendar.event.changed"
        assert said["webhookSubscriptionId"] == made["webhookSubscriptionId"]
