"""The occurrences of an entry from what was rendered of it: as `expand` of its text, without reading the text again."""

from collections.abc import Sequence

from storage.ical.lines import Component, Line, parse
from storage.ical.read import Content
from storage.model import Kind
from storage.records import ComponentRecord


def content(kind: Kind, uid: str, records: Sequence[ComponentRecord]) -> Content:
    """As much of an entry as `expand` looks at: the records, and of each component the lines that say when it is."""
    zones = dict.fromkeys(zone for each in records for zone in each.zones)
    blocks = [block for zone in zones for block in parse(zone).components()]
    calendar = Component("VCALENDAR", [*blocks, *map(_component, records)])
    return Content(Component("", [calendar]), kind, uid, tuple(records))


def _component(record: ComponentRecord) -> Component:
    return Component(record.name, [Line(each, _name(each)) for each in record.series])


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0].rpartition(".")[2].upper()
