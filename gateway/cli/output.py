"""How answers look: JSON for programs, aligned columns for people."""

import json
from collections.abc import Sequence

import click


def print_json(value: object) -> None:
    """One line of JSON; text stays readable."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, indent: str = "") -> None:
    """Columns as wide as their widest cell; nothing at all where there are no rows."""
    if not rows:
        return
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(headings), *cells]) for i in range(len(headings))]
    for line in [list(headings), *cells]:
        click.echo(indent + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def plain(value: object) -> str:
    """One line of printable text: what an upstream wrote must not steer the terminal."""
    text = "" if value is None else " ".join(str(value).split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 entry`, `2 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
