"""The tools that read: what an agent is told of calendars, events and time, and how much at once."""

import json

import pytest

from gateway.mcp.arguments import MOST_EVENTS
from gateway.mcp.results import EXCERPT, MOST_PEOPLE
from gateway.mcp.untrusted import NOTICE
from tests.gateway.mcp.agents import MODES, Office, said


@pytest.mark.parametrize("mode", MODES)
def test_calendars(office: Office, mode: str) -> None:
    agent = office.agent(mode=mode, level="view_only", past_days=3, rules=[["block", "domain", "evil.example", 0]])
    found = agent.get("list_calendars")
    assert [each["untrusted"]["name"] for each in found["calendars"]] == ["Primary", "Team"]
    assert [each["time_zone"] for each in found["calendars"]] == ["America/Los_Angeles", "Europe/Berlin"]
    assert [each["read_only"] for each in found["calendars"]] == [True, True]
    assert len(found["restrictions"]) == 3
    assert office.agent().get("list_calendars")["restrictions"] == []


def test_events_of_a_span_by_pages(office: Office) -> None:
    for number in range(5):
        office.put(f"Event {number}", f"20260102T1{number}0000Z", f"20260102T1{number}3000Z")
    agent = office.agent()
    first = agent.get("list_events", limit=2)
    second = agent.get("list_events", limit=2, offset=first["next_offset"])
    third = agent.get("list_events", limit=2, offset=second["next_offset"])
    titles = [each["untrusted"]["title"] for page in (first, second, third) for each in page["events"]]
    assert titles == [f"Event {number}" for number in range(5)]
    assert {page["total"] for page in (first, second, third)} == {5}
    assert "next_offset" not in third


def test_times_are_those_of_the_calendar(office: Office) -> None:
    office.put("Solo")
    office.put("Team", key="team")
    office.put("Day", "20260103", "20260105", key="team")
    events = {each["untrusted"]["title"]: each for each in office.agent().get("list_events")["events"]}
    assert (events["Solo"]["start"], events["Solo"]["end"]) == (
        "2026-01-01T04:00:00-08:00",
        "2026-01-01T05:00:00-08:00",
    )
    assert events["Team"]["start"] == "2026-01-01T13:00:00+01:00"
    assert (events["Day"]["start"], events["Day"]["end"], events["Day"]["all_day"]) == (
        "2026-01-03",
        "2026-01-05",
        True,
    )


def test_a_naive_time_is_read_in_the_calendars_zone(office: Office) -> None:
    office.put("Noon in Berlin", "20260102T110000Z", "20260102T120000Z", key="team")
    agent, team = office.agent(), office.number("team")
    inside = {"start": "2026-01-02T12:30:00", "end": "2026-01-02T12:45:00"}
    assert agent.get("list_events", calendar_id=team, **inside)["total"] == 1
    assert agent.get("list_events", **inside)["total"] == 0
    assert agent.get("list_events", start="2026-01-02T12:30:00+01:00", end="2026-01-02T12:45+01:00")["total"] == 1


def test_searching(office: Office) -> None:
    office.put("Budget review", people=["bob@example.com"])
    office.put("Lunch", more=["LOCATION:Budget hotel"])
    agent = office.agent()
    assert agent.get("search_events", words="BUDGET")["total"] == 2
    assert agent.get("search_events", words="budget review")["total"] == 1
    assert agent.get("search_events", attendees=["bob@example.com"])["total"] == 1
    assert "give some words" in agent.fault("search_events", words="  ")
    filtered = office.agent(level="view_filtered", fields=["title"])
    assert filtered.get("search_events", words="budget")["total"] == 1


def test_one_event_is_told_whole_and_lists_are_short(office: Office) -> None:
    long, guests = "word " * 400, [f"guest{number}@example.com" for number in range(MOST_PEOPLE + 20)]
    event = office.put("Long", more=[f"DESCRIPTION:{long}"], people=guests)
    agent = office.agent()
    [listed] = agent.get("list_events")["events"]
    assert len(listed["untrusted"]["description"]) == EXCERPT
    assert len(listed["untrusted"]["attendees"]) == MOST_PEOPLE
    assert (listed["shortened"], listed["attendee_count"]) == (True, MOST_PEOPLE + 20)
    whole = agent.get("get_event", event_id=event)["event"]
    assert whole["untrusted"]["description"].strip() == long.strip()
    assert agent.tools()["list_events"].input_schema["properties"]["limit"]["maximum"] == MOST_EVENTS


def test_what_a_permit_hides_is_not_there(office: Office) -> None:
    event = office.put("Secret", people=["bob@example.com"], more=["DESCRIPTION:Hidden words"])
    busy = office.agent(level="free_busy_only").get("get_event", event_id=event)["event"]
    assert (busy["shown"], busy["untrusted"]) == ("busy", {"title": "Busy"})
    part = office.agent(level="view_filtered", fields=["times"]).get("get_event", event_id=event)["event"]
    assert (part["shown"], part["untrusted"]) == ("in part", {})
    blind = office.agent(rules=[["block", "email", "bob@example.com", 0]])
    assert blind.fault("get_event", event_id=event) == blind.fault("get_event", event_id="0" * 32)
    assert blind.get("list_events")["total"] == 0
    window = office.agent(future_days=0)
    assert "TIMEFRAME_DENIED" in window.fault("get_event", event_id=event)


def test_free_and_busy(office: Office) -> None:
    office.put("One")
    office.put("Other", "20260101T130000Z", "20260101T140000Z", key="team")
    span = {"start": "2026-01-01T12:00:00Z", "end": "2026-01-01T15:00:00Z"}
    agent = office.agent()
    first, second = agent.get("free_busy", **span)["calendars"]
    assert first["busy"] == [{"start": "2026-01-01T04:00:00-08:00", "end": "2026-01-01T05:00:00-08:00"}]
    assert second["busy"] == [{"start": "2026-01-01T14:00:00+01:00", "end": "2026-01-01T15:00:00+01:00"}]
    assert [len(each["free"]) for each in (first, second)] == [1, 2]
    [only] = agent.get("free_busy", calendar_ids=[office.number("team")], **span)["calendars"]
    assert only["calendar_id"] == office.number("team")
    assert "CALENDAR_NOT_FOUND" in agent.fault("free_busy", calendar_ids=[999_999], **span)
    assert "end: must be after start" in agent.fault("free_busy", start="2026-01-02", end="2026-01-01")
    assert "within a year" in agent.fault("free_busy", start="2026-01-02", end="2027-02-01")
    assert "start: write it like" in agent.fault("free_busy", start="tomorrow", end="2026-01-01")


def test_finding_a_time(office: Office) -> None:
    office.put("Morning", "20260102T090000Z", "20260102T110000Z")
    office.put("Noon", "20260102T113000Z", "20260102T123000Z", key="team")
    agent = office.agent()
    week = {"start": "2026-01-02", "end": "2026-01-09", "duration_minutes": 60}
    slots = agent.get("find_time", limit=3, **week)["slots"]
    assert [each["start"] for each in slots] == [
        f"2026-01-02T{at}+00:00" for at in ("12:30:00", "12:45:00", "13:00:00")
    ]
    berlin = agent.get("find_time", time_zone="Europe/Berlin", earliest="12:00", latest="13:00", **week)["slots"]
    assert berlin[0] == {"start": "2026-01-05T12:00:00+01:00", "end": "2026-01-05T13:00:00+01:00"}, "no weekend"
    weekend = agent.get("find_time", earliest="12:00", latest="13:00", weekends=True, **week)["slots"]
    assert [each["start"][:10] for each in weekend] == [f"2026-01-0{day}" for day in (3, 4, 5, 6, 7, 8)]
    assert agent.get("find_time", earliest="17:00", latest="09:00", **week)["slots"] == []
    assert "no IANA time zone" in agent.fault("find_time", time_zone="Mars/Phobos", **week)
    nothing = office.agent(future_days=0).get("find_time", **week)["slots"]
    assert nothing == [], "outside of its window a token is offered nothing"


def test_the_text_is_the_structure_behind_a_fence(office: Office) -> None:
    office.put("Lunch")
    result = office.agent().ask("list_events")
    notice, begun, data, end = said(result).splitlines()
    assert notice == NOTICE == result.structured_content["notice"]
    assert begun[-16:] == end[-16:]
    assert {**json.loads(data), "notice": NOTICE} == result.structured_content
