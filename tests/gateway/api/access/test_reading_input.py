"""Whatever a client sends to the Access dialect is read as something, or refused by its name; all of it shows again."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.access import params, render
from gateway.api.access.errors import AccessError, bad
from gateway.api.access.parse import Reading
from gateway.api.body import Body
from storage.editing.change import KEEP
from storage.ical.values import FIRST_MOMENT, LAST_MOMENT
from storage.permits.asked import Restrictions
from storage.permits.policy import Sight
from storage.permits.seen import SeenEvent

TEXTS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789-+.,:TZ e", max_size=30),
    st.integers(-5, 2**60).map(str),
    st.datetimes().map(datetime.isoformat),
)
MOMENTS = st.integers(FIRST_MOMENT, LAST_MOMENT)
ZONES = st.sampled_from(["", "UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Apia", "Nowhere/Else"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=6,
)
MEMBERS = ("summary", "title", "description", "location", "from", "startUtc", "to", "endUtc", "isAllDay", "allDay")
LISTS = ("attendees", "addAttendees", "removeAttendees", "recurrence")


def tried(read: Callable[[], Any]) -> tuple[Any, AccessError | None]:
    """What is read, or how it is refused."""
    try:
        return read(), None
    except AccessError as refused:
        return None, refused


@given(TEXTS)
def test_a_parameter_is_read_or_refused_by_its_name(text: str) -> None:
    readers: dict[str, tuple[Any, Any]] = {
        "limit": (params.read_limit, lambda value: 1 <= value <= params.MOST),
        "offset": (params.read_offset, lambda value: 0 <= value <= params.FURTHEST),
        "when": (lambda given: params.read_when("when", given), lambda value: FIRST_MOMENT <= value <= LAST_MOMENT),
        "id": (lambda given: params.read_id("id", given), lambda value: abs(value) <= params.LARGEST_ID),
        "ids": (
            lambda given: params.read_ids("ids", given),
            lambda value: value is None or len(value) == len({*value}),
        ),
        "words": (lambda given: params.read_words("words", given), lambda value: value == text.strip()),
        "flag": (lambda given: params.read_flag("flag", given, default=True), lambda value: value in (True, False)),
    }
    for name, (read, good) in readers.items():
        value, refused = tried(partial(read, text))
        if refused is None:
            assert good(value), name
        else:
            assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
            assert refused.message.startswith(f"{name}: ")


@given(st.dictionaries(st.sampled_from([*MEMBERS, *LISTS, "calendarId", "eventType"]), JSON))
def test_a_body_is_read_or_refused_by_a_member(members: dict[str, Any]) -> None:
    for read in (Reading.new, Reading.change):
        draft, refused = tried(partial(read, Reading(Body(members, bad))))
        if refused is None:
            given_times = {name for name in ("from", "startUtc", "to", "endUtc") if members.get(name) is not None}
            assert (draft.start is not KEEP or draft.end is not KEEP) == bool(given_times)
            assert draft.title is KEEP or draft.title is None or len(draft.title) <= 255
        else:
            assert refused.status == 400
            assert refused.message.partition(":")[0].partition("[")[0] in {*MEMBERS, *LISTS, "eventType"}


@given(MOMENTS, MOMENTS, ZONES, st.booleans())
def test_times_are_shown_of_every_event(one: int, other: int, zone: str, all_day: bool) -> None:
    start, end = sorted((one, other))
    shown = render.event(SeenEvent("x", 1, Sight.FULL, start=start, end=end, all_day=all_day), zone)
    assert shown["durationMinutes"] == (end - start) // 60
    for name in ("startUtc", "endUtc"):
        assert shown[name].endswith("Z")
    for name in ("startUtc", "endUtc", "startLocal", "endLocal"):
        assert datetime.fromisoformat(shown[name]).tzinfo is not None
    assert datetime.fromisoformat(shown["startUtc"]).timestamp() == start


def test_what_is_hidden_is_left_out() -> None:
    assert render.event(SeenEvent("x", 1, Sight.FILTERED), "UTC") == {"id": "x", "calendarId": 1}
    assert render.event(SeenEvent("x", 1, Sight.FULL, attendees=(), labels=()), "")["attendees"] == []


@pytest.mark.parametrize(
    ("past", "future", "words"),
    [
        (None, None, None),
        (30, 30, "Results limited to time window: Last 30 days to next 30 days."),
        (0, None, "Results limited to time window: Last 0 days onward."),
        (None, 7, "Results limited to time window: Up to next 7 days."),
    ],
)
def test_the_window_in_words(past: int | None, future: int | None, words: str | None) -> None:
    plain = Restrictions(past, future, read_only=False, filtered=False, busy_only=False, rules=False)
    assert render.access_info(plain) == words
    whole = Restrictions(past, future, read_only=True, filtered=True, busy_only=False, rules=True)
    said = [*([words] if words else []), render.READ_ONLY, render.RULES]
    assert render.access_info(whole) == " ".join(said)
