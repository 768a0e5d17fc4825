"""The tables, as numbered migrations: each runs in one transaction together with the record that it ran.

Append only: a released migration is never edited. The SQL of each stands with its table in `storage/tables`; the views
that other programs read are documented in `storage/tables/views.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from sqlite3 import Connection
from typing import TYPE_CHECKING

from storage.errors import InvalidData, StoreError
from storage.tables import (
    accounts,
    callbacks,
    collection_revisions,
    collections,
    components,
    conflicts,
    contacts,
    default_calendars,
    entries,
    event_rows,
    feeds,
    first,
    grants,
    home_properties,
    homes,
    journal,
    links,
    occurrences,
    push,
    reminders,
    requests,
    revisions,
    schedule_tags,
    sought,
    subscriptions,
    tokens,
    untold,
    vdir_files,
    views,
    webhooks,
)
from storage.upgrade import Upgrade, statements

if TYPE_CHECKING:
    from sqlite_utils import Database

_SET = "calharbor"
_STEPS: dict[str, Callable[[Database, Upgrade], None]] = {}


def migrations() -> Callable[[Callable[[Database], None]], Callable[[Database], None]]:
    """Make the function that is decorated the next migration, under its name."""

    def add(step: Callable[[Database], None]) -> Callable[[Database], None]:
        _STEPS[step.__name__] = lambda db, _upgrade: step(db)
        return step

    return add


def walks() -> Callable[[Callable[[Database, Upgrade], None]], Callable[[Database, Upgrade], None]]:
    """The same for one that goes through many entries, and lets them be counted."""

    def add(step: Callable[[Database, Upgrade], None]) -> Callable[[Database, Upgrade], None]:
        _STEPS[step.__name__] = step
        return step

    return add


@migrations()
def m001_mirror(db: Database) -> None:
    """The whole ground: accounts, entries, what is rendered from them, the journal, and the engine's ledger."""
    for statement in statements(first.TABLES + first.SEARCH):
        db.execute(statement)


@migrations()
def m002_views(db: Database) -> None:
    """The read interface for other programs."""
    for statement in views.STATEMENTS:
        db.execute(statement)


@migrations()
def m003_sharing(db: Database) -> None:
    """Collections shared with other users."""
    for statement in statements(grants.TABLES):
        db.execute(statement)


@migrations()
def m004_scheduling(db: Database) -> None:
    """Where invitations go."""
    for statement in statements(default_calendars.DDL):
        db.execute(statement)


@migrations()
def m005_push(db: Database) -> None:
    """WebDAV-Push: who wants to be told of changes, and what they need not be told."""
    for statement in statements(push.TABLES):
        db.execute(statement)


@migrations()
def m006_contacts(db: Database) -> None:
    """All that a list of contacts shows, and their own search index."""
    for statement in statements(f"{contacts.GROWN}DROP VIEW contacts;\n"):
        db.execute(statement)
    db.execute(views.CONTACTS)


@migrations()
def m007_homes(db: Database) -> None:
    """Which collections came to a user's home and left it."""
    for statement in statements(homes.TABLES):
        db.execute(statement)


@migrations()
def m008_free_busy(db: Database) -> None:
    """Entries that say when somebody is busy, which no instances lead to."""
    db.execute(entries.FREE_BUSY_INDEX)


@migrations()
def m009_feeds(db: Database) -> None:
    """Secret links to calendars."""
    for statement in statements(feeds.TABLES):
        db.execute(statement)


@migrations()
def m010_schedule_tags(db: Database) -> None:
    """Schedule-Tags that are not the hash of their entry."""
    for statement in statements(schedule_tags.DDL):
        db.execute(statement)


@migrations()
def m011_upstream_scheduling(db: Database) -> None:
    """What upstreams say about scheduling: their own addresses for us, and whether they deliver invitations."""
    for statement in statements(accounts.ADDRESSES + collections.SCHEDULES):
        db.execute(statement)


@migrations()
def m012_reminders(db: Database) -> None:
    """Alarms of those with whom an entry is shared."""
    for statement in statements(reminders.DDL):
        db.execute(statement)


@walks()
def m013_task_durations(db: Database, upgrade: Upgrade) -> None:
    """Tasks that end by a DURATION, which RFC 4791 §9.9 compares with a window otherwise than a DUE."""
    from storage.ical.kinds import ENTRIES
    from storage.ical.lines import parse
    from storage.ical.span import value_of

    for statement in statements(components.DURATIONS):
        db.execute(statement)
    lasting = []
    spans = components.tasks_with_spans(db.conn)
    for n, position, text in upgrade.walk(spans, len(spans)):
        [calendar] = parse(text).components("VCALENDAR")
        task = [each for each in calendar.components() if each.name in ENTRIES][position]
        if value_of(task.first("DUE"), calendar) is None:
            lasting.append(n)
    components.set_by_duration(db.conn, lasting)
    occurrences.settle_durations(db.conn)


@migrations()
def m014_shares_told(db: Database) -> None:
    """Which shares came and went, for those who are told by push messages."""
    for statement in statements(homes.SHARED + push.TURNS):
        db.execute(statement)


@migrations()
def m015_home_properties(db: Database) -> None:
    """What clients keep with a home."""
    for statement in statements(home_properties.DDL):
        db.execute(statement)


@migrations()
def m016_merging(db: Database) -> None:
    """What was agreed where an upstream cannot hold everything, and which properties of an entry are in conflict."""
    for statement in statements(links.AGREED + conflicts.GROWN):
        db.execute(statement)


@migrations()
def m017_vdir(db: Database) -> None:
    """What the files of the vdir were, so that what people do to them can be told from what we did."""
    for statement in statements(vdir_files.DDL):
        db.execute(statement)


@migrations()
def m018_history(db: Database) -> None:
    """Each entry's changes at hand, which changes belong together, and what collections themselves were."""
    for statement in statements(f"{journal.GROWN}{collection_revisions.DDL}DROP VIEW changes;\n"):
        db.execute(statement)
    db.execute(views.CHANGES)


@migrations()
def m019_runs(db: Database) -> None:
    """What belongs to one act, at hand."""
    db.execute(journal.RUNS)


@migrations()
def m020_plans(db: Database) -> None:
    """Runs that carry out a plan."""
    db.execute(requests.PLAN)


@migrations()
def m021_untold(db: Database) -> None:
    """Who was not told of a meeting that the engine itself wrote."""
    db.execute(untold.DDL)


@migrations()
def m022_via(db: Database) -> None:
    """The mirrors that a collection comes through."""
    for statement in statements(collections.VIA):
        db.execute(statement)


@walks()
def m025_events(db: Database, upgrade: Upgrade) -> None:
    """What listings of events show beyond what calendars do: recurrence as lines, attachments, meetings."""
    from storage.ical.read import read

    for statement in statements(components.MORE):
        db.execute(statement)
    for n, text in upgrade.walk(components.every_text(db.conn), components.count_texts(db.conn)):
        with suppress(InvalidData):  # what could be read when it came, an older version read more leniently
            components.set_more(db.conn, n, read(text).components)


@migrations()
def m025_events_by_words(db: Database) -> None:
    """Where a text of a few letters stands in events, filled behind the writers."""
    for statement in statements(sought.INDEX):
        db.execute(statement)


@migrations()
def m025_event_pages(db: Database) -> None:
    """Calendars hold few entries that are no events: those are counted, so that events need not be."""
    db.execute(event_rows.OTHERS)


@migrations()
def m027_positions(db: Database) -> None:
    """Which component describes an instance, without looking the instance up."""
    for statement in statements(occurrences.POSITIONS):
        db.execute(statement)


@walks()
def m028_subscriptions(db: Database, upgrade: Upgrade) -> None:
    """Who follows an account's changes, and what these changes were to what is rendered of entries."""
    from storage.ical.read import read

    for statement in statements(revisions.RENDERED + subscriptions.DDL + webhooks.DDL):
        db.execute(statement)
    excluding = components.texts_with_exclusions(db.conn)
    for n, text in upgrade.walk(excluding, len(excluding)):
        with suppress(InvalidData):
            components.set_more(db.conn, n, read(text).components)


@walks()
def m029_contacts_for_applications(db: Database, upgrade: Upgrade) -> None:
    """All that the API shows of a contact."""
    from storage.vcard.read import read

    for statement in statements(f"{contacts.APPLICATIONS}DROP VIEW contacts;\n"):
        db.execute(statement)
    db.execute(views.CONTACTS_ALL)
    for n, text in upgrade.walk(contacts.texts(db.conn), contacts.count_texts(db.conn)):
        if (record := read(text).contact) is not None:
            contacts.grow(db.conn, n, record)


@migrations()
def m030_api(db: Database) -> None:
    """What the JSON API knows of calendars beyond WebDAV, and who may use it."""
    for statement in statements(collections.API + tokens.DDL):
        db.execute(statement)


@migrations()
def m032_masters_in_order(db: Database) -> None:
    """Masters and solo events by their starts."""
    for statement in statements(event_rows.HEADS):
        db.execute(statement)


@migrations()
def m033_instances_from_the_index(db: Database) -> None:
    """All that lists show of an instance, without looking the instance up: each would be a page of its own to read."""
    for statement in statements(occurrences.WHOLE):
        db.execute(statement)


@migrations()
def m034_moves_upstream(db: Database) -> None:
    """What an upstream showed of what it deleted, should it only have been moved."""
    for statement in statements(revisions.SHOWN):
        db.execute(statement)


@migrations()
def m035_all_words(db: Database) -> None:
    """Events are found by their words in every form in which clients compare them, and by all of them: anew."""
    sought.empty(db.conn)


@migrations()
def m036_taken_out(db: Database) -> None:
    """The series from which instances are taken out: these are listed as cancelled, and have no other row."""
    for statement in statements(event_rows.EXCLUDING):
        db.execute(statement)


@migrations()
def m037_callbacks(db: Database) -> None:
    """Where applications want to hear that something changed."""
    for statement in statements(callbacks.DDL):
        db.execute(statement)


@migrations()
def m043_words_by_field(db: Database) -> None:
    """Names, descriptions, locations and people stand in the index of words by themselves: anew."""
    sought.empty(db.conn)


@migrations()
def m044_contacts_of_services(db: Database) -> None:
    """What services have of contacts beyond what all of them have."""
    db.execute(contacts.RAW)


def migrate(conn: Connection) -> None:
    """Bring the file behind `conn` to this program's schema, inside the caller's write transaction.

    Raises `StoreError`, and changes nothing, if the file was already brought further by a newer version.
    """
    applied = _applied(conn)
    newer = [name for name in applied if name not in _STEPS]
    if newer:
        raise StoreError(
            f"the mirror was written by a newer version of this program (it has {', '.join(newer)})",
            hint="install that version, or restore a backup from before the upgrade",
        )
    if len(applied) < len(_STEPS):
        from sqlite_utils import Database, Migrations  # takes a fifth of the start of a program, nearly always unneeded

        steps, upgrade = Migrations(_SET), Upgrade()
        for name, step in _STEPS.items():
            steps(name=name)(_counted(name, step, upgrade))
        with upgrade.watching(conn):
            steps.apply(Database(conn, execute_plugins=False))


def _counted(name: str, step: Callable[[Database, Upgrade], None], upgrade: Upgrade) -> Callable[[Database], None]:
    def run(db: Database) -> None:
        upgrade.begin(name)
        step(db, upgrade)

    return run


def _applied(conn: Connection) -> list[str]:
    """The names of the migrations that have run, as sqlite-utils notes them."""
    if conn.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone() is None:
        return []
    rows = conn.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id", (_SET,))
    return [name for (name,) in rows.fetchall()]
