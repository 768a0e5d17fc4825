"""Activity as it happens: a stream of Server-Sent Events over the subscription's journal position. Our own addition.

Each activity is one event, whose id is a cursor: a client that comes back with `Last-Event-ID` misses nothing. Streams
hold no thread while they wait: see `gateway/api/news.py`.
"""

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from gateway.api.answers import HEADERS
from gateway.api.kloudless.activity import CursorParameter, active, objects, read
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.errors import ApiError
from gateway.api.news import News
from storage.errors import CalHarborError

router = APIRouter(prefix="/accounts/{account}/subscriptions/{subscription}/activity", tags=["Activity"])

HEARTBEAT = 15.0
"""Seconds between two signs of life: what stands between us and the client takes a silent connection for a dead one."""

PAGE = 100
"""Activities that are read at a time."""

_HEARTBEAT = b": still here\n\n"

LastEvent = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="The id of the last event that arrived; goes before `cursor`."),
]


@router.get("/stream", include_in_schema=False)  # OpenAPI has no word for an answer that does not end
async def stream_activity(
    request: Request,
    asking: One,
    subscription: str,
    cursor: CursorParameter = None,
    last_event: LastEvent = None,
) -> StreamingResponse:
    """What follows a cursor, and then what happens, as it happens: one event for each activity, whose id is a cursor.

    It ends when the token is revoked, the subscription is deleted or not active any more, or the server ends.
    """
    news: News = request.app.state.news
    begin = last_event if last_event is not None else cursor
    feed = _Feed(asking, subscription)
    first = await to_thread.run_sync(feed.after, begin)  # what is wrong with the request is said before it begins
    headers = {**HEADERS, "X-Accel-Buffering": "no"}  # a proxy shall not collect what is to be heard at once
    return StreamingResponse(_events(news, feed, first), headers=headers, media_type="text/event-stream")


class _Feed:
    """What one client is given of one subscription."""

    def __init__(self, asking: Asking, name: str) -> None:
        self.asking = asking
        self._name = name
        self.more = False
        self.cursor = ""

    def after(self, cursor: str | None) -> bytes:
        """The next events after a cursor, none or several. Raises what a request for activity does."""
        followed = active(self.asking, self._name)
        page = read(self.asking, followed, cursor, PAGE)
        self.more, self.cursor = page.more, page.position.token
        if page.activities:
            self.asking.store.note_read(followed, page)
        return b"".join(
            b"id: %b\nevent: activity\ndata: %b\n\n" % (told.position.token.encode(), orjson.dumps(each))
            for told, each in zip(page.activities, objects(self.asking, followed, page), strict=True)
        )

    def next(self) -> bytes:
        """What follows what it gave last. Raises `ApiError` also where the token opens nothing any more."""
        if not {token.id for token in self.asking.tokens} <= self.asking.store.good_tokens():
            raise ApiError(401, "invalid_token", "this token has expired or was revoked")
        return self.after(self.cursor)


async def _events(news: News, feed: _Feed, first: bytes) -> AsyncIterator[bytes]:
    """The stream: what was read before it began, and what follows."""
    silent = False
    with news.waiting(feed.asking.account.id, feed.asking.tokens[0].id) as waiting:
        yield b"retry: 2000\n\n" + first
        while True:
            try:
                found = await to_thread.run_sync(feed.next)
            except (ApiError, CalHarborError):
                return  # the client comes back with the id that it knows, and is told why
            if found or silent:
                yield found or _HEARTBEAT
            if not feed.more:
                silent = not await waiting.wait(HEARTBEAT)
            if waiting.over:
                return
