"""What a list of events is asked for (contract C.3): its parameters, and the tokens that carry them.

Both kinds of token hold the whole question, so that a client that sends a token alone is answered as before; what it
sends beside must say the same (D83).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import Depends, Query
from pydantic import WithJsonSchema

from gateway.api.onecal.errors import OneCalError, bad
from gateway.api.onecal.events_render import Place
from gateway.api.onecal.zones import ShownZone
from gateway.api.pages import parts_of, token
from storage import following
from storage.editing.times import read_stamp
from storage.errors import InvalidData
from storage.fitting import Wish
from storage.ical.values import wall_seconds
from storage.window import FIRST, LAST

DEFAULT, MOST = 100, 1000
"""How many events a page has if nobody says, and at most."""

LONGEST = 1000
"""Characters of `search`, and of what `metadataFilters` names."""

BY_START, BY_UPDATE = "startDateTime", "updatedDateTime"

_PAGE, _SYNC = "onecal-page", "onecal-sync"
_SIZE = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}
_FLAG = {"type": "boolean"}
_FLAGS: Mapping[str, bool] = {"true": True, "false": False}

Text = str | None
Start = Annotated[Text, Query(alias="startDateTime", description="Only events that start then or later.")]
End = Annotated[Text, Query(alias="endDateTime", description="Only events that end then or before.")]
Expand = Annotated[
    Text,
    WithJsonSchema(_FLAG),
    Query(alias="expandRecurrences", description="The occurrences of series instead of their masters."),
]
Metadata = Annotated[
    Text,
    Query(
        alias="metadataFilters",
        description="A JSON object of strings: only events with all of these extended properties.",
    ),
]
Search = Annotated[Text, Query(description="Only events whose title holds this, whatever its case.")]
OrderBy = Annotated[
    Text,
    WithJsonSchema({"type": "string", "enum": [BY_START, BY_UPDATE]}),
    Query(alias="orderBy", description="Needs `expandRecurrences`; without it, events are in no order."),
]
SyncToken = Annotated[
    Text, Query(alias="syncToken", description="`nextSyncToken` of an earlier list: only what has changed since.")
]
PageToken = Annotated[Text, Query(alias="pageToken", description="`nextPageToken` of the page before.")]
Limit = Annotated[Text, WithJsonSchema(_SIZE), Query(description="How many events a page has.")]
PageSize = Annotated[Text, WithJsonSchema(_SIZE), Query(alias="pageSize", description="The same as `limit`.")]
AllDay = Annotated[Text, WithJsonSchema(_FLAG), Query(alias="isAllDay", description="Only such events.")]
Cancelled = Annotated[Text, WithJsonSchema(_FLAG), Query(alias="isCancelled", description="Only such events.")]
UpdatedAfter = Annotated[Text, Query(alias="updatedAfter", description="Only events that were changed later.")]


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters of a list as they were sent; None or "" for what was not."""

    start: str = ""
    end: str = ""
    expand: str = ""
    metadata: str = ""
    search: str = ""
    order: str = ""
    all_day: str = ""
    cancelled: str = ""
    updated_after: str = ""
    zone: str = ""
    sync: str = ""
    page: str = ""
    size: int = DEFAULT


def given(
    zone: ShownZone,
    start: Start = None,
    end: End = None,
    metadata: Metadata = None,
    search: Search = None,
    order: OrderBy = None,
    all_day: AllDay = None,
    cancelled: Cancelled = None,
    updated_after: UpdatedAfter = None,
    sync: SyncToken = None,
    page: PageToken = None,
    limit: Limit = None,
    page_size: PageSize = None,
) -> Given:
    """Read the parameters that both lists have; raises `OneCalError`."""
    size = size_of("limit", limit) or size_of("pageSize", page_size) or DEFAULT
    return Given(
        start=start or "",
        end=end or "",
        metadata=metadata or "",
        search=search or "",
        order=order or "",
        all_day=all_day or "",
        cancelled=cancelled or "",
        updated_after=updated_after or "",
        zone=zone,
        sync=sync or "",
        page=page or "",
        size=size,
    )


def given_list(parameters: Annotated[Given, Depends(given)], expand: Expand = None) -> Given:
    """Those of the list of a calendar."""
    return replace(parameters, expand=expand or "")


Parameters = Annotated[Given, Depends(given)]
ListParameters = Annotated[Given, Depends(given_list)]


@dataclass(frozen=True, slots=True)
class Question:
    """A list that is asked for: of which calendar, what, how it is shown, and where in it.

    `state`: what else the answers depend on, for a token of changes to notice that it is another. `since`: the position
    in the journal of which the changes are asked for, None for all events; `through`, `after`: those of a later page.
    """

    calendar: str
    state: str
    wish: Wish
    zone: str = ""
    order: str = ""
    size: int = DEFAULT
    since: int | None = None
    through: int | None = None
    after: following.Place | None = None

    def page_token(self, after: following.Place, through: int) -> str:
        """The token of the page behind `after`; `through`: the position at which the first page was read."""
        since = -1 if self.since is None else self.since
        return token(_PAGE, [*self._parts(), since, through, orjson.dumps([*after]).decode()])

    def sync_token(self, seq: int) -> str:
        """The token of what changes after a position."""
        return token(_SYNC, [*self._parts(), seq])

    def _parts(self) -> list[str | int | None]:
        wish = self.wish
        rest = [wish.series, wish.title, wish.properties, wish.all_day, wish.cancelled, wish.updated_after]
        bounds = [wish.start, wish.end, wish.wall_start, wish.wall_end]
        return [
            self.calendar,
            self.state,
            orjson.dumps([*bounds, wish.expanded, *rest]).decode(),
            self.zone,
            self.order,
        ]


_FORM = (str, str, str, str, str)


def question(parameters: Given, place: Place, series: str = "") -> Question:
    """What is asked: on a later page, or of changes, what was asked at first. `series`: of whose occurrences.

    Raises `OneCalError` 400 for parameters that cannot be, or that differ from those of a token, and 410 for a token of
    changes that no list of this calendar has given.
    """
    calendar, state = place.calendar.id, _state(place)
    if not parameters.sync and not parameters.page:
        wish = _wish(parameters, place, series)
        _check(wish, parameters.order)
        return Question(calendar, state, wish, parameters.zone, parameters.order, parameters.size)
    before = _of_page(parameters.page) if parameters.page else _of_sync(parameters.sync)
    if before.calendar != calendar or before.wish.series != series:
        raise _no_page() if parameters.page else _expired()
    if not parameters.page and before.state != state:
        raise _expired()
    if parameters.page and parameters.sync and (before.since is None or _of_sync(parameters.sync).wish != before.wish):
        raise bad("pageToken", "is no page of these changes")
    _same(parameters, place, before)
    return replace(before, zone=parameters.zone or before.zone, size=parameters.size)


def _wish(parameters: Given, place: Place, series: str) -> Wish:
    """What the parameters say by themselves."""
    zone = parameters.zone or place.zone
    start, wall_start = _bound("startDateTime", parameters.start, zone, FIRST)
    end, wall_end = _bound("endDateTime", parameters.end, zone, LAST)
    if start > end:
        raise bad("endDateTime", "must not be before startDateTime")
    if _milliseconds(parameters.start):
        start, wall_start = start + 1, wall_start + 1  # events begin on whole seconds: the next one
    if len(parameters.search) > LONGEST:
        raise bad("search", f"must have at most {LONGEST} characters")
    after = _bound("updatedAfter", parameters.updated_after, zone, None)[0] if parameters.updated_after else None
    return Wish(
        start,
        end,
        wall_start,
        wall_end,
        expanded=bool(series) or bool(_flag("expandRecurrences", parameters.expand)),
        series=series,
        title=parameters.search,
        properties=_properties(parameters.metadata),
        all_day=_flag("isAllDay", parameters.all_day),
        cancelled=_flag("isCancelled", parameters.cancelled),
        updated_after=None if after is None else after * 1000 + _milliseconds(parameters.updated_after),
    )


def _check(wish: Wish, order: str) -> None:
    """Refuse what cannot be asked together."""
    if wish.expanded:
        for name, missing in (("startDateTime", wish.start <= FIRST), ("endDateTime", wish.end >= LAST)):
            if missing:
                raise bad(name, "is required for the occurrences of series")
    if order and order not in (BY_START, BY_UPDATE):
        raise bad("orderBy", f"must be {BY_START} or {BY_UPDATE}")
    if order and not wish.expanded:
        raise bad("orderBy", "needs expandRecurrences=true")


def _same(parameters: Given, place: Place, before: Question) -> None:
    """Refuse parameters that say otherwise than the question whose token is sent with them."""
    now = _wish(replace(parameters, zone=parameters.zone or before.zone), place, before.wish.series)
    then = before.wish
    told = (
        ("startDateTime", parameters.start, (now.start, now.wall_start) != (then.start, then.wall_start)),
        ("endDateTime", parameters.end, (now.end, now.wall_end) != (then.end, then.wall_end)),
        ("expandRecurrences", parameters.expand, now.expanded is not then.expanded),
        ("metadataFilters", parameters.metadata, now.properties != then.properties),
        ("search", parameters.search, now.title != then.title),
        ("orderBy", parameters.order, parameters.order != before.order),
        ("isAllDay", parameters.all_day, now.all_day is not then.all_day),
        ("isCancelled", parameters.cancelled, now.cancelled is not then.cancelled),
        ("updatedAfter", parameters.updated_after, now.updated_after != then.updated_after),
    )
    for name, text, differs in told:
        if text and differs:
            raise bad(name, "differs from that of the list that gave the token")


def _of_page(text: str) -> Question:
    parts = parts_of(text, _PAGE, *_FORM, int, int, str)
    if parts is None:
        raise _no_page()
    since, through, position = parts[5:]
    try:
        at, event = orjson.loads(position)
        known = isinstance(at, str | int) and abs(at if isinstance(at, int) else 0) < LAST and isinstance(event, str)
        asked = _asked(parts)
    except (ValueError, TypeError) as error:
        raise _no_page() from error
    expanded = asked.wish.expanded or since >= 0
    if not known or isinstance(at, int) is not expanded or isinstance(at, bool):
        raise _no_page()
    return replace(asked, since=None if since < 0 else since, through=through, after=following.Place(at, event))


def _of_sync(text: str) -> Question:
    parts = parts_of(text, _SYNC, *_FORM, int)
    try:
        return replace(_asked(parts), since=parts[5]) if parts is not None else _not_one()
    except (ValueError, TypeError) as error:
        raise _expired() from error


def _not_one() -> Question:
    raise _expired()


def _asked(parts: list[Any]) -> Question:
    """The question in a token. Raises ValueError or TypeError for one that was never given out."""
    calendar, state, said, zone, order = parts[:5]
    *bounds, expanded, series, title, properties, all_day, cancelled, updated_after = orjson.loads(said)
    flags, numbers = (expanded, all_day, cancelled), (*bounds, updated_after or 0)
    if len(bounds) != 4 or not all(type(each) is int and abs(each) <= LAST for each in numbers):
        raise TypeError(said)
    if not all(each in (None, True, False) for each in flags) or expanded is None:
        raise TypeError(said)
    pairs = tuple((str(key), str(value)) for key, value in properties)
    start, end, wall_start, wall_end = bounds
    span = Wish(start, end, wall_start, wall_end, expanded=bool(expanded), series=str(series), title=str(title))
    wish = replace(span, properties=pairs, all_day=all_day, cancelled=cancelled, updated_after=updated_after)
    _check(wish, order)
    return Question(calendar, state, wish, zone, order)


def _state(place: Place) -> str:
    """What the answers depend on besides the events: whose calendar it is, and its zone."""
    share = place.calendar.share
    owner = place.calendar.email or place.account.email
    told = [place.zone, owner, *sorted(place.own), place.service, share.level if share else "", place.account.mirrored]
    return sha256(orjson.dumps([str(each) for each in told])).hexdigest()[:8]


def _bound(name: str, text: str, zone: str, otherwise: int | None) -> tuple[int, int]:
    """A bound as an instant, and as its own clock shows it; naive times by the clock of the zone beside them, else of
    the calendar's (D03).
    """
    if not text.strip():
        return (otherwise or 0,) * 2
    try:
        stamp = read_stamp(text)
    except InvalidData as error:
        raise bad(name, error.message) from error
    return stamp.epoch(ZoneInfo(zone) if zone else None), wall_seconds(stamp.local)


def _milliseconds(text: str) -> int:
    """The fraction of a second in a time, which an instant of ours does not have."""
    digits = text.replace(",", ".").partition(".")[2]
    number = digits[: next((at for at, each in enumerate(digits) if not each.isdecimal()), len(digits))]
    return int((number + "000")[:3]) if number else 0


def _flag(name: str, text: str) -> bool | None:
    if not text:
        return None
    if text.lower() not in _FLAGS:
        raise bad(name, "must be true or false")
    return _FLAGS[text.lower()]


def _properties(text: str) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise bad("metadataFilters", "must be a JSON object of strings")
    return tuple(sorted(found.items()))


def size_of(name: str, text: str | None) -> int | None:
    """How many things a page shall have; None where nobody says. Raises `OneCalError`."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise bad(name, f"must be a whole number from 1 to {MOST}")
    return int(text)


def _no_page() -> OneCalError:
    return bad("pageToken", "is no page of this list")


def _expired() -> OneCalError:
    return OneCalError(410, "SyncTokenExpired", "this token is not of this list as it is now: read the full list again")
