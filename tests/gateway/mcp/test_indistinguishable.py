"""Two mirrors that differ only in what is hidden from a token look the same to its agent, whatever it asks."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from storage import clock
from storage.model import Token
from storage.store import Store
from tests.gateway.mcp.agents import Agent, Json, Office, said
from tests.storage.permits import desks
from tests.storage.permits.desks import NOW

EVIL = ["eve@evil.example"]
SPAN = {"start": "2025-12-01", "end": "2026-03-01"}
PERMITS: Mapping[str, Json] = {
    "in full": {},
    "reads": {"level": "view_only"},
    "in part": {"level": "view_filtered", "fields": ["title", "times"]},
    "sees when": {"level": "free_busy_only"},
}
FENCE: Json = {
    "calendars": ["101/primary"],
    "past_days": 20,
    "future_days": 20,
    "rules": [["block", "domain", "evil.example", 0]],
}
RULE = ["RRULE:FREQ=DAILY;COUNT=3"]
ALICE = "alice@example.com"
SECRET = (
    "BEGIN:VEVENT\r\nUID:{}\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:20260105T120000Z\r\n"
    "DTSTART:20260105T120000Z\r\nDTEND:20260105T130000Z\r\nSUMMARY:Secret\r\nORGANIZER:mailto:alice@example.com\r\n"
    "ATTENDEE:mailto:friend@x.org\r\nATTENDEE:mailto:eve@evil.example\r\nEND:VEVENT\r\n"
)
"""An instance that the fence hides, of the series with this UID."""

_WORD = re.compile(r"(?<=data )[0-9a-f]{16}$", re.MULTILINE)


def shown(office: Office) -> Sequence[str]:
    """What every world has: the ids of a solo event, a meeting and a series."""
    return [
        office.put("Review", people=["bob@example.com"]),
        office.put(
            "Meeting", "20260103T120000Z", "20260103T130000Z", organizer="alice@example.com", people=["b@x.org"]
        ),
        office.put("Daily", "20260104T120000Z", "20260104T130000Z", more=["RRULE:FREQ=DAILY;COUNT=3"]),
    ]


def hide(office: Office) -> Sequence[str]:
    """What one world has besides, none of which the fence lets through; the ids."""
    return [
        office.put("Review of secrets", "20260101T123000Z", "20260101T140000Z", people=EVIL),
        office.put(
            "Secret series", "20260102T100000Z", "20260102T110000Z", organizer=EVIL[0], more=["RRULE:FREQ=DAILY"]
        ),
        office.put("Review by the team", "20260102T120000Z", "20260102T130000Z", key="team"),
        office.put("Too long ago to review", "20251205T120000Z", "20251205T130000Z", people=EVIL),
    ]


class World:
    """One of two mirrors, with the same tokens in both."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(Store.open(folder, durable=False))

    def agent(self, label: str) -> Agent:
        """Whose token is called so."""
        return self.office.agent(next(each for each in self.office.store.tokens() if each.label == label))


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[tuple[World, World, Sequence[str], Sequence[str]]]:
    """Without and with the hidden events; the ids of the others, and of those."""
    with clock.use(lambda: NOW):
        office = Office(desks.office(tmp_path / "one"))
        visible = shown(office)
        tokens: list[Token] = [office.token(label, **FENCE, **permit) for label, permit in PERMITS.items()]
        assert len(tokens) == len(PERMITS)
        office.agent(tokens[0]).planned("delete_event", event_id=visible[0])  # both have the same key for plans
        office.store.close()
        shutil.copytree(tmp_path / "one", tmp_path / "other")
        one, other = World(tmp_path / "one"), World(tmp_path / "other")
        hidden = hide(other.office)
        yield one, other, visible, hidden
        one.office.store.close()
        other.office.store.close()


def answers(agent: Agent, questions: Sequence[tuple[str, Json]]) -> list[tuple[bool, str, object]]:
    """Everything that an agent is answered, but for the random words of the fences."""
    found = [agent.ask(tool, **arguments) for tool, arguments in questions if tool in agent.tools()]
    return [(bool(each.is_error), _WORD.sub("…", said(each)), each.structured_content) for each in found]


@pytest.mark.parametrize("label", PERMITS)
def test_an_agent_cannot_tell_them_apart(worlds: tuple[World, World, Sequence[str], Sequence[str]], label: str) -> None:
    one, other, visible, hidden = worlds
    number = one.office.number()
    new = {"calendar_id": number, "title": "x", "start": "2026-01-01T12:00:00Z", "end": "2026-01-01T15:00:00Z"}
    questions: list[tuple[str, Json]] = [
        ("list_calendars", {}),
        ("list_events", {}),
        *(("list_events", {**SPAN, "limit": 1, "offset": offset}) for offset in range(7)),
        ("list_events", {**SPAN, "calendar_id": one.office.number("team")}),
        *(("search_events", {**SPAN, "words": words}) for words in ("review", "secret", "team", "evil")),
        ("search_events", {**SPAN, "attendees": EVIL}),
        *(("get_event", {"event_id": each}) for each in (*visible, *hidden, "0" * 32, f"{hidden[1]}_20260103T100000Z")),
        ("free_busy", SPAN),
        ("free_busy", {**SPAN, "calendar_ids": [one.office.number("team")]}),
        ("find_time", {**SPAN, "duration_minutes": 60, "limit": 50, "earliest": "00:00", "latest": "24:00"}),
        *(("delete_event", {"event_id": each}) for each in (*visible, *hidden)),
        *(("update_event", {"event_id": each, "title": "x"}) for each in hidden),
        *(("respond_to_event", {"event_id": each, "answer": "accepted"}) for each in (*visible, *hidden)),
        ("create_event", {**new, "attendees": ["fran@example.org"]}),
        ("create_event", {**new, "attendees": EVIL}),
        ("create_event", {**new, "calendar_id": one.office.number("team")}),
    ]
    assert answers(one.agent(label), questions) == answers(other.agent(label), questions)
    absent = answers(other.agent(label), [("get_event", {"event_id": "0" * 32})])
    assert answers(other.agent(label), [("get_event", {"event_id": each}) for each in hidden]) == absent * len(hidden)


def test_who_is_in_a_hidden_instance_is_not_said_by_the_plan_of_its_series(office: Office) -> None:
    """Nor does it say whether there is one: the series without it has a gap there."""
    agent = office.agent(rules=FENCE["rules"])
    times = "20260104T120000Z", "20260104T130000Z"
    later = {"start": "2026-01-04T13:00:00Z", "end": "2026-01-04T14:00:00Z"}
    for people in ([], ["b@x.org"]):
        gap = office.put(
            f"Gap {people}", *times, people=people, organizer=ALICE, more=[*RULE, "EXDATE:20260105T120000Z"]
        )
        met = f"Met {people}"
        full = office.put(met, *times, people=people, organizer=ALICE, more=RULE, extra=SECRET.format(met))
        for tool, more in (("delete_event", {}), ("update_event", {"title": "X"}), ("update_event", later)):
            for each in (gap, full):
                planned = agent.planned(tool, event_id=each, **more)
                assert planned["untrusted"]["told"] == people, (tool, more)
                assert planned["plan"]["would_tell"] == len(people)
