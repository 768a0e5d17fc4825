"""`calharbor demo`: an upstream with sample calendars and contacts, mirrored and served in a temporary folder."""

import shlex
import socket
from typing import TYPE_CHECKING

import click

from gateway.app import providers
from gateway.cli.agenda import agenda
from gateway.cli.serve import run_server
from gateway.cli.session import Session
from gateway.cli.sync import Shown, choose
from gateway.declared import Server
from gateway.serve.listener import address_of, listen
from storage import clock
from storage.errors import ConfigError
from storage.sync.once import sync_once
from storage.vdir.stopped import FOLDER

if TYPE_CHECKING:
    from gateway.demo.house import House

PORT = 5243


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(demo)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help=f"Where to serve (default: {PORT}, or a free port).")
@click.option("--once", is_flag=True, help="Mirror, print, and end; do not serve.")
def demo(port: int | None, once: bool) -> None:
    """Start an upstream with sample calendars and contacts, mirror it, serve it, and say where to look.

    Everything lives in a temporary folder and is gone when you press Ctrl-C.
    """
    from gateway.demo.house import demo_house  # the sample calendars: no other command needs them

    listener = None if once else _listener(port)
    with demo_house(listener.getsockname()[1] if listener else PORT) as house:
        _mirror(house)
        _show_agenda(house)
        if listener is None:
            return
        click.echo(_where_to_look(house, address_of(listener)))
        run_server(Session(house.config), listener=listener, log_file=house.folder / "log")


def _listener(port: int | None) -> socket.socket:
    """The usual port if it is free and none was asked for."""
    if port is not None:
        return listen(Server("127.0.0.1", port, "", 1))
    try:
        return listen(Server("127.0.0.1", PORT, "", 1), patience=0)
    except ConfigError:
        return listen(Server("127.0.0.1", 0, "", 1))


def _mirror(house: "House") -> None:
    session = Session(house.config)
    click.echo(f"An upstream (Radicale) with sample calendars and contacts runs at {house.upstream}; mirroring it:")
    started = clock.timestamp()
    store = session.prepared
    chosen = choose(store, (), paused=False)
    shown = Shown(store, as_json=False)
    outcome = sync_once(store, providers(store), chosen, on_line=shown.line, progress=shown.progress)
    shown.end(outcome, clock.timestamp() - started, len(chosen))
    session.close()
    if not outcome.converged:
        raise ConfigError("the demo's upstream could not be mirrored", hint=f"see {house.folder}/upstream/radicale.log")


def _show_agenda(house: "House") -> None:
    click.echo("\nWhat is on, from the mirror alone (calharbor agenda --days 2):\n")
    agenda.main(["--days", "2", "--config", str(house.config)], standalone_mode=False)


def _where_to_look(house: "House", address: str) -> str:
    config = shlex.quote(str(house.config))
    return f"""
The mirror is served now. Log in as {house.user} with the password {house.password}.

  CalDAV           {address}/dav/
  CardDAV          {address}/dav/
  one calendar     {address}/dav/{house.user}/
  Kloudless API    {address}/v1/accounts (all three APIs: {address}/docs)
  OneCal API       {address}/api/v1/events/101/primary
  Access API       {address}/api/access/calendar
  agents (MCP)     {address}/mcp
  health           {address}/healthz
  files            {house.folder}/data/{FOLDER}
  log              {house.folder}/log

Try, in another terminal:

  curl -s -u {house.user}:{house.password} -X PROPFIND -H 'Depth: 1' {address}/dav/{house.user}/
  curl -s -H 'Authorization: APIKey {house.key}' {address}/v1/accounts/101/cal/calendars
  curl -s -H 'x-api-key: {house.key}' '{address}/api/v1/events/101/primary?limit=3'
  calharbor token create agent --kind access --calendar 'sample/*' --config {config}
  curl -s -H "Authorization: Bearer $KEY" {address}/api/access/calendar/events   # with the key that it made
  calharbor status --config {config}
  calharbor changes --config {config}
  Thunderbird: New Calendar > On the Network > {address}/dav/

What you change through the mirror shows up at {house.upstream} within two seconds. Ctrl-C ends everything.
"""
