"""The root of the command line: puts the groups together, runs one command, says what went wrong in one line."""

import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence

import click

from gateway.cli import (
    accounts,
    agenda,
    backup,
    changes,
    config,
    demo,
    devices,
    history,
    inbox,
    mcp,
    quarantine,
    serve,
    sharing,
    status,
    sync,
    tokens,
    undo,
    untold,
    users,
    verify,
    webhooks,
)
from gateway.cli.commands import Commands
from gateway.http.errors import body_of
from storage.errors import CalHarborError, ConfigError

GROUPS = (
    serve,
    mcp,
    demo,
    sync,
    status,
    accounts,
    users,
    devices,
    tokens,
    sharing,
    changes,
    history,
    undo,
    inbox,
    quarantine,
    untold,
    agenda,
    backup,
    webhooks,
    verify,
    config,
)

GARBAGE = 10_000
"""So many new objects make the collector look for cycles among them.

Python's 700 are the seven entries that it takes to read: nearly all of it goes again by itself, and looking made a
first mirror a tenth slower.
"""


SECTIONS: Mapping[str, Sequence[str]] = {
    "Serve": ("serve", "mcp", "demo"),
    "Set up": ("account", "user", "device", "token", "share", "link", "config"),
    "Look": ("status", "agenda", "changes", "history", "show", "webhooks"),
    "Bring in step, and decide what waits": ("sync", "held", "conflicts", "quarantine", "untold"),
    "Take back": ("undo", "restore"),
    "Take care": ("verify", "backup", "restore-backup"),
}
"""The commands as `--help` lists them."""


@click.group(
    cls=Commands, sections=SECTIONS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="calharbor", prog_name="calharbor")
def calharbor() -> None:
    """A harbour for calendars and contacts: mirrors your accounts into one file and serves them to every client."""


for _group in GROUPS:
    _group.register(calharbor)


class WrongUsage(ConfigError):
    """A command, an option or an argument that there is not."""

    code = "usage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; everything a person has to know is printed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(GARBAGE)
    try:
        result = calharbor.main(words, prog_name="calharbor", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.Abort:
        click.echo("", err=True)
        return 130
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "calharbor"
        _say(WrongUsage(error.format_message().rstrip("."), hint=f"see `{where} --help`"), words)
        return error.exit_code
    except CalHarborError as error:
        _say(error, words)
        return 1
    except BrokenPipeError:
        # The reader (`| head`) has gone. Nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _say(error: CalHarborError, words: Sequence[str]) -> None:
    """One line: what is wrong, where, and what to do next."""
    if "--json" in words:
        line = json.dumps(body_of(error), ensure_ascii=False)
    else:
        line = " ".join(f"calharbor: {error.message}{'; ' + error.hint if error.hint else ''}".split())
    click.echo(line, err=True)
