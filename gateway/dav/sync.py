"""sync-collection (RFC 6578): what became of a collection since a token, straight from the journal."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC
from xml.etree.ElementTree import Element

from gateway.dav import names, properties, render
from gateway.dav.chosen import Chosen
from gateway.dav.entry_properties import tags_suffice
from gateway.dav.errors import Refusal
from gateway.dav.names import dav
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request
from storage.model import Collection
from storage.reading import PAGE
from storage.store import Delta

_TOKEN = re.compile(re.escape(names.OURS) + r"sync/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)/(\d{1,18})", re.ASCII)
TOO_MANY = "<number-of-matches-within-limits/>"


def sync_collection(context: Context, request: Request, collection: Collection, root: Element) -> Answer:
    """Answer a sync-collection: members as they are now, 404 for those gone, and the new token.

    Without a token only what is there is listed (RFC 6578 §3.4). With a `limit` the answer stops there and says so with
    507 for the collection; its token goes on from the cut.
    """
    infinite(request, root)
    since = _since(context, collection, (root.findtext(dav("sync-token")) or "").strip())
    most = limit(root)
    chosen = Chosen(context, request, collection, root, UTC)
    if since is None and most is None and tags_suffice(chosen.wanted):
        found, seq = context.store.tags(collection.id)
        token = properties.sync_token(context, collection, seq)
        return render.multistatus(render.tagged(context.of(collection), found), token=token)
    delta = context.store.delta(collection.id, since, limit=most)
    token = properties.sync_token(context, collection, delta.seq)
    return render.multistatus(responses(context, collection, chosen, delta), token=token)


def responses(context: Context, collection: Collection, chosen: Chosen, delta: Delta) -> Iterator[str]:
    """What a delta says: the changed members, those that are gone, and whether there is more."""
    start = context.of(collection)
    if chosen.needs_entries:
        entry_row = render.rows(chosen.of_entry, chosen.wanted)
        hrefs = [listed.href for listed in delta.changed]
        for at in range(0, len(hrefs), PAGE):
            for entry in context.store.entries(collection.id, hrefs[at : at + PAGE]).values():
                yield entry_row(start + render.segment(entry.href), entry)
    else:
        yield from render.members(start, render.rows(chosen.of_listed, chosen.wanted), delta.changed)
    for href in delta.gone:
        yield render.status(start + render.segment(href), 404)
    if delta.truncated:
        yield render.status(start, 507, TOO_MANY)


def _since(context: Context, collection: Collection, token: str) -> int | None:
    """The position that a token stands for; None for the empty one. Raises `Refusal` (403 valid-sync-token)."""
    if not token:
        return None
    found = _TOKEN.fullmatch(token)
    if found is None or found[1] != context.store.id or found[2] != collection.id:
        raise Refusal(
            403,
            "this sync token is not one of this collection",
            precondition="<valid-sync-token/>",
            hint="synchronise again from the beginning, without a token",
        )
    return int(found[3])


def infinite(request: Request, root: Element) -> bool:
    """Whether the report goes deeper than the members themselves; a collection has nothing deeper.

    Depth is 0 (RFC 6578 §3.2). Clients from before the RFC, and python-caldav, send 1 and no sync-level, or both.
    """
    if request.header("depth").strip() not in ("", "0", "1"):
        raise Refusal(400, "a sync-collection is sent with Depth: 0", hint="say how deep in its sync-level")
    level = (root.findtext(dav("sync-level")) or "1").strip()
    if level not in ("1", "infinite"):
        raise Refusal(400, f"the sync-level {level[:20]!r} is none", hint="send 1 or infinite")
    return level == "infinite"


def limit(root: Element, name: Callable[[str], str] = dav) -> int | None:
    """How many results the client wants at most, in elements of the namespace that `name` gives.

    Raises `Refusal` (507) for a limit that allows none.
    """
    text = root.findtext(f"{name('limit')}/{name('nresults')}")
    if text is None:
        return None
    number = text.strip()
    if not number.isascii() or not number.isdecimal() or len(number) > 9 or int(number) < 1:
        raise Refusal(507, "nothing can be answered within this limit", precondition=TOO_MANY, hint="allow one result")
    return int(number)
