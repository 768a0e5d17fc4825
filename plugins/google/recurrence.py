"""Google's `recurrence` ⇄ RRULE, EXRULE, RDATE and EXDATE; cancelled instances ⇄ EXDATE.

Google says in two ways that an instance does not take place: by an EXDATE in `recurrence`, and by an instance whose
status is `cancelled`. In the mirror both are EXDATEs. Which of them `recurrence` had is kept in X-GATEWAY-RAW
(`EXCLUDED`), so that an edit can be told in the right way: the other ones are instances.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from plugins.google.members import Resource, child, text, texts
from plugins.google.times import instance
from storage.errors import InvalidData
from storage.ical import quirks
from storage.ical.lines import Component, Line, line
from storage.ical.values import Moment, period_of, recurrence_key

EXCLUDED: Final = "recurrence"
"""The attribute under which the mirror keeps a `recurrence` that excludes dates."""

NAMES: Final = ("RRULE", "EXRULE", "RDATE", "EXDATE")
_NAMED = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)(?=[;:])", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def lines(event: Resource) -> list[Line]:
    """The lines of a master. Raises InvalidData for what is no such line."""
    return [parsed(each) for each in texts(event, "recurrence")]


def parsed(said: str) -> Line:
    """One line of `recurrence`. Raises InvalidData."""
    plain = said.strip()
    found = _NAMED.match(plain)
    if found is None or _CONTROL.search(plain):
        raise InvalidData(f"{plain[:60]!r} is no line of a recurrence", hint="RRULE, EXRULE, RDATE and EXDATE are.")
    source = Line(plain, found[1].upper())
    return line(source.name, source.value, source.params)


def cancelled(instances: Iterable[Resource], master: Resource, zone: str) -> Iterator[Line]:
    """An EXDATE for each cancelled instance, in the manner of the series' start. Raises InvalidData."""
    start = child(master, "start")
    for each in instances:
        named = instance(child(each, "originalStartTime"), start, zone)
        if named is None:
            raise InvalidData(f"the instance {text(each, 'id')[:80]!r} does not say which one it is")
        yield line("EXDATE", named.value, named.params)


def excluded(sources: Sequence[Line], start: Moment | None, zones: Component) -> frozenset[str]:
    """The canonical RECURRENCE-IDs that EXDATE lines name, in the manner of the series' start."""
    found: set[str] = set()
    for source in sources:
        for value in source.value.split(",") if source.name == "EXDATE" else ():
            try:
                at = period_of(value, source, zones)[0]
            except InvalidData:
                continue
            found.add(recurrence_key(quirks.recurrence_id_in_the_manner_of(start, at) if start else at))
    return frozenset(found)
