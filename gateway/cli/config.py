"""`calharbor config`: whether the configuration can be understood, and an example of all that may stand in it."""

import click

from gateway.cli.commands import Commands
from gateway.cli.output import counted, print_json
from gateway.cli.session import Session, json_option, with_session
from gateway.declare import check
from gateway.options import example


def register(root: click.Group) -> None:
    """Add the commands."""
    root.add_command(config)


@click.group(cls=Commands)
def config() -> None:
    """Check the configuration, or print an example of it."""


@config.command("check")
@json_option
@with_session
def check_command(session: Session) -> None:
    """Read the configuration and every secret it names; say what is wrong, change nothing.

    \b
    --json: {"ok": true, "file", "users": ["alice"], "accounts": ["work"]}
    """
    found = session.config
    check(found, [user.name for user in session.store.users()] if session.has_store else [])
    if session.json:
        print_json(
            {
                "ok": True,
                "file": str(found.file) if found.file else None,
                "users": [user.name for user in found.users],
                "accounts": [account.name for account in found.accounts],
            }
        )
        return
    declared = f"{counted(len(found.users), 'user')}, {counted(len(found.accounts), 'account')}"
    click.echo(f"{found.file or 'no file, defaults only'}: fine ({declared})")


@config.command("example")
def example_command() -> None:
    """Print a configuration file with every option, commented out."""
    click.echo(example(), nl=False)
