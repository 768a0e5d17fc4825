"""`calharbor token`: secrets for programs that use the JSON API, shown once and revocable."""

import click

from gateway.cli.devices import check_label
from gateway.cli.output import print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage import clock
from storage.model import Token, TokenKind

DAY = 86_400


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(token)


@click.group()
def token() -> None:
    """Tokens: what programs send to the JSON API, revocable one by one."""


@token.command("create")
@click.argument("label")
@click.option("--account", help="The account (number or name) that the token opens; without it, every account.")
@click.option("--days", type=click.IntRange(1, 36_500), help="Let it end after so many days.")
@json_option
@with_session
def create(session: Session, label: str, account: str | None, days: int | None) -> None:
    """Make a token; LABEL is what you call it. It is shown this once.

    A token of one account goes into `Authorization: Bearer …`, one of every account into `Authorization: APIKey …`.

    \b
    --json: {"id", "label", "kind", "account", "expires", "token"}
    """
    from gateway.http.tokens import new_token, token_hash

    check_label(label)
    store, secret = session.prepared, new_token()
    number = store.account(account).id if account else None
    kind = TokenKind.APP if number is None else TokenKind.ACCOUNT
    expires = clock.iso(clock.timestamp() + days * DAY) if days else None
    made = store.add_token(label, kind, token_hash(secret), account=number, expires=expires)
    if session.json:
        print_json({**_shown(made), "token": secret})
        return
    scheme = "APIKey" if number is None else "Bearer"
    click.echo(f"token:  {secret}\nheader: Authorization: {scheme} {secret}")
    click.echo(f"It is not shown again. `calharbor token revoke {made.id}` ends it.", err=True)


@token.command("list")
@json_option
@with_session
def list_tokens(session: Session) -> None:
    """List the tokens, revoked and expired ones too.

    \b
    --json: {"tokens": [{"id", "label", "kind", "account", "declared", "created", "last_used", "expires", "revoked"}]}
    """
    found = session.store.tokens()
    if session.json:
        rest = ("declared", "created", "last_used", "revoked")
        print_json({"tokens": [{**_shown(one), **{name: getattr(one, name) for name in rest}} for one in found]})
        return
    rows = [
        (one.id, one.label, one.kind, str(one.account or ""), (one.last_used or "never")[:10], _end(one))
        for one in found
    ]
    print_table(("id", "label", "kind", "account", "last used", ""), rows)
    if not rows:
        click.echo("no tokens yet; `calharbor token create LABEL` makes one")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@with_session
def revoke(session: Session, token_id: str) -> None:
    """Refuse this token from now on."""
    session.store.revoke_token(token_id)
    click.echo("revoked")


def _shown(one: Token) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("id", "label", "kind", "account", "expires")}


def _end(one: Token) -> str:
    if one.revoked:
        return "revoked"
    if one.expires:
        return f"{'expired' if one.expires <= clock.iso() else 'until'} {one.expires[:10]}"
    return "declared" if one.declared else ""
