"""`calharbor account`: the logins at the upstreams."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from gateway.app import SECRETS, make_provider
from gateway.cli import plan
from gateway.cli.commands import Commands
from gateway.cli.output import counted, plain, print_json, print_table
from gateway.cli.secrets import ask_password, password_file_option
from gateway.cli.session import Session, json_option, with_session
from gateway.declare import add_account
from gateway.declared import Secret
from storage.errors import ConfigError
from storage.model import Account
from storage.provider import RemoteCollection
from storage.store import Store
from storage.sync import inbox

_NO_CHECK = click.option("--no-check", is_flag=True, help="Do not try the connection first.")


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(account)


@click.group(cls=Commands)
def account() -> None:
    """Accounts: the logins at the upstreams that are mirrored."""


@account.command("add")
@click.argument("name")
@click.option("--user", help="Whose account it is (needed where there are several users).")
@click.option("--provider", default="caldav", show_default=True, help="What the upstream is.")
@click.option("--url", default="", help="The server, or any address below it.")
@click.option("--email", default="", help="The owner's address; its domain finds the server where there is no --url.")
@click.option("--username", default="", help="The login name (default: the email).")
@click.option("--endpoint", default="", help="Replaces the provider's own hosts.")
@click.option("--access-token-file", type=click.Path(path_type=Path, dir_okay=False), help="A file with a token.")
@password_file_option
@_NO_CHECK
@click.option("--plan", "planned", is_flag=True, help="Keep it paused, and show what mirroring it would do.")
@with_session
def add(
    session: Session,
    name: str,
    user: str | None,
    provider: str,
    url: str,
    email: str,
    username: str,
    endpoint: str,
    access_token_file: Path | None,
    password_file: Path | None,
    no_check: bool,
    planned: bool,
) -> int:
    """Add an account under NAME: asks for what is missing, tries the connection, and says what it found."""
    store = session.prepared
    local = provider == "local"
    if not local and not (url or email or endpoint):
        url = _ask("Address of the server (or an email address)")
        url, email = ("", url) if "@" in url and "/" not in url else (url, email)
    if not local and not (username or email or access_token_file):
        username = _ask("Login name")
    secrets = {}
    if access_token_file:
        secrets["access_token"] = Secret("--access-token-file", file=access_token_file).read()
    elif not local:
        secrets["password"] = ask_password(password_file, f"the password of {username or email}")
    settings = {"url": url, "username": username, "endpoint": endpoint}
    wanted = Account(
        0, name, user or _only_user(store), provider, email, settings={key: v for key, v in settings.items() if v}
    )
    if not local and not no_check:
        _say_found(_look(wanted, secrets))
    added = add_account(session.config, store, replace(wanted, paused=planned and not local), secrets)
    if local or not planned:
        click.echo(f"{name} is account {added.id}; `calharbor sync {name}` mirrors it now, a running server by itself")
        return 0
    click.echo(f"{name} is account {added.id}, and paused; with this it would begin:")
    code = plan.show(session, lambda copy: [copy.account(name)])
    click.echo(f"`calharbor account resume {name}` lets it follow its upstream from then on")
    return code


@account.command("list")
@json_option
@with_session
def list_accounts(session: Session) -> None:
    """List the accounts.

    \b
    --json: {"accounts": [{"id": 101, "name", "user", "provider", "email", "service", "state", "paused"}]}
    """
    found = session.prepared.accounts()
    if session.json:
        print_json({"accounts": [_as_json(one) for one in found]})
        return
    rows = [(one.id, one.name, one.user, one.provider, one.email, _state(one)) for one in found]
    print_table(("id", "name", "user", "provider", "email", "state"), rows)
    if not rows:
        click.echo("no accounts yet; `calharbor account add` makes one")


@account.command("show")
@click.argument("key", metavar="ACCOUNT")
@json_option
@with_session
def show(session: Session, key: str) -> None:
    """Show one account with its settings and collections; never its secrets."""
    store = session.prepared
    one = store.account(key)
    collections = store.collections(account=one.id)
    if session.json:
        fields = ("id", "slug", "name", "color", "timezone", "read_only")
        shelf = [{"kind": c.kind.value, **{name: getattr(c, name) for name in fields}} for c in collections]
        print_json({**_as_json(one), "settings": dict(one.settings), "collections": shelf})
        return
    facts = {"id": one.id, "user": one.user, "provider": one.provider, "email": one.email, "service": one.service}
    facts |= {**one.settings, "secrets": ", ".join(store.credentials.get(one.name)) or "none", "state": _state(one)}
    print_table((one.name, ""), [(name, value) for name, value in facts.items() if value])
    print_table(
        ("collection", "kind", "path"),
        [(c.name, c.kind, f"/dav/{c.user}/{c.slug}/" + (" (read-only)" if c.read_only else "")) for c in collections],
    )


@account.command("login")
@click.argument("key", metavar="ACCOUNT")
@password_file_option
@_NO_CHECK
@with_session
def login(session: Session, key: str, password_file: Path | None, no_check: bool) -> None:
    """Give an account a new password, for example after `needs-login`."""
    store = session.prepared
    one = store.account(key)
    if not one.mirrored:
        raise ConfigError(f"{one.name} is a local account: it needs no login", hint="leave it as it is")
    kept = {name: value for name, value in store.credentials.get(one.name).items() if name not in SECRETS}
    secrets = {**kept, "password": ask_password(password_file, f"the password of {one.name}")}
    if not no_check:
        _say_found(_look(one, secrets))
    store.credentials.set(one.name, secrets)
    inbox.wake(store, one.id)
    click.echo(f"{one.name} signs in with the new password from now on")


@account.command("pause")
@click.argument("key", metavar="ACCOUNT")
@with_session
def pause(session: Session, key: str) -> None:
    """Stop following an account's upstream; its mirror stays readable and writable."""
    store = session.prepared
    one = store.account(key)
    store.set_paused(one.id, True)
    click.echo(f"{one.name} is paused")


@account.command("resume")
@click.argument("key", metavar="ACCOUNT")
@with_session
def resume(session: Session, key: str) -> None:
    """Follow a paused account's upstream again."""
    store = session.prepared
    one = store.account(key)
    store.set_paused(one.id, False)
    inbox.wake(store, one.id)
    click.echo(f"{one.name} is followed again")


@account.command("remove")
@click.argument("key", metavar="ACCOUNT")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def remove(session: Session, key: str, yes: bool) -> None:
    """Remove an account, its collections and its secrets from the mirror. The upstream keeps everything."""
    store = session.prepared
    one = store.account(key)
    if one.name in {declared.name for declared in session.config.accounts}:
        raise ConfigError(f"{one.name} is declared in {session.config.file}", hint="remove the section there first")
    counts = store.counts()
    waiting = counts.account_pending.get(one.id, 0)
    held = sum(counts.entries.get(c.n, 0) for c in store.collections(account=one.id))
    question = f"Remove {one.name} with {counted(held, 'entry', 'entries')} from the mirror"
    if waiting:
        question += f", of which {counted(waiting, 'change')} never reached the upstream"
    if not yes and not sys.stdin.isatty():
        raise ConfigError(f"{question[0].lower()}{question[1:]}: nobody is there to confirm it", hint="add --yes")
    if not yes and not click.confirm(question + "?", err=True):
        raise click.Abort
    store.remove_account(one.id)
    click.echo(f"{one.name} is removed")


def _ask(what: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigError(f"{what.lower()}: missing", hint="see `calharbor account add --help`")
    answer: str = click.prompt(what, err=True)
    return answer.strip()


def _only_user(store: Store) -> str:
    names = [user.name for user in store.users()]
    if len(names) != 1:
        hint = f"give --user, one of: {', '.join(names)}" if names else "run `calharbor user add NAME` first"
        raise ConfigError("whose account is it?", hint=hint)
    return names[0]


def _look(wanted: Account, secrets: dict[str, str]) -> Sequence[RemoteCollection]:
    """What the upstream shows for this login; raises what the provider raises."""
    with closing(make_provider(wanted, secrets)) as provider:
        return provider.collections()


def _say_found(found: Sequence[RemoteCollection]) -> None:
    names = ", ".join(f"{one.name} ({one.kind})" for one in found)
    click.echo(plain(f"found {counted(len(found), 'collection')}{': ' + names if names else ''}"))


def _state(one: Account) -> str:
    return "paused" if one.paused else str(one.state) if one.mirrored else "local"


def _as_json(one: Account) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "user": one.user,
        "provider": one.provider,
        "email": one.email,
        "service": one.service,
        "state": one.state.value if one.mirrored else "fresh",
        "paused": one.paused,
    }
