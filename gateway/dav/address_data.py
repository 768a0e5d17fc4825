"""What is wanted of a card's text: its version, and all of it or chosen properties (RFC 6352 §5.1.1, §8.4 and §10.4).

A card is given as it is stored unless the request names a version: what a client wrote comes back byte for byte, and
whoever understands one version only (RFC 6352 §5.1 demands 3.0) says so, by `version` or in `Accept`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.dav import names
from gateway.dav.errors import Refusal
from gateway.dav.names import carddav
from gateway.dav.render import Renderer
from storage.errors import InvalidData
from storage.ical.lines import Component, dump, fold, parse, unfold
from storage.model import Entry
from storage.vcard.convert import convert
from storage.vcard.read import VERSIONS

ADDRESS_DATA = carddav("address-data")
CARD_TYPES = ("text/vcard", "text/x-vcard", "text/directory")

_NAME = re.compile(r"(?:([^.;:]*)\.)?([^.;:]*)")
_ALWAYS = frozenset({"VERSION"})
_MEDIA_RANGE = re.compile(r"\s*([^;,\s]+)\s*((?:;[^,]*)?)")
_VERSION = re.compile(r"version\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
_WEIGHT = re.compile(r"q\s*=\s*([0-9.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CardWanted:
    """`version` None is whatever is stored; `props`: upper-case name to whether its value is wanted, None is all."""

    version: str | None = None
    props: Mapping[str, bool] | None = None


def read_wanted(element: Element) -> CardWanted:
    """What an `address-data` element asks for. Raises `Refusal` (403) for what no card here can be."""
    kind, version = element.get("content-type"), element.get("version")
    wrong_kind = kind is not None and kind.partition(";")[0].strip().lower() not in CARD_TYPES
    if wrong_kind or (version is not None and version.strip() not in VERSIONS):
        raise Refusal(
            403,
            f"cards are text/vcard {' or '.join(VERSIONS)}, not {kind or 'text/vcard'} {version or ''}".strip()[:120],
            precondition="<CR:supported-address-data/>",
        )
    props = {
        each.get("name", "").strip().upper(): each.get("novalue") != "yes" for each in element.findall(carddav("prop"))
    }
    chosen = bool(props) and element.find(carddav("allprop")) is None
    return CardWanted(version.strip() if version else None, props if chosen else None)


def renderer(wanted: CardWanted) -> Renderer[Entry]:
    """What renders the content of `address-data` for each entry."""
    return lambda entry: names.text(shaped(entry.text, wanted))


def shaped(text: str, wanted: CardWanted) -> str:
    """The text as wanted. A stored text that cannot be read any more is given whole: it must not fail the report."""
    if wanted == CardWanted():
        return text
    try:
        whole = convert(text, wanted.version) if wanted.version else text
        return whole if wanted.props is None else _chosen(parse(whole), wanted.props)
    except InvalidData:
        return text


def accepted(header: str) -> str | None:
    """The version of cards that an `Accept` header prefers, None where it does not care (RFC 9110 §12.5.1).

    Raises `Refusal` (406 supported-address-data-conversion) where it takes no card that could be given.
    """
    ranges = [_range(*found) for found in _MEDIA_RANGE.findall(header)]
    takes = [(kind, version, weight) for kind, version, weight in ranges if weight > 0]
    best: tuple[float, str | None] = (0.0, None)
    for kind, version, weight in takes:
        fits = kind in CARD_TYPES and (version is None or version in VERSIONS)
        if (fits or kind in ("*/*", "text/*")) and weight > best[0]:
            best = (weight, version if fits else None)
    if ranges and not best[0]:
        raise Refusal(
            406,
            f"a card cannot be given as {header[:80]}",
            precondition="<CR:supported-address-data-conversion/>",
            hint=f"accept text/vcard, version {' or '.join(VERSIONS)}",
        )
    return best[1]


def _range(kind: str, parameters: str) -> tuple[str, str | None, float]:
    version, weight = _VERSION.search(parameters), _WEIGHT.search(parameters)
    try:
        quality = float(weight[1]) if weight else 1.0
    except ValueError:
        quality = 1.0
    return kind.lower(), version[1] if version else None, quality


def _chosen(tree: Component, props: Mapping[str, bool]) -> str:
    """The card with the chosen properties; VERSION always, without which it would be no card (RFC 6352 §10.4.2)."""
    pieces = []
    for card in tree.components("VCARD"):
        kept = [_kept(child.raw, props) for child in card.children if not isinstance(child, Component)]
        pieces += [card.begin, *kept, card.end or "END:VCARD\r\n"]
    return "".join(pieces) or dump(tree)


def _kept(raw: str, props: Mapping[str, bool]) -> str:
    """A line if it is wanted: as it is, without its value, or not at all. A name without group means any group."""
    text = unfold(raw)
    found = _NAME.match(text)
    if found is None or not found[2]:
        return ""
    name = found[2].upper()
    value = props.get(name, props.get(f"{found[1].upper()}.{name}") if found[1] else None)
    if name in _ALWAYS or value:
        return raw
    return "" if value is None else fold(f"{text[: found.end()]}:") + "\r\n"
