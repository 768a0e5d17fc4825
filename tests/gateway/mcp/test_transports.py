"""The SDK's own client against a started server, over HTTP and over standard input and output, as the README says."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from storage.store import Store
from tests.contract.serving import FIXTURE, Fixture, contract
from tests.gateway.mcp.agents import MODES

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
FULL, READ_ONLY = "cg_full_c063a5c714ae4f86", "cg_ro_d174b6d825bf4097"
PATIENCE = 60.0

LUNCH = {"title": "Lunch", "start": "2026-12-02T12:00:00Z", "end": "2026-12-02T13:00:00Z"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    """The contract's fixture with two workers, of which either may answer."""
    text = FIXTURE.read_text("utf-8").replace("port = 5243", "port = 0\nworkers = 2")
    with contract(tmp_path_factory.mktemp("mcp"), text) as fixture:
        yield fixture


def configured() -> list[dict[str, Any]]:
    """The two servers of the README's configurations."""
    blocks = re.findall(r"```json\n(\{\s*\"mcpServers\".*?)```", README, re.DOTALL)
    return [json.loads(block)["mcpServers"]["calharbor"] for block in blocks]


@asynccontextmanager
async def over(transport: str, served: Fixture, secret: str, mode: str) -> AsyncIterator[Client]:
    """A client that is set up as the README says, but for where everything is."""
    started, remote = configured()
    if transport == "stdio":
        config = str(served.data.parent / "contract.ini")
        assert started["args"][:2] == ["mcp", "--config"]
        environment = dict.fromkeys(started["env"], secret)
        words = ["-m", "gateway", "mcp", "--config", config]
        root = str(Path(__file__).parents[3])
        parameters = StdioServerParameters(command=sys.executable, args=words, env=environment, cwd=root)
        async with Client(parameters, mode=mode, read_timeout_seconds=PATIENCE) as client:
            yield client
        return
    url = remote["url"].replace("http://127.0.0.1:5243", served.url)
    headers = {name: value.replace("cg_…", secret) for name, value in remote["headers"].items()}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=PATIENCE) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode, read_timeout_seconds=PATIENCE) as client,
    ):
        yield client


async def get(client: Client, tool: str, **arguments: object) -> Any:
    """What a call gives that is no fault."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_every_tool_works(served: Fixture, transport: str, mode: str) -> None:
    async def talk() -> None:
        async with over(transport, served, FULL, mode) as client:
            assert client.protocol_version == {"legacy": "2025-11-25"}.get(mode, mode)
            if mode == "legacy":
                assert client.server_info is not None
                assert (client.server_info.name, "untrusted" in str(client.instructions)) == ("calharbor", True)
            names = [each.name for each in (await client.list_tools()).tools]
            assert len(names) == 10
            calendar = (await get(client, "list_calendars"))["calendars"][0]["id"]
            made = await get(client, "create_event", calendar_id=calendar, **LUNCH)
            event = made["event"]["id"]
            span = {"start": "2026-12-02", "end": "2026-12-04"}
            assert [each["id"] for each in (await get(client, "list_events", **span))["events"]] == [event]
            assert (await get(client, "search_events", words="lunch", **span))["total"] == 1
            assert (await get(client, "get_event", event_id=event))["event"] == made["event"]
            assert (await get(client, "free_busy", **span))["calendars"][0]["busy"]
            assert (await get(client, "find_time", duration_minutes=30, **span))["slots"]
            invite = {"event_id": event, "add_attendees": ["bob@example.com"]}
            plan = (await get(client, "update_event", **invite))["plan"]
            assert (await get(client, "update_event", **invite, confirm=plan["hash"]))["state"] == "done"
            fault = await client.call_tool("respond_to_event", {"event_id": event, "answer": "accepted"})
            assert fault.is_error, "who invites is not invited"
            plan = (await get(client, "delete_event", event_id=event))["plan"]
            assert (await get(client, "delete_event", event_id=event, confirm=plan["hash"]))["state"] == "done"
            assert (await client.call_tool("get_event", {"event_id": event})).is_error
            with pytest.raises(MCPError, match="Unknown tool"):
                await client.call_tool("nothing", {})

    asyncio.run(talk())


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_a_token_that_only_reads(served: Fixture, transport: str) -> None:
    async def talk() -> None:
        async with over(transport, served, READ_ONLY, "legacy") as client:
            names = {each.name for each in (await client.list_tools()).tools}
            assert "list_events" in names
            assert names.isdisjoint({"create_event", "update_event", "delete_event", "respond_to_event"})
            with pytest.raises(MCPError, match="Unknown tool: delete_event"):
                await client.call_tool("delete_event", {"event_id": "x"})

    asyncio.run(talk())


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_a_revoked_token_ends_what_was_open(served: Fixture, transport: str) -> None:
    """Those that the configuration declares are good again at the next start: this one is made for it."""
    from gateway.http.tokens import token_hash
    from storage.model import TokenKind

    store = Store.open(served.data)
    full = next(each for each in store.tokens() if each.label == "full")
    made = store.add_token("brief", TokenKind.ACCESS, token_hash(f"brief-{transport}"), grant=full.grant)

    async def talk() -> None:
        async with over(transport, served, f"brief-{transport}", "2026-07-28") as client:
            assert (await client.list_tools()).tools
            await asyncio.to_thread(store.revoke_token, made.id)
            with pytest.raises(MCPError):
                await client.call_tool("list_calendars", {})

    asyncio.run(talk())
    store.close()


def test_standard_output_is_the_protocols_alone(served: Fixture) -> None:
    """Whatever is wrong, it is said on standard error, and nothing else comes on standard output."""
    import subprocess

    words = [sys.executable, "-m", "gateway", "mcp", "--config", str(served.data.parent / "contract.ini")]
    environment = {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"}

    def run(extra: dict[str, str], said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            input=said,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={**environment, **extra},
            check=False,
        )

    for extra, reason in (({}, "no token is given"), ({"CALHARBOR_MCP_TOKEN": "nobody"}, "this token is not known")):
        refused = run(extra)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert reason in refused.stderr
    ended = run({"CALHARBOR_MCP_TOKEN": FULL}, 'nonsense\n{"jsonrpc":"2.0","id":7,"method":"ping"}\n')
    assert ended.returncode == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in ended.stdout.splitlines())


def test_calls_are_counted_over_every_transport(tmp_path: Path) -> None:
    """A token has as many requests as it has, through whichever door."""
    text = FIXTURE.read_text("utf-8").replace("port = 5243", "port = 0") + "[api]\naccess_requests_per_minute = 5\n"
    with contract(tmp_path, text) as other:

        async def talk() -> None:
            async with over("http", other, READ_ONLY, "legacy") as client:
                await client.list_tools()
            async with over("stdio", other, READ_ONLY, "legacy") as client:
                refused = 0
                for _ in range(6):
                    try:
                        await client.call_tool("list_calendars", {})
                    except MCPError as error:
                        refused += "too many requests: wait" in error.message
                assert refused >= 3

        asyncio.run(talk())
