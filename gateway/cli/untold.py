"""`calharbor untold`: the meetings that were written upstream in silence, and who would have heard of them."""

import click

from gateway.cli.output import print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.tables.untold import Untold


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(untold)


@click.command()
@click.option("--account", help="Only meetings of this account (number or name).")
@json_option
@with_session
def untold(session: Session, account: str | None) -> None:
    """List the meetings of which nobody was told, because no client of their owner wrote them.

    Restored and merged entries, undone changes and edits of files go upstream in silence. Whoever shall hear of them
    has to be told by you, or by your next edit in a calendar program. The newest thousand are kept.

    \b
    --json: {"untold": [{"id", "at", "account": 101, "collection", "entry", "uid",
      "action": "create|update|delete", "addresses": ["mailto:guest@example.org"]}]}
    """
    store = session.store
    found = store.untold(store.account(account).id if account else None)
    if session.json:
        print_json({"untold": [_as_json(one) for one in found]})
        return
    names = {collection.id: collection.name for collection in store.collections()}
    rows = [
        (one.at[:19].replace("T", " "), names.get(one.collection_id, ""), one.action, one.uid, ", ".join(one.addresses))
        for one in found
    ]
    print_table(("at (UTC)", "collection", "action", "uid", "who was not told"), rows)
    if not found:
        click.echo("everybody was told, or nobody had to be")


def _as_json(one: Untold) -> dict[str, object]:
    return {
        "id": one.n,
        "at": one.at,
        "account": one.account_id,
        "collection": one.collection_id,
        "entry": one.entry_id,
        "uid": one.uid,
        "action": one.action,
        "addresses": list(one.addresses),
    }
