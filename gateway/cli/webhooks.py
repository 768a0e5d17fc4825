"""`calharbor webhooks`: who is told that there is activity, how that goes, and what was told in vain."""

from dataclasses import asdict

import click

from gateway.cli.output import counted, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage import clock, webhooks
from storage.tables.webhooks import DeadLetter, Turn, Webhook


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(show)


@click.command("webhooks")
@json_option
@with_session
def show(session: Session) -> None:
    """List the receivers of webhooks, and the messages that none of the tries brought to them.

    A receiver is asked first whether it is the right one; until it answers with its application's id, nothing is told.

    \b
    --json: {"webhooks": [{"name", "url", "application", "verified", "failures", "next_try", "error",
      "accounts": [{"account": 101, "told": 42, "failures", "next_try", "error"}]}],
      "dead": [{"id", "at", "webhook", "account": 101, "after": 40, "through": 42, "attempts": 4, "error"}]}
    """
    store = session.store
    receivers, turns, dead = webhooks.receivers(store), webhooks.turns(store), webhooks.dead_letters(store)
    if session.json:
        found = [_as_json(each, [turn for turn in turns if turn.webhook == each.name]) for each in receivers]
        print_json({"webhooks": found, "dead": [_dead_as_json(each) for each in dead]})
        return
    failing = {each.name: [turn for turn in turns if turn.webhook == each.name and turn.failures] for each in receivers}
    rows = [(each.name, each.url, _state(each, failing[each.name])) for each in receivers]
    print_table(("name", "url", "state"), rows)
    if dead:
        click.echo(f"{counted(len(dead), 'message')} could not be delivered:")
        told = [(each.n, each.at[:19].replace("T", " "), each.webhook, each.account, each.error) for each in dead]
        print_table(("id", "at (UTC)", "webhook", "account", "why"), told, indent="  ")
    if not receivers:
        click.echo("no receiver is declared; `calharbor config example` shows a [webhook NAME]")


def _state(receiver: Webhook, failing: list[Turn]) -> str:
    if receiver.verified is None:
        return f"not verified: {receiver.error or 'not asked yet'}"
    return f"does not answer: {failing[0].error}" if failing else "told"


def _as_json(receiver: Webhook, turns: list[Turn]) -> dict[str, object]:
    return {
        "name": receiver.name,
        "url": receiver.url,
        "application": receiver.application,
        "verified": receiver.verified,
        **_trying(receiver),
        "accounts": [{"account": each.account, "told": each.told, **_trying(each)} for each in turns],
    }


def _dead_as_json(letter: DeadLetter) -> dict[str, object]:
    rest = {name: value for name, value in asdict(letter).items() if name != "n"}
    return {"id": letter.n, **rest}


def _trying(one: Webhook | Turn) -> dict[str, object]:
    again = clock.iso(one.next_try) if one.next_try else None
    return {"failures": one.failures, "next_try": again, "error": one.error}
