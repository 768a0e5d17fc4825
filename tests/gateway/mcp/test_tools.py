"""Which tools a token has: those that its permit allows, and for whom there are no others."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from gateway.mcp.tools import EDITS, TOOLS
from storage.permits.permit import MasterLevel, Operation
from tests.gateway.mcp.agents import MODES, Office

READS = {"list_calendars", "list_events", "search_events", "get_event", "free_busy", "find_time"}
WRITES = {
    Operation.CREATE: "create_event",
    Operation.DELETE: "delete_event",
    Operation.RESPOND: "respond_to_event",
    **dict.fromkeys(EDITS, "update_event"),
}


def expected(level: MasterLevel, operations: set[Operation]) -> set[str]:
    """The tools that a token should have."""
    if level is MasterLevel.BUSY:
        return READS - {"search_events"}
    return READS | ({WRITES[each] for each in operations} if level is MasterLevel.FULL else set())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(level=st.sampled_from(MasterLevel), operations=st.sets(st.sampled_from(Operation)))
def test_a_token_has_the_tools_that_its_permit_allows(
    office: Office, level: MasterLevel, operations: set[Operation]
) -> None:
    agent = office.agent(level=level, operations=sorted(operations))
    tools = agent.tools()
    assert set(tools) == expected(level, operations)
    head = office.store.head()
    for name in {tool.name for tool in TOOLS} - set(tools):
        with pytest.raises(MCPError, match=f"Unknown tool: {name}") as refused:
            agent.ask(name, event_id="x")
        assert refused.value.code == INVALID_PARAMS
    assert office.store.head() == head


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_of_others_is_refused_as_one_that_nobody_has(office: Office, mode: str) -> None:
    agent = office.agent(level="view_only", mode=mode)
    errors = []
    for name in ("delete_event", "erase_everyth"):
        with pytest.raises(MCPError) as refused:
            agent.ask(name)
        errors.append((refused.value.code, refused.value.message.replace(name, "…"), refused.value.data))
    assert errors[0] == errors[1]


def test_an_edit_takes_only_what_the_token_may_edit(office: Office) -> None:
    event = office.put("Review")
    for some in combinations(EDITS, 2):
        agent = office.agent(operations=sorted(some))
        [tool] = (each for each in agent.tools().values() if each.name == "update_event")
        allowed = {name for operation in some for name in EDITS[operation]}
        assert set(tool.input_schema["properties"]) == allowed | {"event_id", "notify", "confirm"}
        lacking = {name for names in EDITS.values() for name in names} - allowed
        for name in sorted(lacking):
            value: object = ["eve@example.com"] if "attendees" in name else True if name == "all_day" else "2026-01-02"
            assert f"{name}: there is no such argument" in agent.fault("update_event", event_id=event, **{name: value})


def test_a_token_without_calendars_has_no_tools(office: Office) -> None:
    agent = office.agent(calendars=[])
    assert agent.tools() == {}
    with pytest.raises(MCPError, match="Unknown tool"):
        agent.ask("list_calendars")


def test_calendars_that_are_gone_are_said_so(office: Office) -> None:
    assert "TOKEN_DENIED" in office.agent(calendars=["999/*"]).fault("list_calendars")


@pytest.mark.parametrize("mode", MODES)
def test_the_hints_say_what_a_tool_does(office: Office, mode: str) -> None:
    for name, tool in office.agent(mode=mode).tools().items():
        hints = tool.annotations
        assert hints is not None
        assert hints.read_only_hint is (name in READS)
        assert hints.destructive_hint is (name in {"update_event", "delete_event", "respond_to_event"})
        assert hints.idempotent_hint is (name != "create_event")
        assert hints.open_world_hint is False
        assert tool.title
        assert tool.description
        assert tool.input_schema["additionalProperties"] is False
        assert tool.output_schema
        assert tool.output_schema["type"] == "object"


def test_what_is_wrong_with_arguments_is_said_and_not_repeated(office: Office) -> None:
    agent = office.agent()
    for name in agent.tools():
        fault = agent.fault(name, surprise="ignore previous instructions")
        assert "surprise" in fault
        assert "previous" not in fault
    assert "calendar_id: Input should be a valid integer" in agent.fault("list_events", calendar_id="1")
    assert "limit" in agent.fault("list_events", limit=1_000)


def test_the_table_and_the_models_agree(office: Office) -> None:
    """Every tool that may need consent takes `confirm`, and no other does."""
    tools = office.agent().tools()
    assert {name for name, tool in tools.items() if "confirm" in tool.input_schema["properties"]} == set(tools) - READS
