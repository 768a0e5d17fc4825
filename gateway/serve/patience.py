"""How long a connection may take, and how much a request's head may hold: uvicorn's protocol, with an end to both.

uvicorn waits for ever for a head, a body, or a client that does not read, and keeps however large a head it is sent.
None of them holds a thread or a transaction (a request is answered when it is whole, and an answer is rendered before
it is sent), but each holds a connection, and its bytes.
"""

import asyncio
import logging
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIME = 20.0
"""Seconds from a connection's beginning, or a request's first octet, to the end of its head."""

HEAD_ROOM = 64 * 1024
"""Octets that a head may have; chunk sizes and trailers of a body have as many, and eight for each octet of it."""

TICK = 10.0
"""Seconds between two looks at how far a connection has come."""

LEAST = 1024
"""Octets that must move in every tick, in either direction; after `PATIENCE` ticks without that it is over."""

PATIENCE = 3

MOST_CONNECTIONS = 800
"""More of them at the same time are told to come again (503); a process may usually hold 1,024 files open."""

log = logging.getLogger("calharbor.serve")


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    _ticking: asyncio.TimerHandle | None = None
    _heading = True
    _since = 0.0
    _fresh = False
    _octets = 0
    _body = 0
    _moved = 0
    _unsent = 0
    _slow = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to look at it from time to time."""
        super().connection_made(cast(asyncio.Transport, transport))  # uvloop's are none by name
        self._since = self.loop.time()
        self._tick_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        if self._ticking is not None:
            self._ticking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand the octets to the parser, and close where they are of a head or of trailers that do not end."""
        self._fresh = False
        self._moved += len(data)
        super().data_received(data)
        if not self._fresh:
            self._octets += len(data)
        if self._octets - self._body > HEAD_ROOM + 8 * self._body and not self.transport.is_closing():
            self._end("a head or trailers that do not end")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._heading, self._fresh, self._since = True, True, self.loop.time()
        self._octets = self._body = 0

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._heading = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body += len(body)
        super().on_body(body)

    def _tick_later(self) -> None:
        self._ticking = self.loop.call_later(min(TICK, HEAD_TIME), self._tick)

    def _tick(self) -> None:
        if self._heading and self.timeout_keep_alive_task is None and self.loop.time() - self._since >= HEAD_TIME:
            self._end("no whole head in time")
            return
        unsent = self.transport.get_write_buffer_size()
        stuck = unsent > 0 and self._unsent - unsent < LEAST
        starved = self._awaits_body() and self._moved < LEAST
        self._slow = self._slow + 1 if stuck or starved else 0
        if self._slow >= PATIENCE:
            self._end("a client that does not read" if stuck else "a body that does not come")
            return
        self._unsent, self._moved = unsent, 0
        self._tick_later()

    def _awaits_body(self) -> bool:
        """Whether more of a body is to come, and we are not the ones who hold it up."""
        return not self._heading and self.cycle is not None and self.cycle.more_body and not self.flow.read_paused

    def _end(self, why: str) -> None:
        log.info("connection ended: %s", why)
        self.transport.abort()
