"""What a run would do, printed: for people what matters of each action, for programs all of it."""

import json
from collections import Counter
from collections.abc import Callable, Sequence

import click

from gateway.cli.output import counted, plain
from gateway.cli.session import Session
from gateway.rehearsal import rehearsal
from storage.model import Account
from storage.store import Store
from storage.sync.forecast import Forecast
from storage.sync.planned import Planned

SHOWN = 200
"""So many actions are shown one by one to a person; all are counted."""

_LONGEST = 60
"""Characters of a value that a person is shown."""


def show(session: Session, choose: Callable[[Store], Sequence[Account]]) -> int:
    """Print the plan of a run over the accounts that `choose` picks; the exit code."""
    with rehearsal(session.config, choose, lambda _count: None) as found:
        if session.json:
            _print_json(found)
        else:
            _print_words(found)
        return 1 if found.problems else 0


def _print_json(found: Forecast) -> None:
    """One object, written as it is read: a plan may be larger than what should stand in memory."""
    click.echo(f'{{"plan": {json.dumps(found.hash)}, "actions": [', nl=False)
    for number, action in enumerate(found.actions()):
        click.echo((", " if number else "") + json.dumps(action.as_json(), ensure_ascii=False), nl=False)
    click.echo(f'], "problems": {json.dumps(found.problems, ensure_ascii=False)}}}')


def _print_words(found: Forecast) -> None:
    counts: Counter[str] = Counter()
    mails = 0
    for number, action in enumerate(found.actions()):
        counts[f"{action.action} ({action.side})"] += 1
        mails += len(action.mails)
        if number < SHOWN:
            print_action(action)
    total = sum(counts.values())
    if total > SHOWN:
        click.echo(f"… and {total - SHOWN:,} more (--json shows all)")
    for problem in found.problems:
        click.echo(plain(f"not known: {problem}"))
    if not total:
        click.echo("nothing would be done")
        return
    summed = ", ".join(f"{number:,} {what}" for what, number in counts.items())
    click.echo(f"{summed}; {counted(mails, 'mail')}")
    click.echo(f"plan {found.hash}: `calharbor sync --apply {found.hash}` does this and nothing else")


def print_action(action: Planned) -> None:
    """One action with the properties that it changes; of a new entry only what it is called."""
    what = action.uid or "the collection itself"
    note = f" ({action.note})" if action.note else ""
    click.echo(plain(f"{action.side}: {action.action} {what} in {action.title}{note}"))
    for field in action.fields:
        where = "" if field.component in ("master", "collection") else f"{field.component} "
        before, after = (_short(value) for value in (field.before, field.after))
        if action.action == "create" and field.name != "SUMMARY" and field.component != "collection":
            continue
        click.echo(plain(f"    {where}{field.name}: {before} -> {after}"))
    for words, people in (("is told", action.mails), ("is not told", action.untold)):
        for address in people:
            click.echo(plain(f"    {words}: {address}"))
    if action.stays:
        click.echo(plain(f"    stays here alone, as the upstream cannot hold it: {', '.join(action.stays)}"))


def _short(value: str | None) -> str:
    if value is None:
        return "(none)"
    text = " ".join(value.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
