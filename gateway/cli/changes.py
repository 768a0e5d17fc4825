"""`calharbor changes`: the journal, which every other door reads too."""

import click

from gateway.cli.output import plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.model import Change

SHOWN = 50
"""So many of the newest changes a person is shown who does not say how many."""


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(changes)


@click.command()
@click.option("--since", type=click.IntRange(min=0), help="Only changes after this number (a cursor).")
@click.option("--account", help="Only changes of this account (number or name).")
@click.option("--limit", type=click.IntRange(1, 2**63 - 1), help="At most so many, the oldest first.")
@json_option
@with_session
def changes(session: Session, since: int | None, account: str | None, limit: int | None) -> None:
    """Show what changed in the mirror, who caused it, and when.

    \b
    --json: {"changes": [{"seq": 42, "at", "account": 101, "collection", "entry", "uid",
      "action": "add|update|delete", "origin": "upstream|dav|api|vdir|web|cli|mcp|undo"}], "cursor": 42}

    Changes that belong together, such as all of one sync round, have the number of the first of them as their "run".
    """
    store = session.store
    only = store.account(account).id if account else None
    found = store.changes(since, account=only, limit=limit)
    if session.json:
        cursor = found[-1].seq if limit and len(found) == limit else max(store.head(), since or 0)
        print_json({"changes": [_as_json(change) for change in found], "cursor": cursor})
        return
    if since is None and limit is None:
        found = found[-SHOWN:]
    names = {collection.id: collection.name for collection in store.collections()}
    rows = [
        (c.seq, c.at[:19].replace("T", " "), c.origin, c.action, names.get(c.collection, c.collection), c.uid, c.run)
        for c in found
    ]
    print_table(("seq", "at (UTC)", "origin", "action", "collection", "uid", "run"), rows)
    if not found:
        click.echo(plain("nothing has changed"))


def _as_json(change: Change) -> dict[str, object]:
    return {
        "seq": change.seq,
        "at": change.at,
        "account": change.account_id,
        "collection": change.collection,
        "entry": change.entry,
        "uid": change.uid,
        "action": change.action.value,
        "origin": change.origin.value,
        "href": change.href,
        "actor": change.actor,
        "run": change.run,
    }
