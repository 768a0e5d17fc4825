"""addressbook-query (RFC 6352 §8.6): cards whose properties pass a filter (§10.5), as many as a limit allows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from itertools import islice
from typing import TypeVar
from xml.etree.ElementTree import Element

from gateway.dav import render, sieve
from gateway.dav.chosen import Chosen
from gateway.dav.entry_properties import Item
from gateway.dav.filters import MAX_FILTERS, PropFilter
from gateway.dav.names import carddav
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request
from gateway.dav.sync import TOO_MANY, limit
from gateway.dav.text_match import (
    combined,
    has_param,
    holds,
    inner,
    invalid,
    is_absent,
    name_of,
    only,
    read_param,
    read_text,
)
from storage.errors import InvalidData
from storage.ical.lines import Line, parse, unescape
from storage.model import Collection
from storage.vcard import values
from storage.vcard.read import card_of

Listable = TypeVar("Listable", bound=Item)


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What a card has to pass: any of these (the default), or all of them; without any, nothing is asked."""

    props: tuple[PropFilter, ...] = ()
    anyof: bool = True


def addressbook_query(
    context: Context, request: Request, collection: Collection, root: Element, *, only: str | None = None
) -> Answer:
    """Answer an addressbook-query; `only`: the one card that is looked at.

    Beyond its limit the answer stops, and says so with 507 for the collection (§8.6.2).
    """
    wanted = read_filter(root)
    most = limit(root, carddav)
    chosen = Chosen(context, request, collection, root, UTC)
    start = context.of(collection)
    if not wanted.props and not chosen.needs_entries and only is None:
        listed = iter(context.store.listing(collection.id))
        return render.multistatus(_cut(start, render.rows(chosen.of_listed, chosen.wanted), listed, most))
    store = context.store
    needles = sieve.of_cards(wanted.props, anyof=wanted.anyof)
    cards = store.iter_entries(collection.id, needles) if only is None else iter([store.entry_at(collection.id, only)])
    found = (card for card in cards if sieve.may_hold(card.text, needles) and matches(card.text, wanted))
    return render.multistatus(_cut(start, render.rows(chosen.of_entry, chosen.wanted), found, most))


def read_filter(root: Element) -> CardFilter:
    """The filter of a query; without one everything matches. Raises `Refusal` (403) with its precondition."""
    found = root.findall(carddav("filter"))
    if not found:
        return CardFilter()
    if len(found) > 1 or sum(1 for _ in found[0].iter()) > MAX_FILTERS:
        raise invalid(found[0], f"a query has one filter, of at most {MAX_FILTERS} elements")
    only(found[0], {"prop-filter"})
    return CardFilter(tuple(_prop(each) for each in found[0]), _anyof(found[0]))


def matches(text: str, wanted: CardFilter) -> bool:
    """Whether a card passes a filter; one that cannot be read any more passes only the filter that asks nothing."""
    if not wanted.props:
        return True
    try:
        lines = values.lines_of(card_of(parse(text)))
    except InvalidData:
        return False
    return combined((partial(_has_prop, lines, each) for each in wanted.props), anyof=wanted.anyof)


def _cut(start: str, row: Callable[[str, Listable], str], found: Iterator[Listable], most: int | None) -> Iterator[str]:
    for item in islice(found, most):
        yield row(start + render.segment(item.href), item)
    if most is not None and next(found, None) is not None:
        yield render.status(start, 507, TOO_MANY)


def _prop(element: Element) -> PropFilter:
    only(element, {"is-not-defined", "text-match", "param-filter"})
    return PropFilter(
        name_of(element),
        is_absent(element),
        texts=tuple(read_text(each) for each in inner(element, "text-match")),
        params=tuple(read_param(each) for each in inner(element, "param-filter")),
        anyof=_anyof(element),
    )


def _anyof(element: Element) -> bool:
    test = element.get("test", "anyof")
    if test not in ("anyof", "allof"):
        raise invalid(element, f"a test is anyof or allof, not {test[:40]!r}")
    return test == "anyof"


def _has_prop(lines: Sequence[Line], wanted: PropFilter) -> bool:
    group, _, name = wanted.name.rpartition(".")
    found = (line for line in lines if line.name == name and (not group or line.group.upper() == group))
    if wanted.absent:
        return next(found, None) is None
    return any(_passes(line, wanted) for line in found)


def _passes(line: Line, wanted: PropFilter) -> bool:
    texts = (partial(holds, unescape(values.raw_value(line)), each) for each in wanted.texts)
    params = (partial(has_param, _param_values(line, each.name), each) for each in wanted.params)
    return combined((*texts, *params), anyof=wanted.anyof)


def _param_values(line: Line, name: str) -> Sequence[str]:
    """The values of a parameter; the types of a 2.1 card, and quoted lists of them, one by one."""
    return values.all_types(line) if name == "TYPE" else line.params.get(name, ())
