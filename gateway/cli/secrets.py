"""How a command is told a secret: from a file, the environment or a prompt; never from its arguments.

Arguments stand in the process list and in the shell's history.
"""

import os
import sys
from pathlib import Path

import click

from gateway.declared import Secret
from storage.errors import ConfigError

VARIABLE = "CALHARBOR_PASSWORD"

password_file_option = click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"A file that holds the password (or set {VARIABLE}; without either it is asked for).",
)


def ask_password(file: Path | None, what: str, *, confirm: bool = False) -> str:
    """The secret; raises `ConfigError` where nobody can be asked."""
    if file is not None:
        return Secret("--password-file", file=file).read()
    if given := os.environ.get(VARIABLE):
        return given
    if not sys.stdin.isatty():
        raise ConfigError(f"{what} is missing", hint=f"give --password-file, or set {VARIABLE}")
    answer: str = click.prompt(what[0].upper() + what[1:], hide_input=True, confirmation_prompt=confirm, err=True)
    return answer
