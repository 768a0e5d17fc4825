"""calendar-query (RFC 4791 §7.8): planned so that the usual filters are answered by the store's index alone."""

from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import TypeVar
from xml.etree.ElementTree import Element

from gateway.dav import render, sieve
from gateway.dav.chosen import Chosen
from gateway.dav.entry_properties import Item
from gateway.dav.filters import CompFilter, read_filter
from gateway.dav.matching import matches
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request
from gateway.dav.timespan import zone_of
from storage.ical.kinds import ENTRIES
from storage.model import Collection, Entry, Kind

Listable = TypeVar("Listable", bound=Item)


def calendar_query(
    context: Context, request: Request, collection: Collection, root: Element, *, only: str | None = None
) -> Answer:
    """Answer a calendar-query with every entry that its filter matches; `only`: the one entry that is looked at.

    An answer that would make too much text out of what is stored ends with 507 for the collection.
    """
    zone = zone_of(root, collection)
    wanted = read_filter(root)
    chosen = Chosen(context, request, collection, root, zone, many=only is None)
    start = context.of(collection)
    kinds = _all_of(wanted) if only is None and not chosen.needs_entries else None
    if kinds is not None:
        listed = [each for each in context.store.listing(collection.id) if each.kind in kinds]
        return render.multistatus(render.members(start, render.rows(chosen.of_listed, chosen.wanted), listed))
    row = render.rows(chosen.of_entry, chosen.wanted)
    if only is not None:
        found = _passing([context.store.entry_at(collection.id, only)], wanted, zone)
    else:
        found = matching_entries(context, collection, wanted, zone, text=chosen.needs_text)
    return render.multistatus(render.within(chosen.budget, start, _lines(start, row, found)))


def _all_of(wanted: CompFilter) -> frozenset[Kind] | None:
    """The kinds of which every entry matches; None where that cannot be said by the kind alone."""
    if wanted.bare:
        return frozenset(Kind)
    inner = wanted.comps[0] if len(wanted.comps) == 1 else None
    kind = ENTRIES.get(inner.name) if inner is not None and inner.bare else None
    alone = not (wanted.absent or wanted.span or wanted.props)
    return frozenset({kind}) if kind is not None and alone else None


def matching_entries(
    context: Context, collection: Collection, wanted: CompFilter, zone: tzinfo, *, text: bool
) -> Iterator[Entry]:
    """The entries that a filter for VCALENDAR matches, by href; without `text` possibly without their texts.

    A filter for one component with a time range and nothing else is what the store's index answers exactly. With more
    tests, or about the past, the index gives the candidates, and each is looked at.
    """
    if wanted.absent:
        return
    needles = sieve.of_calendar(wanted)
    inner = wanted.comps[0] if len(wanted.comps) == 1 and not (wanted.props or wanted.anyof) else None
    kind = ENTRIES.get(inner.name) if inner is not None and not inner.absent else None
    if inner is None or kind is None:
        everything = context.store.iter_entries(collection.id, needles)
        yield from everything if wanted.bare else _passing(everything, wanted, zone)
        return
    if kind is Kind.FREEBUSY:
        listed = context.store.free_busy(collection.id)
        yield from listed if inner.bare else _passing(listed, wanted, zone)
        return
    span = inner.span
    if span is None or inner.anyof:
        everything = context.store.iter_entries(collection.id, needles)
        candidates: Iterable[Entry] = (e for e in everything if e.kind is kind)
        yield from candidates if inner.bare else _passing(candidates, wanted, zone)
        return
    exact = not (inner.props or inner.comps or context.moment)
    found = context.store.iter_in_range(
        collection.n, span.start, span.end, kinds={kind}, zone=zone, text=text or not exact
    )
    yield from found if exact else _passing(found, wanted, zone)


def _passing(candidates: Iterable[Entry], wanted: CompFilter, zone: tzinfo) -> Iterator[Entry]:
    needles = sieve.of_calendar(wanted)
    for entry in candidates:
        if sieve.may_hold(entry.text, needles) and matches(entry.text, wanted, zone):
            yield entry


def _lines(start: str, row: Callable[[str, Listable], str], items: Iterable[Listable]) -> Iterator[str]:
    return (row(start + render.segment(item.href), item) for item in items)
