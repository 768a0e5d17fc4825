"""expand-property (RFC 3253 §3.8): properties of a resource, and of the resources that its properties point at."""

import re
from xml.etree.ElementTree import Element
from xml.sax.saxutils import unescape

from gateway.dav import names, render
from gateway.dav.errors import Refusal
from gateway.dav.names import dav, element
from gateway.dav.places import Context, Place, find, from_href
from gateway.dav.request import Answer, Request
from gateway.dav.resources import Resource, described, resource
from storage.errors import NotFound

_HREF = re.compile(r"<href>([^<]*)</href>")
_OK, _MISSING = "200 OK", "404 Not Found"


def expand_property(context: Context, request: Request, place: Place, root: Element) -> Answer:
    """Answer an expand-property; what its hrefs lead to is given as far as the asking user may see it."""
    return render.multistatus([_response(context, resource(context, place), root, minimal=request.minimal)])


def _response(context: Context, found: Resource, wanted: Element, *, minimal: bool) -> str:
    have, lack = "", ""
    for each in wanted.findall(dav("property")):
        name = _name(each)
        whole = described(found, name)
        if whole is None:
            lack += element(name)
        else:
            have += _expanded(context, whole, each, minimal=minimal) if len(each) else whole
    propstats = _propstat(have, _OK) if have or not lack else ""
    if lack and not (minimal and propstats):
        propstats += _propstat(lack, _MISSING)
    return f"<response><href>{found.href}</href>{propstats}</response>"


def _expanded(context: Context, whole: str, wanted: Element, *, minimal: bool) -> str:
    """A property's element with a response in the place of each href that leads to something here."""

    def follow(match: re.Match[str]) -> str:
        segments = from_href(context, unescape(match[1]))
        if segments is None:
            return match[0]
        try:
            target = resource(context, find(context, segments))
        except (NotFound, Refusal):
            return match[0]
        return _response(context, target, wanted, minimal=minimal)

    return _HREF.sub(follow, whole)


def _name(wanted: Element) -> str:
    name, namespace = wanted.get("name", "").strip(), wanted.get("namespace", names.DAV)
    if not names.is_name(name) or "}" in namespace:
        raise Refusal(400, f"{name[:40]!r} is no property's name", hint='send <property name="…" namespace="…"/>')
    return f"{{{namespace}}}{name}" if namespace else name


def _propstat(props: str, status: str) -> str:
    return f"<propstat><prop>{props}</prop><status>HTTP/1.1 {status}</status></propstat>"
