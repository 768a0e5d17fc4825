"""Text in, records out: what the store needs to know of an entry, or the reason why it cannot be one.

Lenient on purpose: a mirror must hold what a provider sends. Only what would make the entry useless is refused.
"""

from dataclasses import dataclass, replace

from storage.errors import InvalidData, NotOneEntry, UnsupportedKind
from storage.ical import quirks
from storage.ical.kinds import ENTRIES
from storage.ical.lines import MAX_COMPONENTS, MAX_DEPTH, Component, parse, unescape
from storage.ical.render import render
from storage.ical.span import value_of, zones_only
from storage.ical.values import Moment
from storage.model import Kind
from storage.records import ComponentRecord, ContactRecord

__all__ = ["MAX_COMPONENTS", "MAX_DEPTH", "Content", "decode", "read", "read_tree", "refuse_unwritable"]

_MAX_TEARS = 4


@dataclass(frozen=True, slots=True)
class Content:
    """An entry that was read: its tree, kind and UID, and one record for each component of the kind, in file order.

    A vCard (`storage.vcard.read`) has a `contact` in place of components; its `uid` may be "".
    """

    tree: Component
    kind: Kind
    uid: str
    components: tuple[ComponentRecord, ...]
    contact: ContactRecord | None = None

    @property
    def plain(self) -> bool:
        """Whether it has one component, which neither recurs nor is an override: its records tell its only instance."""
        first = self.components[0] if len(self.components) == 1 else None
        return first is not None and not first.recurring and not first.recurrence_id

    def light(self) -> "Content":
        """The same for a reader who keeps many: without the tree, which is most of it, where nobody expands it."""
        return replace(self, tree=Component("", [])) if self.plain or self.contact else self


def decode(data: bytes) -> str:
    """The text of stored or received bytes: UTF-8, a byte order mark kept as U+FEFF.

    Characters torn by a fold are made whole (`quirks.split_characters`), which is the only change ever made. Raises
    InvalidData for bytes that are not UTF-8 and for NUL.
    """
    for _ in range(_MAX_TEARS):
        try:
            text = data.decode("utf-8")
            break
        except UnicodeDecodeError as error:
            whole = quirks.split_characters(data)
            if whole == data:
                number = data.count(b"\n", 0, error.start) + 1
                raise InvalidData(
                    f"line {number}: not UTF-8", hint="iCalendar and vCard texts are UTF-8 (RFC 5545 §3.1.4)."
                ) from error
            data = whole
    else:
        raise InvalidData("characters torn by folding more often than UTF-8 has bytes")
    refuse_unwritable(text)
    return text


def read(text: str) -> Content:
    """The records of one calendar object resource (RFC 4791 §4.1).

    Required: one VCALENDAR with at least one VEVENT, VTODO, VJOURNAL or VFREEBUSY, all of one kind and one UID; a
    DTSTART in every event unless the text has a METHOD (RFC 5545 §3.6.1). An override without UID has the UID of the
    others, as some servers leave it out. Raises InvalidData, NotOneEntry for several kinds or UIDs, TooLarge (nesting,
    number of components; the caller limits the size) and UnsupportedKind for a text that holds only VAVAILABILITY or
    other components.
    """
    refuse_unwritable(text)
    return read_tree(parse(text))


def read_tree(tree: Component) -> Content:
    """As `read`, of a stored text that is parsed already."""
    calendar = _calendar(tree)
    entries = [each for each in calendar.components() if each.name in ENTRIES]
    if not entries:
        raise _nothing(calendar)
    kinds = {each.name for each in entries}
    if len(kinds) > 1:
        raise NotOneEntry(
            f"one entry holds {' and '.join(sorted(kinds))}", hint="Put each into an entry of its own (RFC 4791 §4.1)."
        )
    uid = _uid(entries)
    zones = zones_only(calendar)
    start = _series_start(entries, zones)
    records = tuple(render(each, zones, start) for each in entries)
    if calendar.first("METHOD") is None:
        _require_starts(records)
    return Content(tree, ENTRIES[entries[0].name], uid, records)


def _calendar(tree: Component) -> Component:
    found = tree.components()
    if len(found) != 1 or found[0].name != "VCALENDAR":
        names = ", ".join(sorted({each.name for each in found})) or "no component"
        what = f"{len(found)} components ({names})" if len(found) > 1 else names
        raise InvalidData(f"expected one VCALENDAR, found {what[:80]}", hint="Is this an iCalendar text at all?")
    return found[0]


def _nothing(calendar: Component) -> InvalidData:
    others = sorted({each.name for each in calendar.components()} - {"VTIMEZONE"})
    if others:
        return UnsupportedKind(f"a calendar holds VEVENT, VTODO, VJOURNAL and VFREEBUSY, not {', '.join(others)[:80]}")
    return InvalidData(
        "the VCALENDAR holds no VEVENT, VTODO, VJOURNAL or VFREEBUSY", hint="A calendar without entries is no entry."
    )


def _uid(entries: list[Component]) -> str:
    found: dict[str, None] = {}
    for each in entries:
        line = each.first("UID")
        value = unescape(line.value) if line else ""
        if value.strip():
            found[value] = None
        elif each.first("RECURRENCE-ID") is None:
            raise InvalidData(f"a {each.name} without UID", hint="RFC 5545 §3.8.4.7 requires one.")
    if len(found) != 1:
        listed = ", ".join(repr(each[:40]) for each in list(found)[:3]) or "none"
        raise NotOneEntry(f"one entry has one UID, this has {len(found)}: {listed}", hint="Split it (RFC 4791 §4.1).")
    return next(iter(found))


def _series_start(entries: list[Component], zones: Component) -> Moment | None:
    """The DTSTART of the master, where there are overrides that need it."""
    for each in entries if len(entries) > 1 else ():
        if each.first("RECURRENCE-ID") is None:
            return value_of(each.first("DTSTART"), zones)
    return None


def _require_starts(records: tuple[ComponentRecord, ...]) -> None:
    for number, each in enumerate(records, 1):
        if each.name == "VEVENT" and each.start is None:
            raise InvalidData(f"VEVENT {number} has no DTSTART that is a date", hint="RFC 5545 §3.6.1 requires one.")


def refuse_unwritable(text: str) -> None:
    """Raises InvalidData for characters that no stored text may have: NUL, halves of surrogate pairs."""
    if "\x00" in text:
        raise InvalidData(f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}: a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidData(f"character {error.start}: half of a surrogate pair, which is no text") from error
