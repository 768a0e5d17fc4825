"""Which Schedule-Tag a meeting keeps over a change (RFC 6638 §3.2.10)."""

from storage.content import Content
from storage.db import Connection
from storage.ical.lines import parse
from storage.ical.write import calendar_of
from storage.model import Collection, Entry
from storage.scheduling import itip, people
from storage.tables import schedule_tags


def kept(conn: Connection, collection: Collection, existing: Entry, text: str, content: Content) -> str | None:
    """The tag that `existing` keeps when it becomes `text`; None where it gets a new one, or nobody delivers it.

    Who answers what does not count, whoever wrote it: the organizer who has the tag still knows the meeting.
    """
    if not any(each.organizer for each in content.components) or not people.delivers(conn, collection):
        return None
    before, after = calendar_of(parse(existing.text)), calendar_of(parse(text))
    same = itip.same_meeting(before, after, participation=False)
    return schedule_tags.of_entry(conn, existing.id) if same else None
