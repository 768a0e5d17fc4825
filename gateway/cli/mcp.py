"""`calharbor mcp`: the MCP server for an agent that starts it itself, over standard input and output."""

import os
from pathlib import Path

import click

from gateway.app import JournalHere
from gateway.cli.session import Session, with_session
from gateway.http import log
from storage.errors import ConfigError

VARIABLE = "CALHARBOR_MCP_TOKEN"
"""The environment variable that may hold the token."""


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(mcp)


@click.command()
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"A file with the token on its first line; without it, {VARIABLE} in the environment.",
)
@with_session
def mcp(session: Session, token_file: Path | None) -> None:
    """Answer an agent over standard input and output, in the Model Context Protocol.

    Programs start it, people do not: put it into the configuration of Claude Desktop or another MCP client. What the
    agent may see and do says its token, made with `calharbor token create LABEL --kind access`; it has only the tools
    that the token allows, and `calharbor undo --token LABEL` takes back all that it did. What it writes goes upstream
    by a running server, or with the next `calharbor sync`. Nothing but the protocol goes to standard output; the log
    goes to standard error. A running server answers the same at /mcp.
    """
    secret = _secret(token_file)
    log.set_up()
    # Only here: no other command has a use for what the protocol needs.
    from gateway.http.limits import FOLDER, Limits, Rate
    from gateway.mcp.stdio import run_stdio

    config = session.config
    rates = [Rate(config.api.access_requests_per_minute, 60.0), Rate(config.api.access_requests_per_hour, 3600.0)]
    store = session.with_accounts
    run_stdio(store, Limits(store.folder / FOLDER, rates), secret)
    JournalHere(config, store).read()


def _secret(file: Path | None) -> str:
    """The token; raises `ConfigError` where there is none."""
    if file is None:
        secret = os.environ.get(VARIABLE, "").strip()
        if not secret:
            raise ConfigError("no token is given", hint=f"use --token-file FILE, or set {VARIABLE}")
        return secret
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"cannot read {file}: {words}", hint="check the path") from error
    secret = text.partition("\n")[0].strip()
    if not secret:
        raise ConfigError(f"{file} is empty", hint="put the token on its first line")
    return secret
