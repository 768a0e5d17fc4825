"""`calharbor sync`: one run in the foreground until nothing is left to do, or the plan of one, or what a plan says."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from gateway.app import JournalHere, edited_vdir, providers
from gateway.cli import plan
from gateway.cli.output import plain, print_json
from gateway.cli.session import Session, json_option, with_session
from storage import clock
from storage.errors import ConfigError
from storage.model import Account
from storage.store import Store
from storage.sync.once import sync_once
from storage.sync.report import Outcome

WAITS = 3
"""The exit code where something waits for a person."""


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(sync)


@click.command()
@click.argument("accounts", nargs=-1, metavar="[ACCOUNT]...")
@click.option("--once", is_flag=True, help="One run until nothing is left to do; this is what happens anyway.")
@click.option("--dry-run", is_flag=True, help="Print everything a run would do, and the plan's hash; write nothing.")
@click.option("--apply", "wanted", metavar="HASH", default="", help="Do what the plan with this hash says, or nothing.")
@json_option
@with_session
def sync(
    session: Session,
    accounts: tuple[str, ...],
    once: bool,  # noqa: ARG001 — the flag says aloud what happens anyway
    dry_run: bool,
    wanted: str,
) -> int:
    """Bring the accounts (all, or those named) and their upstreams in step, then end.

    Works beside a running server, whose sync process then does the run, and without one. Exit code 0: in step; 3:
    something waits for a person; 1: something failed.

    With --dry-run nothing is written anywhere: the run happens on a copy of the mirror in the temporary folder (which
    needs room for it), and the upstream and the folder of files are only read; what people did to the files is taken
    in first, as a run would. --apply with the hash of such a plan, and the same accounts, does exactly that; where
    either side or a file has changed since, it does nothing, says so, and ends with 1. Both work for paused accounts
    too, if these are named.

    \b
    --json: one line a round {"account", "collection", "pulled": {"add", "update", "delete"},
      "pushed": {"add", "update", "delete"}, "merged", "conflicts", "held", "quarantined", "state", "reason"},
      then {"converged": true, "waiting": [], "errors": [], "seconds": 1.2}
    --dry-run --json: {"plan": "HASH", "actions": [{"account", "collection", "entry", "uid",
      "side": "mirror|upstream", "action": "create|update|delete|merge|hold",
      "fields": [{"component", "name", "from", "to"}], "mails": [], "untold": [], "stays": [], "note"}],
      "problems": []}
    """
    if dry_run and wanted:
        raise click.UsageError("--dry-run and --apply exclude each other")
    if dry_run:
        return plan.show(session, lambda copy: choose(copy, accounts, paused=True))
    store = session.with_accounts
    chosen = choose(store, accounts, paused=bool(wanted))
    started = clock.timestamp()
    shown = Shown(store, as_json=session.json)
    journal = JournalHere(session.config, store)
    if not wanted:
        journal.read()  # what was done to the files has to go up, too
    vdir = edited_vdir(session.config)
    outcome = sync_once(
        store, providers(store), chosen, plan=wanted, vdir=vdir, on_line=shown.line, progress=shown.progress
    )
    if not (wanted and vdir):  # else the run has brought the files in step, as far as the plan goes
        journal.read()
    shown.end(outcome, clock.timestamp() - started, len(chosen))
    if outcome.errors:
        return 1
    return WAITS if outcome.waiting else 0


def choose(store: Store, names: tuple[str, ...], *, paused: bool) -> list[Account]:
    """The accounts to run: those named, else all that have an upstream and are not paused.

    `paused`: whether such a one may be named. Raises `ConfigError`.
    """
    if not names:
        return [account for account in store.accounts() if account.mirrored and not account.paused]
    chosen = [store.account(name) for name in names]
    for account in chosen:
        if not account.mirrored:
            raise ConfigError(f"{account.name} is a local account: it has no upstream", hint="leave it out")
        if account.paused and not paused:
            raise ConfigError(f"{account.name} is paused", hint=f"run `calharbor account resume {account.name}` first")
    return chosen


class Shown:
    """What the run prints while it goes on: lines on standard output, and for people a counter on the terminal."""

    def __init__(self, store: Store, *, as_json: bool) -> None:
        self._json = as_json
        self._accounts = {account.id: account.name for account in store.accounts()}
        self._store = store
        self._looked_at = 0
        self._counter = sys.stderr.isatty() and not as_json

    def progress(self, count: int) -> None:
        """So many more entries have been looked at."""
        self._looked_at += count
        if self._counter:
            click.echo(f"\r{self._looked_at:,} entries looked at … ", nl=False, err=True)

    def line(self, line: Mapping[str, Any]) -> None:
        """One collection's round is done."""
        if self._json:
            print_json(line)
            return
        self._clear()
        names = {c.id: c.name for c in self._store.collections(account=line["account"])}
        where = f"{self._accounts.get(line['account'])}/{names.get(line['collection'], line['collection'])}"
        click.echo(plain(f"{where}: {describe(line)}"))

    def end(self, outcome: Outcome, seconds: float, accounts: int) -> None:
        """The run is over."""
        if self._json:
            print_json(
                {
                    "converged": outcome.converged,
                    "waiting": outcome.waiting,
                    "errors": outcome.errors,
                    "seconds": round(seconds, 3),
                }
            )
            return
        self._clear()
        for word, lines in (("failed", outcome.errors), ("waits for you", outcome.waiting)):
            for text in lines:
                click.echo(plain(f"{word}: {text}"))
        if not accounts:
            paused = any(account.mirrored for account in self._store.accounts())
            click.echo(f"nothing to do: {'every account is paused' if paused else 'no account has an upstream'}")
        elif outcome.converged:
            click.echo(f"in step after {seconds:.1f} s")

    def _clear(self) -> None:
        if self._counter:
            click.echo("\r\x1b[K", nl=False, err=True)


def describe(line: Mapping[str, Any]) -> str:
    """A round in words: `12 new, 1 changed; sent 2 new; fresh`."""
    words = {"add": "new", "update": "changed", "delete": "deleted"}

    def side(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{counts[key]:,} {word}" for key, word in words.items() if counts[key])

    parts = [side(line["pulled"])]
    if sent := side(line["pushed"]):
        parts.append(f"sent {sent}")
    parts += [f"{line[name]} {name}" for name in ("merged", "conflicts", "held", "quarantined") if line[name]]
    parts.append(line["state"] + (f" ({line['reason']})" if line["reason"] else ""))
    return "; ".join(part for part in parts if part)
