"""`calharbor undo` and `calharbor restore`: what would be restored, a question, and then that, on both sides."""

import sys
from collections import Counter

import click

from gateway.app import JournalHere
from gateway.cli.moments import Moment
from gateway.cli.output import counted, plain, print_json
from gateway.cli.plan import SHOWN, print_action
from gateway.cli.session import Session, json_option, with_session
from gateway.cli.sync import WAITS
from storage.errors import ConfigError
from storage.store import Store
from storage.sync import restore, undo
from storage.sync.planned import Planned
from storage.sync.undo import Choice, Plan

NUMBER = click.IntRange(1, 2**63 - 1)
"""The numbers that changes can have."""


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(undo_command)
    root.add_command(restore_command)


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
dry_option = click.option("--dry-run", is_flag=True, help="Only show what would be done.")


class Since(Moment):
    """A moment, or the number of a change: everything after it."""

    name = "time|change"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Digits stay what they are, everything else is a moment."""
        text = str(value)
        return text if text.isascii() and text.isdecimal() and len(text) < 19 else super().convert(text, param, ctx)


@click.command("undo")
@click.argument("change", type=NUMBER, required=False)
@click.option(
    "--run", type=NUMBER, help="Everything that one act changed: a sync round, a removed collection, an undo."
)
@click.option("--since", type=Since(), help="Everything after this moment (a day: its beginning; UTC) or change.")
@click.option("--token", help="Only what was done with this token (its name or id); alone: all of that.")
@click.option("--account", help="Only this account's (number or name); alone: what its last sync round changed.")
@click.option("--collection", help="Only this collection's (id, or the name of the only one that has it).")
@click.option(
    "--force", is_flag=True, help="Also where somebody has edited since, which is lost then (and can be undone)."
)
@yes_option
@dry_option
@json_option
@with_session
def undo_command(
    session: Session,
    change: int | None,
    run: int | None,
    since: str | None,
    token: str | None,
    account: str | None,
    collection: str | None,
    force: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Take back a CHANGE, or many, whoever made them: here at once, and upstream with the next round.

    `calharbor changes` and `calharbor history` show the numbers of changes and acts. What is restored keeps its id, and
    is created anew where the upstream has deleted it; nobody is mailed. An undo is an act like any other, and can be
    undone. Edits that somebody made since are kept; what cannot be kept apart from them is left alone, and said. With
    --token everything that an agent or a program did goes, and what others did in between stays.
    Exit code 3: some of it was left alone.

    \b
    --json: {"actions": [{"account", "collection", "entry", "uid", "action": "create|update|delete|move",
      "fields": [{"component", "name", "from", "to"}], "note": "why it is left alone, or empty"}],
      "changes": 12, "done": 11, "left": 1, "run": 77}; "done" is 0 with --dry-run
    """
    store = session.store
    if sum(each is not None for each in (change, run, since)) > 1:
        raise click.UsageError("CHANGE, --run and --since exclude each other")
    if (change, run, since, token, account) == (None,) * 5:
        raise click.UsageError("name what shall be undone: CHANGE, --run, --since, --token or --account")
    choice = Choice(
        change,
        run,
        _position(store, since) if since else None,
        store.account(account).id if account else None,
        _collection(store, collection) if collection else None,
        _token(store, token) if token else None,
    )
    return _settle(session, undo.plan(store, choice, force=force), yes=yes, dry_run=dry_run)


@click.command("restore")
@click.argument("entry")
@click.option("--at", "moment", type=Moment(), help="As it stood then (a day: its beginning; UTC unless it says so).")
@yes_option
@dry_option
@json_option
@with_session
def restore_command(session: Session, entry: str, moment: str | None, yes: bool, dry_run: bool) -> int:
    """Bring one ENTRY back: deleted, as it was last; or, with --at, as it stood at some time. Here and upstream.

    ENTRY is the entry's id, the UID of one that exists, or the number of one of its changes.

    \b
    --json: as `calharbor undo`
    """
    store = session.store
    plan = undo.plan_version(store, store.entry_id(entry), moment)
    return _settle(session, plan, yes=yes, dry_run=dry_run)


def _position(store: Store, since: str) -> int:
    return int(since) if since.isdecimal() else store.position_at(since)


def _token(store: Store, word: str) -> str:
    """The name of the token that somebody means; one that exists no more is known by its name alone."""
    return next((each.label for each in store.tokens() if each.id == word), word)


def _collection(store: Store, word: str) -> str:
    """The id of the collection that somebody means; one that exists no more is known by its id alone."""
    same = [each.id for each in store.collections() if each.name == word]
    return same[0] if len(same) == 1 else word


def _settle(session: Session, plan: Plan, *, yes: bool, dry_run: bool) -> int:
    """Show the plan, ask, carry it out, and say what came of it; the exit code."""
    store = session.store
    titles = {each.id: each.name for each in store.collections()}
    actions = [undo.planned(item, titles) for item in plan.items]
    if not session.json:
        _print(actions)
    possible = sum(not action.note for action in actions)
    if possible and not dry_run:
        _confirm(possible, yes=yes)
        done = restore.carry_out(store, plan)
        JournalHere(session.config, store).read()
    else:
        done = restore.Done()
    left = len(actions) - possible + len(done.skipped)
    if session.json:
        shown = [action.as_json() for action in actions]
        print_json({"actions": shown, "changes": plan.chosen, "done": done.count, "left": left, "run": done.run})
    elif not dry_run:
        for item, reason in done.skipped:
            click.echo(plain(f"left alone: {undo.planned(item, titles).uid or item.action}: {reason}"))
        if done.run:
            click.echo(f"{counted(done.count, 'thing')} restored; `calharbor undo --run {done.run}` takes that back")
    return WAITS if left else 0


def _print(actions: list[Planned]) -> None:
    for action in actions[:SHOWN]:
        print_action(action)
    if len(actions) > SHOWN:
        click.echo(f"… and {len(actions) - SHOWN:,} more (--json shows all)")
    counts = Counter("left alone" if action.note else action.action for action in actions)
    summed = ", ".join(f"{number:,} {what}" for what, number in counts.items())
    click.echo(summed or "nothing is to be done: everything is as it was")


def _confirm(number: int, *, yes: bool) -> None:
    question = f"Restore {counted(number, 'thing')}, here and upstream"
    if not yes and not sys.stdin.isatty():
        raise ConfigError(f"{question[0].lower()}{question[1:]}: nobody is there to confirm it", hint="add --yes")
    if not yes and not click.confirm(question + "?", err=True):
        raise click.Abort
