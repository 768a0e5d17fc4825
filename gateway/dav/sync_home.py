"""sync-collection on the home (RFC 6578): one request says which of a user's collections changed, came or went.

With sync-level 1 a collection counts as changed when anything in it did: its entity tag is another then. With
`infinite` the members that changed follow each collection, so that one token is enough for everything.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import chain, islice
from xml.etree.ElementTree import Element

from gateway.dav import names, properties, render
from gateway.dav.chosen import Chosen
from gateway.dav.errors import Refusal
from gateway.dav.names import dav
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request
from gateway.dav.sync import TOO_MANY, infinite, limit, responses
from storage.home import HomeDelta, HomePosition
from storage.model import Collection

_TOKEN = re.compile(re.escape(names.OURS) + r"sync/([A-Za-z0-9_-]+)/home/([^/]+)/(\d{1,18})/(\d{1,18})", re.ASCII)


def sync_home(context: Context, request: Request, root: Element) -> Answer:
    """Answer a sync-collection on the home.

    A `limit` cuts an answer for sync-level 1. With `infinite` an answer that does not fit is refused (§3.7), since no
    token could say which members of which collection are still to come.
    """
    deep = infinite(request, root)
    most = limit(root)
    since = _since(context, (root.findtext(dav("sync-token")) or "").strip())
    delta = context.store.home_delta(context.user, since, limit=None if deep else most)
    found: Iterable[str] = _responses(context, request, root, delta, since if deep else None, deep=deep)
    if deep and most is not None:
        found = list(islice(found, most + 1))
        if len(found) > most:
            raise Refusal(
                507,
                f"there are more than {most} results",
                precondition=TOO_MANY,
                hint="synchronise each collection by itself, or allow more",
            )
    if delta.truncated:
        found = chain(found, [render.status(context.principal, 507, TOO_MANY)])
    return render.multistatus(found, token=properties.home_token(context, delta.position))


def _responses(
    context: Context, request: Request, root: Element, delta: HomeDelta, since: HomePosition | None, *, deep: bool
) -> Iterator[str]:
    asked = tuple(dict.fromkeys(child.tag for child in root.iterfind(f"{dav('prop')}/*")))
    wanted = render.Wanted(asked, minimal=request.minimal)
    known = None if since is None else since.change
    for collection, after in [(each, None) for each in delta.came] + [(each, known) for each in delta.changed]:
        row = render.rows(properties.of_collection(context, collection), wanted, collection.dead)
        yield row(context.of(collection), None)
        if deep:
            yield from _members(context, request, root, collection, after)
    for slug in delta.gone:
        yield render.status(context.href(context.user, slug, folder=True), 404)


def _members(
    context: Context, request: Request, root: Element, collection: Collection, since: int | None
) -> Iterator[str]:
    chosen = Chosen(context, request, collection, root, UTC)
    delta = context.store.delta(collection.id, since)
    return responses(context, collection, chosen, delta)


def _since(context: Context, token: str) -> HomePosition | None:
    """The position that a token stands for; None for the empty one. Raises `Refusal` (403 valid-sync-token)."""
    if not token:
        return None
    found = _TOKEN.fullmatch(token)
    if found is None or found[1] != context.store.id or found[2] != render.segment(context.user):
        raise Refusal(
            403,
            "this sync token is not one of this home",
            precondition="<valid-sync-token/>",
            hint="synchronise again from the beginning, without a token",
        )
    return HomePosition(int(found[3]), int(found[4]))
