"""Who hears of a change to a meeting (RFC 6638 §3): delivery between the local accounts of this mirror, and no mail.

A write to a local calendar that its client wants delivered is looked at before it is stored. Where its owner is the
organizer, the other users' copies follow and each gets a message into the inbox; where the owner is a guest of another
user, the answer goes into that user's copy. All of it happens in the transaction of the write. What comes back is the
text to store, with SCHEDULE-STATUS for those addresses that we are to deliver to: 1.2 delivered, 2.0 answered,
5.1 nowhere to put it, 5.2 an address that only mail would reach.
"""

from dataclasses import dataclass

from storage import clock, ids, mailboxes, record
from storage.db import Connection
from storage.errors import InvalidData, SchedulingRefused
from storage.ical.kinds import ARRANGED, ENTRIES
from storage.ical.lines import Component, Line, dump, line, parse
from storage.ical.read import Content, read
from storage.ical.values import moment
from storage.ical.write import calendar_of, replace
from storage.model import Collection, Entry, Kind, Origin
from storage.recurrence.expand import expand
from storage.recurrence.instances import DAY
from storage.scheduling import itip, people
from storage.tables import components, entries, occurrences

DELIVERED, ANSWERED, NOWHERE, NO_MAIL = "1.2", "2.0", "5.1", "5.2"

MOST_PARTS = 2_000
"""Instances with a component of their own that a meeting may have, and answers that a guest gives at once."""

MOST_LOOKED_AT = 20_000
"""Instances of a series that are looked at to see whether there is the one that somebody answers."""

LARGEST = 10 * 1024 * 1024
"""Characters beyond which no answer makes an organizer's text grow."""

_KINDS = {ENTRIES[name]: name for name in ARRANGED}


@dataclass(frozen=True, slots=True)
class _Meeting:
    """What is being written: whose, under which UID, and which addresses are the writer's own."""

    conn: Connection
    user: str
    uid: str
    kind: Kind
    me: tuple[str, ...]

    def seen_by(self, user: str) -> "_Meeting":
        """The same meeting, as another user has it."""
        return _Meeting(self.conn, user, self.uid, self.kind, tuple(people.local_addresses(self.conn, user)))

    def standing(self) -> tuple[Collection, Entry] | None:
        """Where the user has it."""
        for collection in people.local_calendars(self.conn, self.user):
            entry = entries.by_uid(self.conn, collection.n, self.uid)
            if entry is not None:
                return collection, entry
        return None


def written(conn: Connection, collection: Collection, existing: Entry | None, text: str, content: Content) -> str:
    """Deliver what a write of `text` means to others; the text to store. Raises `SchedulingRefused`."""
    met = existing is not None and "ORGANIZER" in existing.text.upper()
    before = calendar_of(parse(existing.text)) if existing is not None and met else None
    meets = before is not None or any(each.organizer for each in content.components)
    if not meets or not people.is_local(conn, collection):
        return text
    _check_size(content)
    meeting = _meeting(conn, collection, content.uid, content.kind)
    calendar = calendar_of(content.tree)
    who, was = _organizer(calendar), _organizer(before) if before is not None else ""
    _check_organizer(meeting, who, was)
    mine = who in meeting.me or was in meeting.me
    if before is None and not mine and not set(itip.attendees(calendar)) & set(meeting.me):
        return text
    if existing is None:
        _check_unique(meeting)
    if mine:
        after = _organize(meeting, before, calendar)
    elif not who and before is not None:
        _leave(meeting, before)
        return text
    else:
        after = _attend(meeting, before, calendar, who)
    return text if after is calendar else dump(replace(content.tree, calendar, after))


def check_copy(conn: Connection, target: Collection, content: Content) -> None:
    """Raises `SchedulingRefused` where the target's owner would have a meeting twice (RFC 6638 §3.2.4.1)."""
    if people.is_local(conn, target) and any(each.organizer for each in content.components):
        meeting = _meeting(conn, target, content.uid, content.kind)
        calendar = calendar_of(content.tree)
        if {_organizer(calendar), *itip.attendees(calendar)} & set(meeting.me):
            _check_unique(meeting)


def deleted(conn: Connection, collection: Collection, entry: Entry) -> None:
    """Call a meeting off, or decline it, because its owner deletes it."""
    if entry.kind not in _KINDS or not people.is_local(conn, collection):
        return
    calendar = calendar_of(parse(entry.text))
    try:
        who = itip.organizer(calendar)
    except InvalidData:
        return
    meeting = _meeting(conn, collection, entry.uid, entry.kind)
    if who in meeting.me:
        nothing = Component(calendar.name, [], calendar.begin, calendar.end)
        _organize(meeting, calendar, nothing)
    elif who:
        _leave(meeting, calendar)


def emptied(conn: Connection, collection: Collection) -> None:
    """Call off, or decline, what is still to come of the meetings in a calendar that its owner deletes as a whole.

    As Cyrus does: RFC 6638 §3.2.1.3 makes each of them a meeting that is removed. What is over stays as it was in the
    calendars of the others; nobody cleans up to unsay the past.
    """
    if not people.is_local(conn, collection):
        return
    yesterday = clock.timestamp() - DAY  # of what floats it is not known when exactly it is over
    for n in components.meetings(conn, collection.n):
        last, entry = occurrences.last_end(conn, n), entries.by_n(conn, n)
        if entry is not None and (last is None or last > yesterday):
            deleted(conn, collection, entry)


def _meeting(conn: Connection, collection: Collection, uid: str, kind: Kind) -> _Meeting:
    return _Meeting(conn, collection.user, uid, kind, tuple(people.local_addresses(conn, collection.user)))


def _organizer(calendar: Component) -> str:
    try:
        return itip.organizer(calendar)
    except InvalidData as error:
        raise SchedulingRefused(error.message, condition="same-organizer-in-all-components") from error


def _check_organizer(meeting: _Meeting, who: str, was: str) -> None:
    if not was or not who or who == was or {who, was} <= set(meeting.me):
        return
    side = "organizer" if was in meeting.me else "attendee"
    raise SchedulingRefused(
        f"the organizer of a meeting cannot change from {was} to {who}",
        condition=f"allowed-{side}-scheduling-object-change",
        hint="delete the meeting, and let the new organizer make one",
    )


def _check_unique(meeting: _Meeting) -> None:
    standing = meeting.standing()
    if standing is not None:
        raise SchedulingRefused(
            f"{standing[1].href} in {standing[0].name!r} is this meeting already",
            condition="unique-scheduling-object-resource",
            hint="move it, or write it there",
        )


def _check_size(content: Content) -> None:
    if len(content.components) > MOST_PARTS:
        raise SchedulingRefused(
            f"a meeting that is delivered has at most {MOST_PARTS} instances of their own",
            condition="max-instances",
            hint="split the series",
        )


def _organize(meeting: _Meeting, before: Component | None, after: Component) -> Component:
    """Bring the organizer's change to every guest; the organizer's text with what became of it."""
    known = itip.attendees(before) if before is not None else {}
    wanted = itip.attendees(after) if _organizer(after) else {}
    here = people.local_users(meeting.conn)
    changed = _Changed(before, after)
    codes: dict[str, str] = {}
    for address in {**known, **wanted}:
        # Whom somebody else tells is not ours, and was not invited by us (RFC 6638 §7.1).
        was, now = _told_by_us(known.get(address)), _told_by_us(wanted.get(address))
        user = here.get(address)
        if address in meeting.me or not (was or now):
            continue
        if user is None:
            codes.update({address: NO_MAIL} if now else {})
            continue
        guest = meeting.seen_by(user)
        old = itip.invitation(before, address) if before is not None and was else None
        new = itip.invitation(after, address) if now else None
        if new is not None:
            loud = old is None or itip.forced(wanted[address]) or changed.for_guest(address)
            after = _with_answers(after, _invite(guest, old, new, address, loud=loud), address)
        elif old is not None:
            _call_off(guest, old)
    return itip.marked(after, "ATTENDEE", codes)


def _told_by_us(lines: list[Line] | None) -> bool:
    return lines is not None and itip.agent(lines) == "SERVER"


class _Changed:
    """Whether a guest hears of the organizer's change. Guests of the same instances do, or do not, alike."""

    def __init__(self, before: Component | None, after: Component) -> None:
        self.before = before
        self.after = after
        self._known: dict[tuple[frozenset[str], frozenset[str]], bool] = {}

    def for_guest(self, address: str) -> bool:
        """Whether what this guest is invited to differs, but for who answers what."""
        if self.before is None:
            return True
        key = itip.attendance(self.before, address), itip.attendance(self.after, address)
        if key not in self._known:
            old, new = itip.invitation(self.before, address), itip.invitation(self.after, address)
            self._known[key] = not itip.same_meeting(old, new, participation=False)
        return self._known[key]


def _with_answers(after: Component, copy: Component | None, address: str) -> Component:
    """The organizer's text with what a guest's own copy says: nobody else answers for them."""
    if copy is None:
        return itip.marked(after, "ATTENDEE", {address: NOWHERE})
    said = itip.answers(copy, address)
    code = ANSWERED if any(word != itip.OPEN for word in said.values()) else DELIVERED
    return itip.answered(after, said, address, delivered=code)


def _invite(guest: _Meeting, old: Component | None, new: Component, address: str, *, loud: bool) -> Component | None:
    """Bring an invitation to a guest's calendar; the guest's copy, None where it could not be put anywhere."""
    standing = guest.standing()
    if standing is None:
        if old is not None and not loud:
            return new  # the guest has deleted it, and nothing is new
        kinds = _KINDS[guest.kind]
        calendars = people.local_calendars(guest.conn, guest.user)
        fit = [each for each in calendars if people.takes_invitations(each, kinds)]
        if not fit:
            return None
        invited = next((each for each in fit if each.email and people.normal(each.email) == address), fit[0])
        _store(guest, invited, None, new)
        copy = new
    else:
        collection, entry = standing
        tree = parse(entry.text)
        mine = calendar_of(tree)
        if not _same_organizer(mine, new):
            return None
        copy = itip.invited(mine, new, address)
        _store(guest, collection, entry, copy)
    if loud:
        _tell(guest, new, "REQUEST")
    return copy


def _call_off(guest: _Meeting, old: Component) -> None:
    standing = guest.standing()
    if standing is not None:
        collection, entry = standing
        mine = calendar_of(parse(entry.text))
        if not _same_organizer(mine, old):
            return
        _store(guest, collection, entry, itip.cancelled(mine))
    _tell(guest, itip.cancelled(old), "CANCEL")


def _attend(meeting: _Meeting, before: Component | None, after: Component, who: str) -> Component:
    """Send a guest's answers to the organizer; the guest's text with what became of them."""
    if not who:
        return after
    me = next((address for address in meeting.me if address in itip.attendees(after)), "")
    if before is not None and _hosted(meeting, who) is not None:
        changed = itip.forbidden(before, after)
        if changed:
            raise SchedulingRefused(
                f"{changed} is the organizer's to change; guests answer, and set alarms",
                condition="allowed-attendee-scheduling-object-change",
            )
    said = itip.news(before, after, me) if me else {}
    if len(said) > MOST_PARTS:
        raise SchedulingRefused(
            f"more than {MOST_PARTS} instances are answered at once",
            condition="allowed-attendee-scheduling-object-change",
            hint="answer the series",
        )
    if not _reply_wanted(after) or not (said or itip.forced(_organizer_lines(after))):
        return after
    code = _reply(meeting, after, said or itip.answers(after, me), me, who)
    return itip.marked(after, "ORGANIZER", {who: code})


def _leave(meeting: _Meeting, calendar: Component) -> None:
    """Decline a meeting that a guest does not have any more, unless it is off, or declined already."""
    who = _organizer(calendar)
    me = next((address for address in meeting.me if address in itip.attendees(calendar)), "")
    if me and not itip.is_off(calendar) and _reply_wanted(calendar):
        said = {key: "DECLINED" for key, word in itip.answers(calendar, me).items() if word != "DECLINED"}
        _reply(meeting, calendar, said, me, who)


def _reply(meeting: _Meeting, calendar: Component, said: itip.Answers, me: str, who: str) -> str:
    """Bring answers to the organizer's copy, and from there to the other guests; the SCHEDULE-STATUS."""
    here, hosted = people.local_users(meeting.conn), _hosted(meeting, who)
    if hosted is None:
        return NOWHERE if who in here else NO_MAIL
    host, collection, entry = hosted
    theirs = calendar_of(parse(entry.text))
    if _organizer(theirs) != who or me not in itip.attendees(theirs):
        return NOWHERE
    said = _of_instances(entry, theirs, said)
    after = itip.answered(theirs, said, me)
    if not said or len(dump(after)) > max(LARGEST, entry.size):
        return NOWHERE
    _store(host, collection, entry, after)
    _tell(host, itip.reply(calendar, said, me), "REPLY")
    for address, lines in itip.attendees(after).items():
        other = here.get(address) if address != me and itip.agent(lines) == "SERVER" else None
        if other is not None and address not in host.me:
            old, new = itip.invitation(theirs, address), itip.invitation(after, address)
            if new is not None:
                _invite(meeting.seen_by(other), old, new, address, loud=False)
    return DELIVERED


def _hosted(meeting: _Meeting, who: str) -> tuple[_Meeting, Collection, Entry] | None:
    """Where the organizer has the meeting, if that is here; also one who calls it together as a mirrored account."""
    user = people.local_users(meeting.conn).get(who) or people.user_of(meeting.conn, who)
    host = meeting.seen_by(user) if user is not None else None
    standing = host.standing() if host is not None else None
    return (host, *standing) if host is not None and standing is not None else None


def _of_instances(entry: Entry, calendar: Component, said: itip.Answers) -> itip.Answers:
    """The answers that are about instances which the meeting has: a guest adds none to it."""
    known = itip.parts(calendar)
    asked = [key for key in said if key not in known]
    if not asked:
        return said
    found: set[str] = set()
    if itip.MASTER in known:
        moments = [epoch for key in asked if (epoch := _moment(key)) is not None]
        span = (min(moments) - DAY, max(moments) + DAY) if moments else (0, 0)
        found = {each.recurrence_id for each in expand(read(entry.text), *span, limit=MOST_LOOKED_AT).occurrences}
    return {key: word for key, word in said.items() if key in known or key in found}


def _moment(key: str) -> int | None:
    try:
        return moment(line("DTSTART", key, {} if "T" in key else {"VALUE": ["DATE"]}), None).epoch
    except InvalidData:
        return None


def _reply_wanted(calendar: Component) -> bool:
    return itip.agent(_organizer_lines(calendar)) == "SERVER"


def _organizer_lines(calendar: Component) -> list[Line]:
    return [each for part in itip.parts(calendar).values() for each in part.lines("ORGANIZER")]


def _same_organizer(one: Component, other: Component) -> bool:
    try:
        return itip.organizer(one) == itip.organizer(other)
    except InvalidData:
        return False


def _store(owner: _Meeting, collection: Collection, entry: Entry | None, calendar: Component) -> None:
    """Write somebody's copy; one that says what it said before is not touched."""
    text = dump(calendar)
    if entry is not None and entry.text == text:
        return
    content = read(text)
    record.put(
        owner.conn,
        collection,
        f"{ids.new_id()}.ics",
        text,
        content,
        existing=entry,
        origin=Origin.SCHEDULING,
        actor="",
        at=clock.iso(),
    )


def _tell(owner: _Meeting, calendar: Component, method: str) -> None:
    text = itip.message(calendar, method)
    mailboxes.deliver(owner.conn, owner.user, text, owner.uid, owner.kind, at=clock.iso())
