"""What a change of an entry did to the things that its owner sees in it: the event itself, and single instances.

An entry is one text, but a series in it is many things: the master, the instances that were edited by themselves
(overrides), and those that follow the rule. Whoever follows changes hears of each by its own key: "" is the master (or
the event that does not recur), anything else the canonical key of an instance.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from storage.model import Action
from storage.records import ComponentRecord

Parts = Mapping[str, ComponentRecord]


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of one thing; `key` is "" for the master, else names an instance."""

    action: Action
    key: str


def effects(before: Sequence[ComponentRecord], after: Sequence[ComponentRecord]) -> list[Effect]:
    """What became of each thing in an entry, the master first; no records: the entry did not, or does not, exist.

    There is always an effect: where the records tell nothing of what was changed, the master was. A series that is
    deleted, or is one no more, takes its instances along without a word about each.
    """
    old, new = _parts(before), _parts(after)
    if not new:
        return [Effect(Action.DELETE, key) for key in _heads(old)]
    if not old:
        return [Effect(Action.ADD, key) for key in new]
    for same in (_alike, _equal):
        found = [*_written(old, new, same), *_dropped(old, new), *_taken_out(old, new)]
        if found:
            return sorted(found, key=lambda effect: effect.key)
    return [Effect(Action.UPDATE, key) for key in _heads(new)[:1]]


def _parts(records: Sequence[ComponentRecord]) -> Parts:
    """The records by the instance that they describe, the master first."""
    return {each.recurrence_id: each for each in sorted(records, key=lambda each: each.recurrence_id)}


def _heads(parts: Parts) -> list[str]:
    """What stands for all of an entry: its master, or each instance where somebody was invited to some only."""
    return [""] if "" in parts else list(parts)


def _equal(one: ComponentRecord, other: ComponentRecord) -> bool:
    """Whether two records say the same, besides which single instances are taken out of the series."""
    same = one._replace(excluded=other.excluded, recurrence=other.recurrence, series=other.series, zones=other.zones)
    return same == other and _rules(one) == _rules(other)


def _alike(one: ComponentRecord, other: ComponentRecord) -> bool:
    """The same, besides what programs set anew in every component whenever they write one."""
    counted = ("sequence", "created", "last_modified", "stamped")
    return _equal(one._replace(**{name: getattr(other, name) for name in counted}), other)


def _rules(record: ComponentRecord) -> list[str]:
    """The lines that say which instances a series has, but for those that are taken out."""
    return [line for line in record.recurrence if not line.startswith("EXDATE")]


def _written(old: Parts, new: Parts, same: Callable[[ComponentRecord, ComponentRecord], bool]) -> list[Effect]:
    """What is new or says something else. An instance that is edited for the first time has been there before."""
    return [
        Effect(Action.UPDATE if key in old or _follows(old, key) else Action.ADD, key)
        for key, record in new.items()
        if key not in old or not same(old[key], record)
    ]


def _dropped(old: Parts, new: Parts) -> list[Effect]:
    """The overrides that are gone: their instances follow the rule again, or are gone with them."""
    if "" in new and not new[""].recurring:
        return []
    ruled_alike = "" in old and "" in new and _rule(old[""]) == _rule(new[""])
    return [
        Effect(Action.UPDATE if ruled_alike and _follows(new, key) else Action.DELETE, key)
        for key in old
        if key not in new
    ]


def _taken_out(old: Parts, new: Parts) -> list[Effect]:
    """The instances that were taken out of the series, or put back into it, and have no override that tells so."""
    if "" not in old or "" not in new or not new[""].recurring:
        return []
    was, now = set(old[""].excluded), set(new[""].excluded)
    return [
        Effect(Action.DELETE if key in now else Action.ADD, key)
        for key in was ^ now
        if key not in old and key not in new
    ]


def _follows(parts: Parts, key: str) -> bool:
    """Whether a series may have an instance without an override of its own."""
    master = parts.get("")
    return key != "" and master is not None and master.recurring and key not in master.excluded


def _rule(master: ComponentRecord) -> tuple[object, ...]:
    """What decides when the instances of a series are, besides those that are taken out."""
    return master.start_local, master.start_zone, master.all_day, master.rrule, _rules(master)
