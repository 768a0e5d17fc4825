"""Reading events: the cases K05, K08, K10, K14, K19 of the contract, and every rule of its section A.8."""

from datetime import datetime
from typing import Any

import pytest

from gateway.api.kloudless.support import EVENT
from storage import clock
from storage.model import Level, Origin
from tests.gateway.api.contract_here import CALDAV, EXCHANGE, GOOGLE, ICLOUD, NOW, OUTLOOK, RAW, Here, Json
from tests.gateway.api.kloudless.series import daily, ids, override, starts, with_overrides
from tests.storage.texts import calendar, event, todo

PARIS = ";TZID=Europe/Paris:"


@pytest.mark.parametrize("account", [GOOGLE, OUTLOOK, CALDAV, EXCHANGE, ICLOUD])
def test_k05_k08_one_event_with_every_attribute(here: Here, account: int) -> None:
    entry = here.put(account, event("u1", start=":20250304T100000Z", end=":20250304T110000Z", summary="n"))
    place = here.calendar(account)
    found = here.get(account, f"events/{entry.id}")
    assert list(found) == list(EVENT)
    assert found == here.get(account, f"/v1/accounts/{account}/cal/calendars/{place.id}/events/{entry.id}")
    assert found == here.get(account, found["href"])
    assert found["calendar_id"] == place.id
    assert place.id in found["href"]
    assert "primary" not in found["href"]
    assert (found["start"], found["end"], found["start_time_zone"]) == (
        "2025-03-04T10:00:00Z", "2025-03-04T11:00:00Z", "UTC",
    )  # fmt: skip
    fixed: Json = {
        "account_id": str(account), "ical_uid": "u1", "name": "n", "description": None, "all_day": False,
        "recurrence_type": "solo", "recurrence": [], "attendees": [], "attachments": [], "reminders": [],
        "transparent": False, "status": "confirmed", "online_meeting": None, "recurring_master_id": None,
        "original_start": None, "location": None, "type": "event", "api": "calendar",
    }  # fmt: skip
    assert {name: found[name] for name in fixed} == fixed
    assert found["custom_properties"] == (None if account == EXCHANGE else [])
    assert found["on_organizer_calendar"] is (None if account == EXCHANGE else True)
    assert (found["organizer"] is None, found["creator"] is None) == (account != GOOGLE, account != GOOGLE)
    assert found["use_default_reminder"] is (True if account == GOOGLE else None)
    listed = here.get(account, "events", start="2025-03-01T00:00:00Z", end="2025-04-01T00:00:00Z")
    assert listed["objects"] == [found]


def test_k10_the_wall_clock_of_a_zone(here: Here) -> None:
    entry = here.put(CALDAV, event(start=f"{PARIS}20240331T033000", end=f"{PARIS}20240331T043000"))
    found = here.get(CALDAV, f"events/{entry.id}")
    assert found["start"] == "2024-03-31T03:30:00+02:00"
    assert (found["start_time_zone"], found["end_time_zone"]) == ("Europe/Paris", "Europe/Paris")


def test_k14_a_series_its_instances_and_its_master(here: Here) -> None:
    entry = here.put(GOOGLE, daily())
    month: dict[str, Any] = {"start": "2019-04-01T00:00:00Z", "end": "2019-05-01T00:00:00Z"}
    found = here.get(GOOGLE, "events", **month)
    assert found["total"] == found["count"] == 10
    assert len(set(ids(found))) == 10
    assert {each["ical_uid"] for each in found["objects"]} == {"series"}
    for each in found["objects"]:
        assert (each["recurrence_type"], each["recurring_master_id"], each["recurrence"]) == ("recurring", entry.id, [])
        assert here.get(GOOGLE, f"events/{each['id']}") == each
        assert each["original_start"] == each["start"]
    masters = here.get(GOOGLE, "events", instances="false", **month)
    assert masters["total"] == 1
    (master,) = masters["objects"]
    assert (master["id"], master["recurrence_type"]) == (entry.id, "recurring_master")
    assert master["recurrence"] == [{"rrule": "RRULE:FREQ=DAILY;COUNT=10"}]
    assert here.get(GOOGLE, f"events/{entry.id}") == master
    assert here.get(GOOGLE, "events", instances=entry.id, end="2019-04-13T00:00:00Z")["total"] == 3
    assert here.get(GOOGLE, "events", instances=entry.id)["total"] == 10


def test_instances_of_what_is_no_series(here: Here) -> None:
    series, solo = here.put(GOOGLE, daily()), here.put(GOOGLE, event("solo"))
    instance = ids(here.get(GOOGLE, "events"))[0]
    here.get(GOOGLE, "events", 404, instances="nobody")
    here.get(GOOGLE, "events", 400, instances=solo.id)
    here.get(GOOGLE, "events", 400, instances=instance)
    here.get(GOOGLE, "events", 404, instances=f"{series.id}_20300101T100000Z")
    assert here.get(GOOGLE, "events", instances="TRUE")["total"] == 11


@pytest.mark.parametrize(
    "path", ["events/nobody", "events/{series}_20190501T100000Z", "events/{series}_20190410", "events/{series}_x",
             "events/{solo}_20261121T100000Z", "events/{task}"]
)  # fmt: skip
def test_what_is_no_event(here: Here, path: str) -> None:
    known = {"series": here.put(GOOGLE, daily()).id, "solo": here.put(GOOGLE, event("solo")).id}
    known["task"] = here.put(GOOGLE, todo(more="DTSTART:20261121T100000Z\r\n")).id
    assert here.get(GOOGLE, path.format(**known), 404)["error_code"] == "not_found"
    elsewhere = here.put(CALDAV, event("other"))
    here.get(GOOGLE, f"events/{elsewhere.id}", 404)


def test_tasks_and_journals_are_not_listed(here: Here) -> None:
    here.put(CALDAV, todo(more="DTSTART:20261121T100000Z\r\n"))
    here.put(CALDAV, event())
    asked: list[dict[str, Any]] = [{}, {"instances": "false"}, {"q": "a"}]
    for options in asked:
        assert here.get(CALDAV, "events", **options)["total"] == 1


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", True),
        ("2026-11-21T11:00:00Z", "2026-11-21T12:00:00Z", False),
        ("2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z", False),
        ("2026-11-21T10:59:59Z", None, True),
        (None, "2026-11-21T10:00:01Z", True),
        ("2026-11-21T11:59:59+01:00", None, True),
        ("2026-11-21T12:00:00 01:00", None, False),
        ("2026-11-22", None, False),
        ("2026-11-21", "2026-11-22", True),
    ],
)
@pytest.mark.parametrize("instances", ["true", "false"])
def test_both_bounds_are_strict(here: Here, start: str, end: str, found: bool, instances: str) -> None:
    here.put(CALDAV, event())
    given: dict[str, Any] = {name: value for name, value in {"start": start, "end": end}.items() if value}
    assert here.get(CALDAV, "events", instances=instances, **given)["total"] == found


@pytest.mark.parametrize(
    ("start", "end", "found"), [("09:59", "10:01", 1), ("10:00", "10:01", 0), ("09:59", "10:00", 0)]
)
def test_an_event_of_no_length(here: Here, start: str, end: str, found: int) -> None:
    here.put(CALDAV, event(end=":20261121T100000Z"))
    listed = here.get(CALDAV, "events", start=f"2026-11-21T{start}:00Z", end=f"2026-11-21T{end}:00Z")
    assert listed["total"] == listed["count"] == found


@pytest.mark.parametrize(
    "given",
    [{"start": "tomorrow"}, {"end": "1 o'clock"}, {"start": "2026-01-02", "end": "2026-01-02"},
     {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, {"end": "1969-01-01T00:00:00Z"},
     {"page_size": "0"}, {"page_size": "1001"}, {"page": "bogus"}, {"q": "x" * 1001}]
)  # fmt: skip
def test_bounds_that_are_none(here: Here, given: dict[str, Any]) -> None:
    refused = here.get(CALDAV, "events", 400, **given)
    assert refused["error_code"] == "invalid_parameters"
    assert any(name in refused["message"] for name in given)


def test_whole_days_last_from_midnight_to_midnight_in_the_calendars_zone(here: Here) -> None:
    entry = here.put(GOOGLE, event(start=";VALUE=DATE:20260102", end=";VALUE=DATE:20260104"))  # Los Angeles: -08:00
    found = here.get(GOOGLE, f"events/{entry.id}")
    assert (found["all_day"], found["start"], found["end"]) == (True, "2026-01-02", "2026-01-04")
    assert (found["start_time_zone"], found["end_time_zone"]) == (None, None)
    for end, number in (("2026-01-02T08:00:00Z", 0), ("2026-01-02T08:00:01Z", 1)):
        assert here.get(GOOGLE, "events", end=end)["total"] == number
    for start, number in (("2026-01-04T08:00:00Z", 0), ("2026-01-04T07:59:59Z", 1)):
        assert here.get(GOOGLE, "events", start=start)["total"] == number


def test_floating_times_are_read_in_the_calendars_zone(here: Here) -> None:
    entry = here.put(CALDAV, event(start=":20260702T100000", end=":20260702T110000"))
    found = here.get(CALDAV, f"events/{entry.id}")
    assert (found["start"], found["start_time_zone"]) == ("2026-07-02T10:00:00+02:00", "Europe/Paris")
    assert here.get(CALDAV, "events", start="2026-07-02T08:30:00Z", end="2026-07-02T08:31:00Z")["total"] == 1
    assert here.get(CALDAV, "events", start="2026-07-02T10:30:00Z", end="2026-07-02T10:31:00Z")["total"] == 0


def test_a_series_keeps_its_wall_clock_over_changes_of_the_clocks(here: Here) -> None:
    rule = "RRULE:FREQ=WEEKLY;COUNT=4\r\n"
    here.put(CALDAV, event(start=f"{PARIS}20260320T090000", end=f"{PARIS}20260320T100000", more=rule))
    found = [each[5:] for each in starts(here.get(CALDAV, "events"))]
    assert found == ["03-20T09:00:00+01:00", "03-27T09:00:00+01:00", "04-03T09:00:00+02:00", "04-10T09:00:00+02:00"]


def test_a_zone_that_only_the_file_knows_is_shown_in_utc(here: Here) -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0530\r\n"
        "TZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    text = event(start=";TZID=Ours:20260320T090000", end=";TZID=Ours:20260320T100000", more="RRULE:FREQ=YEARLY\r\n")
    entry = here.put(CALDAV, text.replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT"))
    found = here.get(CALDAV, f"events/{entry.id}")
    assert (found["start"], found["start_time_zone"]) == ("2026-03-20T03:30:00Z", None)
    far = here.get(CALDAV, "events", start="2050-01-01", end="2051-01-01")
    assert starts(far) == ["2050-03-20T03:30:00Z"]


def test_exceptions_by_service(here: Here) -> None:
    moved = override("20190412T100000Z", "20190412T150000Z", "20190412T160000Z")
    for account in (GOOGLE, OUTLOOK, CALDAV, EXCHANGE, ICLOUD):
        entry = here.put(account, with_overrides(daily(), moved))
        window: dict[str, Any] = {"start": "2019-04-01", "end": "2019-05-01"}
        exception = f"{entry.id}_20190412T100000Z"
        every = here.get(account, "events", **window)
        assert every["total"] == 10
        one = next(each for each in every["objects"] if each["id"] == exception)
        assert (one["name"], one["start"], one["recurrence_type"]) == ("Moved", "2019-04-12T15:00:00Z", "recurring")
        original = None if account in (OUTLOOK, EXCHANGE) else "2019-04-12T10:00:00Z"
        assert (one["original_start"], one["recurring_master_id"]) == (original, entry.id)
        masters = here.get(account, "events", instances="false", **window)
        both = [entry.id] if account in (OUTLOOK, EXCHANGE) else [entry.id, exception]
        assert (ids(masters), masters["total"]) == (both, len(both))
        assert exception in ids(here.get(account, "events", instances=entry.id, **window))


def test_a_master_is_in_a_window_if_an_instance_is(here: Here) -> None:
    entry = here.put(
        CALDAV, with_overrides(daily(), override("20190412T100000Z", "20190601T150000Z", "20190601T160000Z"))
    )
    assert ids(here.get(CALDAV, "events", instances="false", start="2019-04-13", end="2019-04-14")) == [entry.id]
    assert ids(here.get(CALDAV, "events", instances="false", start="2019-04-12", end="2019-04-13")) == []
    found = here.get(CALDAV, "events", instances="false", start="2019-06-01", end="2019-06-02")
    assert ids(found) == [entry.id, f"{entry.id}_20190412T100000Z"]
    here.put(CALDAV, event("endless", start=":20200101T100000Z", end=":20200101T110000Z", more="RRULE:FREQ=YEARLY\r\n"))
    far = here.get(CALDAV, "events", instances="false", start="2090-01-01", end="2090-01-02")
    assert [each["name"] for each in far["objects"]] == ["Standup"]


def test_an_override_without_its_master(here: Here) -> None:
    text = calendar(override("20190412T100000Z", "20190412T150000Z", "20190412T160000Z", uid="orphan"))
    for account in (CALDAV, OUTLOOK):
        entry = here.put(account, text)
        for instances in ("true", "false"):
            window: dict[str, Any] = {"start": "2019-04-01", "end": "2019-05-01"}
            (found,) = here.get(account, "events", instances=instances, **window)["objects"]
            assert (found["id"], found["recurrence_type"]) == (f"{entry.id}_20190412T100000Z", "recurring")
            assert found["recurring_master_id"] is None
            assert here.get(account, f"events/{found['id']}") == found
        here.get(account, f"events/{entry.id}", 404)


def test_this_and_future_is_split_into_instances(here: Here) -> None:
    more = override("20190415T100000Z", "20190415T120000Z", "20190415T130000Z", params=";RANGE=THISANDFUTURE")
    entry = here.put(CALDAV, with_overrides(daily(), more))
    found = here.get(CALDAV, "events")
    assert [each["start"][11:13] for each in found["objects"]] == ["10"] * 5 + ["12"] * 5
    last = found["objects"][-1]
    assert (last["original_start"], last["name"]) == ("2019-04-19T10:00:00Z", "Moved")
    assert here.get(CALDAV, f"events/{last['id']}") == last
    assert ids(here.get(CALDAV, "events", instances="false")) == [entry.id, f"{entry.id}_20190415T100000Z"]


def test_deleted_instances_are_gone_and_cancelled_ones_are_told(here: Here) -> None:
    cancelled = override("20190412T100000Z", "20190412T100000Z", "20190412T110000Z").replace(
        "SUMMARY", "STATUS:CANCELLED\r\nSUMMARY"
    )
    entry = here.put(GOOGLE, with_overrides(daily("EXDATE:20190411T100000Z\r\n"), cancelled))
    found = here.get(GOOGLE, "events")
    assert found["total"] == 9
    assert [each["start"][8:10] for each in found["objects"] if each["status"] == "cancelled"] == ["12"]
    here.get(GOOGLE, f"events/{entry.id}_20190411T100000Z", 404)


def test_order_by_start_then_id(here: Here) -> None:
    here.put(GOOGLE, event("timed", start=":20260102T080000Z", end=":20260102T090000Z"))  # midnight in Los Angeles
    here.put(GOOGLE, event("day", start=";VALUE=DATE:20260102", end=";VALUE=DATE:20260103"))
    here.put(GOOGLE, event("floating", start=":20260101T235959", end=":20260102T010000"))
    here.put(GOOGLE, event("before", start=":20260102T075958Z", end=":20260102T090000Z"))
    here.put(GOOGLE, event("long", start=":20250102T075958Z", end=":20270102T090000Z"))
    found = here.get(GOOGLE, "events", start="2026-01-02T08:30:00Z", end="2026-01-03T00:00:00Z")
    uids = [each["ical_uid"] for each in found["objects"]]
    assert uids[:3] == ["long", "before", "floating"]
    assert ids(found)[3:] == sorted(ids(found)[3:])
    assert set(uids[3:]) == {"timed", "day"}


@pytest.mark.parametrize("instances", ["true", "false"])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_hold_every_event_once(here: Here, size: int, instances: str) -> None:
    here.put(GOOGLE, daily())
    here.put(GOOGLE, event("endless", start=":20190412T100000Z", end=":20190412T110000Z", more="RRULE:FREQ=WEEKLY\r\n"))
    for day in range(10, 20):
        here.put(GOOGLE, event(f"day{day}", start=f";VALUE=DATE:201904{day}", end=""))
    window: dict[str, Any] = {"start": "2019-04-01", "end": "2019-07-01", "instances": instances}
    whole = here.get(GOOGLE, "events", **window)
    assert whole["next_page"] is None
    seen, page = list[Json](), here.get(GOOGLE, "events", page_size=size, **window)
    while True:
        assert page["total"] == whole["total"] == len(whole["objects"])
        assert page["count"] == len(page["objects"]) <= size
        seen += page["objects"]
        if page["next_page"] is None:
            break
        page = here.get(GOOGLE, "events", page_size=size, page=page["next_page"], **window)
    assert seen == whole["objects"]


def test_pages_are_stable_while_others_write(here: Here) -> None:
    entries = [
        here.put(GOOGLE, event(f"e{n}", start=f":202601{n:02}T100000Z", end=f":202601{n:02}T110000Z"))
        for n in range(1, 10)
    ]
    first = here.get(GOOGLE, "events", page_size=3)
    place = here.calendar(GOOGLE)
    for gone in (entries[1], entries[4]):
        here.store.delete_entry(place.id, gone.href, origin=Origin.DAV)
    here.put(GOOGLE, event("early", start=":20260101T080000Z", end=":20260101T090000Z"), "early.ics")
    here.put(GOOGLE, event("late", start=":20260107T080000Z", end=":20260107T090000Z"), "late.ics")
    second = here.get(GOOGLE, "events", page_size=3, page=first["next_page"])
    third = here.get(GOOGLE, "events", page_size=3, page=second["next_page"])
    uids = [each["ical_uid"] for page in (first, second, third) for each in page["objects"]]
    assert uids == ["e1", "e2", "e3", "e4", "e6", "late", "e7", "e8", "e9"]
    assert (first["total"], second["total"], third["total"], third["next_page"]) == (9, 9, 9, None)


def test_a_page_belongs_to_its_question(here: Here) -> None:
    here.put(GOOGLE, daily())
    page = here.get(GOOGLE, "events", page_size=2, start="2019-04-01")["next_page"]
    assert here.get(GOOGLE, "events", page_size=9, page=page)["count"] == 8
    here.get(GOOGLE, "events", 400, page=page, start="2019-04-02")
    here.get(GOOGLE, "events", 400, page=page, q="x")
    team = next(each for each in here.store.calendars(GOOGLE) if each.name == "Team")
    here.get(GOOGLE, f"/v1/accounts/me/cal/calendars/{team.id}/events", 400, page=page)
    calendars = here.get(GOOGLE, "/v1/accounts/me/cal/calendars", page_size=1)["next_page"]
    here.get(GOOGLE, "events", 400, page=calendars)


def test_the_window_of_outlook(here: Here) -> None:
    rule = "RRULE:FREQ=YEARLY\r\n"
    entry = here.put(OUTLOOK, event(start=":20100301T100000Z", end=":20100301T110000Z", more=rule))
    with clock.use(lambda: NOW):

        def years(**given: Any) -> list[int]:
            return [int(start[:4]) for start in starts(here.get(OUTLOOK, "events", **given))]

        assert years() == [2025, 2026, 2027, 2028, 2029]
        assert years(start="2012-01-01") == [2012, 2013, 2014, 2015, 2016]
        assert years(end="2015-01-01") == [2010, 2011, 2012, 2013, 2014]
        assert years(start="2011-01-01", end="2030-01-01") == [2011, 2012, 2013, 2014, 2015]
        assert years(start="2011-01-01", end="2013-01-01") == [2011, 2012]
        assert years(instances=entry.id) == [2025, 2026, 2027, 2028, 2029]
        assert ids(here.get(OUTLOOK, "events", instances="false")) == [entry.id]
        assert ids(here.get(OUTLOOK, "events", instances="false", start="2040-01-01")) == [entry.id]


def test_endless_series_elsewhere_end_five_years_from_now(here: Here) -> None:
    here.put(CALDAV, event(start=":20240301T100000Z", end=":20240301T110000Z", more="RRULE:FREQ=YEARLY\r\n"))
    with clock.use(lambda: NOW):

        def years(**given: Any) -> list[int]:
            return [int(start[:4]) for start in starts(here.get(CALDAV, "events", **given))]

        assert years() == list(range(2024, 2032))
        assert years(start="2035-01-01") == [2035, 2036, 2037, 2038, 2039]
        assert years(start="2035-01-01", end="2050-01-01") == list(range(2035, 2050))
        assert here.get(CALDAV, "events")["total"] == 8


def test_pages_go_on_beyond_the_horizon(here: Here) -> None:
    here.put(CALDAV, event("a", start=":20100301T100000Z", end=":20100301T110000Z", more="RRULE:FREQ=MONTHLY\r\n"))
    here.put(
        CALDAV, event("b", start=":20100301T090000Z", end=":20100301T110000Z", more="RRULE:FREQ=WEEKLY;COUNT=3000\r\n")
    )
    here.put(CALDAV, event("c", start=":20450301T090000Z", end=":20450301T110000Z"))
    with clock.use(lambda: NOW):
        given: dict[str, Any] = {"page_size": 400, "start": "2011-01-01", "end": "2060-01-01"}
        pages = [here.get(CALDAV, "events", **given)]
        while pages[-1]["next_page"]:
            pages.append(here.get(CALDAV, "events", page=pages[-1]["next_page"], **given))
    seen = [(datetime.fromisoformat(each["start"]), each["id"]) for page in pages for each in page["objects"]]
    assert seen == sorted(set(seen))
    assert len(seen) == pages[0]["total"] == pages[-1]["total"]
    assert sum(each.startswith(ids(pages[0])[0][:32]) for _, each in seen) > 500
    assert seen[-1][0].year == 2059
    for page in pages[::3]:
        assert here.get(CALDAV, f"events/{page['objects'][-1]['id']}") == page["objects"][-1]


def test_a_rule_that_fires_every_second(here: Here) -> None:
    here.put(CALDAV, event(start=":20260301T100000Z", end=":20260301T100000Z", more="RRULE:FREQ=SECONDLY\r\n"))
    first = here.get(CALDAV, "events", page_size=3, start="2026-03-01", end="2027-01-01")
    second = here.get(CALDAV, "events", page_size=3, page=first["next_page"])
    assert [each[17:19] for each in starts(first) + starts(second)] == ["00", "01", "02", "03", "04", "05"]


def test_k19_search(here: Here) -> None:
    person = "ATTENDEE;CN=Berlin Bear;PARTSTAT=ACCEPTED:mailto:bear@zoo.example\r\n"
    texts = [
        event("place", summary="a", more="LOCATION:Berlin\r\n"),
        event("words", summary="b", more="DESCRIPTION:to berlin\\, soon\r\n"),
        event("other", summary="c", more="LOCATION:Bern\r\n"),
        event("guest", summary="d", more=person),
        event("name", summary="Trip to BERLIN"),
        event("host", summary="e", more="ORGANIZER:mailto:chief@berlin.example\r\n"),
    ]
    for account in (GOOGLE, OUTLOOK, CALDAV, EXCHANGE, ICLOUD):
        for text in texts:
            here.put(account, text)

    def found(account: int, words: str, **given: Any) -> set[str]:
        with clock.use(lambda: NOW):
            page = here.get(account, "events", q=words, **given)
        assert page["total"] == page["count"]
        return {each["ical_uid"] for each in page["objects"]}

    everything = {"place", "words", "guest", "name", "host"}
    for account in (GOOGLE, CALDAV, ICLOUD):
        assert (
            found(account, "berlin")
            == found(account, "ERLI")
            == found(account, "berlin", instances="false")
            == everything
        )
        assert found(account, "zoo.EXAMPLE") == {"guest"}
        assert found(account, "berlin, soon") == {"words"}
        assert found(account, "accepted") == found(account, "nothing of the kind") == set()
    assert found(OUTLOOK, "berlin") == {"name"}
    assert found(EXCHANGE, "berlin") == everything | {"other"}


def test_search_looks_into_what_describes_each_instance(here: Here) -> None:
    text = with_overrides(
        daily(), override("20190412T100000Z", "20190412T150000Z", "20190412T160000Z", summary="Special")
    )
    entry = here.put(CALDAV, text)
    special = f"{entry.id}_20190412T100000Z"
    found = here.get(CALDAV, "events", q="special")
    assert (ids(found), found["total"]) == ([special], 1)
    assert here.get(CALDAV, "events", q="special", instances=entry.id)["total"] == 1
    assert ids(here.get(CALDAV, "events", q="special", instances="false")) == [special]
    assert here.get(CALDAV, "events", q="s")["total"] == 10
    here.put(GOOGLE, daily())
    master = ids(here.get(GOOGLE, "events", instances="false"))[0]
    here.get(GOOGLE, "events", 400, q="x", instances=master)


@pytest.mark.parametrize("words", ['a "quoted" word', "back\\slash", "ünïcödé", "STRASSE", "tab\tbed", "100%_*"])
def test_search_takes_every_letter_for_itself(here: Here, words: str) -> None:
    name = words.replace('"', "'")
    here.put(CALDAV, event("a", more=f'ATTENDEE;CN="{name}":mailto:a@x\r\n'))
    here.put(CALDAV, event("b", summary="nothing"))
    assert here.get(CALDAV, "events", q=name.swapcase())["total"] == 1


def test_a_shared_calendar_shows_what_its_level_allows(here: Here) -> None:
    place = here.calendar(CALDAV)
    open_, hidden = (
        here.put(CALDAV, event("open", summary="Seen")),
        here.put(CALDAV, event("hidden", summary="Unseen", more="CLASS:PRIVATE\r\n")),
    )
    here.store.share(place.id, "alice", Level.READ)
    (share,) = [each for each in here.store.home("alice") if each.share]
    path = f"/v1/accounts/me/cal/calendars/{share.id}/events"
    found = here.get(GOOGLE, path, headers=RAW)
    assert {each["id"]: each["name"] for each in found["objects"]} == {open_.id: "Seen", hidden.id: "Busy"}
    assert "Unseen" not in here.response(GOOGLE, path, headers=RAW).text
    assert here.get(GOOGLE, path, q="seen")["total"] == 1
    assert here.get(GOOGLE, f"{path}/{hidden.id}")["name"] == "Busy"
    here.get(OUTLOOK, path, 404)


@pytest.mark.parametrize("raw", [{}, RAW])
def test_nothing_of_a_hidden_event_follows_what_is_hidden(here: Here, raw: dict[str, str]) -> None:
    secret = "CLASS:PRIVATE\r\nRRULE:FREQ=DAILY;COUNT=2\r\n"
    entry = here.put(CALDAV, event("hidden", summary="one", more=secret), "h.ics")
    here.store.share(here.calendar(CALDAV).id, "bob", Level.READ)
    (share,) = [each for each in here.store.home("bob") if each.share]
    path = f"/v1/accounts/me/cal/calendars/{share.id}/events"

    def seen() -> list[Json]:
        return [here.get(OUTLOOK, path, headers=raw), here.get(OUTLOOK, f"{path}/{entry.id}", headers=raw)]

    before = seen()
    with clock.use(lambda: NOW + 60):
        here.put(CALDAV, event("hidden", summary="two", more=f"DESCRIPTION:x\r\n{secret}"), "h.ics")
        assert seen() == before
        here.put(CALDAV, event("hidden", summary="two", more=f"STATUS:CANCELLED\r\n{secret}"), "h.ics")
        assert seen() != before, "what is shown is told"


def test_a_list_shows_an_event_as_it_is_now(here: Here) -> None:
    """What is remembered of an event is not what it was, nor what it is for somebody else who asks."""
    entry = here.put(GOOGLE, event("u1", start=":20250304T100000Z", end=":20250304T110000Z", summary="n"), "a.ics")
    first = here.get(GOOGLE, "events")["objects"]
    here.put(GOOGLE, event("u1", start=":20250304T100000Z", end=":20250304T110000Z", summary="m"), "a.ics")
    changed = here.get(GOOGLE, "events")["objects"]
    assert [first[0]["name"], changed[0]["name"]] == ["n", "m"]
    assert changed == [here.get(GOOGLE, f"events/{entry.id}")]
    elsewhere = here.get(GOOGLE, "events", headers={"Host": "there.example"})["objects"]
    assert elsewhere[0]["href"].startswith("http://there.example/")
