"""Text in, record out: what the store needs to know of a vCard, or the reason why it cannot be an entry.

Lenient on purpose, like the reader of calendars: a mirror must hold what a provider sends. A card without UID is read,
too (its `uid` is ""); whether it may be written is the business of the doors (RFC 6352 §5.1).
"""

from storage.errors import InvalidData
from storage.ical.lines import Component, parse
from storage.ical.read import Content, refuse_unwritable
from storage.model import Kind
from storage.vcard import values
from storage.vcard.render import render

VERSIONS = ("3.0", "4.0")
"""The versions that a client may write (RFC 6352 §5.1). An upstream may also send 2.1, or none."""


def read(text: str) -> Content:
    """The record of one address object resource: exactly one vCard. Raises InvalidData, TooLarge."""
    refuse_unwritable(text)
    tree = parse(text)
    card = card_of(tree)
    uid = card.first("UID")
    return Content(tree, Kind.CONTACT, values.text(uid) if uid else "", (), render(card))


def card_of(tree: Component) -> Component:
    """The one VCARD of a text (RFC 6352 §5.1). Raises InvalidData."""
    found = tree.components()
    if len(found) != 1 or found[0].name != "VCARD":
        named = ", ".join(sorted({each.name for each in found})) or "no component"
        what = f"{len(found)} components ({named})" if len(found) > 1 else named
        raise InvalidData(f"expected one VCARD, found {what[:80]}", hint="One entry holds one vCard (RFC 6352 §5.1).")
    return found[0]
