"""`calharbor verify`: proof that the mirror, the folder of files and the journal say the same; mends what does not."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from gateway.app import JournalHere
from gateway.cli.output import plain, print_json
from gateway.cli.session import Session, json_option, with_session
from storage.repair import repair
from storage.store import Store
from storage.vdir.stopped import FOLDER
from storage.verify import Report, verify


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(verify_command)


@click.command("verify")
@click.option("--repair", "mend", is_flag=True, help="Work out anew what can be worked out, and say what was done.")
@json_option
@with_session
def verify_command(session: Session, mend: bool) -> int:
    """Check everything that is kept twice, and every text against what was rendered from it.

    Changes nothing without --repair. That mends what follows from other parts: what is rendered from the texts, the
    search index, other indexes and numbers, the files; never texts, history, nor what is known of an upstream.

    \b
    --json: {"ok": true, "checked": {"entries", "files", "changes", "revisions"}, "problems": [], "repaired": []}
    """
    done: list[str] = []
    with _mirror(session) as store:
        root = session.config.storage.path / FOLDER if session.config.storage.vdir else None
        report = verify(store, root)
        if mend and not report.ok:
            done = repair(store)
            JournalHere(session.config, store).read()
            report = verify(store, root)
    if session.json:
        shown = {"ok": report.ok, "checked": report.checked, "problems": report.problems, "repaired": done}
        print_json(shown)
    else:
        _say(report, done)
    return 0 if report.ok else 1


def _say(report: Report, done: list[str]) -> None:
    for said in done:
        click.echo(f"mended: {plain(said)}")
    for problem in report.problems:
        click.echo(plain(problem))
    checked = ", ".join(f"{count:,} {what}" for what, count in report.checked.items())
    click.echo(f"{'all is well' if report.ok else f'{len(report.problems)} problems'}; checked {checked}")


@contextmanager
def _mirror(session: Session) -> Iterator[Store]:
    """The mirror; of one that cannot be written, as on a read-only disk, a copy, as SQLite would have to write."""
    folder = session.config.storage.path
    if not session.has_store or os.access(folder, os.W_OK):
        yield session.store
        return
    with TemporaryDirectory() as elsewhere:
        for path in folder.glob("mirror.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, elsewhere)
        with closing(Store.open(Path(elsewhere))) as copy:
            yield copy
