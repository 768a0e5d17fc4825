"""GET and HEAD: an entry as it is stored, or a whole collection as one text for programs that only download.

A card is given in the version that `Accept` names (RFC 6352 §5.1.1), else as it is stored.

Both are given conditionally, and an entry in part (RFC 9110 §13 and §14).
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from tempfile import SpooledTemporaryFile

from gateway.dav import address_data, conditions, entry_properties, errors, zone_blocks
from gateway.dav.address_data import CardWanted
from gateway.dav.errors import Refusal
from gateway.dav.places import PROFILE, Context, Member, find
from gateway.dav.render import PIECE
from gateway.dav.request import Answer, Request
from gateway.http import mobileconfig
from gateway.http.mobileconfig import Subject
from storage.errors import StoreFull
from storage.ical.joined import joined
from storage.ical.lines import closed, escape, line
from storage.model import Collection, CollectionKind, Entry, Kind

_TEXT = "text/plain; charset=utf-8"
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


def get(context: Context, request: Request) -> Answer:
    """Answer a GET or HEAD: 304 for a version that is known already, 206 or 416 for a part."""
    if request.segments == (context.user, PROFILE):
        return _profile(context, request)
    place = find(context, request.segments)
    if isinstance(place, Member):
        return _entry(context, request, place.collection, context.store.entry_at(place.collection.id, place.name))
    if isinstance(place, Collection):
        return _collection(context, request, place)
    words = f"This is a calendar address for calendar programs. Yours is {context.principal}\n"
    return Answer(200, words.encode(), {"Content-Type": _TEXT})


def _profile(context: Context, request: Request) -> Answer:
    """What sets up an iPhone or a Mac. No password is in it: to fetch something must not make a secret."""
    subject = Subject(context.store.id, context.user, f"{request.base}{context.principal}")
    headers = {
        "Content-Type": mobileconfig.MEDIA_TYPE,
        "Content-Disposition": f'attachment; filename="{PROFILE}"',
        "Cache-Control": "no-store",
    }
    return Answer(200, mobileconfig.profile(subject), headers)


def _entry(context: Context, request: Request, collection: Collection, entry: Entry) -> Answer:
    headers = {"ETag": entry.etag, "Last-Modified": entry_properties.http_date(entry.modified)}
    headers.update(entry_properties.schedule_tag_header(context, collection, entry))
    if conditions.known(request, entry.hash, entry.modified):
        return Answer(304, b"", headers)
    headers["Content-Type"] = entry_properties.content_type(entry.kind)
    text = entry.text
    if entry.kind is Kind.CONTACT:
        headers["Vary"] = "Accept"
        text = address_data.shaped(text, CardWanted(address_data.accepted(request.header("accept"))))
    elif (zones := zone_blocks.wanted(request)) is not None:
        headers["Vary"] = "CalDAV-Timezones"
        text = zone_blocks.adjusted(text, zones)
    return _ranged(request, Answer(200, text.encode(), headers), entry.hash, entry.modified)


def _collection(context: Context, request: Request, collection: Collection) -> Answer:
    """A whole collection. Its ETag is that of the state in which it was from the first page to the last; else none."""
    tag = f'"{collection.id}-{collection.seq}"'
    if conditions.known(request, tag.strip('"')):
        return Answer(304, b"", {"ETag": tag})
    cards = collection.kind is CollectionKind.CONTACTS
    pieces = _spooled(context, _all_cards(context, collection) if cards else _joined(context, collection))
    headers = {"Content-Type": f"text/{'vcard' if cards else 'calendar'}; charset=utf-8"}
    if context.store.collection(collection.id).seq == collection.seq:
        headers["ETag"] = tag
    first, second = next(pieces, b""), next(pieces, None)
    return Answer(200, first, headers, None if second is None else chain((second,), pieces))


def _spooled(context: Context, texts: Iterable[str]) -> Iterator[bytes]:
    """All of these texts in pieces, out of a nameless file: they may be larger than the memory."""
    try:
        file = SpooledTemporaryFile(PIECE, dir=str(context.store.folder))  # noqa: SIM115 — it is read while it is sent
        for text in texts:
            file.write(text.encode())
        file.seek(0)
    except OSError as error:
        raise StoreFull(f"the answer cannot be put together: {error.strerror}", hint="make room on the disk") from error
    return iter(partial(file.read, PIECE), b"")


def _ranged(request: Request, whole: Answer, tag: str, modified: str) -> Answer:
    """The one part that a Range header names; the whole for several parts, which may be ignored (RFC 9110 §14.2)."""
    size = len(whole.body)
    headers = {**whole.headers, "Accept-Ranges": "bytes"}
    found = _RANGE.fullmatch(request.header("range").strip()) if request.method == "GET" else None
    if found is None or not any(found.groups()) or not conditions.same_version(request, tag, modified):
        return Answer(200, whole.body, headers)
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if first and last and int(last) < int(first):
        return Answer(200, whole.body, headers)
    if start >= size:
        refusal = Refusal(416, f"it has only {size} octets")
        return Answer(416, errors.body(refusal), {"Content-Type": errors.XML_TYPE, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Answer(206, whole.body[start : end + 1], headers)


def _all_cards(context: Context, collection: Collection) -> Iterator[str]:
    """Every card as it is stored, one after the other: a text/directory stream (RFC 6350 §3.3 allows several)."""
    return (closed(entry.text) for entry in context.store.iter_entries(collection.id))


def _joined(context: Context, collection: Collection) -> Iterator[str]:
    properties = [line("X-WR-CALNAME", escape(collection.name))]
    if collection.description:
        properties.append(line("X-WR-CALDESC", escape(collection.description)))
    return joined(properties, (entry.text for entry in context.store.iter_entries(collection.id)))
