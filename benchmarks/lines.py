"""The content-line reader, what is rendered from it, and the canonical form, against the `icalendar` library."""

from icalendar import Calendar

from benchmarks.corpus import events
from benchmarks.measure import Row, seconds
from storage.ical.canonical import canonical
from storage.ical.lines import dump, parse
from storage.ical.read import read

SIZE = 1_000


def rows(size: int = SIZE, runs: int = 5) -> list[Row]:
    """Microseconds per event of about 2 kB."""
    texts = [text for _, text in events(size)]

    def each(work: str) -> float:
        call = {"parse": parse, "read": read, "canonical": canonical, "icalendar": Calendar.from_ical}[work]
        return seconds(lambda: [call(text) for text in texts], 1 if work == "icalendar" else runs) / size * 1e6

    trees = [parse(text) for text in texts]
    dumped = seconds(lambda: [dump(tree) for tree in trees], runs) / size * 1e6
    peer = each("icalendar")
    return [
        Row("content-line tree, one event", each("parse"), "us", peer, "icalendar", goal=150),
        Row("read: tree and rendered columns", each("read"), "us", peer, "icalendar"),
        Row("canonical form", each("canonical"), "us", peer, "icalendar"),
        Row("tree back to text", dumped, "us"),
    ]
