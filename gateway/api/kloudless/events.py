"""Events in the Kloudless dialect, read (contract A.4 rows 6 and 8, A.8). What writes stands in `events_write.py`."""

import re
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from gateway.api.answers import HEADERS, answer
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.envelope import Paged, Paging, listing
from gateway.api.kloudless.errors import bad, not_found
from gateway.api.kloudless.events_render import Place, as_json, render
from gateway.api.kloudless.events_window import Shape, Span, span_of
from gateway.api.pages import token
from gateway.api.service import Service
from storage import clock
from storage.browsing import Page, Position, Wanted
from storage.errors import InvalidData, NotFound
from storage.ical.details import inline
from storage.listing import Key
from storage.model import Collection
from storage.window import LAST

router = APIRouter(prefix="/accounts/{account}/cal/calendars/{calendar}/events", tags=["Events"])

LONGEST_SEARCH = 1000
"""Characters of `q`."""

EXCEPTIONS_WITH_MASTERS = frozenset({Service.GOOGLE, Service.CALDAV, Service.ICLOUD})
"""Services that list exceptions beside their masters (D35)."""

_FORM = (str, str, str, str, str, int, str, int, int, int, int, int)
"""The parts of a page token: calendar, the four parameters, the position, and the span as the first page found it."""

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")

Start = Annotated[str | None, Query(description="Only events that end after this time; 1970 if it is not given.")]
End = Annotated[str | None, Query(description="Only events that start before this time.")]
Instances = Annotated[
    str | None,
    Query(description="`true`: instances of series; `false`: their masters; the id of a master: its instances alone."),
]
Words = Annotated[str | None, Query(description="Only events that hold this text, whatever its case.")]


class Question(NamedTuple):
    """The parameters of a list, as they were given; "" for none."""

    start: str
    end: str
    instances: str
    q: str


@router.get("")
def list_events(
    asking: One,
    calendar: str,
    paged: Paged,
    start: Start = None,
    end: End = None,
    instances: Instances = None,
    q: Words = None,
) -> Response:
    """The events of a calendar in a span of time, in order of start."""
    collection = asking.calendar(calendar)
    question, span, after = _asked(
        asking, collection, paged, Question(start or "", end or "", instances or "", q or "")
    )
    page = _page(asking, collection, question, span, after, paged.size)
    following = None
    if page.after is not None:
        key, seq, total = page.after.key, page.after.seq, page.after.total
        bounds = (span.start, LAST if span.end is None else span.end, span.endless_until)
        following = token("events", [collection.id, *question, key.at, key.id, seq, total, *bounds])
    place = place_of(asking, collection)
    shown = as_json(page.rows, place, asking.faces)
    return answer(listing(shown, paged, following=following, total=page.total))


@router.get("/{event}")
def get_event(asking: One, calendar: str, event: str) -> Response:
    """One event: a solo event, a series, or one instance of it."""
    collection = asking.calendar(calendar)
    row = asking.store.event(collection.id, event, text=asking.raw)
    return answer(render(row, place_of(asking, collection)))


@router.get("/{event}/attachments/{attachment}")
def get_attachment(asking: One, calendar: str, event: str, attachment: str) -> Response:
    """The bytes of an attachment that the event itself holds."""
    collection = asking.calendar(calendar)
    row = asking.store.event(collection.id, event, text=True)
    file = next((each for each in row.component.attachments if each["id"] == attachment and not each["uri"]), None)
    data = inline(row.entry.text, attachment) if file else None
    if file is None or data is None:
        raise not_found(f"attachment {attachment[:80]!r} in this event")
    named = quote(file["name"] or "attachment", safe="")
    headers = {
        **HEADERS,
        "Content-Disposition": f"attachment; filename*=UTF-8''{named}",
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, 200, headers, _media_type(file["mime"]))


def place_of(asking: Asking, collection: Collection) -> Place:
    """Where and how this request is shown events."""
    prefer = next((value for name, value in asking.upstream_headers.items() if name.lower() == "prefer"), "")
    html = "outlook.body-content-type=html" in prefer.replace('"', "").replace(" ", "").lower()
    return Place.of(asking.account, collection, asking.service, asking.base, raw=asking.raw, html=html)


def _asked(
    asking: Asking, collection: Collection, paged: Paging, given: Question
) -> tuple[Question, Span, Position | None]:
    """What is asked: on a later page what was asked for the first, which the request may repeat, but not change."""
    parts = paged.position("events", *_FORM)
    if parts is None:
        span = span_of(given.start or None, given.end or None, asking.service, _shape(given), int(clock.timestamp()))
        return _checked(given, asking.service), span, None
    of, question = parts[0], Question(*parts[1:5])
    changed = [name for name, now, then in zip(given._fields, given, question, strict=True) if now not in ("", then)]
    if of != collection.id or changed:
        raise bad("page", f"belongs to another question ({', '.join(changed) or 'another calendar'})")
    at, event, seq, total, first, last, endless_until = parts[5:]
    span = Span(first, None if last == LAST else last, endless_until)
    return _checked(question, asking.service), span, Position(Key(at, event), seq, total)


def _shape(question: Question) -> Shape:
    return {"": Shape.INSTANCES, "true": Shape.INSTANCES, "false": Shape.MASTERS}.get(
        question.instances.lower(), Shape.SERIES
    )


def _checked(question: Question, service: Service) -> Question:
    """Raises `ApiError` for a search that the service does not have."""
    if len(question.q) > LONGEST_SEARCH:
        raise bad("q", f"must have at most {LONGEST_SEARCH} characters")
    if question.q and _shape(question) is Shape.SERIES and service is Service.GOOGLE:
        raise bad("q", "cannot be combined with the instances of one series")
    return question


def _page(
    asking: Asking, collection: Collection, question: Question, span: Span, after: Position | None, size: int
) -> Page:
    shape = _shape(question)
    wanted = Wanted(
        span.start,
        span.end,
        span.endless_until,
        words="" if asking.service is Service.EXCHANGE else question.q,
        everywhere=asking.service is not Service.OUTLOOK,
        series=question.instances if shape is Shape.SERIES else "",
        text=asking.raw,
    )
    if shape is Shape.MASTERS:
        exceptions = asking.service in EXCEPTIONS_WITH_MASTERS
        return asking.store.masters([collection], wanted, exceptions=exceptions, after=after, size=size)
    try:
        return asking.store.events([collection], wanted, after=after, size=size)
    except InvalidData as error:
        raise bad("instances", error.message) from error
    except NotFound:
        asking.store.event(collection.id, wanted.series)  # raises it again, but for one instance of a series
        raise bad("instances", "must be the id of a series, not of one of its instances") from None


def _media_type(text: str) -> str:
    """A media type as a header may say it; whatever else stands in a calendar is bytes."""
    return text.lower() if _MEDIA_TYPE.fullmatch(text) else "application/octet-stream"
