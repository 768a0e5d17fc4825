"""What a token may change in the mirror: events made, changed, answered and deleted as far as its permit goes (D.3).

Each verb asks the policy at the moment of the write, about the event as it is then; whatever is refused leaves
everything as it was.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from storage.browsing import zone_of
from storage.composing import Check
from storage.editing import entry as editing
from storage.editing.change import Change
from storage.editing.editor import Editor
from storage.errors import InvalidChange, NotFound, PermitDenied
from storage.ical.read import read
from storage.model import Entry, Origin
from storage.permits import policy
from storage.permits.asked import SeenCalendar
from storage.permits.drafts import Draft
from storage.permits.finding import extent
from storage.permits.permit import Operation
from storage.permits.policy import Span, Wish
from storage.permits.reading import DeskReader, Opened
from storage.permits.seen import SeenEvent
from storage.records import ComponentRecord

ANSWERS = {"accepted": "ACCEPTED", "declined": "DECLINED", "tentative": "TENTATIVE"}
"""What an invited owner may answer, as PARTSTAT (RFC 5545 §3.2.12)."""


class DeskWriter(DeskReader):
    """The changes of one token. `notify`: attendees and organizer are told, as the calendar does that.

    Every verb raises `PermitDenied`; its `code` is what the door answers with. It is ACCESS_DENIED for what the token
    may do to no event at all, whether the event is there or not; an event that is hidden from the token is answered as
    one that is not there, EVENT_NOT_FOUND.
    """

    def create(self, number: int, draft: Draft, *, origin: Origin, notify: bool = False) -> SeenEvent:
        """Make an event in a calendar, by its number.

        Raises `PermitDenied` (also CALENDAR_NOT_FOUND, TIMEFRAME_DENIED), and what `create_event` does.
        """
        self.check_operations([Operation.CREATE])
        calendar = self.calendar(number)
        invited = self.viewer.rules(calendar).of_addresses(draft.invite)
        wish = Wish(frozenset({Operation.CREATE}), invited=invited)
        policy.check_write(self.permit, wish, self.viewer.now)

        def check(_before: Entry | None, after: str | None) -> None:
            _refuse_no_time(draft, after, "")
            spans = self._spans(calendar, "", after)
            policy.check_write(self.permit, replace(wish, spans=spans), self.viewer.now)

        made = self.store.create_event(
            calendar.place.id,
            lambda _editor, before: draft.change(before),
            origin=origin,
            actor=self._actor(calendar),
            notify=notify,
            check=check,
        )
        return self.event(made.id)

    def update(self, event_id: str, draft: Draft, *, origin: Origin, notify: bool = False) -> SeenEvent:
        """Change an event, a whole series, or one instance of it; what the draft keeps stays.

        Raises `PermitDenied` (also EVENT_NOT_FOUND, TIMEFRAME_DENIED), `InvalidChange`, and what `change_event` does.
        """
        opened = self.writable(event_id, draft.operations, draft.invite)

        def asked(editor: Editor, before: ComponentRecord | None) -> Change:
            if draft.invite or draft.uninvite:
                _refuse_guest(editor, before)
            return draft.change(before)

        allow = self._check(opened, draft.operations, draft.invite)

        def check(before: Entry | None, after: str | None) -> None:
            allow(before, after)
            _refuse_no_time(draft, after, opened.row.instance)

        with _in_words():
            self.store.change_event(
                opened.calendar.place.id,
                event_id,
                asked,
                origin=origin,
                actor=self._actor(opened.calendar),
                notify=notify,
                check=check,
            )
        return self.event(event_id)

    def delete(self, event_id: str, *, origin: Origin, notify: bool = False) -> None:
        """Delete an event, a whole series, or one instance of it.

        Raises `PermitDenied` (also EVENT_NOT_FOUND, TIMEFRAME_DENIED), and what `delete_event` does.
        """
        opened = self.writable(event_id, [Operation.DELETE])
        with _in_words():
            self.store.delete_event(
                opened.calendar.place.id,
                event_id,
                origin=origin,
                actor=self._actor(opened.calendar),
                notify=notify,
                check=self._check(opened, [Operation.DELETE]),
            )

    def respond(
        self, event_id: str, answer: str, comment: str = "", *, origin: Origin, notify: bool = False
    ) -> SeenEvent:
        """Answer an invitation for the calendar's owner, with one of `ANSWERS`; `comment` goes to the organizer.

        Raises `PermitDenied`, ACCESS_DENIED also where the owner is not invited, and what `answer_event` does.
        """
        opened = self.writable(event_id, [Operation.RESPOND])
        editor = self.store.editor(opened.calendar.place)
        if not any(editor.owns(str(each["email"])) for each in opened.row.component.attendees):
            raise PermitDenied(policy.ACCESS, "the owner of this calendar is not invited to this event")
        with _in_words():
            self.store.answer_event(
                opened.calendar.place.id,
                event_id,
                {"": ANSWERS[answer]},
                origin=origin,
                actor=self._actor(opened.calendar),
                notify=notify,
                check=self._check(opened, [Operation.RESPOND]),
                comment=comment,
            )
        return self.event(event_id)

    def check_operations(self, operations: Iterable[Operation]) -> None:
        """Raises `PermitDenied` for a token that opens no calendar, or may not do this to any event at all."""
        self.calendars()
        policy.check_operations(self.permit, operations)

    def writable(self, event_id: str, operations: Iterable[Operation], invite: Iterable[str] = ()) -> Opened:
        """An event as it is now, where the token may do this to it. Raises `PermitDenied` as the write itself would.

        `invite`: addresses that would be written into it. Whether it would end up outside of the window shows only when
        it is written.
        """
        wanted = frozenset(operations)
        self.check_operations(wanted)
        opened = self.opened(event_id)
        self._ask(opened, wanted, invite)
        return opened

    def _ask(
        self, opened: Opened, operations: Iterable[Operation], invite: Iterable[str], after: tuple[Span, ...] = ()
    ) -> None:
        """Ask the policy about a write; `after`: when the event would be then."""
        invited = self.viewer.rules(opened.calendar).of_addresses(invite)
        wish = Wish(frozenset(operations), opened.people, invited, (opened.span, *after))
        policy.check_write(self.permit, wish, self.viewer.now)

    def _check(self, opened: Opened, operations: Iterable[Operation], invite: Iterable[str] = ()) -> Check:
        """Asks the policy again at the moment of the write, about the event as it is then."""

        def check(before: Entry | None, after: str | None) -> None:
            assert before is not None
            # Whoever wrote it meanwhile may have hidden it. What has been written since then fails in any case.
            now = opened if before.hash == opened.row.entry.hash else self.opened(opened.row.id)
            self._ask(now, operations, invite, self._spans(now.calendar, now.row.instance, after))

        return check

    def _spans(self, calendar: SeenCalendar, instance: str, text: str | None) -> tuple[Span, ...]:
        """When an event would be, or (`instance`) one instance of it, where that can be outside of a window at all."""
        if text is None or self.permit.window(0) == (None, None):
            return ()
        content = read(text)
        record = editing.described(content, instance)
        if record is None or record.recurrence_id != instance:
            return ()  # an instance of which nothing is said stays where its series has it
        records = [] if instance else [each for each in content.components if each.name == "VEVENT"]
        return (extent(record, None, records, zone_of(calendar.place), self.viewer.shows(calendar)),)

    def _actor(self, calendar: SeenCalendar) -> str:
        """The words with which the journal names whoever has the token."""
        return f"{calendar.account.user}/{self.token.label}"


@contextmanager
def _in_words() -> Iterator[None]:
    """What has gone meanwhile, in the words of the permits."""
    try:
        yield
    except NotFound:
        raise policy.no_event() from None


def _refuse_no_time(draft: Draft, text: str | None, instance: str) -> None:
    """What is made, or moved, lasts some time (D.2); raises `InvalidChange`."""
    if text is None or draft.times.nothing:
        return
    record = editing.described(read(text), instance)
    if record is not None and record.start is not None and record.start == record.end:
        raise InvalidChange("end", "must be after the start", hint="give a later end")


def _refuse_guest(editor: Editor, before: ComponentRecord | None) -> None:
    """Whoever is only invited does not change who else is; raises `PermitDenied`."""
    organizer = before.organizer if before is not None else None
    if organizer is not None and not editor.owns(str(organizer["email"])):
        raise PermitDenied(policy.ACCESS, "the organizer alone changes who is invited", hint="leave the attendees out")
