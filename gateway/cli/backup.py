"""`calharbor backup` and `calharbor restore-backup`: the mirror in one file, and back."""

from pathlib import Path

import click

from gateway.cli.output import counted, plain
from gateway.cli.session import Session, with_session
from storage import backup as copies


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(backup)
    root.add_command(restore_backup)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_session
def backup(session: Session, file: Path) -> None:
    """Copy the whole mirror into FILE, which only you can read; the server may go on working.

    The accounts' passwords are in it, encrypted; their key, data/credentials.key, is not: keep a copy of it elsewhere,
    or sign in to the accounts again after restoring. The folder of files is not in it: it is written anew.
    """
    saved = copies.backup(session.store, file)
    click.echo(f"{counted(saved.entries, 'entry', 'entries')} saved in {plain(str(file))}")
    if saved.secrets:
        click.echo(f"passwords are in it, encrypted; their key is not: {session.store.credentials.key_path}")


@click.command("restore-backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), help="The key file of its passwords.")
@with_session
def restore_backup(session: Session, file: Path, key: Path | None) -> None:
    """Make the backup in FILE the mirror of the data folder. No server may be at work there.

    What stands there is moved aside within the folder, nothing is deleted. Clients start from a full listing by
    themselves. The next sync compares everything with the upstreams: what changed since on both sides stays, nothing is
    created twice, and large deletions wait for approval. App passwords that were revoked since then work again.
    """
    done = copies.restore(file, session.config.storage.path, key=key)
    click.echo(f"{counted(done.saved.entries, 'entry', 'entries')} restored, as of {done.saved.at[:19]}Z")
    if done.aside is not None:
        click.echo(f"what stood there before is in {done.aside}")
    for name in done.locked:
        click.echo(f"{plain(name)} has no password here: run `calharbor account login {plain(name)}`")
