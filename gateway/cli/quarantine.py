"""`calharbor quarantine`: what an upstream shows and nobody can read, or take in, with its bytes and the reason."""

import click

from gateway.cli.commands import Commands
from gateway.cli.inbox import NUMBER
from gateway.cli.output import plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.errors import NotFound
from storage.tables.quarantine import Quarantined


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(quarantine)


@click.group(cls=Commands, invoke_without_command=True)
@click.option("--account", help="Only items of this account (number or name).")
@json_option
@click.pass_context
@with_session
def quarantine(session: Session, context: click.Context, account: str | None) -> None:
    """List what an upstream shows and the mirror cannot take in; everything else goes on without it.

    An item comes in by itself when it is repaired at the upstream, and leaves this list when it is removed there.

    \b
    --json: {"quarantined": [{"id", "at", "account": 101, "collection", "href", "uid", "reason", "size"}]}
    """
    if context.invoked_subcommand:
        return
    store = session.store
    found = store.quarantined(store.account(account).id if account else None)
    places = {collection.n: collection for collection in store.collections()}
    if session.json:
        ids = {n: collection.id for n, collection in places.items()}
        print_json({"quarantined": [_as_json(one, ids.get(one.collection_n, "")) for one in found]})
        return
    names = {n: collection.name for n, collection in places.items()}
    rows = [
        (one.n, one.at[:19].replace("T", " "), names.get(one.collection_n, ""), one.href, one.reason) for one in found
    ]
    print_table(("id", "at (UTC)", "collection", "href", "reason"), rows)
    click.echo("`calharbor quarantine show ID` prints what the upstream sent" if found else "nothing is in quarantine")


@quarantine.command("show")
@click.argument("number", type=NUMBER)
@with_session
def show(session: Session, number: int) -> None:
    """Print the bytes of one item as the upstream sent them."""
    one = next((one for one in session.store.quarantined() if one.n == number), None)
    if one is None:
        raise NotFound(f"nothing is in quarantine under number {number}", hint="`calharbor quarantine` lists it")
    if not one.body:
        click.echo(plain(f"the upstream sent nothing: {one.reason}"), err=True)
    click.echo(one.body, nl=False)


def _as_json(one: Quarantined, collection: str) -> dict[str, object]:
    return {
        "id": one.n,
        "at": one.at,
        "account": one.account_id,
        "collection": collection,
        "href": one.href,
        "uid": one.uid,
        "reason": one.reason,
        "size": len(one.body),
    }
