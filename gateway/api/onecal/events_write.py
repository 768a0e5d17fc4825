"""Events in the OneCal dialect, written (contract C.3). What reads them stands in `events.py`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from gateway.api.answers import answer
from gateway.api.body import Body, RawBody
from gateway.api.onecal.asking import Asking, CalendarPath, EventPath, One
from gateway.api.onecal.errors import bad
from gateway.api.onecal.events_parse import MEMBERS, Reading
from gateway.api.onecal.events_parts import ANSWERS, MOST_ATTENDEES
from gateway.api.onecal.events_render import Place, render
from gateway.api.service import NOTIFYING
from gateway.http.etags import tags
from storage.editing.change import Change
from storage.editing.editor import Editor
from storage.errors import InvalidChange
from storage.model import Collection, Origin
from storage.records import ComponentRecord

router = APIRouter(prefix="/events/{account}/{calendar}", tags=["Calendar events"])

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="Write only if the event still has this `etag`, else 412.")
]


@router.post("", status_code=201)
def create_event(asking: One, calendar: CalendarPath, raw_body: RawBody) -> Response:
    """Make an event; `title` and `start` are required."""
    collection = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)
    body.need("title", "start")

    def made(editor: Editor, _before: ComponentRecord | None) -> Change:
        return Reading(asking.service, body, editor).change()

    with _in_words():
        written = asking.store.create_event(collection.id, made, **_by(asking))
    return answer(_shown(asking, collection, written.id), 201)


@router.put("/{event}")
def update_event(
    asking: One, calendar: CalendarPath, event: EventPath, raw_body: RawBody, if_match: IfMatch = None
) -> Response:
    """Change what the body names: of an event, a whole series, or one occurrence of it (D79)."""
    return _changed(asking, calendar, event, raw_body, if_match)


@router.patch("/{event}")
def patch_event(
    asking: One, calendar: CalendarPath, event: EventPath, raw_body: RawBody, if_match: IfMatch = None
) -> Response:
    """The same as PUT."""
    return _changed(asking, calendar, event, raw_body, if_match)


@router.post("/{event}/rsvp")
def answer_event(
    asking: One, calendar: CalendarPath, event: EventPath, raw_body: RawBody, if_match: IfMatch = None
) -> Response:
    """Answer an invitation: `{"responseStatus"}` for oneself, or a list of attendees with their answers (D80).

    The list may also stand in `{"attendees"}`, as the original's own library sends it.
    """
    collection = asking.calendar(calendar)
    answers = _answers(raw_body)
    asking.store.answer_event(collection.id, event, answers, if_match=tags(if_match), **_by(asking))
    return answer(_shown(asking, collection, event))


@router.delete("/{event}")
def delete_event(asking: One, calendar: CalendarPath, event: EventPath, if_match: IfMatch = None) -> Response:
    """Delete an event, a whole series, or one occurrence of it."""
    collection = asking.calendar(calendar)
    asking.store.delete_event(collection.id, event, if_match=tags(if_match), **_by(asking))
    return answer({"success": True})


def _changed(asking: Asking, calendar: str, event: str, raw_body: bytes | None, if_match: str | None) -> Response:
    collection = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)

    def made(editor: Editor, before: ComponentRecord | None) -> Change:
        return Reading(asking.service, body, editor, before).change(instance="_" in event)

    with _in_words():
        asking.store.change_event(collection.id, event, made, if_match=tags(if_match), **_by(asking))
    return answer(_shown(asking, collection, event))


def _by(asking: Asking) -> Mapping[str, Any]:
    """Who writes, and whether attendees hear of it, as the service of the account has it (contract A.12)."""
    return {"origin": Origin.API, "actor": asking.actor, "notify": asking.service in NOTIFYING}


def _answers(raw_body: bytes | None) -> dict[str, str]:
    """What is answered by whom, "" for the account's own user."""
    given = Body.several(raw_body, bad)
    listed = (raw_body or b"").lstrip()[:1] == b"["
    if not listed and "attendees" in given[0]:
        given, listed = given[0].children("attendees") or [], True
    if not given or len(given) > MOST_ATTENDEES:
        raise bad("", f"the list must have from 1 to {MOST_ATTENDEES} attendees")
    found: dict[str, str] = {}
    for each in given:
        each.need("responseStatus")
        address = each.address("email").lower() if listed or each.value("email") is not None else ""
        if address in found:
            raise each.wrong("email", "is there twice")
        found[address] = ANSWERS[each.choice("responseStatus", tuple(ANSWERS)) or ""]
    return found


def _shown(asking: Asking, collection: Collection, event: str) -> dict[str, Any]:
    """The event as a GET shows it now."""
    return render(asking.store.event(collection.id, event), Place.of(asking.account, collection, asking.service))


@contextmanager
def _in_words() -> Iterator[None]:
    """What is wrong with a change, in the words of the dialect."""
    try:
        yield
    except InvalidChange as error:
        raise bad(MEMBERS.get(error.member, error.member), error.message) from error
