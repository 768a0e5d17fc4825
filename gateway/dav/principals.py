"""The reports about principals (RFC 3744 §9). There is one whom everybody may see: the principal who asks.

That others exist is nobody's business, so a search finds oneself or nobody.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element
from xml.sax.saxutils import unescape

from gateway.dav import names, render
from gateway.dav.errors import Refusal
from gateway.dav.names import caldav, dav, element
from gateway.dav.places import Context, Home, Member, Place, Root
from gateway.dav.render import Wanted
from gateway.dav.request import Answer, Request
from gateway.dav.resources import Resource, resource
from storage.model import Collection

_SEARCHABLE = {
    dav("displayname"): "Name",
    caldav("calendar-user-address-set"): "Calendar user addresses",
    caldav("calendar-user-type"): "Kind of calendar user",
}
_OWN = frozenset(map(dav, ("property-search", "prop", "apply-to-principal-collection-set")))
_MARKUP = re.compile(r"<[^>]*>")


def principal_property_search(context: Context, request: Request, place: Place, root: Element) -> Answer:
    """Answer a principal-property-search (§9.4): every property-search has to match, or any where `test` is anyof."""
    everywhere = root.find(dav("apply-to-principal-collection-set")) is not None
    found = []
    if everywhere or isinstance(place, Root | Home):
        principal = resource(context, Home())
        matches = [_holds(principal, each) for each in root.findall(dav("property-search"))]
        if not matches or (any(matches) if root.get("test") == "anyof" else all(matches)):
            found.append(principal.response(_wanted(request, root)))
    return render.multistatus(found)


def principal_search_property_set(context: Context, request: Request, place: Place, root: Element) -> Answer:
    """Answer a principal-search-property-set (§9.5): which properties a search looks at."""
    del context, request, place, root
    listed = "".join(
        f'<principal-search-property><prop>{element(name)}</prop><description xml:lang="en">{words}</description>'
        "</principal-search-property>"
        for name, words in _SEARCHABLE.items()
    )
    return render.document("principal-search-property-set", listed)


def principal_match(context: Context, request: Request, place: Place, root: Element) -> Answer:
    """Answer a principal-match (§9.3): oneself, or everything of which a property names oneself."""
    wanted = _wanted(request, root)
    named = root.find(dav("principal-property"))
    if (named is None) is (root.find(dav("self")) is None) or (named is not None and len(named) != 1):
        raise Refusal(400, "a principal-match asks for self or for one principal-property")
    if named is None:
        found = [resource(context, Home())] if isinstance(place, Root | Home) else []
        return render.multistatus(each.response(wanted) for each in found)
    mine = f"<href>{context.principal}</href>"
    everything = (resource(context, each) for each in _below(context, place))
    return render.multistatus(
        each.response(wanted) for each in everything if mine in (each.content(named[0].tag) or "")
    )


def acl_principal_prop_set(context: Context, request: Request, place: Place, root: Element) -> Answer:
    """Answer an acl-principal-prop-set (§9.2): the principals that the resource's ACL names."""
    resource(context, place)
    wanted = Wanted(tuple(dict.fromkeys(child.tag for child in root.iterfind(f"{dav('prop')}/*"))), request.minimal)
    return render.multistatus([resource(context, Home()).response(wanted)])


def _below(context: Context, place: Place) -> Iterator[Place]:
    """The members of a collection at any depth."""
    if isinstance(place, Root):
        yield Home()
    if isinstance(place, Root | Home):
        for collection in context.store.home(context.user):
            yield collection
            yield from _below(context, collection)
    elif isinstance(place, Collection):
        for listed in context.store.listing(place.id):
            yield Member(place, listed.href)


def _holds(principal: Resource, search: Element) -> bool:
    """Whether all properties that a property-search names hold its text, whatever the case."""
    text = (search.findtext(dav("match")) or "").casefold()
    props = [child.tag for child in search.iterfind(f"{dav('prop')}/*")]
    values = [principal.content(name) for name in props if name in _SEARCHABLE]
    plain = [unescape(_MARKUP.sub(" ", value)).casefold() for value in values if value is not None]
    return bool(props) and len(plain) == len(props) and all(text in value for value in plain)


def _wanted(request: Request, root: Element) -> Wanted:
    """The properties asked for; also where they stand beside `prop`, as python-caldav 3 writes them."""
    inside = [child.tag for child in root.iterfind(f"{dav('prop')}/*")]
    beside = [child.tag for child in root if child.tag not in _OWN and names.split(child.tag)[1] not in _MATCHERS]
    return Wanted(tuple(dict.fromkeys(inside + beside)), minimal=request.minimal)


_MATCHERS = ("self", "principal-property")
