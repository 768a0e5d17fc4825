"""khal's configuration, once: its dates and times in a form that tests read, and its cache beside it."""

from pathlib import Path

_LOCALE = """\
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = {zone}
default_timezone = {zone}
"""


def configure(folder: Path, calendars: str, *, default: str = "", zone: str = "Europe/Berlin") -> str:
    """Write it into a folder; its path. `calendars`: the subsections of `[calendars]`; `default`: where to write."""
    chosen = f"[default]\ndefault_calendar = {default}\n" if default else ""
    file = folder / "khal.conf"
    file.write_text(
        f"[calendars]\n{calendars}{chosen}{_LOCALE.format(zone=zone)}[sqlite]\npath = {folder}/khal.db\n", "utf-8"
    )
    return str(file)
