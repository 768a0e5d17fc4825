"""Events in the Kloudless dialect, written (contract A.4 rows 7, 9 and 10, A.9, A.10, A.12)."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.answers import answer, nothing
from gateway.api.body import Body, RawBody
from gateway.api.kloudless.asking import Asking, One
from gateway.api.kloudless.errors import ApiError, bad, not_found
from gateway.api.kloudless.events import place_of
from gateway.api.kloudless.events_parse import MEMBERS, Reading
from gateway.api.kloudless.events_render import organizer_of, render
from gateway.api.service import Service
from storage import clock, ids
from storage.editing import entry as editing
from storage.editing.change import Change, Guest
from storage.editing.editor import Editor
from storage.errors import InvalidChange, NotFound
from storage.ical.read import read
from storage.model import Collection, Entry, Kind, Origin

router = APIRouter(prefix="/accounts/{account}/cal/calendars/{calendar}/events", tags=["Events"])

NOTIFYING = frozenset({Service.GOOGLE, Service.OUTLOOK})
"""Services that tell the attendees of what is written (contract A.12)."""


@router.post("", status_code=201)
def create_event(asking: One, calendar: str, raw_body: RawBody) -> Response:
    """Make an event; `name`, `start` and `end` are required."""
    collection = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)
    body.need("name", "start", "end")
    editor = _editor(asking, collection)
    change = Reading(asking.service, body, editor).change()
    uid = ids.new_id()
    text = _made(lambda: editing.created(change, uid, editor))
    written = asking.store.put_entry(
        collection.id,
        f"{uid}.ics",
        text,
        origin=Origin.API,
        actor=asking.actor,
        if_none_match=True,
        notify=asking.service in NOTIFYING,
    )
    return answer(_shown(asking, collection, written.entry.id), 201)


@router.patch("/{event}")
def update_event(asking: One, calendar: str, event: str, raw_body: RawBody) -> Response:
    """Change what the body names: of an event, a whole series, or one instance of it."""
    collection = asking.calendar(calendar)
    body = Body.parse(raw_body, bad)
    entry_id, key = _parts(event)
    editor = _editor(asking, collection)
    target, organizer = _organizer(asking, collection, body, event)

    def work(before: Entry) -> str:
        content = read(_event(before, event).text)
        record = editing.described(content, key)
        if record is None:
            raise _missing(event)
        change = Reading(asking.service, body, editor, record).change(instance=bool(key))
        return _made(lambda: _edited(before.text, key, change, organizer, editor))

    asking.store.rewrite_entry(
        collection.id,
        entry_id,
        work,
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
    entry_id, key = _parts(event)
    editor = _editor(asking, collection)

    def work(before: Entry) -> str | None:
        text = _event(before, event).text
        if key:
            return editing.without_instance(text, key, editor)
        if editing.described(read(text)) is None:
            raise _missing(event)
        return None

    asking.store.rewrite_entry(
        collection.id,
        entry_id,
        work,
        origin=Origin.API,
        actor=asking.actor,
        notify=asking.service in NOTIFYING,
    )
    return nothing()


def _edited(text: str, key: str, change: Change, organizer: Guest | None, editor: Editor) -> str:
    if key:
        return editing.edited_instance(text, key, change, editor)
    return editing.edited(text, change if organizer is None else change.organized_by(organizer), editor)


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
    if _parts(event)[1]:
        raise body.wrong("organizer", "one instance cannot move alone; change the series")
    return target, Guest(_address(asking, target))


def _address(asking: Asking, collection: Collection) -> str:
    """The address that a calendar goes by: its own; an account's belongs to its primary calendar."""
    primary = asking.store.primary_calendar(asking.account.id)
    return collection.email or (asking.account.email if primary and primary.id == collection.id else "")


def _editor(asking: Asking, collection: Collection) -> Editor:
    mail = [each.removeprefix("mailto:") for each in asking.account.addresses]
    if collection.share is not None:  # in somebody else's calendar one writes for its owner
        known = asking.store.addresses(collection.share.owner)
        mail = [each.removeprefix("mailto:") for each in known if each.startswith("mailto:")]
        addresses = [collection.email, *mail]
    else:
        addresses = [collection.email, asking.account.email, *mail]
    return Editor(tuple(dict.fromkeys(filter(None, addresses))), collection.timezone, int(clock.timestamp()))


def _parts(event: str) -> tuple[str, str]:
    """The entry that the id of an event names, and the instance of it, "" for the whole."""
    entry_id, of_instance, key = event.partition("_")
    if of_instance and not key:
        raise _missing(event)
    return entry_id, key


def _event(entry: Entry, event: str) -> Entry:
    if entry.kind is not Kind.EVENT:
        raise _missing(event)
    return entry


def _missing(event: str) -> ApiError:
    return not_found(f"event {event[:80]!r} in this calendar")


def _made(make: Callable[[], str]) -> str:
    """What a change makes, its faults in the words of the dialect."""
    try:
        return make()
    except InvalidChange as error:
        raise bad(MEMBERS.get(error.member, error.member), error.message) from error


def _shown(asking: Asking, collection: Collection, event: str) -> dict[str, Any]:
    """The event as a GET shows it now."""
    try:
        row = asking.store.event(collection.id, event, text=asking.raw)
    except NotFound as error:  # somebody else has deleted it since
        raise _missing(event) from error
    return render(row, place_of(asking, collection))
