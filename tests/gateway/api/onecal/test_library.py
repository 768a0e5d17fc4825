"""What the node library of the original sends, and what its types read (contract C.0, PC2)."""

import pytest

from tests.contract.onecal import Json, OneCal, expected

PATH = "/api/v1/calendarSubscriptions/101"


def at(hour: int) -> Json:
    """An hour of a day, as JavaScript's `toISOString` has it."""
    return {"dateTime": f"2025-08-13T{hour:02}:00:00.000Z", "timeZone": "UTC"}


def made(alice: OneCal, **more: object) -> Json:
    """An event of an hour."""
    return expected(alice("POST", json={"title": "t", "start": at(10), "end": at(11), **more}), 201)


def test_answers_in_a_member(alice: OneCal) -> None:
    event = made(alice, attendees=[{"email": "alice@example.com"}, {"email": "jane@example.com"}])
    path = f"/{event['id']}/rsvp"
    answer = {"email": "jane@example.com", "responseStatus": "accepted"}
    told = expected(alice("POST", path, json={"attendees": [answer]}), 200)
    assert [each["responseStatus"] for each in told["attendees"]] == ["needsAction", "accepted"]
    for wrong in ([], [{"email": "jane@example.com"}], [{"responseStatus": "accepted"}], "jane@example.com"):
        expected(alice("POST", path, json={"attendees": wrong}), 400)
    assert alice.get(f"/{event['id']}") == told


def test_a_subscription_has_what_the_library_reads(alice: OneCal) -> None:
    hook = "https://example.com/hook"
    expected(alice("POST", PATH, json={"webhookUrl": hook, "subscriptionType": "calendar"}), 201)
    [shown] = alice.get(PATH)["data"]
    assert (shown["webhookUrl"], shown["provider"], shown["endUserAccountId"]) == (hook, "GOOGLE", "101")
    assert shown["updatedAt"] == shown["createdAt"]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("10:00:00.000", "11:00:00.000", 1),
        ("10:00:00.001", "11:00:00.000", 0),
        ("09:59:59.999", "11:00:00.999", 1),
        ("09:00:00.000", "10:59:59.999", 0),
        ("11:00:00.001", "11:00:00.002", 0),
    ],
)
def test_bounds_are_exact_to_the_millisecond(alice: OneCal, start: str, end: str, found: int) -> None:
    made(alice)
    bounds = {"startDateTime": f"2025-08-13T{start}Z", "endDateTime": f"2025-08-13T{end}Z"}
    assert len(alice.data(**bounds)) == found
    assert len(alice.data(**bounds, expandRecurrences=True)) == found
