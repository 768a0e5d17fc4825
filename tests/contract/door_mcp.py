"""The door of agents: an agent's key, and the client of the Model Context Protocol's own SDK."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TypeVar

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.contract.doors import FULL_KEY, Access, Told, given, utc
from tests.contract.serving import Fixture, Json

ENDS = ("start", "end")
Answer = TypeVar("Answer")


class Mcp:
    """An agent with such a key, whose client is the protocol's own."""

    writes, reads = Access.writes, Access.reads

    def __init__(self, fixture: Fixture) -> None:
        self.url = f"{fixture.url}/mcp"

    def write(self, told: Told) -> None:
        async def make(client: Client) -> None:
            places = (await self.call(client, "list_calendars"))["calendars"]
            timed = isinstance(told.start, datetime)
            body = given(
                calendar_id=next(each["id"] for each in places if each["primary"]),
                title=told.title,
                description=told.description,
                location=told.location,
                start=told.start.isoformat(),
                end=told.end.isoformat(),
                all_day=None if timed else True,
                recurrence=[f"RRULE:{told.rule}"] if told.rule else [],
            )
            assert (await self.call(client, "create_event", **body))["state"] == "done"

        asyncio.run(self.talk(make))

    def read(self) -> Told:
        async def look(client: Client) -> Json:
            span = {"start": "2026-01-01", "end": "2026-12-31", "include_cancelled": True}
            listed = await self.call(client, "list_events", **span)
            found = await self.call(client, "get_event", event_id=listed["events"][0]["id"])
            event: Json = found["event"]
            return event

        event = asyncio.run(self.talk(look))
        said = event["untrusted"]
        start, end = (date.fromisoformat(event[each]) if event["all_day"] else utc(event[each]) for each in ENDS)
        return Told(
            title=said["title"],
            description=said.get("description") or "",
            location=said.get("location") or "",
            start=start,
            end=end,
            guests={each["email"]: each["response"] for each in said["attendees"]},
            meeting=said.get("join_url") or "",
            labels=tuple(said["labels"]),
            cancelled=event["status"] == "cancelled",
        )

    async def talk(self, say: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """One connection."""
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {FULL_KEY}"}, trust_env=False) as http,
            Client(streamable_http_client(self.url, http_client=http), mode="2026-07-28") as client,
        ):
            return await say(client)

    async def call(self, client: Client, tool: str, **arguments: object) -> Json:
        """What a tool gives."""
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        found: Json = result.structured_content
        return found
