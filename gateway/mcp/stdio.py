"""The MCP server over standard input and output, for programs that start it themselves (`calharbor mcp`)."""

from math import ceil

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST

from gateway.http.limits import Limits
from gateway.http.tokens import token_of
from gateway.mcp.server import Context, mcp_server
from storage.errors import ConfigError
from storage.model import Token, TokenKind
from storage.store import Store


def run_stdio(store: Store, limits: Limits, secret: str) -> None:
    """Answer on standard output what comes on standard input, until that ends. `secret`: the token's.

    The token is looked up for every request, so that one that is revoked opens nothing any more. Raises `ConfigError`
    for a token that opens nothing from the beginning.
    """
    _good(store, secret)

    def who(_context: Context) -> Token:
        try:
            token = _good(store, secret)
        except ConfigError as error:
            raise MCPError(INVALID_REQUEST, error.message) from None
        if wait := ceil(limits.take(token.id)):
            raise MCPError(INVALID_REQUEST, f"too many requests: wait {wait} seconds")
        return token

    server = mcp_server(store, who)

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(serve)


def _good(store: Store, secret: str) -> Token:
    """The token of this secret; raises `ConfigError` for what is none, or none of the kind `access`."""
    token = token_of(store, secret)
    if token is None or token.kind is not TokenKind.ACCESS:
        hint = "make one with `calharbor token create LABEL --kind access`"
        raise ConfigError("this token is not known, has expired, was revoked, or is none for agents", hint=hint)
    return token
