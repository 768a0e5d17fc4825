"""Merging vCards (RFC 6350, RFC 2426): line by line, a line with its label, values told apart by PID, value and types.

A card that the upstream keeps in another version is merged in the version that we have. What Apple writes beside a line
(`item1.X-ABLabel`) belongs to that line; where two sides gave the same group name to different lines, theirs gets
another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, dump, line, parse, unfold
from storage.ical.write import replace as replaced
from storage.merge import lines as properties
from storage.merge.choice import Four, Lossy
from storage.merge.component import LATEST, QUIET
from storage.merge.pairs import Marks, paired
from storage.merge.state import Begin, Merge
from storage.vcard import canonical, values
from storage.vcard.convert import convert, version_of
from storage.vcard.read import card_of

LISTS = frozenset({"CATEGORIES"})
MANY = frozenset(
    {"ADR", "EMAIL", "IMPP", "KEY", "LABEL", "LANG", "MEMBER", "RELATED", "TEL", "URL", "X-ABDATE", "X-ABRELATEDNAMES"}
    | {"X-SOCIALPROFILE", "X-SKYPE", "X-JABBER", "X-AIM", "X-ICQ", "X-MSN", "X-YAHOO"}
)
"""Lines of which a card has as many as its owner likes, so that two new ones are two."""


_BOUND = frozenset({"ALTID", "CALSCALE", "LANGUAGE", "MEDIATYPE", "VALUE", "X-APPLE-OMIT-YEAR"})
"""Parameters that say what the value means: they come and go with it."""


class CardTongue:
    """How vCards say things (`storage.vcard.canonical`). `whole_lines`: parameters are no things of their own."""

    def __init__(self, *, whole_lines: bool) -> None:
        self._whole_lines = whole_lines

    def whole(self, line: Line) -> str:
        """See `Tongue`."""
        return canonical.line_form(line)

    def value(self, source: Line) -> str:
        """See `Tongue`."""
        if self._whole_lines:
            return self.whole(source)
        bound = [f";{name}={said}" for name, said in canonical.parameters(source).items() if name in _BOUND]
        return f"{''.join(sorted(bound))}:{canonical.value_form(source)}"

    def params(self, source: Line) -> Mapping[str, str]:
        """See `Tongue`."""
        if self._whole_lines:
            return {}
        return {name: said for name, said in canonical.parameters(source).items() if name not in _BOUND}

    def component(self, component: Component) -> str:
        """See `Tongue`."""
        return canonical.canonical(dump(component))


@dataclass(frozen=True, slots=True)
class _Item:
    """A line with the lines that describe it: the others of its group, if it is the only one there to be described."""

    line: Line
    notes: tuple[Line, ...] = ()

    @property
    def said(self) -> str:
        """What it says with all its notes."""
        return "\n".join([canonical.line_form(self.line), *sorted(map(canonical.line_form, self.notes))])


def cards(texts: Four[str | None], begin: Begin) -> tuple[str, Merge]:
    """The merged card, written into ours, and what clashed; None is a text that never was.

    Raises InvalidData for cards that cannot be merged: broken ones, and those of 2.1 that wrap lines in their own ways.
    """
    tree = parse(texts.ours or "")
    card = card_of(tree)
    version = version_of(card)
    found = Four(*([] if text is None else _items(_card(text, version)) for text in texts))
    tongue = CardTongue(whole_lines=version not in ("3.0", "4.0"))
    merge = begin(Four(tongue, tongue, tongue, tongue))
    names = dict.fromkeys(item.line.name for each in (found.ours, found.theirs) for item in each)
    groups = {item.line.group.lower() for item in found.ours}
    kept: list[_Item] = []
    for name in names:
        kept += _named(merge, name, Four(*([i for i in each if i.line.name == name] for each in found)))
    lines = _in_order(found.ours, kept, groups)
    inner = card.components()
    merged = Component(card.name, [*lines, *inner], card.begin, card.end)
    return dump(replaced(tree, card, merged)), merge


def _card(text: str, version: str) -> Component:
    card = card_of(parse(text))
    if version_of(card) != version:
        if version not in ("3.0", "4.0"):
            raise InvalidData(f"a card of version {version or 'none'} cannot be merged with one of another version")
        card = card_of(parse(convert(text, version)))
    return card


def _items(card: Component) -> list[_Item]:
    lines = [child for child in card.children if isinstance(child, Line)]
    if any(not each.name and each.value.strip() for each in lines) or values.lines_of(card) != lines:
        raise InvalidData("lines of this card are torn, so nobody knows what belongs together")
    groups: dict[str, list[Line]] = {}
    for each in lines:
        if each.group:
            groups.setdefault(each.group.lower(), []).append(each)
    described: dict[int, tuple[Line, ...]] = {}
    notes: set[int] = set()
    for members in groups.values():
        heads = [each for each in members if not each.name.startswith("X-AB") or each.name in MANY]
        if len(heads) == 1 and len({each.name for each in members}) == len(members):
            described[id(heads[0])] = tuple(each for each in members if each is not heads[0])
            notes.update(id(each) for each in described[id(heads[0])])
    return [_Item(each, described.get(id(each), ())) for each in lines if each.name and id(each) not in notes]


def _named(merge: Merge, name: str, items: Four[list[_Item]]) -> Sequence[_Item]:
    """The items of one name."""
    if merge.rewords(name):
        return items.ours
    first = Four(*(each[0] if each else None for each in items))
    single = all(len(each) <= 1 for each in items)
    heads = _heads(first)
    if name in LATEST and single:
        return _alone(properties.latest(heads))
    if name in LISTS:
        lists = Four(*([item.line for item in each] for each in items))
        return [_Item(each) for each in properties.members(merge, lists)]
    if name in QUIET:
        merge = merge.silently()
    rows = [first] if single and name not in MANY else paired(items, _marks, _kind)
    if merge.lossy is Lossy.REWRITES and any(row.base and not row.theirs for row in rows):
        return items.ours  # what is new there may be what is missing, in other words
    return [found for row in rows if (found := _item(merge, row)) is not None]


def _alone(found: Line | None) -> list[_Item]:
    return [] if found is None else [_Item(found)]


def _marks(item: _Item) -> Marks:
    pid = item.line.param("PID").partition(".")[0]
    return pid, item.said, canonical.line_form(item.line), canonical.value_form(item.line)


def _kind(item: _Item) -> str:
    """A line that was rewritten keeps its types and its label, or is the only one there."""
    labels = sorted(canonical.value_form(each) for each in item.notes)
    return f"{item.line.name} {sorted(values.types(item.line))} {labels}"


def _item(merge: Merge, row: Four[_Item | None]) -> _Item | None:
    said = Four(*(None if each is None else each.said for each in row))
    if (side := merge.settled(said, _heads(row))) is not None:
        return row.of(side)
    assert row.ours is not None
    assert row.theirs is not None
    head = properties.one(merge, _heads(row)) or row.ours.line
    notes = [
        note
        for name in dict.fromkeys(each.name for each in (*row.ours.notes, *row.theirs.notes))
        if (note := properties.one(merge, Four(*(_note(each, name) for each in row)))) is not None
    ]
    group = row.ours.line.group or row.theirs.line.group
    return _Item(_grouped(head, group), tuple(_grouped(each, group) for each in notes))


def _heads(row: Four[_Item | None]) -> Four[Line | None]:
    return Four(*(None if each is None else each.line for each in row))


def _note(item: _Item | None, name: str) -> Line | None:
    return next((each for each in item.notes if each.name == name), None) if item is not None else None


def _in_order(ours: Sequence[_Item], kept: Sequence[_Item], groups: set[str]) -> list[Line]:
    """The lines of the merged card: ours where they stood, what is new behind the last of its name, or at the end."""
    place: dict[int, float] = {}
    last: dict[str, float] = {}
    for at, item in enumerate(ours):
        place[id(item)], last[item.line.name] = at, at
    free = iter(f"item{n}" for n in count(1))
    used = set(groups)
    found: list[tuple[float, _Item]] = []
    fresh: dict[str, list[_Item]] = {}
    for item in kept:
        if id(item) in place:
            found.append((place[id(item)], item))
        else:
            fresh.setdefault(item.line.name, []).append(item)
    standing = {id(item) for _at, item in found}
    for name, new in fresh.items():
        gone = [at for at, item in enumerate(ours) if item.line.name == name and id(item) not in standing]
        for item in new:
            behind = gone.pop(0) if gone else last.get(name, len(ours)) + 0.5
            found.append((behind, _renamed(item, used, free) if _is_new(item, ours) else item))
    return [each for _at, item in sorted(found, key=lambda pair: pair[0]) for each in (item.line, *item.notes)]


def _is_new(item: _Item, ours: Sequence[_Item]) -> bool:
    """Whether its group is not the one of a line of ours that it has become."""
    group = item.line.group.lower()
    return bool(group) and all(group != each.line.group.lower() or each.line.name != item.line.name for each in ours)


def _renamed(item: _Item, used: set[str], free: Iterable[str]) -> _Item:
    group = item.line.group
    if group.lower() in used:
        group = next(name for name in free if name not in used)
        item = replace(item, line=_grouped(item.line, group), notes=tuple(_grouped(e, group) for e in item.notes))
    used.add(group.lower())
    return item


def _grouped(source: Line, group: str) -> Line:
    """The line in this group."""
    if source.group == group:
        return source
    eol = "\n" if source.raw.endswith("\n") and not source.raw.endswith("\r\n") else "\r\n"
    named = unfold(source.raw).removeprefix(f"{source.group}.")[: len(source.name)]
    return line(named, source.value, source.params, eol=eol, group=group)
