"""`raw.object` of a body, for events and contacts alike (contract A.2, D09): what an object has beyond its members.

On services that keep texts these are properties: a value as it stands there, alone or with its parameters.
"""

import re
from collections.abc import Collection
from typing import Any

from gateway.api.body import Body
from storage.editing.change import RawProperty

MOST = 200
"""Members of one `raw.object`."""

LONGEST_VALUE, LONGEST_PARAMETER = 50_000, 1_000
"""Characters."""

_NAME = re.compile(r"[A-Za-z0-9-]{1,80}")


def members(body: Body) -> Body | None:
    """`raw.object`; None where the body has none. Raises the dialect's error for too many."""
    raw = body.child("raw")
    given = raw.child("object") if raw is not None else None
    if given is not None and sum(1 for _ in given) > MOST:
        raise body.wrong("raw.object", f"must have at most {MOST} members")
    return given


def properties(body: Body) -> dict[str, RawProperty | None]:
    """Its members as properties, by their names in upper case; None removes one."""
    given = members(body)
    return {name.strip().upper(): _property(given, name) for name in given} if given is not None else {}


def attributes(body: Body, unified: Collection[str]) -> dict[str, Any]:
    """Its members as attributes of the service itself, as they are sent; those that are `unified` do not count."""
    given = members(body)
    if given is None:
        return {}
    found = {name: given.value(name) for name in given if name not in unified}
    for name in found:
        if not name or not name.isprintable() or len(name) > LONGEST_PARAMETER:
            raise given.wrong(name[:40], "is no name of an attribute")
        given.document(name, most=LONGEST_VALUE)
    return found


def _property(given: Body, name: str) -> RawProperty | None:
    if not _NAME.fullmatch(name.strip()):
        raise given.wrong(name[:80], "is no name of a property")
    if given.value(name) is None:
        return None
    if isinstance(given.value(name), str):
        return RawProperty(_line(given, name))
    whole = given.child(name)
    if whole is None or "value" not in whole:
        raise given.wrong(name, "must be a string, or an object with a value")
    params = whole.child("params")
    said = {key.upper(): _parameter(params, key) for key in params} if params is not None else {}
    return RawProperty(_line(whole, "value"), said)


def _line(body: Body, name: str) -> str:
    """A value, which is one line of the text: line breaks are written as RFC 5545 and RFC 6350 have them, `\\n`."""
    text = body.printable(name, most=LONGEST_VALUE) or ""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _parameter(params: Body, name: str) -> tuple[str, ...]:
    if not _NAME.fullmatch(name):
        raise params.wrong(name[:80], "is no name of a parameter")
    alone = not isinstance(params.value(name), list)
    values = [params.printable(name, most=LONGEST_PARAMETER) or ""] if alone else params.texts(name, most=100) or []
    if not values or any(character < " " for each in values for character in each):
        raise params.wrong(name, "must be a string, or a list of strings, without control characters")
    return tuple(values)
