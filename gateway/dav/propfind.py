"""PROPFIND (RFC 4918 §9.1) on the root, the principal, collections and entries, at depth 0 and 1.

A missing Depth counts as 0: the RFC would read it as infinity, which is refused. Depth 1 on a collection renders from
the listing alone, whatever its size.
"""

from collections.abc import Iterator, Mapping, Sequence

from gateway.dav import body, entry_properties, names, properties, render
from gateway.dav.entry_properties import CREATION_DATE
from gateway.dav.errors import Refusal
from gateway.dav.names import dav
from gateway.dav.places import Context, Home, Member, Root, find
from gateway.dav.preferences import NO_ROOT
from gateway.dav.render import Wanted
from gateway.dav.request import Answer, Request
from storage.mailboxes import MAILBOXES
from storage.model import Collection


def propfind(context: Context, request: Request) -> Answer:
    """Answer a PROPFIND. Raises `Refusal` for a bad depth or body, `NotFound` where nothing is."""
    place = find(context, request.segments)
    depth = request.header("depth").strip().lower() or "0"
    if depth not in ("0", "1", "infinity"):
        raise Refusal(400, f"the Depth {depth[:20]!r} is none", hint="send 0 or 1")
    if depth == "infinity" and not isinstance(place, Member):
        raise Refusal(
            403,
            "a PROPFIND of infinite depth is not answered",
            precondition="<propfind-finite-depth/>",
            hint="send Depth: 0 or 1",
        )
    asked = _Asked(request)
    responses = _responses(context, place, asked, below=depth == "1")
    if depth == "1" and NO_ROOT in request.preferences and not isinstance(place, Member):
        next(responses)
    return render.multistatus(responses)


class _Asked:
    """Which properties a body names, and what `allprop` and `propname` stand for on a given resource."""

    def __init__(self, request: Request) -> None:
        self._minimal = request.minimal
        self._names: tuple[str, ...] = ()
        self._all = self._names_only = False
        root = body.parse(request.body)
        if root is not None and root.tag != dav("propfind"):
            raise Refusal(400, f"the body must be a propfind element, not {names.split(root.tag)[1]!r}")
        prop = None if root is None else root.find(dav("prop"))
        include = None if root is None else root.find(dav("include"))
        if prop is not None:
            self._names = tuple(dict.fromkeys(child.tag for child in prop))
        elif root is not None and root.find(dav("propname")) is not None:
            self._names_only = True
        elif root is None or root.find(dav("allprop")) is not None:
            self._all = True
            self._names = tuple(child.tag for child in include) if include is not None else ()
        else:
            raise Refusal(400, "the propfind element has neither prop, propname nor allprop")

    def of(self, held: Sequence[str], dead: Sequence[str]) -> Wanted:
        """What to give of a resource that has these live and dead properties."""
        if self._names_only:
            return Wanted((*held, *dead), names_only=True)
        if self._all:
            live = [name for name in held if name in properties.ALLPROP]
            return Wanted(tuple(dict.fromkeys((*live, *dead, *self._names))))
        return Wanted(self._names, minimal=self._minimal)

    def needs_entries(self) -> bool:
        """Whether a property is asked for that a listing does not know."""
        return CREATION_DATE in self._names or self._all or self._names_only


def _responses(context: Context, place: object, asked: _Asked, *, below: bool) -> Iterator[str]:
    if isinstance(place, Root):
        yield _plain(context.root, properties.of_root(context), {}, asked)
        if below:
            yield _home(context, asked)
    elif isinstance(place, Home) and context.moment:
        yield _plain(
            context.href(context.user, context.moment, folder=True), properties.of_past_home(context), {}, asked
        )
        for collection in context.store.home(context.user) if below else ():
            yield _collection(context, collection, asked)
    elif isinstance(place, Home):
        yield _home(context, asked)
        for collection in context.store.home(context.user) if below else ():
            yield _collection(context, collection, asked)
        for kind in MAILBOXES if below else ():
            if box := context.store.mailbox(context.user, kind):
                yield _collection(context, box, asked)
    elif isinstance(place, Collection):
        yield _collection(context, place, asked)
        if below:
            yield from _members(context, place, asked)
    elif isinstance(place, Member):
        entry = context.store.entry_at(place.collection.id, place.name)
        held = entry_properties.of_entry(context, place.collection)
        row = render.rows(held, asked.of(list(held), []))
        yield row(context.of(place.collection) + render.segment(entry.href), entry)


def _home(context: Context, asked: _Asked) -> str:
    return _plain(context.principal, properties.of_home(context), context.store.home_properties(context.user), asked)


def _collection(context: Context, collection: Collection, asked: _Asked) -> str:
    return _plain(context.of(collection), properties.of_collection(context, collection), collection.dead, asked)


def _plain(href: str, held: Mapping[str, render.Renderer[None]], dead: Mapping[str, str], asked: _Asked) -> str:
    wanted = asked.of([name for name in held if name not in dead], list(dead))
    return render.rows(held, wanted, dead)(href, None)


def _members(context: Context, collection: Collection, asked: _Asked) -> Iterator[str]:
    """From the listing, unless a property is wanted for which the entries themselves have to be read."""
    start = context.of(collection)
    if asked.needs_entries():
        held = entry_properties.of_entry(context, collection)
        entry_row = render.rows(held, asked.of(list(held), []))
        for entry in context.store.iter_entries(collection.id):
            yield entry_row(start + render.segment(entry.href), entry)
        return
    listed = entry_properties.of_listed(context, collection)
    wanted = asked.of(list(listed), [])
    if entry_properties.tags_suffice(wanted):
        found, _seq = context.store.tags(collection.id)
        yield from render.tagged(start, found)
    else:
        yield from render.members(start, render.rows(listed, wanted), context.store.listing(collection.id))
