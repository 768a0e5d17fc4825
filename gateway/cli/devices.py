"""`calharbor device`: a password of its own for each phone or program, shown once and revocable."""

import os
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import click

from gateway.cli.commands import Commands
from gateway.cli.output import print_json, print_table
from gateway.cli.session import Session, json_option, with_session
from storage.errors import ConfigError


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(device)


@click.group(cls=Commands)
def device() -> None:
    """Device passwords: one for each phone or program, revocable one by one."""


@device.command("add")
@click.argument("user")
@click.argument("label")
@click.option("--json", "json_output", is_flag=True, help='Print {"id", "user", "label", "password"}.')
@click.option(
    "--mobileconfig",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a file that sets up an iPhone, iPad or Mac, with the password inside.",
)
@with_session
def add(session: Session, user: str, label: str, mobileconfig: Path | None) -> None:
    """Make a password for one device of USER; LABEL is what you call it. It is shown this once."""
    # Loaded here, argon2 with them: no other command waits for it.
    from gateway.http.access import device_hash, new_device_password
    from gateway.http.mobileconfig import Subject, profile

    check_label(label)
    store, password = session.prepared, new_device_password()
    if mobileconfig is None:
        number = store.add_device(user, label, device_hash(password))
    else:
        principal = f"{_address(session)}/dav/{quote(store.user(user).name, safe='')}/"
        with _new_file(mobileconfig) as file:
            number = store.add_device(user, label, device_hash(password))
            file.write(profile(Subject(store.id, user, principal, password)))
    if session.json:
        print_json({"id": number, "user": user, "label": label, "password": password})
        return
    click.echo(f"user:     {user}\npassword: {password}")
    if mobileconfig is not None:
        click.echo(f"profile:  {mobileconfig}")
    click.echo(f"It is not shown again. `calharbor device revoke {number}` ends it.", err=True)


def check_label(label: str) -> None:
    """Raises `ConfigError` for what nobody could read in a list."""
    if not label.strip() or not label.isprintable() or len(label) > 100:
        raise ConfigError(f"{label!r} cannot be a label", hint="use some words on one line")


def _address(session: Session) -> str:
    """Where devices find this server; raises `ConfigError` where nobody has said it."""
    address = session.config.server.base_url.rstrip("/")
    if not address:
        raise ConfigError(
            "nobody has said under which address devices find this server",
            hint="set [server] base_url, such as https://cal.example.com",
        )
    return address


def _new_file(path: Path) -> BinaryIO:
    """A new file that only its owner may read; raises `ConfigError` where it cannot be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint="name a new file") from error
    return os.fdopen(descriptor, "wb")


@device.command("list")
@click.argument("user", required=False)
@json_option
@with_session
def list_devices(session: Session, user: str | None) -> None:
    """List the devices, all or those of USER.

    \b
    --json: {"devices": [{"id", "user", "label", "created", "last_used", "revoked"}]}
    """
    found = session.store.devices(session.store.user(user).name if user else None)
    if session.json:
        fields = ("id", "user", "label", "created", "last_used", "revoked")
        print_json({"devices": [{name: getattr(one, name) for name in fields} for one in found]})
        return
    rows = [
        (one.id, one.user, one.label, (one.last_used or "never")[:10], "revoked" if one.revoked else "")
        for one in found
    ]
    print_table(("id", "user", "label", "last used", ""), rows)
    if not rows:
        click.echo("no devices yet; `calharbor device add USER LABEL` makes a password for one")


@device.command("revoke")
@click.argument("device_id", metavar="ID")
@with_session
def revoke(session: Session, device_id: str) -> None:
    """Refuse this device's password from now on."""
    session.store.revoke_device(device_id)
    click.echo("revoked")
