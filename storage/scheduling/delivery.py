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
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.read import Content, read
from storage.ical.write import calendar_of, replace
from storage.model import Collection, Entry, Kind, Origin
from storage.scheduling import itip, people
from storage.tables import entries

DELIVERED, ANSWERED, NOWHERE, NO_MAIL = "1.2", "2.0", "5.1", "5.2"


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
        return _Meeting(self.conn, user, self.uid, self.kind, tuple(people.addresses(self.conn, user)))

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
    meeting = _meeting(conn, collection, content.uid, content.kind)
    calendar = calendar_of(content.tree)
    who, was = _organizer(calendar), _organizer(before) if before is not None else ""
    _check_organizer(meeting, who, was)
    if who in meeting.me or was in meeting.me:
        if existing is None:
            _check_unique(meeting)
        after = _organize(meeting, before, calendar)
    elif before is None and not set(itip.attendees(calendar)) & set(meeting.me):
        return text
    else:
        after = _attend(meeting, before, calendar, who)
    return text if after is calendar else dump(replace(content.tree, calendar, after))


def deleted(conn: Connection, collection: Collection, entry: Entry) -> None:
    """Call a meeting off, or decline it, because its owner deletes it."""
    if entry.kind not in (Kind.EVENT, Kind.TODO) or not people.is_local(conn, collection):
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
        return
    me = next((address for address in meeting.me if address in itip.attendees(calendar)), "")
    off = all((line := part.first("STATUS")) and line.value == "CANCELLED" for part in itip.parts(calendar).values())
    if who and me and not off and _reply_wanted(calendar):
        said = {key: "DECLINED" for key, word in itip.answers(calendar, me).items() if word != "DECLINED"}
        _reply(meeting, calendar, said, me, who)


def _meeting(conn: Connection, collection: Collection, uid: str, kind: Kind) -> _Meeting:
    return _Meeting(conn, collection.user, uid, kind, tuple(people.addresses(conn, collection.user)))


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


def _organize(meeting: _Meeting, before: Component | None, after: Component) -> Component:
    """Bring the organizer's change to every guest; the organizer's text with what became of it."""
    known = itip.attendees(before) if before is not None else {}
    wanted = itip.attendees(after) if _organizer(after) else {}
    for address in {**known, **wanted}:
        lines = wanted.get(address) or known[address]
        if address in meeting.me or itip.agent(lines) != "SERVER":
            continue
        user = people.local_user(meeting.conn, address)
        old = itip.invitation(before, address) if before is not None else None
        new = itip.invitation(after, address) if address in wanted else None
        if user is None:
            after = itip.marked(after, "ATTENDEE", address, NO_MAIL)
        elif new is not None:
            loud = itip.forced(lines) or not itip.same_meeting(old, new, participation=False)
            copy = _invite(meeting.seen_by(user), old, new, address, loud=loud)
            after = _with_answers(after, copy, address)
        elif old is not None:
            _call_off(meeting.seen_by(user), old)
    return after


def _with_answers(after: Component, copy: Component | None, address: str) -> Component:
    """The organizer's text with what a guest's own copy says: nobody else answers for them."""
    if copy is None:
        return itip.marked(after, "ATTENDEE", address, NOWHERE)
    said = itip.answers(copy, address)
    code = ANSWERED if any(word != itip.OPEN for word in said.values()) else DELIVERED
    return itip.answered(after, said, address, delivered=code)


def _invite(guest: _Meeting, old: Component | None, new: Component, address: str, *, loud: bool) -> Component | None:
    """Bring an invitation to a guest's calendar; the guest's copy, None where it could not be put anywhere."""
    standing = guest.standing()
    if standing is None:
        if old is not None and not loud:
            return new  # the guest has deleted it, and nothing is new
        calendars = [each for each in people.local_calendars(guest.conn, guest.user) if people.takes_invitations(each)]
        if not calendars or guest.kind is not Kind.EVENT:
            return None
        _store(guest, calendars[0], None, new)
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
    host = people.local_user(meeting.conn, who)
    if before is not None and host is not None and meeting.seen_by(host).standing() is not None:
        changed = itip.forbidden(before, after)
        if changed:
            raise SchedulingRefused(
                f"{changed} is the organizer's to change; guests answer, and set alarms",
                condition="allowed-attendee-scheduling-object-change",
            )
    said = itip.news(before, after, me) if me else {}
    if not _reply_wanted(after) or not (said or itip.forced(_organizer_lines(after))):
        return after
    code = _reply(meeting, after, said or itip.answers(after, me), me, who)
    return itip.marked(after, "ORGANIZER", who, code)


def _reply(meeting: _Meeting, calendar: Component, said: itip.Answers, me: str, who: str) -> str:
    """Bring answers to the organizer's copy, and from there to the other guests; the SCHEDULE-STATUS."""
    user = people.local_user(meeting.conn, who)
    if user is None:
        return NO_MAIL
    host = meeting.seen_by(user)
    standing = host.standing()
    if standing is None:
        return NOWHERE
    collection, entry = standing
    theirs = calendar_of(parse(entry.text))
    if _organizer(theirs) != who or me not in itip.attendees(theirs):
        return NOWHERE
    after = itip.answered(theirs, said, me)
    _store(host, collection, entry, after)
    _tell(host, itip.reply(calendar, said, me), "REPLY")
    for address, lines in itip.attendees(after).items():
        other = people.local_user(meeting.conn, address) if address != me and itip.agent(lines) == "SERVER" else None
        old, new = itip.invitation(theirs, address), itip.invitation(after, address)
        if other is not None and address not in host.me and new is not None:
            _invite(meeting.seen_by(other), old, new, address, loud=False)
    return DELIVERED


def _reply_wanted(calendar: Component) -> bool:
    return itip.agent(_organizer_lines(calendar)) == "SERVER"


def _organizer_lines(calendar: Component) -> list[Line]:
    return [line for part in itip.parts(calendar).values() for line in part.lines("ORGANIZER")]


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
