"""Events in the Kloudless dialect, written (contract A.4 rows 7, 9 and 10, A.9, A.10, A.12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer, nothing
from gateway.api.body import Body, RawBody
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.errors import bad, not_found
from gateway.api.kloudless.events import place_of
from gateway.api.kloudless.events_parse import MEMBERS, Reading
from gateway.api.kloudless.events_render import organizer_of, render
from gateway.api.service import NOTIFYING, Service
from storage.editing.change import Change, Guest
from storage.editing.editor import Editor
from storage.errors import InvalidChange, NotFound
from storage.model import Collection, Origin
from storage.records import ComponentRecord

router = APIRouter(prefix="/accounts/{account}/cal/calendars/{calendar}/events", tags=["Events"])


@router.post("", status_code=201)
def create_event(asking: One, calendar: str, raw_body: RawBody) -> Response:
    """Make an event; `name`, `start` and `end` are required."""
    collection = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)
    body.need("name", "start", "end")

    def made(editor: Editor, _before: ComponentRecord | None) -> Change:
        return Reading(asking.service, body, editor).change()

    notify = asking.service in NOTIFYING
    with _in_words():
        written = asking.store.create_event(collection.id, made, origin=Origin.API, actor=asking.actor, notify=notify)
    return answer(_shown(asking, collection, written.id), 201)


@router.patch("/{event}")
def update_event(asking: One, calendar: str, event: str, raw_body: RawBody) -> Response:
    """Change what the body names: of an event, a whole series, or one instance of it."""
    collection = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)
    target, organizer = _organizer(asking, collection, body, event)

    def made(editor: Editor, before: ComponentRecord | None) -> Change:
        change = Reading(asking.service, body, editor, before).change(instance="_" in event)
        return change if organizer is None else change.organized_by(organizer)

    with _in_words():
        asking.store.change_event(
            collection.id,
            event,
            made,
            origin=Origin.API,
            actor=asking.actor,
            # An upstream hears of who organizes the event by its move, and here nobody outside is to hear of it.
            notify=asking.service in NOTIFYING and (target is None or asking.account.mirrored),
            into=target.id if target is not None else None,
        )
    return answer(_shown(asking, target or collection, event))


@router.delete("/{event}", status_code=204)
def delete_event(asking: One, calendar: str, event: str) -> Response:
    """Delete an event, a whole series, or one instance of it."""
    collection = asking.calendar(calendar)
    notify = asking.service in NOTIFYING
    asking.store.delete_event(collection.id, event, origin=Origin.API, actor=asking.actor, notify=notify)
    return nothing()


def _organizer(
    asking: Asking, collection: Collection, body: Body, event: str
) -> tuple[Collection | None, Guest | None]:
    """To which other calendar an event goes, because its organizer changes: Google alone does that (contract A.10)."""
    given = body.child("organizer") if asking.service is Service.GOOGLE else None
    if given is None:
        return None, None
    given.need("email")
    email = (given.text("email") or "").strip()
    record = asking.store.event(collection.id, event).component
    known = organizer_of(record, place_of(asking, collection))
    if known is not None and (known["email"] or "").lower() == email.lower():
        return None, None
    own = asking.store.calendars(asking.account.id)
    target = next((each for each in own if _address(asking, each).lower() == email.lower()), None)
    if target is None or target.read_only:
        raise given.wrong("email", f"{email[:80]!r} has no calendar that this account can write")
    if target.id == collection.id:
        return None, None
    if "_" in event:
        raise body.wrong("organizer", "one instance cannot move alone; change the series")
    return target, Guest(_address(asking, target))


def _address(asking: Asking, collection: Collection) -> str:
    """The address that a calendar goes by: its own; an account's belongs to its primary calendar."""
    primary = asking.store.primary_calendar(asking.account.id)
    return collection.email or (asking.account.email if primary and primary.id == collection.id else "")


@contextmanager
def _in_words() -> Iterator[None]:
    """What is wrong with a change, in the words of the dialect."""
    try:
        yield
    except InvalidChange as error:
        raise bad(MEMBERS.get(error.member, error.member), error.message) from error


def _shown(asking: Asking, collection: Collection, event: str) -> dict[str, Any]:
    """The event as a GET shows it now."""
    try:
        row = asking.store.event(collection.id, event, text=asking.raw)
    except NotFound as error:  # somebody else has deleted it since
        raise not_found(f"event {event[:80]!r} in this calendar") from error
    return render(row, place_of(asking, collection))
