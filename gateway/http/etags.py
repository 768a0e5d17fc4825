"""The entity tags of `If-Match` and `If-None-Match` (RFC 9110 §13.1), as clients write them."""

import re

_ENTITY_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)|\s*([^",\s]+)\s*(?:,|$)')


def tags(value: str | None, *, weak: bool = False) -> frozenset[str] | None:
    """The opaque tags of a list, `*` alone for any; None without the header.

    Tags without quotes, which some clients send, count as strong ones. Weak ones are left out unless `weak`: `If-Match`
    asks for the strong comparison (RFC 9110 §13.1.1).
    """
    if value is None:
        return None
    if value.strip() == "*":
        return frozenset({"*"})
    found = set()
    for is_weak, quoted, bare in _ENTITY_TAG.findall(value):
        if bare:
            found.add(bare)
        elif weak or not is_weak:
            found.add(quoted)
    return frozenset(found - {"*"})
