"""Meetings through a mirror of a server that schedules (Cyrus): the server delivers, the mirror carries, none twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.model import Account, CollectionKind, Entry, Origin
from storage.scheduling.asking import Asking
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.upstreams.fixtures import scheduling_server
from tests.upstreams.serving import Server

__all__ = ["scheduling_server"]

UP, BOSS = "mailto:up@example.org", "mailto:boss@example.org"


def meeting(uid: str, organizer: str, *guests: str, agent: str = "", more: str = "") -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Test//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260301T090000Z",
        "DTSTART:20281210T100000Z",
        "DURATION:PT1H",
        "SUMMARY:Plan",
        f"ORGANIZER:{organizer}",
        *(f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE{agent}:{each}" for each in guests),
        *filter(None, [more]),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


class Office:
    """Two people on one server: `up`, whose client works on our mirror, and `boss`, who works on the server itself."""

    def __init__(self, server: Server, mirror: Mirror) -> None:
        self.mirror = mirror
        self.calendar = f"{server.home}Default/"
        theirs = server.as_user("boss")
        self.boss = Upstream(theirs)
        self.desk, self.inbox = f"{theirs.home}Default/", f"{theirs.home}Inbox/"
        self.mirror.sync()

    def write(self, uid: str, text: str) -> None:
        """As a client of ours does, and its server hears of it."""
        place = self.mirror.collection(self.calendar).id
        self.mirror.store.put_entry(place, f"{uid}.ics", text, origin=Origin.DAV, notify=True)
        assert self.mirror.sync().converged

    def answer_unsent(self, uid: str, word: str) -> None:
        """As a client of ours does; its server has not heard of it."""
        place, entry = self.mirror.collection(self.calendar).id, self.entry(uid)
        text = answered(self.here(uid), word)
        self.mirror.store.put_entry(place, entry.href, text, origin=Origin.DAV, notify=True)

    def delete(self, uid: str, *, notify: bool) -> None:
        place = self.mirror.collection(self.calendar).id
        self.mirror.store.delete_entry(place, self.entry(uid).href, origin=Origin.DAV, notify=notify)
        assert self.mirror.sync().converged

    def entry(self, uid: str) -> Entry:
        return self.mirror.store.entry_by_uid(self.mirror.collection(self.calendar).id, uid)

    def here(self, uid: str) -> str:
        return unfolded(self.entry(uid).text)

    def there(self, uid: str) -> str:
        """The boss's copy; "" for none."""
        texts = [unfolded(self.boss.get(self.desk, name)) for name in self.boss.names(self.desk)]
        return next((text for text in texts if f"UID:{uid}\r\n" in text), "")

    def messages(self, uid: str) -> list[str]:
        """The methods of what came into the boss's inbox about a meeting."""
        texts = [unfolded(self.boss.get(self.inbox, name)) for name in self.boss.names(self.inbox)]
        about = [text for text in texts if f"UID:{uid}\r\n" in text]
        return sorted(found[1] for text in about if (found := re.search(r"METHOD:(\w+)", text)))


def unfolded(text: str) -> str:
    return text.replace("\r\n ", "")


def attendee(text: str, who: str) -> str:
    return next(line for line in text.split("\r\n") if line.startswith("ATTENDEE") and line.endswith(f":{who}"))


def answered(text: str, word: str, who: str = UP) -> str:
    line = attendee(text, who)
    return text.replace(line, re.sub(r"PARTSTAT=[A-Z-]+", f"PARTSTAT={word}", line))


@pytest.fixture
def office(scheduling_server: Server, tmp_path: Path) -> Iterator[Office]:
    with mirror_of(scheduling_server, tmp_path / "mirror") as mirror:
        yield Office(scheduling_server, mirror)


def test_the_mirror_knows_who_delivers_and_who_we_are(office: Office) -> None:
    assert office.mirror.collection(office.calendar).schedules
    assert office.mirror.store.delivers(office.mirror.collection(office.calendar))
    assert office.mirror.store.addresses("alice") == [UP, "/dav/alice/"]


def test_an_answer_given_here_arrives_at_the_organizer(office: Office) -> None:
    office.boss.put(office.desk, "asked.ics", meeting("asked", BOSS, UP))
    office.mirror.sync()
    assert "PARTSTAT=NEEDS-ACTION" in attendee(office.here("asked"), UP)
    tag = office.mirror.store.schedule_tag(office.entry("asked").id)
    office.write("asked", answered(office.here("asked"), "ACCEPTED"))
    assert "PARTSTAT=ACCEPTED" in attendee(office.there("asked"), UP)
    assert office.messages("asked") == ["REPLY"]
    assert office.mirror.store.schedule_tag(office.entry("asked").id) == tag
    assert office.mirror.sync().converged
    assert office.messages("asked") == ["REPLY"], "an idle round says nothing"


def test_a_meeting_made_here_is_delivered_there_once_and_the_answer_comes_back(office: Office) -> None:
    """The boss has a local account of that address with us, too, and hears of it from the server alone."""
    store = office.mirror.store
    store.save_user("boss", None)
    own = store.save_account(Account(0, "house", "boss", "local", email="boss@example.org", mirrored=False))
    calendar = CollectionKind.CALENDAR
    ours = store.create_collection(own.id, "c", name="C", kind=calendar, components=["VEVENT"], origin=Origin.CLI)
    office.write("made", meeting("made", UP, UP, BOSS))
    assert list(store.iter_entries(ours.id)) == []
    assert "SUMMARY:Plan" in office.there("made")
    assert office.messages("made") == ["REQUEST"]
    office.boss.put(office.desk, "made.ics", answered(office.there("made"), "ACCEPTED", BOSS))
    tag = office.mirror.store.schedule_tag(office.entry("made").id)
    office.mirror.sync()
    assert "PARTSTAT=ACCEPTED" in attendee(office.here("made"), BOSS)
    assert office.mirror.store.schedule_tag(office.entry("made").id) == tag
    office.delete("made", notify=True)
    assert "STATUS:CANCELLED" in office.there("made")
    assert office.messages("made") == ["CANCEL", "REQUEST"]


@pytest.mark.parametrize("agent", ["CLIENT", "NONE"])
def test_whom_the_client_tells_itself_the_server_does_not(office: Office, agent: str) -> None:
    uid = f"agent-{agent}"
    office.write(uid, meeting(uid, UP, BOSS, agent=f";SCHEDULE-AGENT={agent}"))
    assert f"SCHEDULE-AGENT={agent}" in attendee(office.here(uid), BOSS)
    assert (office.there(uid), office.messages(uid)) == ("", [])


@pytest.mark.parametrize("agent", ["CLIENT", "NONE"])
def test_an_answer_that_the_client_sends_itself_is_not_sent_again(office: Office, agent: str) -> None:
    uid = f"own-{agent}"
    office.boss.put(office.desk, f"{uid}.ics", meeting(uid, BOSS, UP))
    office.mirror.sync()
    text = answered(office.here(uid), "ACCEPTED")
    office.write(uid, text.replace(f"ORGANIZER:{BOSS}", f"ORGANIZER;SCHEDULE-AGENT={agent}:{BOSS}"))
    assert f"SCHEDULE-AGENT={agent}" in office.here(uid)
    assert "PARTSTAT=NEEDS-ACTION" in attendee(office.there(uid), UP)
    assert office.messages(uid) == []


@pytest.mark.parametrize("notify", [True, False])
def test_an_invitation_deleted_here_is_declined_unless_the_client_says_not_to(office: Office, notify: bool) -> None:
    uid = f"left-{notify}"
    office.boss.put(office.desk, f"{uid}.ics", meeting(uid, BOSS, UP))
    office.mirror.sync()
    office.delete(uid, notify=notify)
    assert ("PARTSTAT=DECLINED" in attendee(office.there(uid), UP)) is notify
    assert office.messages(uid) == (["REPLY"] if notify else [])


def test_a_task_is_delivered_as_an_event_is(office: Office) -> None:
    office.write("task", meeting("task", UP, BOSS).replace("VEVENT", "VTODO"))
    assert "BEGIN:VTODO" in office.there("task")


def test_clients_see_what_became_of_their_invitations(office: Office) -> None:
    nobody = "mailto:nobody@example.org"
    office.write("told", meeting("told", UP, BOSS, nobody))
    text = office.here("told")
    assert "SCHEDULE-STATUS=1.2" in attendee(text, BOSS)
    assert "SCHEDULE-STATUS=5.1" in attendee(text, nobody)
    head = office.mirror.store.head()
    assert office.mirror.sync().converged
    assert (office.mirror.store.head(), office.here("told")) == (head, text)


def test_a_meeting_that_moves_between_calendars_tells_nobody(office: Office) -> None:
    office.write("moved", meeting("moved", UP, BOSS))
    second = office.boss.server.as_user("up").make_calendar("second")
    office.mirror.sync()
    store, here = office.mirror.store, office.mirror.collection(office.calendar)
    there = office.mirror.collection(second)
    store.move_entry(here.id, office.entry("moved").href, there.id, "moved.ics", origin=Origin.DAV)
    assert office.mirror.sync().converged
    assert [each.uid for each in store.iter_entries(there.id)] == ["moved"]
    assert office.messages("moved") == ["REQUEST"]


def test_an_answer_is_told_also_where_another_client_has_deleted_the_invitation(office: Office) -> None:
    """Which the server told the boss as a refusal; what the boss has at the end is what our owner said."""
    office.boss.put(office.desk, "lost.ics", meeting("lost", BOSS, UP))
    office.mirror.sync()
    office.answer_unsent("lost", "ACCEPTED")
    me = Upstream(office.boss.server.as_user("up"))
    (name,) = (each for each in me.names(office.calendar) if "UID:lost\r\n" in me.get(office.calendar, each))
    me.delete(office.calendar, name)
    assert "PARTSTAT=DECLINED" in attendee(office.there("lost"), UP)
    office.mirror.sync()
    assert office.mirror.sync().waiting, "that it was deleted there stands in the inbox"
    assert "PARTSTAT=ACCEPTED" in attendee(office.there("lost"), UP)
    assert office.messages("lost") == ["REPLY", "REPLY"]
    assert "PARTSTAT=ACCEPTED" in attendee(office.here("lost"), UP)


def test_an_answer_that_moves_to_another_calendar_before_it_is_sent_arrives(office: Office) -> None:
    office.boss.put(office.desk, "carried.ics", meeting("carried", BOSS, UP))
    second = office.boss.server.as_user("up").make_calendar("answers")
    office.mirror.sync()
    office.answer_unsent("carried", "ACCEPTED")
    store, here = office.mirror.store, office.mirror.collection(office.calendar)
    there = office.mirror.collection(second)
    store.move_entry(here.id, office.entry("carried").href, there.id, "carried.ics", origin=Origin.DAV)
    assert office.mirror.sync().converged
    assert "PARTSTAT=ACCEPTED" in attendee(office.there("carried"), UP)
    assert office.messages("carried") == ["REPLY"]


def test_when_the_boss_is_busy_is_asked_there(office: Office) -> None:
    alone = meeting("busy", BOSS).replace(f"ORGANIZER:{BOSS}\r\n", "")
    office.boss.put(office.desk, "busy.ics", alone)
    ten = 1_860_055_200  # 2028-12-10T10:00:00Z
    told = Asking(office.mirror.make).free_busy([(office.mirror.account, [BOSS])], ten - 7200, ten + 1800)
    assert told[BOSS].told
    assert [tuple(each) for each in told[BOSS].periods["BUSY"]] == [(ten, ten + 1800)]


def test_nothing_of_it_lies_in_our_own_mailboxes(office: Office) -> None:
    """Invitations come into calendars; the server's own inbox is not mirrored, and ours is for local accounts."""
    office.boss.put(office.desk, "quiet.ics", meeting("quiet", BOSS, UP))
    office.mirror.sync()
    names = {collection.name for collection in office.mirror.store.collections()}
    assert not names & {"Inbox", "Outbox"}
    inbox = office.mirror.store.mailbox("alice", CollectionKind.INBOX)
    assert inbox is not None
    assert list(office.mirror.store.iter_entries(inbox.id)) == []
