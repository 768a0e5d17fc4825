"""`calharbor conflicts` and `calharbor held`: the inbox, where what lost or was stopped waits for a person."""

from typing import Any, TextIO

import click

from gateway.app import JournalHere
from gateway.cli.commands import Commands
from gateway.cli.output import counted, plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.content import is_card
from storage.errors import NotFound
from storage.ical.differences import differences
from storage.sync import inbox
from storage.sync.resolve import Choice, offered, resolve
from storage.tables.conflicts import Conflict
from storage.tables.held import Held

NUMBER = click.IntRange(1, 2**63 - 1)
"""The numbers that rows of the mirror can have."""


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(conflicts)
    root.add_command(held)


@click.group(cls=Commands, invoke_without_command=True)
@click.option("--all", "every", is_flag=True, help="The resolved ones too.")
@json_option
@click.pass_context
@with_session
def conflicts(session: Session, context: click.Context, every: bool) -> None:
    """List what both sides changed in two ways: the upstream's is live, ours is kept here whole.

    Edits to different properties are merged and never stand here.

    \b
    --json: {"conflicts": [{"id", "at", "account", "collection", "entry", "uid", "state": "open|resolved",
      "properties": [{"component", "name", "base", "ours", "theirs"}], "ours", "theirs"}]}
    """
    if not context.invoked_subcommand:
        _list(session, every=every)


@conflicts.command("list")
@click.option("--all", "every", is_flag=True, help="The resolved ones too.")
@json_option
@with_session
def list_conflicts(session: Session, every: bool) -> None:
    """The same as `calharbor conflicts`."""
    _list(session, every=every)


def _list(session: Session, *, every: bool) -> None:
    found = session.store.conflicts(state=None if every else "open")
    if session.json:
        print_json({"conflicts": [conflict_as_json(one) for one in found]})
        return
    names = {collection.id: collection.name for collection in session.store.collections()}
    rows = [(c.n, c.at[:19].replace("T", " "), names.get(c.collection_id, ""), c.uid, _what(c)) for c in found]
    print_table(("id", "at (UTC)", "collection", "uid", "what"), rows)
    click.echo("`calharbor conflicts show ID` tells more, `resolve ID` decides" if found else "no conflicts")


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


@conflicts.command("resolve")
@click.argument("number", type=NUMBER)
@click.argument("how", type=click.Choice([each.value for each in Choice]))
@click.option("--file", type=click.File(encoding="utf-8"), help="For `edit`: the new text, `-` for standard input.")
@json_option
@with_session
def resolve_conflict(session: Session, number: int, how: str, file: TextIO | None) -> None:
    """Decide a conflict, and close it: mine, theirs, both or edit.

    `mine` makes our version of what both changed live, `theirs` the upstream's; what else was edited, then or since,
    stays. `both` leaves the entry as it is and keeps ours as a second entry under a new UID, without the people of a
    meeting. `edit` opens the text in the editor of the environment (EDITOR). The decision goes to the upstream with the
    next round.

    \b
    --json: the conflict, as `conflicts --json` shows it
    """
    store, choice = session.store, Choice(how)
    if file is not None and choice is not Choice.EDIT:
        raise click.UsageError("--file goes with `edit`")
    if choice is Choice.EDIT:
        offer = None if file else offered(store, number, choice)
        seen = offer.seen if offer else None
        shown = (offer and offer.text) or ""
        text = file.read() if file else click.edit(shown, extension=".vcf" if is_card(shown) else ".ics")
        if text is None:
            raise click.Abort
        resolve(store, number, choice, text=text.replace("\r\n", "\n").replace("\n", "\r\n"), seen=seen)
    else:
        resolve(store, number, choice)
    JournalHere(session.config, store).read()
    if session.json:
        print_json(conflict_as_json(next(one for one in store.conflicts(state=None) if one.n == number)))
    else:
        click.echo(f"conflict {number} is resolved: {how}")


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
        "resolution": one.resolution,
        "properties": [
            {"component": d.component, "name": d.name, "base": d.base, "ours": d.ours, "theirs": d.theirs}
            for d in one.fields or differences(one.base, one.ours, one.theirs)
        ],
        "ours": one.ours,
        "theirs": one.theirs,
    }
    if one.ours is None:
        shown["lost"] = "delete"
    return shown


def _what(one: Conflict) -> str:
    if "in the folder" in one.reason:
        return plain(one.reason)
    if one.ours is None:
        return "our deletion lost against an edit upstream"
    if one.cause == "rejected":
        return f"the upstream refused our edit: {plain(one.reason)}"
    if one.theirs is None:
        return "edited here, deleted upstream"
    names = ", ".join(dict.fromkeys(each.name for each in one.fields or ()))
    return f"our edit of {names} lost" if names else "our edit lost against an edit upstream"


@click.group(cls=Commands, invoke_without_command=True)
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
