"""Whether the mirror agrees with itself: texts and what is rendered from them, journal, outbox, links, and the vdir.

Changes nothing, and may run beside a server that is at work: all of the database is looked at as it was at one moment.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from json import dumps
from pathlib import Path

from storage import ids, record
from storage.content import Content, read
from storage.db import Connection
from storage.errors import InvalidData, StoreError
from storage.model import Collection, Entry
from storage.records import ComponentRecord, ContactRecord, Occurrence
from storage.store import Store
from storage.tables import collections, components, contacts, entries, integrity, revisions
from storage.vdir.compare import differences

_PAGE = 200

Instances = list[tuple[Occurrence, int]]


@dataclass(frozen=True, slots=True)
class Report:
    """`checked`: how much was looked at (`entries`, `files`, `changes`, `revisions`). `problems`: a sentence each."""

    checked: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(store: Store, vdir: Path | None) -> Report:
    """Look at everything; `vdir` is the export's folder, None where there is none.

    Damage of any kind is in the report, never raised; `StoreBusy` and the like are.
    """
    report = Report({"entries": 0, "files": 0, "changes": 0, "revisions": 0})
    try:
        with store.db.snapshot() as conn:
            report.problems.extend(integrity.problems(conn))
            report.checked.update(integrity.counts(conn))
            report.problems.extend(_revisions(conn))
            report.problems.extend(_entries(conn))
        with store.db.atomic() as conn:
            report.problems.extend(filter(None, [integrity.search_problem(conn)]))
    except StoreError as error:
        report.problems.append(error.message)
        return report
    if vdir is not None:
        count, problems = differences(store, vdir)
        report.checked["files"] = count
        report.problems.extend(problems)
    return report


def _revisions(conn: Connection) -> Iterator[str]:
    for seq in integrity.revision_numbers(conn):
        try:
            revision = revisions.get(conn, seq)
        except (zlib.error, UnicodeDecodeError):
            yield f"the revision of change {seq} cannot be read back"
            continue
        if revision is not None and ids.content_hash(revision.text) != revision.hash:
            yield f"the revision of change {seq} does not have the hash that it is kept under"


def _entries(conn: Connection) -> Iterator[str]:
    span = record.horizon(conn)
    for collection in collections.every(conn):
        last = ""
        while page := entries.after(conn, collection.n, last, _PAGE):
            for entry in page:
                said = entry_problems(conn, collection, entry, span)
                yield from (f"entry {entry.id} ({collection.name}): {sentence}" for sentence in said)
            last = page[-1].href


def entry_problems(conn: Connection, collection: Collection, entry: Entry, span: tuple[int, int]) -> Iterator[str]:
    """What of an entry's row, and of what is rendered from it, is not what its text says; `span`: the horizon."""
    if ids.content_hash(entry.text) != entry.hash:
        yield "its text does not have the hash that it is kept under"
    if len(entry.text.encode()) != entry.size:
        yield "its text is not as long as it says"
    try:
        content = read(entry.text, collection.kind)
    except InvalidData as error:
        yield f"its text cannot be read: {error.message}"
        return
    if (content.uid or ids.no_uid(entry.id)) != entry.uid:
        yield f"its text has the UID {content.uid!r}, the entry {entry.uid!r}"
    if content.kind is not entry.kind:
        yield f"its text holds a {content.kind}, the entry is kept as a {entry.kind}"
    if content.contact is not None:
        if _as_text(contacts.of_entry(conn, entry.n)) != _as_text(content.contact):
            yield "its contact is not what its text says"
        return
    stored = components.of_entry(conn, entry.n)
    if stored != list(content.components) and _plain(stored) != _plain(content.components):
        yield "its components are not what its text says"
    elif not _same_instances(content, integrity.instances(conn, entry.n), integrity.expanded(conn, entry.n), span):
        yield "its occurrences are not what its text says"


def _plain(records: Iterable[ComponentRecord]) -> str:
    """Components as text that does not tell a list from a tuple."""
    return dumps([each._asdict() for each in records], default=dict, sort_keys=True)


def _as_text(contact: ContactRecord | None) -> str:
    """The same for a contact."""
    return dumps(asdict(contact), default=dict, sort_keys=True) if contact else ""


def _same_instances(
    content: Content, stored: Instances, expanded: tuple[int | None, int | None, int | None], span: tuple[int, int]
) -> bool:
    """Whether the stored instances are those of a fresh rendering.

    An entry that the horizon has moved away from since it was rendered is compared where both renderings are complete.
    """
    rows, fresh = record.render(content, span)
    wanted = sorted(
        ((o._replace(floating=o.floating or o.all_day), rule) for o, rule in rows),
        key=lambda row: (row[0].start, row[0].position, row[0].recurrence_id),
    )
    if expanded == fresh:
        return stored == wanted
    known = [bound for bound in (expanded[0], fresh[0]) if bound is not None]
    until = [bound for bound in (expanded[1], fresh[1]) if bound is not None]
    first, last = max(known, default=None), min(until, default=None)
    return _inside(stored, first, last) == _inside(wanted, first, last)


def _inside(rows: Instances, first: int | None, last: int | None) -> Instances:
    return [row for row in rows if (first is None or row[0].start >= first) and (last is None or row[0].end <= last)]
