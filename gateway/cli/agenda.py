"""`calharbor agenda`: today's and the coming occurrences, day by day, from the mirror alone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import click
from tzlocal import get_localzone

from gateway.cli.output import plain, print_json
from gateway.cli.session import Session, json_option, with_session
from storage import clock, ids
from storage.model import Collection, CollectionKind, Kind
from storage.records import OccurrenceRow
from storage.store import Store


def register(root: click.Group) -> None:
    """Add the command."""
    root.add_command(agenda)


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How many days.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day (default: today).")
@click.option("--user", help="Only this user's calendars.")
@json_option
@with_session
def agenda(session: Session, days: int, first: datetime | None, user: str | None) -> None:
    """Show what is on, in this machine's time zone.

    \b
    --json: {"zone", "days": [{"date", "occurrences": [{"id", "entry", "collection", "summary", "location",
      "start", "end", "all_day", "status", "kind"}]}]}, start and end in local time
    """
    zone: tzinfo = get_localzone()
    start = first.date() if first else clock.now().astimezone(zone).date()
    if start > date.max - timedelta(days):
        raise click.BadParameter(f"the calendar ends on {date.max}", param_hint="--from")
    store = session.store
    owner = store.user(user).name if user else None
    shown = by_day(store, start, days, zone, owner)
    if session.json:
        print_json({"zone": str(zone), "days": shown})
        return
    for day in shown:
        _print_day(day)


def by_day(store: Store, first: date, days: int, zone: tzinfo, user: str | None) -> list[dict[str, Any]]:
    """Each day with its occurrences as `agenda --json` shows them; one that spans days stands in each."""
    shelf = {c.n: c for c in store.collections(user=user) if c.kind is not CollectionKind.CONTACTS}
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine(first + timedelta(days), time(), zone)
    rows = store.occurrences(list(shelf), int(begin.timestamp()), int(end.timestamp()), zone=zone)
    found = [(_moments(row, zone), _as_json(row, shelf[row.collection_n], zone)) for row in rows]
    shown = []
    for ahead in range(days):
        day = first + timedelta(ahead)
        on = [one for (start, last), one in found if start <= day <= last]
        shown.append({"date": day.isoformat(), "occurrences": on})
    return shown


def _local(seconds: int, row: OccurrenceRow, zone: tzinfo) -> datetime:
    """Floating and all-day times are the wall clock's own; the others are moments, shown in `zone`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    if row.occurrence.floating or row.occurrence.all_day:
        return moment.replace(tzinfo=zone)
    return moment.astimezone(zone)


def _moments(row: OccurrenceRow, zone: tzinfo) -> tuple[date, date]:
    """The first and the last day that the occurrence touches; its end is exclusive."""
    start = _local(row.occurrence.start, row, zone)
    end = _local(max(row.occurrence.end - 1, row.occurrence.start), row, zone)
    return start.date(), end.date()


def _as_json(row: OccurrenceRow, collection: Collection, zone: tzinfo) -> dict[str, Any]:
    start, end = (_local(seconds, row, zone) for seconds in (row.occurrence.start, row.occurrence.end))
    all_day = row.occurrence.all_day
    return {
        "id": ids.occurrence_id(row.entry, row.occurrence.recurrence_id),
        "entry": row.entry,
        "collection": collection.id,
        "calendar": collection.name,
        "summary": row.component.summary,
        "location": row.component.location,
        "start": start.date().isoformat() if all_day else start.isoformat(),
        "end": end.date().isoformat() if all_day else end.isoformat(),
        "all_day": all_day,
        "status": row.component.status,
        "kind": row.kind.value,
    }


def _print_day(day: dict[str, Any]) -> None:
    click.echo(f"{date.fromisoformat(day['date']):%A, %-d %B %Y}")
    for one in day["occurrences"]:
        click.echo(f"  {_when(one, day['date']):<13}  {_what(one)}")
    if not day["occurrences"]:
        click.echo("  –")


def _when(one: dict[str, Any], day: str) -> str:
    """`09:00–10:00`; `→ 10:00` and `09:00 →` where it began before this day or goes on after it."""
    start, end = datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])
    before = start.date().isoformat() < day
    after = (max(start, end - timedelta(seconds=1))).date().isoformat() > day
    if one["all_day"] or (before and after):
        return "all day"
    if before or after:
        return f"→ {end:%H:%M}" if before else f"{start:%H:%M} →"
    return f"{start:%H:%M}" if start == end else f"{start:%H:%M}–{end:%H:%M}"


def _what(one: dict[str, Any]) -> str:
    marks = [one["calendar"], one["location"]]
    if one["kind"] == Kind.TODO:
        marks.insert(0, "task")
    if one["status"] == "CANCELLED":
        marks.insert(0, "cancelled")
    return plain(f"{one['summary'] or '(no title)'}  [{' · '.join(mark for mark in marks if mark)}]")
