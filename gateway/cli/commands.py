"""Groups of commands, whose help lists each with its whole first sentence, the root's by what they are about."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

WHOLE = 1000
"""More letters than any sentence has: click cuts shorter ones off."""


class Commands(click.Group):
    """A group; `sections`: its commands by heading, where there are so many that they want some."""

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[str]] | None = None, **options: Any) -> None:
        """As click's."""
        super().__init__(*args, **options)
        self.sections = sections

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lists; every command stands in one."""
        names = self.list_commands(ctx)
        sections = dict(self.sections or {"Commands": names})
        listed = {name for some in sections.values() for name in some}
        if others := [name for name in names if name not in listed]:
            sections["Others"] = others
        for heading, some in sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(WHOLE)) for name in some])
