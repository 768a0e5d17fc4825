"""`calharbor conflicts` and `calharbor held`: the inbox, where what lost or was stopped waits for a person."""

from typing import Any

import click

from gateway.cli.output import counted, plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.errors import NotFound
from storage.ical.differences import differences
from storage.sync import inbox
from storage.tables.conflicts import Conflict
from storage.tables.held import Held

NUMBER = click.IntRange(1, 2**63 - 1)
"""The numbers that rows of the mirror can have."""


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(conflicts)
    root.add_command(held)


@click.group(invoke_without_command=True)
@click.option("--all", "every", is_flag=True, help="The resolved ones too.")
@json_option
@click.pass_context
@with_session
def conflicts(session: Session, context: click.Context, every: bool) -> None:
    """List what was edited on both sides: the upstream's text is live, ours is kept here whole.

    \b
    --json: {"conflicts": [{"id", "at", "account", "collection", "entry", "uid", "state": "open|resolved",
      "properties": [{"component", "name", "base", "ours", "theirs"}], "ours", "theirs"}]}
    """
    if context.invoked_subcommand:
        return
    found = session.store.conflicts(state=None if every else "open")
    if session.json:
        print_json({"conflicts": [conflict_as_json(one) for one in found]})
        return
    names = {collection.id: collection.name for collection in session.store.collections()}
    rows = [(c.n, c.at[:19].replace("T", " "), names.get(c.collection_id, ""), c.uid, _what(c)) for c in found]
    print_table(("id", "at (UTC)", "collection", "uid", "what"), rows)
    if not found:
        click.echo("no conflicts")


@conflicts.command("show")
@click.argument("number", type=NUMBER)
@json_option
@with_session
def show_conflict(session: Session, number: int) -> None:
    """Show one conflict: what differs, and both texts."""
    found = [one for one in session.store.conflicts(state=None) if one.n == number]
    if not found:
        raise NotFound(f"there is no conflict {number}", hint="`calharbor conflicts` lists them")
    shown = conflict_as_json(found[0])
    if session.json:
        print_json(shown)
        return
    click.echo(f"{plain(found[0].uid)}: {_what(found[0])}")
    rows = [(p["component"], p["name"], p["base"], p["ours"], p["theirs"]) for p in shown["properties"]]
    print_table(("component", "property", "before", "ours", "theirs"), rows)
    for side, text in (("ours", found[0].ours), ("theirs", found[0].theirs)):
        lines = [plain(line) for line in (text or "(deleted)").splitlines()]
        click.echo("\n".join([f"--- {side}", *lines]))


def conflict_as_json(one: Conflict) -> dict[str, Any]:
    """A conflict as `conflicts --json` shows it."""
    shown: dict[str, Any] = {
        "id": one.n,
        "at": one.at,
        "account": one.account_id,
        "collection": one.collection_id,
        "entry": one.entry_id,
        "uid": one.uid,
        "state": one.state,
        "cause": one.cause,
        "reason": one.reason,
        "properties": [
            {"component": d.component, "name": d.name, "base": d.base, "ours": d.ours, "theirs": d.theirs}
            for d in differences(one.base, one.ours, one.theirs)
        ],
        "ours": one.ours,
        "theirs": one.theirs,
    }
    if one.ours is None:
        shown["lost"] = "delete"
    return shown


def _what(one: Conflict) -> str:
    if one.ours is None:
        return "our deletion lost against an edit upstream"
    if one.cause == "rejected":
        return f"the upstream refused our edit: {plain(one.reason)}"
    return "our edit lost against an edit upstream" if one.theirs is not None else "edited here, deleted upstream"


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
@with_session
def held(session: Session, context: click.Context) -> None:
    """List deletions that were stopped: an upstream suddenly lists too little, or too many files have gone.

    \b
    --json: {"held": [{"id", "at", "account", "collection", "origin": "upstream|vdir", "reason", "count": 3,
      "entries": [{"entry", "uid", "summary"}]}]}
    """
    if context.invoked_subcommand:
        return
    found = session.store.held()
    if session.json:
        print_json({"held": [held_as_json(one) for one in found]})
        return
    names = {collection.id: collection.name for collection in session.store.collections()}
    for one in found:
        click.echo(f"{one.n}: {names.get(one.collection_id, one.collection_id)}: {plain(one.reason)}")
        print_table(("uid", "summary"), [(e.uid, e.summary) for e in one.entries], indent="  ")
    click.echo("`calharbor held approve ID` deletes them, `reject ID` keeps them" if found else "nothing is held")


@held.command("approve")
@click.argument("number", type=NUMBER)
@with_session
def approve(session: Session, number: int) -> None:
    """Carry out the held deletions of this number."""
    click.echo(f"{counted(inbox.approve(session.store, number), 'entry', 'entries')} deleted")


@held.command("reject")
@click.argument("number", type=NUMBER)
@with_session
def reject(session: Session, number: int) -> None:
    """Keep the entries, and send them to the upstream (or write their files) again."""
    click.echo(f"{counted(inbox.reject(session.store, number), 'entry', 'entries')} kept, and sent there again")


def held_as_json(one: Held) -> dict[str, Any]:
    """Held deletions as `held --json` shows them."""
    return {
        "id": one.n,
        "at": one.at,
        "account": one.account_id,
        "collection": one.collection_id,
        "origin": one.origin,
        "reason": one.reason,
        "count": len(one.entries),
        "entries": [{"entry": e.entry_id, "uid": e.uid, "summary": e.summary} for e in one.entries],
    }
