"""`calharbor user`: who may connect."""

from pathlib import Path

import click

from gateway.cli.commands import Commands
from gateway.cli.output import print_json, print_table
from gateway.cli.secrets import ask_password, password_file_option
from gateway.cli.session import Session, json_option, with_session
from gateway.config import check_name
from gateway.declare import give_home
from storage.errors import AlreadyExists, NotFound


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(user)


@click.group(cls=Commands)
def user() -> None:
    """Users: who may connect to this server."""


@user.command("add")
@click.argument("name")
@password_file_option
@with_session
def add(session: Session, name: str, password_file: Path | None) -> None:
    """Make a user, with a local account to begin with."""
    check_name(name)
    store = session.with_users
    if name in {known.name for known in store.users()}:
        raise AlreadyExists(f"there is a user {name!r} already", hint=f"`calharbor user passwd {name}` sets a password")
    password = ask_password(password_file, f"the password of {name}", confirm=True)
    store.save_user(name, _hash(password))
    give_home(session.config, store, name)
    click.echo(f"{name} can sign in now; `calharbor device add {name} phone` makes a password for one device")


def _hash(password: str) -> str:
    from gateway.http.access import hash_password  # loads argon2: no other command waits for it

    return hash_password(password)


@user.command("list")
@json_option
@with_session
def list_users(session: Session) -> None:
    """List the users.

    \b
    --json: {"users": [{"name", "password": true, "declared": false, "created", "accounts": [101], "devices": 2}]}
    """
    store = session.prepared
    shown = [
        {
            "name": one.name,
            "password": one.password is not None,
            "declared": one.declared,
            "created": one.created,
            "accounts": [account.id for account in store.accounts(one.name)],
            "devices": sum(device.revoked is None for device in store.devices(one.name)),
        }
        for one in store.users()
    ]
    if session.json:
        print_json({"users": shown})
        return
    rows = [
        (one["name"], "yes" if one["password"] else "no", one["devices"], "file" if one["declared"] else "here")
        for one in shown
    ]
    print_table(("user", "password", "devices", "comes from"), rows)
    if not rows:
        click.echo("no users yet; `calharbor user add NAME` makes one")


@user.command("passwd")
@click.argument("name")
@password_file_option
@with_session
def passwd(session: Session, name: str, password_file: Path | None) -> None:
    """Set a user's password. Device passwords go on working."""
    store = session.prepared
    known = store.user(name)
    password = ask_password(password_file, f"the new password of {name}", confirm=True)
    store.save_user(name, _hash(password), declared=known.declared)
    declared = {one.name for one in session.config.users if one.password}
    click.echo(
        f"{name} has a new password"
        + (", until the next start: the configuration file declares another" if name in declared else "")
    )


@user.command("remove")
@click.argument("name")
@with_session
def remove(session: Session, name: str) -> None:
    """Remove a user who has no accounts any more, with all device passwords."""
    store = session.prepared
    if name in {one.name for one in session.config.users}:
        raise AlreadyExists(f"{name} is declared in {session.config.file}", hint="remove the section there first")
    if name not in {known.name for known in store.users()}:
        raise NotFound(f"there is no user {name!r}", hint="`calharbor user list` shows all")
    store.remove_user(name)
    click.echo(f"{name} is removed")
