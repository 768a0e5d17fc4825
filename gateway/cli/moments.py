"""Moments on the command line: a day, or a time of day, in UTC where no zone is named."""

from datetime import UTC, datetime
from typing import Any

import click

from storage import clock


class Moment(click.ParamType[str]):
    """Text like `2026-11-01`, `2026-11-01T12:30` or `2026-11-01T12:30:00+01:00`; the store's own form of it comes out.

    A day stands for its beginning.
    """

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The moment as the store keeps moments. Fails, as click does, for what is none."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{str(value)[:40]!r} is no time; write 2026-11-01 or 2026-11-01T12:30:00Z", param, ctx)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        try:
            return clock.iso(aware.timestamp())
        except (OverflowError, ValueError):
            self.fail(f"{str(value)[:40]!r} lies outside the calendar", param, ctx)
