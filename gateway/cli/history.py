"""`calharbor history` and `calharbor show`: what became of one entry, and how it stood at some time."""

from typing import Any

import click

from gateway.cli.moments import Moment
from gateway.cli.output import plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.store import Store
from storage.sync.planned import Field, changed
from storage.versions import Step


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(history)
    root.add_command(show)


@click.command()
@click.argument("entry")
@json_option
@with_session
def history(session: Session, entry: str) -> None:
    """Show every change of one ENTRY that the mirror remembers: when, by whom, and what it changed.

    ENTRY is the entry's id, the UID of one that exists, or the number of one of its changes.

    \b
    --json: {"entry", "uid", "changes": [{"seq": 42, "at", "account": 101, "collection",
      "action": "add|update|delete|move", "origin", "actor", "run",
      "fields": [{"component": "master or the RECURRENCE-ID", "name": "SUMMARY", "from", "to"}]}]}
    """
    store = session.store
    entry_id = store.entry_id(entry)
    steps = store.steps(entry_id)
    if session.json:
        uid = steps[-1].change.uid if steps else store.entry(entry_id).uid
        print_json({"entry": entry_id, "uid": uid, "changes": [_as_json(step) for step in steps]})
        return
    names = {collection.id: collection.name for collection in store.collections()}
    for step in steps:
        change = step.change
        by = f" ({plain(change.actor)})" if change.actor else ""
        where = plain(names.get(change.collection, change.collection))
        click.echo(f"{change.seq}  {change.at[:19].replace('T', ' ')}  {step.action} by {change.origin}{by} in {where}")
        rows = [(field.component, field.name, field.before, field.after) for field in _fields(step)]
        print_table(("component", "property", "from", "to"), rows, indent="    ")
    if not steps:
        click.echo("nothing has changed since the history begins")


@click.command()
@click.argument("entry")
@click.option("--at", "moment", type=Moment(), help="As it stood then (a day: its beginning; UTC unless it says so).")
@click.option("--fields", is_flag=True, help="Its properties one by one, in place of its text.")
@json_option
@with_session
def show(session: Session, entry: str, moment: str | None, fields: bool) -> None:
    """Show the text of one ENTRY, as it is or as it stood at some time.

    ENTRY is the entry's id, the UID of one that exists, or the number of one of its changes.

    \b
    --json: {"entry", "uid", "collection", "href", "etag", "text",
      "fields": [{"component": "master or the RECURRENCE-ID", "name": "SUMMARY", "value"}]}
    """
    store = session.store
    entry_id = store.entry_id(entry)
    then = store.version(entry_id, moment)
    said = [{"component": each.component, "name": each.name, "value": each.after} for each in changed(None, then.text)]
    if session.json:
        print_json(
            {
                "entry": entry_id,
                "uid": then.uid,
                "collection": _collection_id(store, then.collection_n),
                "href": then.href,
                "etag": f'"{then.hash}"',
                "text": then.text,
                "fields": said,
            }
        )
    elif fields:
        print_table(("component", "property", "value"), [tuple(each.values()) for each in said])
    else:
        click.echo("\n".join(plain(line) for line in then.text.splitlines()))


def _fields(step: Step) -> tuple[Field, ...]:
    return changed(*(each.text if each else None for each in (step.before, step.after)))


def _as_json(step: Step) -> dict[str, Any]:
    change = step.change
    return {
        "seq": change.seq,
        "at": change.at,
        "account": change.account_id,
        "collection": change.collection,
        "action": step.action,
        "origin": change.origin.value,
        "actor": change.actor,
        "run": change.run,
        "fields": [field.as_json() for field in _fields(step)],
    }


def _collection_id(store: Store, collection_n: int) -> str:
    """The public id of a collection that exists, "" of one that does not any more."""
    return next((each.id for each in store.collections() if each.n == collection_n), "")
