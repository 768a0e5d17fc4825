"""What a command works with: the configuration, the mirror, and whether it answers people or programs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway.app import open_store
from gateway.config import load
from gateway.declare import declare, declare_users
from gateway.declared import Config
from storage.store import Store

Result = TypeVar("Result")


@dataclass
class Session:
    """One run of one command. `json`: answer with JSON on standard output."""

    file: Path | None
    json: bool = False

    @cached_property
    def config(self) -> Config:
        """The configuration; raises `ConfigError`."""
        return load(self.file)

    @property
    def has_store(self) -> bool:
        """Whether there is a mirror already."""
        return (self.config.storage.path / "mirror.db").exists()

    @cached_property
    def opened(self) -> Store:
        """The mirror, made empty where there is none yet."""
        return open_store(self.config)

    @cached_property
    def store(self) -> Store:
        """The mirror as it stands. Where there is none yet, it is made as the configuration declares it."""
        new = not self.has_store
        if new:
            declare(self.config, self.opened)
        return self.opened

    @cached_property
    def with_users(self) -> Store:
        """The mirror with the declared users; for the command that adds one, whom a declared account may wait for."""
        declare_users(self.config, self.opened)
        return self.opened

    @cached_property
    def prepared(self) -> Store:
        """The mirror, brought up to what the configuration declares; for commands that act on accounts and users."""
        declare(self.config, self.store)
        return self.store

    @cached_property
    def with_accounts(self) -> Store:
        """The mirror with the declared accounts; for the command that only runs them, and lets nobody in."""
        declare(self.config, self.store, passwords=False)
        return self.store

    def close(self) -> None:
        """Let go of the mirror if it was opened."""
        if "opened" in self.__dict__:
            self.opened.close()


def with_session(function: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command `--config` and, as its first argument, a session that is closed when the command ends."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        help="The configuration file (default: ./config.ini, then the user's config folder, then defaults).",
    )
    @wraps(function)
    def command(*args: Any, config_file: Path | None, json_output: bool = False, **kwargs: Any) -> Result:
        session = Session(config_file, json_output)
        try:
            return function(session, *args, **kwargs)
        finally:
            session.close()

    return command


json_option = click.option("--json", "json_output", is_flag=True, help="Print one JSON object (shape below).")
