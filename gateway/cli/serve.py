"""`calharbor serve`: the server, in the foreground, until SIGTERM or Ctrl-C."""

import os
import socket
import sys
from pathlib import Path

import click

from gateway.cli.session import Session, with_session
from gateway.declare import declare
from gateway.http import log
from gateway.serve.listener import address_of, listen
from gateway.serve.supervisor import supervise, supervisor_line


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(serve)


@click.command()
@click.option("--role", type=click.Choice(["http", "sync"]), hidden=True, help="Be one of the supervisor's processes.")
@click.option("--listen-fd", type=int, default=-1, hidden=True, help="The inherited listening socket.")
@click.option("--parent-fd", type=int, default=-1, hidden=True, help="The pipe that ends with the supervisor.")
@with_session
def serve(session: Session, role: str | None, listen_fd: int, parent_fd: int) -> int:
    """Serve the mirror to clients and keep it in step with the upstreams.

    Runs in the foreground; logs one JSON line for each request and each sync round on standard error.
    """
    if role is None:
        run_server(session)
        return 0
    from gateway.serve.roles import run_http, run_sync

    if role == "http":
        run_http(session.config, listen_fd, parent_fd)
        return 0
    return run_sync(session.config, parent_fd)


def run_server(session: Session, *, listener: socket.socket | None = None, log_file: Path | None = None) -> None:
    """Prepare the mirror, bind, and supervise until told to stop. Raises `ConfigError`, `StoreError` before that.

    `listener`: a socket that listens already; `log_file`: where the log goes in place of standard error. With one of
    them it returns when all has ended; without, this process becomes the supervisor, and nothing else.
    """
    if log_file:
        _send_errors_to(log_file)
    log.set_up()
    declare(session.config, session.store)
    nobody = not session.store.users()
    session.store.close()
    bound = listener or listen(session.config.server)
    address = session.config.server.base_url.rstrip("/") or address_of(bound)
    log.event("listening", url=address, dav=f"{address}/dav/", data=str(session.config.storage.path))
    if nobody:
        log.event("nobody can sign in yet", hint="run: calharbor user add NAME")
    if listener or log_file:
        supervise(bound, session.config.server.workers, session.config.file)
        return
    # What was imported to prepare the mirror would lie in memory for as long as the server runs: a third of its need.
    os.set_inheritable(bound.fileno(), True)
    command = supervisor_line(bound.fileno(), session.config.server.workers, session.config.file)
    os.execv(command[0], command)  # noqa: S606 — our own interpreter with our own arguments


def _send_errors_to(file: Path) -> None:
    """From now on standard error, of this process and of those it starts, is this file."""
    sys.stderr.flush()
    with file.open("ab") as stream:
        os.dup2(stream.fileno(), sys.stderr.fileno())
