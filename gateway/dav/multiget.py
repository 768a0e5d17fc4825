"""calendar-multiget (RFC 4791 §7.9), addressbook-multiget (RFC 6352 §8.7): the entries that a client names by href."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from gateway.dav import names, render
from gateway.dav.chosen import Chosen
from gateway.dav.names import dav
from gateway.dav.places import Context, from_href
from gateway.dav.request import Answer, Request
from gateway.dav.timespan import zone_of
from storage.model import Collection
from storage.reading import PAGE

_PARTS = 3


def multiget(context: Context, request: Request, collection: Collection, root: Element) -> Answer:
    """Answer in the order named. What is not there, or not in this collection, is 404 in its own response."""
    chosen = Chosen(context, request, collection, root, zone_of(root, collection))
    asked = list(dict.fromkeys((element.text or "").strip() for element in root.findall(dav("href"))))
    responses = _responses(context, collection, chosen, asked)
    return render.multistatus(render.within(chosen.budget, context.of(collection), responses))


def _responses(context: Context, collection: Collection, chosen: Chosen, asked: list[str]) -> Iterator[str]:
    start = context.of(collection)
    row = render.rows(chosen.of_entry, chosen.wanted)
    for at in range(0, len(asked), PAGE):
        named = {href: _name(context, collection, start, href) for href in asked[at : at + PAGE]}
        found = context.store.entries(collection.id, [name for name in named.values() if name is not None])
        for href, name in named.items():
            entry = found.get(name) if name is not None else None
            if entry is not None:
                yield row(start + render.segment(entry.href), entry)
            else:
                yield render.status(names.text(href), 404)


def _name(context: Context, collection: Collection, start: str, href: str) -> str | None:
    """The name inside the collection that an href means; None for one that leads elsewhere."""
    rest = href.removeprefix(start)
    if len(rest) < len(href) and render.segment(rest) == rest and rest.strip("."):
        return rest  # as we write hrefs ourselves, without anything to decode: nearly all of them
    segments = from_href(context, href)
    if segments is None or len(segments) != _PARTS or segments[:2] != (context.user, collection.slug):
        return None
    return segments[2]
