"""GET and HEAD: an entry as it is stored, or a whole calendar as one iCalendar text for programs that only download."""

from gateway.dav import entry_properties
from gateway.dav.errors import Refusal
from gateway.dav.places import Context, Member, find
from gateway.dav.request import Answer, Request
from storage.ical.lines import Component, dump, escape, line, parse
from storage.model import Collection, Entry

_TEXT = "text/plain; charset=utf-8"
_PRODUCT = "-//CalHarbor//EN"


def get(context: Context, request: Request) -> Answer:
    """Answer a GET or HEAD, with 304 where `If-None-Match` names the current version."""
    place = find(context, request.segments)
    if isinstance(place, Member):
        return _entry(request, context.store.entry_at(place.collection.id, place.name))
    if isinstance(place, Collection):
        return _collection(context, request, place)
    words = f"This is a calendar address for calendar programs. Yours is {context.principal}\n"
    return Answer(200, words.encode(), {"Content-Type": _TEXT})


def _entry(request: Request, entry: Entry) -> Answer:
    headers = {"ETag": entry.etag, "Last-Modified": entry_properties.http_date(entry.modified)}
    if _known(request, entry.hash):
        return Answer(304, b"", headers)
    return Answer(200, entry.text.encode(), {**headers, "Content-Type": entry_properties.content_type(entry.kind)})


def _collection(context: Context, request: Request, collection: Collection) -> Answer:
    tag = f"{collection.id}-{collection.seq}"
    if _known(request, tag):
        return Answer(304, b"", {"ETag": f'"{tag}"'})
    if "VCARD" in collection.components:
        raise Refusal(405, "an address book is not given as one file", hint="read its contacts one by one")
    headers = {"ETag": f'"{tag}"', "Content-Type": "text/calendar; charset=utf-8"}
    return Answer(200, _joined(context, collection).encode(), headers)


def _joined(context: Context, collection: Collection) -> str:
    """All entries in one VCALENDAR; a VTIMEZONE that several bring stands in it once."""
    properties = {"VERSION": "2.0", "PRODID": _PRODUCT, "X-WR-CALNAME": escape(collection.name)}
    if collection.description:
        properties["X-WR-CALDESC"] = escape(collection.description)
    head = "".join(line(name, value).raw for name, value in properties.items())
    zones: dict[str, str] = {}
    entries: list[str] = []
    for entry in context.store.iter_entries(collection.id):
        for component in _components(entry):
            text = _closed(dump(component))
            if component.name == "VTIMEZONE":
                tzid = component.first("TZID")
                zones.setdefault(tzid.value if tzid else text, text)
            else:
                entries.append(text)
    return f"BEGIN:VCALENDAR\r\n{head}{''.join(zones.values())}{''.join(entries)}END:VCALENDAR\r\n"


def _components(entry: Entry) -> list[Component]:
    return [part for calendar in parse(entry.text).components("VCALENDAR") for part in calendar.components()]


def _closed(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\r\n"


def _known(request: Request, tag: str) -> bool:
    known = request.if_none_match
    return known is not None and ("*" in known or tag in known)
