"""The verbs that make, change, answer and delete one event, for every door that does not send whole texts."""

from collections.abc import Callable, Mapping
from collections.abc import Collection as Group

from storage import clock, ids, local
from storage.admission import Wish
from storage.editing import entry as editing
from storage.editing.change import Change
from storage.editing.editor import Editor
from storage.errors import AccessDenied, NotFound
from storage.ical.read import read
from storage.model import Collection, Entry, Kind, Origin
from storage.records import ComponentRecord
from storage.rewriting import Rewriting

Asked = Change | Callable[[Editor, ComponentRecord | None], Change]
"""A change, or what makes one of who edits and of the event as it is (None: a new one).

It is asked again where somebody else wrote the event meanwhile, and may refuse by raising whatever it likes.
"""

Check = Callable[[Entry | None, str | None], None]
"""Looks at an entry as it is (None: a new one) and at the text that it would have (None: it would be deleted) before
anything is written, as often as `Asked` is asked, and may refuse in the same way."""


class Composing(Rewriting):
    """What `Store` can do for clients that speak of events and not of texts.

    An event's public id names a solo event, a whole series, or (`{entry}_{key}`) one instance of it, which becomes an
    exception of its series when it is changed. `notify`: attendees and organizer are told, as the calendar's upstream
    or this server's own scheduling does it. `check` has the last word before something is written.
    """

    def editor(self, place: Collection) -> Editor:
        """For whom events of a calendar are edited, now: its owner, also in somebody else's that is shared."""
        if place.share is None:
            account = self.account(place.account_id)
            known = [account.email, *account.addresses]
        else:
            known = [each for each in self.addresses(place.owner) if each.startswith("mailto:")]
        addresses = [place.email, *(each.removeprefix("mailto:") for each in known)]
        return Editor(tuple(dict.fromkeys(filter(None, addresses))), place.timezone, int(clock.timestamp()))

    def create_event(
        self,
        collection_id: str,
        asked: Asked,
        *,
        origin: Origin,
        actor: str = "",
        notify: bool = False,
        check: Check | None = None,
    ) -> Entry:
        """Make an event with a UID of its own; its id is the entry's.

        Raises `NotFound`, `InvalidChange`, and what `put_entry` does.
        """
        editor = self.editor(self.collection(collection_id))
        uid = ids.new_id()
        text = editing.created(_change(asked, editor, None), uid, editor)
        if check is not None:
            check(None, text)
        content = read(text)
        wish = Wish(collection_id, f"{uid}.ics", origin, actor, if_none_match=True, notify=notify)
        with self.db.atomic() as conn:
            return local.put(conn, wish, text, content)[0]

    def change_event(
        self,
        collection_id: str,
        event_id: str,
        asked: Asked,
        *,
        origin: Origin,
        actor: str = "",
        notify: bool = False,
        if_match: Group[str] | None = None,
        into: str | None = None,
        check: Check | None = None,
    ) -> Entry:
        """Change an event, a whole series, or one instance; `into` moves it to another calendar in one with that.

        `if_match`: content hashes of which its entry must have one. Gives the entry as it is then. Raises `NotFound`,
        `ReadOnly`, `PreconditionFailed`, `InvalidChange`, `StoreBusy`, and what `asked` and `put_entry` do.
        """
        entry_id, key = _parts(event_id)
        editor = self.editor(self.collection(collection_id))

        def work(before: Entry) -> str:
            record = _described(before, key, event_id)
            change = _change(asked, editor, record)
            made = (
                editing.edited_instance(before.text, key, change, editor)
                if key
                else editing.edited(before.text, change, editor)
            )
            if check is not None:
                check(before, made)
            return made

        after = self.rewrite_entry(
            collection_id,
            entry_id,
            work,
            origin=origin,
            actor=actor,
            notify=notify,
            if_match=if_match,
            into=into,
        )
        assert after is not None
        return after

    def answer_event(
        self,
        collection_id: str,
        event_id: str,
        answers: Mapping[str, str],
        *,
        origin: Origin,
        actor: str = "",
        notify: bool = False,
        if_match: Group[str] | None = None,
        check: Check | None = None,
        comment: str = "",
    ) -> Entry:
        """Write what attendees answer, a PARTSTAT by e-mail address; "" stands for the calendar's owner.

        `comment` is what is said to it, which goes to the organizer with the answer. Nothing else of the event changes.
        Raises `NotFound` also for somebody who is not invited, `AccessDenied` for an answer of somebody else in a
        meeting that the owner does not organize, and what `change_event` does.
        """

        def answering(editor: Editor, record: ComponentRecord | None) -> Change:
            assert record is not None
            invited = {str(each["email"]).lower() for each in record.attendees}
            own = {each for each in invited if editor.owns(each)}
            found: dict[str, str] = {}
            for address, partstat in answers.items():
                known = own if not address else {address.lower()} & invited
                if not known:
                    who = address[:80] or "the owner of this calendar"
                    raise NotFound(f"{who} is not invited to this event", hint="answer for its attendees")
                found |= dict.fromkeys(known, partstat)
            organizer = record.organizer
            if found.keys() - own and organizer is not None and not editor.owns(str(organizer["email"])):
                raise AccessDenied("the organizer alone answers for others", hint="answer for yourself")
            return Change(answers=found, comment=comment)

        return self.change_event(
            collection_id,
            event_id,
            answering,
            origin=origin,
            actor=actor,
            notify=notify,
            if_match=if_match,
            check=check,
        )

    def delete_event(
        self,
        collection_id: str,
        event_id: str,
        *,
        origin: Origin,
        actor: str = "",
        notify: bool = False,
        if_match: Group[str] | None = None,
        check: Check | None = None,
    ) -> None:
        """Delete an event, a whole series, or one instance, which its series excludes from then on (contract D17).

        Raises `NotFound`, `ReadOnly`, `PreconditionFailed`, `StoreBusy`.
        """
        entry_id, key = _parts(event_id)
        editor = self.editor(self.collection(collection_id))

        def work(before: Entry) -> str | None:
            _described(before, key, event_id)
            made = editing.without_instance(before.text, key, editor) if key else None
            if check is not None:
                check(before, made)
            return made

        self.rewrite_entry(collection_id, entry_id, work, origin=origin, actor=actor, notify=notify, if_match=if_match)


def _change(asked: Asked, editor: Editor, record: ComponentRecord | None) -> Change:
    return asked if isinstance(asked, Change) else asked(editor, record)


def _parts(event_id: str) -> tuple[str, str]:
    """The entry that the id of an event names, and the instance of it, "" for the whole."""
    entry_id, of_instance, key = event_id.partition("_")
    if of_instance and not key:
        raise _missing(event_id)
    return entry_id, key


def _described(entry: Entry, key: str, event_id: str) -> ComponentRecord:
    record = editing.described(read(entry.text), key) if entry.kind is Kind.EVENT else None
    if record is None:
        raise _missing(event_id)
    return record


def _missing(event_id: str) -> NotFound:
    return NotFound(f"there is no event {event_id[:80]!r} in this calendar", hint="list its events")
