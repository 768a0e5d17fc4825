"""Agents of a mirror: the SDK's own client, connected to our server in this process, with a token of any permit."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, Tool

from gateway.http.tokens import token_hash
from gateway.mcp.server import mcp_server
from storage.model import Token, TokenKind
from storage.store import Store
from tests.storage.permits import desks

Json = dict[str, Any]

MODES = ("legacy", "2026-07-28")
"""With the handshake of the revisions until 2025-11-25, and without one."""


class Office:
    """The mirror of the tests of permits, and agents that have tokens for it."""

    def __init__(self, store: Store) -> None:
        """`store`: see `desks.office`."""
        self.store = store

    def put(self, name: str, *times: str, **more: Any) -> str:
        """An event of alice's, by default of today from noon to one in UTC; its id."""
        return desks.put(self.store, name, *times, **more)

    def texts(self, account: int = 101, key: str = "primary") -> dict[str, str]:
        """All entries of a calendar by UID."""
        place = desks.place(self.store, key, account)
        return {each.uid: each.text for each in self.store.iter_entries(place.id)}

    def token(self, label: str = "agent", **grant: object) -> Token:
        """A token of the kind `access` over alice's calendars; `grant` replaces what is said of it."""
        secret = f"{label}-{len(self.store.tokens())}"
        return self.store.add_token(label, TokenKind.ACCESS, token_hash(secret), grant=desks.grant(**grant))

    def agent(self, token: Token | None = None, *, mode: str = "legacy", **grant: Any) -> "Agent":
        """Somebody who speaks MCP, with this token or a new one."""
        return Agent(self.store, token or self.token(**grant), mode)

    def number(self, key: str = "primary") -> int:
        """The public number of one of alice's calendars."""
        return desks.place(self.store, key).n


class Agent:
    """One client with one token; each question is a connection of its own."""

    def __init__(self, store: Store, token: Token, mode: str = "legacy") -> None:
        self.token = token
        self.mode = mode
        self._server = mcp_server(store, lambda _context: token)

    def tools(self) -> dict[str, Tool]:
        """The tools that are listed."""
        return {each.name: each for each in asyncio.run(self._tools())}

    def ask(self, tool: str, **arguments: object) -> CallToolResult:
        """What a call gives; raises `MCPError` for an error of the protocol."""
        found = asyncio.run(self._ask(tool, arguments))
        if isinstance(found, MCPError):
            raise found
        return found

    def get(self, tool: str, **arguments: object) -> Json:
        """What a call gives that is no fault, as structured content."""
        result = self.ask(tool, **arguments)
        assert not result.is_error, said(result)
        found: Json = result.structured_content
        return found

    def fault(self, tool: str, **arguments: object) -> str:
        """What a call says that is a fault."""
        result = self.ask(tool, **arguments)
        assert result.is_error, result.structured_content
        return said(result)

    def planned(self, tool: str, **arguments: object) -> Json:
        """The plan that a call gives."""
        found = self.get(tool, **arguments)
        assert found["state"] == "planned"
        return found

    def confirmed(self, tool: str, **arguments: object) -> Json:
        """What a call did after its plan was agreed to."""
        plan = self.planned(tool, **arguments)["plan"]
        done = self.get(tool, **arguments, confirm=plan["hash"])
        assert done["state"] == "done"
        return done

    async def _tools(self) -> Sequence[Tool]:
        async with Client(self._server, mode=self.mode) as client:
            return (await client.list_tools()).tools

    async def _ask(self, tool: str, arguments: Mapping[str, object]) -> CallToolResult | MCPError:
        async with Client(self._server, mode=self.mode) as client:
            try:
                return await client.call_tool(tool, dict(arguments))
            except MCPError as error:  # raised from here it would come as a group of errors
                return error


def said(result: CallToolResult) -> str:
    """The text of a result."""
    [content] = result.content
    assert content.type == "text"
    return content.text
