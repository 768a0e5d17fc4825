"""`calharbor status`: how fresh every account and collection is, in one word, with the reason and the time."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from gateway.app import vdir_of
from gateway.cli.output import counted, plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage import clock
from storage.model import Account, Collection, State
from storage.store import Store
from storage.sync.policy import believed, worst
from storage.tables.counts import Counts
from storage.vdir.compare import problems


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(status)


@click.command()
@json_option
@with_session
def status(session: Session) -> None:
    """Show each account and collection: its state, why, and up to when that is true.

    State words: fresh syncing waiting stale needs-login blocked-by-admin held paused.

    \b
    --json: {"as_of", "accounts": [{"id": 101, "name", "provider", "state", "reason", "as_of",
      "pending": 0, "conflicts": 0, "held": 0, "quarantined": 0, "collections": [{"id", "name",
      "kind": "calendar|tasks|contacts", "state", "reason", "as_of", "entries": 12, "pending": 0}]}],
      "history": {"oldest": "since when changes can be undone", "changes": 1200, "bytes": 345678},
      "files": ["what stands in the folder of files and is not taken in, and why"]}
    """
    shown = report(session.store, session.config.sync.interval)
    root = vdir_of(session.config, session.store)
    shown["files"] = problems(session.store, root) if root and session.config.storage.vdir_edits else []
    if session.json:
        print_json(shown)
        return
    if not shown["accounts"]:
        click.echo("no accounts yet; `calharbor account add` makes one")
    for account in shown["accounts"]:
        _print_account(account)
    past = shown["history"]
    if past["changes"]:
        size = f"{past['bytes'] / 1_000_000:,.1f} MB"
        click.echo(f"history: {counted(past['changes'], 'change')} since {past['oldest'][:10]}, {size} of older texts")
    for said in shown["files"]:
        click.echo(f"not taken in: {plain(said)}")


def report(store: Store, interval: float) -> dict[str, Any]:
    """What `status --json` prints. `interval`: seconds between two rounds, the measure of what is still believed."""
    counts = store.counts()
    accounts = [
        _account(account, store.collections(account=account.id), counts, interval) for account in store.accounts()
    ]
    past = store.past()
    history = {"oldest": past.oldest, "changes": past.changes, "bytes": past.octets}
    return {"as_of": clock.iso(), "accounts": accounts, "history": history}


def _account(account: Account, collections: list[Collection], counts: Counts, interval: float) -> dict[str, Any]:
    collections = [_under(account, collection, collections) for collection in collections]
    return {
        "id": account.id,
        "name": account.name,
        "provider": account.provider,
        **_health(account, account, interval, held=counts.held.get(account.id, 0)),
        "pending": counts.account_pending.get(account.id, 0),
        "conflicts": counts.conflicts.get(account.id, 0),
        "held": counts.held.get(account.id, 0),
        "quarantined": counts.quarantined.get(account.id, 0),
        "collections": [
            {
                "id": collection.id,
                "name": collection.name,
                "kind": collection.kind.value,
                **_health(account, collection, interval),
                "entries": counts.entries.get(collection.n, 0),
                "pending": counts.pending.get(collection.n, 0),
            }
            for collection in collections
        ],
    }


def _under(account: Account, collection: Collection, every: list[Collection]) -> Collection:
    """The collection as it stands in its account: where the account itself cannot go on, none of `every` stays fresh.

    An account's state is the worst of its collections', unless it is the account's own; a refused login always is.
    """
    own = account.state is State.NEEDS_LOGIN or account.state is not worst([one.state for one in every])
    if collection.state is State.FRESH and account.state is not State.FRESH and own:
        return replace(collection, state=account.state, reason=account.reason)
    return collection


def _health(account: Account, thing: Account | Collection, interval: float, *, held: int = 0) -> dict[str, Any]:
    """State, reason and moment. What has no upstream is as fresh as it can be, unless so many deletions are `held`."""
    if not account.mirrored:
        state, reason = (
            (State.HELD, f"{held} deletions wait for approval (calharbor held)") if held else (State.FRESH, "")
        )
        return {"state": state.value, "reason": reason, "as_of": clock.iso()}
    if account.paused:
        return {"state": State.PAUSED.value, "reason": "paused by its owner", "as_of": thing.as_of}
    age = clock.timestamp() - datetime.fromisoformat(thing.as_of).timestamp() if thing.as_of else None
    state = believed(thing.state, age, interval)
    reason = thing.reason
    if state is not thing.state:
        reason = "no round has confirmed it since; is `calharbor serve` running?"
    return {"state": state.value, "reason": reason, "as_of": thing.as_of}


def _print_account(account: dict[str, Any]) -> None:
    words = [
        counted(account[name], one, many)
        for name, one, many in (
            ("pending", "change to send", "changes to send"),
            ("conflicts", "conflict", ""),
            ("held", "held deletion", ""),
            ("quarantined", "unreadable item", ""),
        )
        if account[name]
    ]
    click.echo(f"{plain(account['name'])} ({account['provider']}, {account['id']}): {_words(account)}")
    if words:
        click.echo("  " + ", ".join(words))
    rows = [
        (c["name"], c["kind"], counted(c["entries"], "entry", "entries"), _words(c)) for c in account["collections"]
    ]
    print_table(("collection", "kind", "holds", "state"), rows, indent="  ")


def _words(thing: dict[str, Any]) -> str:
    """`fresh as of 09:12:03`, `stale: no route to host (true up to …)`."""
    text = str(thing["state"])
    if thing["reason"]:
        text += f": {plain(thing['reason'])}"
    if thing["as_of"]:
        moment = datetime.fromisoformat(thing["as_of"]).astimezone()
        text += f" (as of {moment:%Y-%m-%d %H:%M:%S})"
    return text
