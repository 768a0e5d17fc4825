"""What is rendered of an entry once, when it is written, so that no reading of it parses its text again.

Times: `start` and `end` are whole seconds since 1970 in UTC; where `floating` is true they are the wall-clock time read
as if it were UTC (RFC 5545 §3.3.5 form 1; all-day values too), and mean an instant only together with a time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from storage.ids import occurrence_id
from storage.model import Entry, Kind


class ComponentRecord(NamedTuple):
    """One master or override, rendered once at write time with what listings and JSON need. A tuple, because pages of
    lists are made of thousands; what its mappings hold may be shared with other records.

    `recurrence_id` is empty for the master, else the canonical key of the overridden instance: `YYYYMMDD` (all-day),
    `YYYYMMDDTHHMMSSZ` (UTC) or `YYYYMMDDTHHMMSS` (floating). `start_local`/`end_local` are the wall-clock values as
    written (`YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS`); `start_zone`/`end_zone` the IANA name, `UTC`, the TZID as given
    when it has no IANA name, or empty for floating. For a VTODO `start` is DTSTART and `end` is DUE (or DTSTART +
    DURATION, which `by_duration` tells); either may be None. `end` is exclusive and always present on an event.

    What few components have: `recurrence` the lines RRULE, RDATE, EXDATE and EXRULE of a master as they are shown
    (UNTIL in UTC where DTSTART has a zone); `series` those that say when it is, unfolded, and `zones` the VTIMEZONEs
    that they need beyond the names that everybody knows (`storage/recurrence/stored.py` expands them);
    `instance_zone` the zone of RECURRENCE-ID; `html` the description as HTML; `attachments` with the keys `id`,
    `name`, `mime`, `uri` ("" for bytes inside the text); `custom`, `default_reminders` and `raw` as
    `storage/ical/custom.py` says, `meeting` as `storage/ical/conference.py`, in mappings; `creator` with `email` and
    `name`; `busy_status` Microsoft's word; `stamped` DTSTAMP where there is no LAST-MODIFIED; `excluded` the keys of
    the instances that the master's EXDATEs take away, sorted.
    """

    name: str
    recurrence_id: str = ""
    this_and_future: bool = False
    summary: str = ""
    description: str = ""
    location: str = ""
    start: int | None = None
    end: int | None = None
    start_local: str = ""
    end_local: str = ""
    start_zone: str = ""
    end_zone: str = ""
    all_day: bool = False
    floating: bool = False
    by_duration: bool = False
    rrule: str = ""
    recurring: bool = False
    status: str = ""
    transparency: str = ""
    classification: str = ""
    priority: int | None = None
    percent: int | None = None
    completed: int | None = None
    sequence: int = 0
    created: int | None = None
    last_modified: int | None = None
    url: str = ""
    color: str = ""
    organizer: Mapping[str, Any] | None = None
    attendees: tuple[Mapping[str, Any], ...] = ()
    categories: tuple[str, ...] = ()
    alarms: tuple[Mapping[str, Any], ...] = ()
    recurrence: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    instance_zone: str = ""
    html: str = ""
    attachments: tuple[Mapping[str, Any], ...] = ()
    custom: tuple[Mapping[str, Any], ...] = ()
    default_reminders: bool | None = None
    meeting: Mapping[str, Any] | None = None
    creator: Mapping[str, Any] | None = None
    busy_status: str = ""
    stamped: int | None = None
    excluded: tuple[str, ...] = ()
    raw: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """One vCard, rendered once at write time. Days are `YYYY-MM-DD`, `--MM-DD`, or as written; lists hold mappings of
    `value` (addresses: the seven fields of RFC 6350 §6.3.1; organizations: `name`, `department`, `title`, `location`),
    `types`, `preferred` and `label`; `text` tells a relation by name from one by address; `members` are URIs.

    `created` and `revised` are what the card itself says of its age, `YYYY-MM-DDTHH:MM:SSZ`, or empty. `raw`: what a
    service has of its own, as `storage/ical/custom.py` says; None for nothing.
    """

    version: str = ""
    kind: str = "individual"  # group, org, location …: in lower case
    full_name: str = ""
    family_name: str = ""
    given_name: str = ""
    additional_names: str = ""
    prefix: str = ""
    suffix: str = ""
    initials: str = ""
    nickname: str = ""
    organisation: str = ""
    department: str = ""
    title: str = ""
    role: str = ""
    note: str = ""
    birthday: str = ""
    anniversary: str = ""
    gender: str = ""
    created: str = ""
    revised: str = ""
    photo: bool = False
    emails: tuple[Mapping[str, Any], ...] = ()
    phones: tuple[Mapping[str, Any], ...] = ()
    addresses: tuple[Mapping[str, Any], ...] = ()
    organizations: tuple[Mapping[str, Any], ...] = ()
    urls: tuple[Mapping[str, Any], ...] = ()
    messengers: tuple[Mapping[str, Any], ...] = ()
    relations: tuple[Mapping[str, Any], ...] = ()
    categories: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    raw: Mapping[str, Any] | None = None


class Occurrence(NamedTuple):
    """One computed instance: `position` says which component of the entry describes it (0-based, in file order).

    `recurrence_id` is the canonical key of the instance within its series; empty for an entry that does not recur.
    A tuple, because lists and expansions are made of thousands.
    """

    start: int
    end: int
    recurrence_id: str
    position: int
    all_day: bool = False
    floating: bool = False


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """One instance together with the component that describes it and the entry it belongs to.

    `occurrence` holds its own times; those of `component` are the master's or the override's.
    """

    entry_n: int
    entry: str
    collection_n: int
    uid: str
    href: str
    kind: Kind
    occurrence: Occurrence
    component: ComponentRecord


class TakenRow(NamedTuple):
    """One instance of an event with what tells whether its time is taken, and nothing else of it.

    Its times are those of an `Occurrence`; `floating` is true of all-day ones too. `attendees`, and `organizer` (None
    for none), are JSON in UTF-8, as they are stored: of most events nobody has to read them, and octets are searched
    faster than letters. `entry` and `position` say of which component it is; 0 as `entry`: of none that is stored.
    A tuple, because a week of a large calendar has thousands.
    """

    start: int
    end: int
    floating: bool
    status: str
    transparency: str
    attendees: bytes
    organizer: bytes | None = None
    entry: int = 0
    position: int = 0


class PlainSeries(NamedTuple):
    """A series whose only component is its master: the columns of it that say when it is, times as in its record.

    `wall`: whether its times are floating, as all-day ones are. `more`: the column of that name, as it is stored.
    """

    start_local: str
    start: int
    end: int
    zone: str
    wall: bool
    rrule: str
    more: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as applications see it: a solo event, a master, an instance or an exception.

    `component` describes it; `occurrence` says when it is, None for what stands for a whole entry (a master). `master`
    is that of its series, None where there is no series or only exceptions of one. `entry` may come without its text.
    """

    entry: Entry
    component: ComponentRecord
    occurrence: Occurrence | None = None
    master: ComponentRecord | None = None

    @property
    def id(self) -> str:
        """The public id: the entry's, or that of an instance of it."""
        return occurrence_id(self.entry.id, self.instance)

    @property
    def instance(self) -> str:
        """Which instance of its series it is (a canonical RECURRENCE-ID); "" for what is none."""
        return self.occurrence.recurrence_id if self.occurrence else ""
