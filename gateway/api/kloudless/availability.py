"""When several calendars have time for a meeting, in the Kloudless dialect (contract A.14, D47–D50)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import chain
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer
from gateway.api.body import Body, RawBody
from gateway.api.calendars import PRIMARY
from gateway.api.kloudless.asking import ME, Asking, Several
from gateway.api.kloudless.errors import ApiError, bad
from storage.availability import free, length, slots, spans
from storage.editing.times import Stamp, read_stamp
from storage.errors import InvalidData, TooManyMatches
from storage.ical.values import wall_seconds
from storage.model import Collection
from storage.scheduling.busy import Period, merged, zone_of

router = APIRouter(prefix="/accounts/{accounts}/cal", tags=["Availability"])

MOST_WINDOWS = 1_000
"""Windows of one question."""

MOST_CALENDARS = 200
"""Calendars of one account in one question."""

LONGEST_STEP = 60 * 24 * 366
"""Minutes between two slots, at most."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A window of the question, and the zone in which its times are answered: the offset of its start."""

    period: Period
    shown_in: tzinfo


@router.post("/availability")
def find_availability(askings: Several, raw_body: RawBody) -> Response:
    """The times at which all calendars are free, as ranges or, with `time_slot_increment`, as slots."""
    body = Body.parse(raw_body, bad)
    lasting = _duration(body)
    step = (body.number("time_slot_increment", 0, LONGEST_STEP) or 0) * 60
    places = _calendars(askings, body)
    windows = list(_windows(body, zone_of(places[0])))
    try:
        found = askings[0].store.busy(places, spans(each.period for each in windows))
        busy = merged(chain.from_iterable(periods for each in found for periods in each.values()))
        times = [_rendered(each, window) for window in windows for each in _fit(busy, window, lasting, step)]
    except TooManyMatches as error:
        raise bad("time_windows", f"{error.message}; {error.hint}") from error
    return answer({"time_windows": times, "type": "availability", "api": "calendar"})


def _fit(busy: Sequence[Period], window: _Window, lasting: int, step: int) -> Iterable[Period]:
    ranges = free(busy, window.period, lasting)
    return slots(ranges, window.period[0], lasting, step) if step else ranges


def _rendered(period: Period, window: _Window) -> dict[str, str]:
    start, end = (_text(at, window.shown_in) for at in period)
    return {"start": start, "end": end}


def _text(at: int, shown_in: tzinfo) -> str:
    """RFC 3339; raises OverflowError beyond the year 9999 there."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)).astimezone(shown_in)
    return local.isoformat().replace("+00:00", "Z")


def _duration(body: Body) -> int:
    body.need("meeting_duration")
    try:
        return length(body.text("meeting_duration") or "")
    except InvalidData as error:
        raise body.wrong("meeting_duration", f"{error.message}; {error.hint}") from error


def _windows(body: Body, zone: tzinfo) -> Iterator[_Window]:
    """The windows in the order given. What names no offset is read in `zone`, a date is midnight in UTC."""
    holder = body
    if body.value("time_windows") is None:  # old clients wrap them: {"constraints": {"time_windows": …}}
        holder = body.child("constraints") or body
        holder.need("time_windows")
    windows = holder.children("time_windows", most=MOST_WINDOWS) or []
    if not windows:
        raise holder.wrong("time_windows", "must have at least one window")
    for each in windows:
        each.need("start", "end")
        (start, shown_in), (end, _) = (_instant(each, name, zone) for name in ("start", "end"))
        if start >= end:
            raise each.wrong("end", "must be after start")
        try:
            _text(start, shown_in), _text(end, shown_in)
        except OverflowError:
            raise each.wrong("end", "is beyond the year 9999 where the window starts") from None
        yield _Window((start, end), shown_in)


def _instant(window: Body, name: str, zone: tzinfo) -> tuple[int, tzinfo]:
    """An instant, and a zone of the one offset that it is written with."""
    try:
        stamp = read_stamp(window.text(name) or "")
    except InvalidData as error:
        raise window.wrong(name, f"{error.message}; {error.hint}") from error
    at = stamp.epoch(UTC if stamp.day else zone)
    return at, timezone(_offset(stamp, at))


def _offset(stamp: Stamp, at: int) -> timedelta:
    """How far the clock by which a time is written is ahead of UTC then, in whole minutes, as RFC 3339 has it."""
    if stamp.offset is not None:
        return stamp.offset
    ahead = wall_seconds(stamp.local) - at
    return timedelta(minutes=ahead // 60)


def _calendars(askings: Sequence[Asking], body: Body) -> list[Collection]:
    """The calendars that are asked about, each once: those that the body names, else each account's primary one."""
    named: Any = body.value("calendars")
    wanted: dict[int, list[Collection]] = {}
    if isinstance(named, list):
        if len(askings) > 1:
            raise body.wrong("calendars", "must be an object by account where the path has several accounts")
        wanted[askings[0].account.id] = _named(askings[0], body, "calendars")
    elif named is not None:
        by_account = body.child("calendars") or body
        known = {str(asking.account.id): asking for asking in askings}
        if len(askings) == 1:
            known[ME] = askings[0]
        for key in by_account:
            if key not in known:
                raise by_account.wrong(key[:40], "is no account of the path")
            wanted.setdefault(known[key].account.id, []).extend(_named(known[key], by_account, key))
    for asking in askings:
        if not wanted.get(asking.account.id):
            wanted[asking.account.id] = [asking.calendar(PRIMARY)]
    return list({place.id: place for places in wanted.values() for place in places}.values())


def _named(asking: Asking, body: Body, name: str) -> list[Collection]:
    """The calendars of a list of ids; of an empty one the account's primary calendar is asked."""
    found = []
    for at, calendar_id in enumerate(body.texts(name, most=MOST_CALENDARS) or []):
        try:
            found.append(asking.calendar(calendar_id))
        except ApiError as error:
            raise body.wrong(f"{name}[{at}]", error.message) from error
    return found
