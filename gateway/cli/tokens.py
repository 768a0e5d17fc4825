"""`calharbor token`: secrets for programs that use the JSON API, shown once and revocable."""

from typing import Any

import click

from gateway.cli.commands import Commands
from gateway.cli.devices import check_label
from gateway.cli.grants import grant_lines, grant_options, read_grant, refuse_grant
from gateway.cli.output import plain, print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage import clock
from storage.errors import ConfigError, NotFound
from storage.model import Token, TokenKind
from storage.store import Store

DAY = 86_400

ACCESS_PREFIX = "cg_"
"""What the secrets of keys of the Access API begin with (contract D85)."""


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(token)


@click.group(cls=Commands)
def token() -> None:
    """Tokens: what programs and agents send to the JSON APIs, revocable one by one."""


@token.command("create")
@click.argument("label")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in TokenKind]),
    help="account or app (an --account decides which), or access: a key for an agent or a script, with limits.",
)
@click.option("--account", help="The account (number or name) that the token opens; without it, every account.")
@click.option("--days", type=click.IntRange(1, 36_500), help="Let it end after so many days.")
@grant_options
@json_option
@with_session
def create(session: Session, label: str, kind: str | None, account: str | None, days: int | None, **given: Any) -> None:
    """Make a token; LABEL is what you call it. It is shown this once.

    A token of one account goes into `Authorization: Bearer …`, one of every account into `Authorization: APIKey …`. A
    key of the kind access opens chosen calendars in the Access API, as far as its options say, for reading alone
    unless --level says more.

    \b
    --json: {"id", "label", "kind", "account", "expires", "token", "grant"}; "grant" of a key alone
    """
    from gateway.http.tokens import new_token, token_hash

    check_label(label)
    store = session.prepared
    wanted = _kind(kind, account)
    access = wanted is TokenKind.ACCESS
    if not access:
        refuse_grant(given)
    grant = read_grant(store, given) if access else {}
    secret = new_token(ACCESS_PREFIX) if access else new_token()
    number = store.account(account).id if account else None
    expires = clock.iso(clock.timestamp() + days * DAY) if days else None
    made = store.add_token(label, wanted, token_hash(secret), account=number, grant=grant, expires=expires)
    _tell(session, made, secret)


def _kind(given: str | None, account: str | None) -> TokenKind:
    """The kind that is meant. Raises `ConfigError` where it does not fit the account."""
    kind = TokenKind(given) if given else TokenKind.ACCOUNT if account else TokenKind.APP
    if kind is TokenKind.ACCOUNT and not account:
        raise ConfigError("a token of one account needs its account", hint="add --account NUMBER or NAME")
    if kind is TokenKind.ACCESS and account:
        raise ConfigError("a key opens calendars, not an account", hint=f"write --calendar {account}/* for all it has")
    if kind is TokenKind.APP and account:
        raise ConfigError("a token of the kind app opens every account", hint="leave out --account, or --kind app")
    return kind


def _tell(session: Session, made: Token, secret: str) -> None:
    """Show a new secret, this once."""
    if session.json:
        print_json({**_shown(made), "token": secret, **_granted(made)})
        return
    scheme = "APIKey" if made.kind is TokenKind.APP else "Bearer"
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
        print_json({"tokens": [_listed(one) for one in found]})
        return
    rows = [
        (one.id, one.label, one.kind, str(one.account or ""), (one.last_used or "never")[:10], _end(one))
        for one in found
    ]
    print_table(("id", "label", "kind", "account", "last used", ""), rows)
    if not rows:
        click.echo("no tokens yet; `calharbor token create LABEL` makes one")


@token.command("show")
@click.argument("words", metavar="TOKEN")
@json_option
@with_session
def show(session: Session, words: str) -> None:
    """Show what TOKEN (its id, or its label) is and opens; its secret is not kept.

    \b
    --json: {"id", "label", "kind", "account", "declared", "created", "last_used", "expires", "revoked",
    "grant": {"calendars", "level", "operations", "fields", "past_days", "future_days", "rules"}};
    "grant" of a key alone
    """
    one = _token(session.store, words)
    if session.json:
        print_json({**_listed(one), **_granted(one)})
        return
    rows = [("id", one.id), ("label", one.label), ("kind", str(one.kind))]
    if one.account is not None:
        rows.append(("account", str(one.account)))
    if one.kind is TokenKind.ACCESS:
        rows += grant_lines(session.store, one)
    rows += [("created", one.created[:10]), ("last used", (one.last_used or "never")[:10]), ("", _end(one))]
    width = max(len(heading) for heading, _ in rows)
    for heading, value in rows:
        if value:
            click.echo(f"{heading:<{width}}  {plain(value)}")


@token.command("rotate")
@click.argument("words", metavar="TOKEN")
@json_option
@with_session
def rotate(session: Session, words: str) -> None:
    """Give TOKEN (its id, or its label) a new secret, shown this once; the one before is refused from now on.

    What it opens stays the same.

    \b
    --json: {"id", "label", "kind", "account", "expires", "token", "grant"}; "grant" of a key alone
    """
    from gateway.http.tokens import new_token, token_hash

    one = _token(session.store, words)
    if one.declared:
        raise ConfigError(
            f"the secret of {one.label!r} stands in the configuration",
            hint="change it there, and start the server anew",
        )
    if _is_over(one):
        raise ConfigError(f"the token {one.label!r} is over", hint="make a new one with `calharbor token create`")
    secret = new_token(ACCESS_PREFIX) if one.kind is TokenKind.ACCESS else new_token()
    session.store.rotate_token(one.id, token_hash(secret))
    _tell(session, one, secret)


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@with_session
def revoke(session: Session, token_id: str) -> None:
    """Refuse this token from now on."""
    session.store.revoke_token(token_id)
    click.echo("revoked")


def _token(store: Store, words: str) -> Token:
    """The token of this id, or the one that opens something and is called so. Raises `NotFound`, `ConfigError`."""
    every = store.tokens()
    found = [one for one in every if one.id == words] or [one for one in every if one.label == words]
    found = [one for one in found if not _is_over(one)] or found
    if not found:
        raise NotFound(f"there is no token {words!r}", hint="`calharbor token list` shows them")
    if len(found) > 1:
        meant = ", ".join(one.id for one in found)
        raise ConfigError(f"{words!r} can mean several tokens: {meant}", hint="name one by its id")
    return found[0]


def _is_over(one: Token) -> bool:
    return bool(one.revoked or (one.expires and one.expires <= clock.iso()))


def _listed(one: Token) -> dict[str, object]:
    rest = ("declared", "created", "last_used", "revoked")
    return {**_shown(one), **{name: getattr(one, name) for name in rest}}


def _granted(one: Token) -> dict[str, object]:
    """What a key may see and do; nothing of other tokens."""
    return {"grant": dict(one.grant)} if one.kind is TokenKind.ACCESS else {}


def _shown(one: Token) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("id", "label", "kind", "account", "expires")}


def _end(one: Token) -> str:
    if one.revoked:
        return "revoked"
    if one.expires:
        return f"{'expired' if one.expires <= clock.iso() else 'until'} {one.expires[:10]}"
    return "declared" if one.declared else ""
