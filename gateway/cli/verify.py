"""`calharbor verify`: proof that the mirror, the folder of files and the journal say the same."""

import click

from gateway.app import vdir_of
from gateway.cli.output import plain, print_json
from gateway.cli.session import Session, json_option, with_session
from storage.verify import verify


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(verify_command)


@click.command("verify")
@json_option
@with_session
def verify_command(session: Session) -> int:
    """Check everything that is kept twice, and every text against what was rendered from it. Changes nothing.

    \b
    --json: {"ok": true, "checked": {"entries", "files", "changes", "revisions"}, "problems": []}
    """
    report = verify(session.store, vdir_of(session.config, session.store))
    if session.json:
        print_json({"ok": report.ok, "checked": report.checked, "problems": report.problems})
    else:
        for problem in report.problems:
            click.echo(plain(problem))
        checked = ", ".join(f"{count:,} {what}" for what, count in report.checked.items())
        click.echo(f"{'all is well' if report.ok else f'{len(report.problems)} problems'}; checked {checked}")
    return 0 if report.ok else 1
