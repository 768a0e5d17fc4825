"""Events written with any JSON whatever: accepted and shown again, or refused in the dialect's shape; never a fault."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.api.kloudless.events_parse import ACCEPTED
from storage.ical.read import read
from storage.model import Origin
from tests.contract.serving import TOKENS
from tests.gateway.api.contract_here import Here

EVENTS = "/v1/accounts/me/cal/calendars/primary/events"
BODY = {"name": "n", "start": "2025-03-04T10:00:00Z", "end": "2025-03-04T11:00:00Z"}

WORDS = (
    *("2025-03-04", "2025-03-04T10:30:00+05:00", "0001-01-01", "9999-12-31T23:59:59Z", "Europe/Berlin", "UTC"),
    *("FREQ=DAILY;COUNT=3", "RDATE:20250305T100000Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY"),
    *("accepted", "private", "email", "popup", "hangoutsMeet", "mailto:p@x.org", "p@x.org", "https://x.example/a"),
    *("<b>x</b>", "\r\nX:1"),
)
texts = st.text(max_size=20) | st.sampled_from(WORDS)
atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
MEMBERS = (
    *("email", "status", "required", "minutes", "method", "popup", "rrule", "key", "value", "private", "summary", "to"),
    *("online_meeting_provider", "entry_points", "uri", "entry_point_type", "object", "X-A", "params", "notes", "name"),
)
objects = st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=5), atoms, max_size=5)
values = atoms | objects | st.lists(objects | atoms, max_size=3) | st.fixed_dictionaries({"object": objects})
bodies = st.dictionaries(st.sampled_from(tuple(ACCEPTED)), values, max_size=4)
STANDING = {
    **BODY,
    "recurrence": [{"rrule": "FREQ=DAILY;COUNT=3"}],
    "attendees": [{"name": "P", "email": "p@x.org"}],
    "description": "<b>x</b>",
}


@pytest.mark.parametrize("account", TOKENS)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.differing_executors],
)
@given(bodies)
def test_any_json_is_an_event_or_refused(here: Here, account: int, body: dict[str, Any]) -> None:
    token = TOKENS[account]
    made = here.request(token, "POST", EVENTS, json={**BODY, **body})
    assert made.status_code in (201, 400), made.text
    series = here.request(token, "POST", EVENTS, json=STANDING).json()
    [first] = here.get(account, "events", instances=series["id"], page_size=1, start="2025-03-01")["objects"]
    for event in (first["id"], series["id"]):  # a series that moves has other instances
        head = here.store.head()
        changed = here.request(token, "PATCH", f"{EVENTS}/{event}", json=body)
        assert changed.status_code in (200, 400, 403), changed.text
        if changed.status_code != 200:
            assert set(changed.json()) == {"status_code", "error_code", "message", "id"}
            assert here.store.head() == head
            continue
        assert here.request(token, "GET", f"{EVENTS}/{event}").json() == changed.json()
        again = here.request(token, "PATCH", f"{EVENTS}/{event}", json=body).json()
        assert again == changed.json()
    for entry in here.store.iter_entries(here.calendar(account).id):
        assert read(entry.text).uid == entry.uid
        here.store.delete_entry(here.calendar(account).id, entry.href, origin=Origin.API)
