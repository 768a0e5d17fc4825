"""The OneCal dialect read over HTTP: cases O01, O03, O04 and O05, and every row of C.1 to C.3 that reads.

What it reads is written through the Kloudless dialect, to which the fixture's accounts belong as well.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.onecal import OneCal, expected, full, over
from tests.contract.serving import TOKENS, Api, Fixture, Json

EVENTS = "cal/calendars/primary/events"
ALWAYS = {"id", "title", "etag", "createdAt", "updatedAt", "start", "end", "isAllDay", "isRecurring", "isException"} | {
    *("isCancelled", "recurrence", "webLink", "iCalUid", "eventType", "reminders", "visibility", "organizer", "creator")
}


@pytest.fixture
def writer(fixture: Fixture) -> Iterator[Api]:
    """The account with Google's rules, whose calendar begins and ends empty."""
    api = fixture.api(101)
    yield api
    for each in api.get(EVENTS, params={"instances": "false", "page_size": "1000"})["objects"]:
        if each["recurring_master_id"] is None:
            api.delete(f"{EVENTS}/{each['id']}")


@pytest.fixture
def onecal(fixture: Fixture) -> OneCal:
    """Its primary calendar, for the application."""
    return OneCal(over(fixture.url))


def written(api: Api, name: str, day: str = "2025-08-13", **more: Any) -> str:
    """The id of an event of an hour at ten."""
    when = {"start": f"{day}T10:00:00Z", "end": f"{day}T11:00:00Z"}
    made: str = api.post(EVENTS, {"name": name, **when, **more})["id"]
    return made


def weekly(api: Api, **more: Any) -> str:
    """The id of an all-day series, from 2025-08-13 on."""
    rule = [{"rrule": "RRULE:FREQ=WEEKLY;BYDAY=WE"}]
    body = {"name": "Weekly", "start": "2025-08-13", "end": "2025-08-14", "all_day": True, "recurrence": rule}
    made: str = api.post(EVENTS, {**body, **more})["id"]
    return made


def test_o01_nobody_reads_without_a_key(fixture: Fixture) -> None:
    send = over(fixture.url)
    for key in (None, "nope", TOKENS[101], "cg_full_c063a5c714ae4f86"):
        answer = OneCal(send, key=key)("GET")
        assert expected(answer, 401)["error"] == "Unauthorized"
    for account in ("999", "0", "me", "x", "101,102", "00000000000000000101"):
        assert expected(OneCal(send, account)("GET"), 404)["error"] == "NotFound"
    assert expected(OneCal(send, 101, "nope")("GET"), 404)["error"] == "NotFound"


def test_unknown_paths_and_methods_have_the_shape_of_the_dialect(onecal: OneCal) -> None:
    assert onecal.get("/api/v1/nothing", 404)["error"] == "NotFound"
    assert onecal.get("/nothing/at/all", 404)["error"] == "NotFound"
    answer = onecal("PATCH", "/x/occurrences")
    assert expected(answer, 405)["error"] == "MethodNotAllowed"
    assert answer.headers["allow"] == "GET"


def test_the_calendar_by_its_id_by_its_alias_and_with_a_slash(writer: Api, onecal: OneCal) -> None:
    event = written(writer, "One")
    calendar = writer.get("cal/calendars/primary")["id"]
    one = onecal.get(f"/{event}")
    base = onecal.base.replace("primary", calendar)
    for path in (f"/{event}/", f"{base}/{event}", f"{base}/{event}/"):
        assert onecal.get(path) == one
    assert onecal.get("/")["data"] == onecal.get(base)["data"] == [one]
    other = writer.get("cal/calendars")["objects"][1]["id"]
    assert onecal.get(f"{onecal.base.replace('primary', other)}/{event}", 404)["error"] == "NotFound"
    assert onecal.get(f"{onecal.base.replace('101', '102')}/{event}", 404)["error"] == "NotFound"


def test_an_event_has_what_it_has_and_nothing_is_null(writer: Api, onecal: OneCal) -> None:
    event = written(writer, "Plain", start_time_zone="Europe/Berlin", end_time_zone="Europe/Berlin")
    one = onecal.get(f"/{event}")
    assert set(one) == ALWAYS
    assert one["start"] == {"dateTime": "2025-08-13T12:00:00+02:00", "timeZone": "Europe/Berlin"}
    assert one["recurrence"] is None
    assert [name for name, value in one.items() if value is None] == ["recurrence"]
    assert (one["title"], one["webLink"], one["eventType"], one["visibility"]) == ("Plain", "", "default", "default")
    assert one["organizer"] == {"email": "alice@example.com", "isSelf": True}
    assert one["etag"].startswith('"')
    assert one["etag"].endswith('"')
    assert one["createdAt"].endswith("Z")
    assert len(one["updatedAt"]) == len("2025-01-01T00:00:00.000Z")
    writer.patch(f"{EVENTS}/{event}", {"name": "Other"})
    assert onecal.get(f"/{event}")["etag"] != one["etag"]


def test_a_zone_of_ones_own(writer: Api, onecal: OneCal) -> None:
    event, day = written(writer, "Timed", start_time_zone="Europe/Berlin"), weekly(writer)
    one = onecal.get(f"/{event}", timeZone="Asia/Tokyo")
    assert one["start"] == {"dateTime": "2025-08-13T19:00:00+09:00", "timeZone": "Asia/Tokyo"}
    shown = full(onecal, timeZone="Asia/Tokyo")
    assert shown[event] == one
    assert shown[day]["start"] == {"dateTime": "2025-08-13T00:00:00", "timeZone": "Etc/UTC"}
    for path in ("", f"/{event}"):
        assert onecal.get(path, 400, timeZone="Mars/Olympus")["error"] == "BadRequest"


def test_o03_a_series_as_it_is_and_its_occurrences(writer: Api, onecal: OneCal) -> None:
    series = weekly(writer, all_day=False, start="2025-08-13T10:00:00Z", end="2025-08-13T11:00:00Z")
    (master,) = onecal.data()
    assert (master["id"], master["isRecurring"], master["isException"]) == (series, True, False)
    assert master["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=WE"]
    span = {"startDateTime": "2025-08-13T00:00:00Z", "endDateTime": "2025-09-01T00:00:00Z"}
    for lacking in ({}, {"startDateTime": span["startDateTime"]}, {"endDateTime": span["endDateTime"]}):
        assert onecal.get("", 400, expandRecurrences=True, **lacking)["error"] == "BadRequest"
    found = onecal.data(expandRecurrences=True, orderBy="startDateTime", limit=2, **span)
    assert [each["start"]["dateTime"][8:10] for each in found] == ["13", "20", "27"]
    for each in found:
        assert each["id"] == f"{series}_{each['originalStart']['dateTime'][:10].replace('-', '')}T100000Z"
        assert (each["recurringEventId"], each["isRecurring"], each["isException"]) == (series, False, True)
        assert each["recurrence"] is None
        assert onecal.get(f"/{each['id']}") == each
    assert onecal.get("", 400, orderBy="startDateTime")["error"] == "BadRequest"
    assert onecal.get("", 400, orderBy="startDateTime", expandRecurrences=False)["error"] == "BadRequest"
    assert onecal.get("", 400, orderBy="title", expandRecurrences=True, **span)["error"] == "BadRequest"


def test_o04_the_occurrences_of_an_all_day_series(writer: Api, onecal: OneCal) -> None:
    series = weekly(writer)
    span = {"startDateTime": "2025-08-13T00:00:00", "endDateTime": "2025-08-14T00:00:00"}
    (one,) = onecal.data(f"/{series}/occurrences", **span)
    assert one["id"] == f"{series}_20250813"
    assert one["originalStart"] == {"date": "2025-08-13"}
    assert (one["start"]["dateTime"], one["end"]["dateTime"]) == ("2025-08-13T00:00:00", "2025-08-14T00:00:00")
    for lacking in ("startDateTime", "endDateTime"):
        rest = {name: value for name, value in span.items() if name != lacking}
        assert onecal.get(f"/{series}/occurrences", 400, **rest)["error"] == "BadRequest"
    for form in ("%sT00:00:00Z", "%s", "%sT00:00:00+09:00", "%sT00:00:00 02:00"):
        same = {"startDateTime": form % "2025-08-13", "endDateTime": form % "2025-08-14"}
        assert [each["id"] for each in onecal.data(f"/{series}/occurrences", **same)] == [one["id"]], form
    single = written(writer, "Single")
    assert onecal.get(f"/{single}/occurrences", 400, **span)["error"] == "BadRequest"
    assert onecal.get(f"/{series}_20250813/occurrences", 400, **span)["error"] == "BadRequest"
    assert onecal.get("/nope/occurrences", 404, **span)["error"] == "NotFound"
    ordered = onecal.data(f"/{series}/occurrences", orderBy="startDateTime", **{**span, "endDateTime": "2025-10-01"})
    assert [each["originalStart"]["date"] for each in ordered] == sorted(
        each["originalStart"]["date"] for each in ordered
    )
    assert len(ordered) == 7


def test_o05_only_what_has_changed(writer: Api, onecal: OneCal) -> None:
    one, two = written(writer, "One"), written(writer, "Two")
    events, token = onecal.all()
    assert {each["id"] for each in events} == {one, two}
    writer.patch(f"{EVENTS}/{two}", {"name": "Changed"})
    (changed,), later = onecal.all(syncToken=token)
    assert (changed["id"], changed["title"]) == (two, "Changed")
    assert later != token
    assert onecal.all(syncToken=later)[0] == []
    writer.delete(f"{EVENTS}/{one}")
    assert onecal.data(syncToken=later) == [{"id": one, "isCancelled": True}]
    assert {each["id"] for each in onecal.data(syncToken=token)} == {one, two}


def test_a_token_carries_its_filters(writer: Api, onecal: OneCal) -> None:
    written(writer, "Red one")
    blue = written(writer, "Blue")
    question: Json = {"search": "red", "startDateTime": "2025-08-01", "timeZone": "Asia/Tokyo"}
    found, token = onecal.all(**question)
    assert [each["title"] for each in found] == ["Red one"]
    assert onecal.data(syncToken=token, **question) == []
    assert onecal.data(syncToken=token, startDateTime="2025-08-01", timeZone="Asia/Tokyo") == []
    for other in ({"search": "blue"}, {"startDateTime": "2025-08-02"}, {"endDateTime": "2026-01-01"}):
        assert onecal.get("", 400, syncToken=token, **other)["error"] == "BadRequest"
    for name in ("isAllDay", "isCancelled", "expandRecurrences"):
        assert onecal.get("", 400, syncToken=token, **{name: True})["error"] == "BadRequest"
    writer.patch(f"{EVENTS}/{blue}", {"name": "Blue still"})
    assert onecal.data(syncToken=token) == []  # it never was in the list
    writer.patch(f"{EVENTS}/{blue}", {"name": "Red now"})
    (now,), token = onecal.all(syncToken=token)
    assert now["start"]["timeZone"] == "Asia/Tokyo"
    writer.patch(f"{EVENTS}/{blue}", {"name": "Blue again"})
    assert onecal.data(syncToken=token) == [{"id": blue, "isCancelled": True}]


def test_a_token_that_is_none_of_this_list(writer: Api, onecal: OneCal) -> None:
    written(writer, "One")
    token = onecal.all()[1]
    other = OneCal(onecal.send, 102)
    for api, text in ((onecal, "nope"), (onecal, token[:-3]), (other, token), (onecal, other.all()[1])):
        assert api.get("", 410, syncToken=text)["error"] == "SyncTokenExpired"
    series = weekly(writer)
    assert onecal.get(f"/{series}/occurrences", 410, syncToken=token)["error"] == "SyncTokenExpired"
    for text in ("nope", token, "1"):
        assert onecal.get("", 400, pageToken=text)["error"] == "BadRequest"


def test_pages(writer: Api, onecal: OneCal) -> None:
    first: Json = {}
    events = {written(writer, f"Number {n}") for n in range(5)}
    for name in ("limit", "pageSize"):
        first = onecal.get("", **{name: 2})
        assert len(first["data"]) == 2
        assert set(first) == {"data", "nextPageToken"}
        assert set(full(onecal, "", **{name: 2})) == events
        for wrong in ("0", "1001", "-1", "x", "1.5", ""):
            assert onecal.get("", 400, **{name: wrong})["error"] == "BadRequest"
    assert set(onecal.get("")) == {"data", "nextSyncToken"}
    assert len(onecal.get("", limit=1000)["data"]) == 5
    assert onecal.get("", 400, pageToken=first["nextPageToken"], search="x")["error"] == "BadRequest"


def test_a_span_holds_what_lies_inside_it(writer: Api, onecal: OneCal) -> None:
    event, series = written(writer, "One"), weekly(writer)

    def found(start: str, end: str) -> set[str]:
        return set(full(onecal, startDateTime=start, endDateTime=end))

    assert found("2025-08-13T10:00:00Z", "2025-08-13T11:00:00Z") == {event}
    assert found("2025-08-13T12:00:00+02:00", "2025-08-13T13:00:00 02:00") == {event}
    assert found("2025-08-13T10:00:01Z", "2025-08-13T12:00:00Z") == set()
    assert found("2025-08-13T09:00:00Z", "2025-08-13T10:59:59Z") == set()
    assert found("2025-08-13T03:00:00", "2025-08-13T04:00:00") == {event}  # by the calendar's clock
    assert found("2025-08-19", "2025-08-22") == {series}
    assert found("2025-08-21", "2025-08-27T12:00:00") == set()
    assert set(full(onecal, startDateTime="2025-08-14")) == {series}
    assert set(full(onecal, endDateTime="2025-08-13T23:00:00")) == {event}
    for start, end in (("tomorrow", "2025-08-13"), ("2025-08-14", "2025-08-13"), ("2025-08-13", "2025-13-13")):
        assert onecal.get("", 400, startDateTime=start, endDateTime=end)["error"] == "BadRequest"


def test_filters(writer: Api, onecal: OneCal) -> None:
    props = [{"key": "team", "value": "a", "private": True}, {"key": "room", "value": "b", "private": False}]
    own = written(writer, "Ünder one", custom_properties=props)
    day = weekly(writer, name="Plain day")
    assert set(full(onecal, search="üNDER")) == {own}
    assert set(full(onecal, search="berlin")) == set()
    assert set(full(onecal, isAllDay=True)) == {day}
    assert set(full(onecal, isAllDay=False)) == {own}
    assert set(full(onecal, isCancelled=True)) == set()
    assert set(full(onecal, isCancelled=False)) == {own, day}
    assert set(full(onecal, updatedAfter="2025-01-01T00:00:00Z")) == {own, day}
    assert set(full(onecal, updatedAfter="2100-01-01T00:00:00Z")) == set()
    for filters in ('{"team":"a"}', '{"room":"b"}', '{"team":"a","room":"b"}'):
        assert set(full(onecal, metadataFilters=filters)) == {own}
    assert set(full(onecal, metadataFilters='{"team":"a","room":"c"}')) == set()
    assert set(full(onecal, metadataFilters="{}")) == {own, day}
    for filters in ("x", "[]", '{"a":1}', '{"a":null}', "null"):
        assert onecal.get("", 400, metadataFilters=filters)["error"] == "BadRequest"
    for name in ("isAllDay", "isCancelled", "expandRecurrences"):
        assert onecal.get("", 400, **{name: "maybe"})["error"] == "BadRequest"
    shown = onecal.get(f"/{own}")
    assert shown["privateExtendedProperties"] == {"team": "a"}
    assert shown["publicExtendedProperties"] == {"room": "b"}


def test_occurrences_that_differ_and_that_are_gone(writer: Api, onecal: OneCal) -> None:
    series = weekly(writer)
    token = onecal.all()[1]
    span = {"startDateTime": "2025-08-01", "endDateTime": "2025-09-04"}
    expanded, following = onecal.all(expandRecurrences=True, **span)
    assert len(expanded) == 4
    writer.patch(f"{EVENTS}/{series}_20250820", {"name": "Other"})
    writer.delete(f"{EVENTS}/{series}_20250827")
    every = full(onecal)
    assert set(every) == {series, f"{series}_20250820", f"{series}_20250827"}
    gone = every[f"{series}_20250827"]
    assert (gone["isCancelled"], gone["isException"], gone["recurringEventId"]) == (True, True, series)
    assert gone["originalStart"] == {"date": "2025-08-27"}
    assert onecal.get(f"/{series}_20250827", 404)["error"] == "NotFound"
    assert (every[f"{series}_20250820"]["title"], every[f"{series}_20250820"]["isCancelled"]) == ("Other", False)
    assert {each["id"]: each for each in onecal.data(syncToken=token)} == every
    assert set(full(onecal, isCancelled=True)) == {gone["id"]}
    now = full(onecal, expandRecurrences=True, **span)
    assert set(now) == {f"{series}_{day}" for day in ("20250813", "20250820", "20250903")}
    told = {each["id"]: each for each in onecal.data(syncToken=following)}
    assert told.pop(gone["id"]) == {"id": gone["id"], "isCancelled": True}
    assert told == now
    writer.delete(f"{EVENTS}/{series}")
    left = {each["id"] for each in onecal.data(syncToken=token) if set(each) == {"id", "isCancelled"}}
    assert left == set(every)
