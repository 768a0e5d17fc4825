"""The contract of `storage.provider`, as tests: every adapter passes this one suite.

An adapter's test file subclasses `ProviderContract` and gives a fixture `bench`: a way to build the adapter, and a way
to look at and change the upstream behind its back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from storage.content import same
from storage.errors import CollectionGone, CursorGone, EntryGone, Rejected, UpstreamError, VersionMismatch
from storage.model import CollectionKind
from storage.provider import (
    Capabilities,
    CollectionEdit,
    Page,
    Provider,
    Push,
    PushAction,
    Receipt,
    RemoteCollection,
    Silence,
)

ODD_NAMES = (
    "plain.ics",
    "with:colon.ics",
    "with,comma.ics",
    "with'quote.ics",
    "with*star.ics",
    "with%percent.ics",
    "with%40percent.ics",
    "with@at.ics",
    "with space+plus.ics",
    "with;semi=&amp.ics",
    "Grüße 東京.ics",
)


class Bench(Protocol):
    """What the suite needs of an upstream. `names` are the resource names that it can hold, of `ODD_NAMES`."""

    names: Sequence[str]

    def provider(self) -> Provider:
        """A new adapter for the account."""

    def collection(self) -> RemoteCollection:
        """A new, empty collection, as the adapter shows it."""

    def put(self, collection: RemoteCollection, name: str, text: str) -> None:
        """Create or overwrite an entry as somebody else would."""

    def remove(self, collection: RemoteCollection, name: str) -> None:
        """Delete an entry as somebody else would."""

    def kill_cursors(self, collection: RemoteCollection, cursor: str) -> str:
        """Make `cursor` die, or return one that is as dead."""

    @property
    def writes(self) -> int:
        """How many requests that could change something the adapter has sent so far."""


class MailBench(Bench, Protocol):
    """An upstream that delivers invitations between `me`, the account's owner, and `guest` (both `mailto:…`)."""

    me: str
    guest: str

    @property
    def mails(self) -> int:
        """How many messages it has sent so far to the guest because of what the adapter wrote."""

    def invitation(self, uid: str) -> tuple[RemoteCollection, str]:
        """Let the guest invite the owner; in which collection the owner has it then, and under which href."""


def event(uid: str, summary: str = "Meeting", *, guests: Sequence[str] = ()) -> str:
    """A small event; with guests it has an organizer, too."""
    people = [f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{guest}" for guest in guests]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Contract//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260301T090000Z",
        "DTSTART:20260310T100000Z",
        "DTEND:20260310T110000Z",
        f"SUMMARY:{summary}",
        *(["ORGANIZER:mailto:up@internal", *people] if people else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(lines) + "\r\n"


def invitation(uid: str, host: str, guest: str, summary: str = "Meeting") -> str:
    """A meeting that is still to come; Cyrus tells nobody of others."""
    text = event(uid, summary, guests=[guest.removeprefix("mailto:")])
    return text.replace("mailto:up@internal", host).replace(":20260310T", ":20990310T")


def card(uid: str, name: str = "Ada") -> str:
    """A small vCard."""
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nTEL;TYPE=HOME:1\r\nEND:VCARD\r\n"


@dataclass
class Mirror:
    """The least that an engine keeps: versions and texts by href. Applies pages as the contract says one may."""

    versions: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)

    def known(self, hrefs: Sequence[str]) -> Mapping[str, str]:
        return {href: self.versions[href] for href in hrefs if href in self.versions}

    def pull(self, provider: Provider, collection: RemoteCollection, cursor: str | None = None) -> str | None:
        """One round; checks the promises about pages on the way. Returns the cursor of the last page."""
        self.pages = list(provider.pull(collection, cursor, self.known))
        assert [page.last for page in self.pages] == [False] * (len(self.pages) - 1) + [True]
        assert len({page.full for page in self.pages}) == 1, "a round is full or it is not"
        named: set[str] = set()
        for page in self.pages:
            for href, version in page.seen:
                assert self.versions[href] == version
                named.add(href)
            for entry in page.changed:
                assert entry.version
                assert self.versions.get(entry.href) != entry.version, "what is known is never sent again"
                assert isinstance(entry.data, str)
                self.versions[entry.href], self.texts[entry.href] = entry.version, entry.data
                named.add(entry.href)
            for href in page.gone:
                self.drop(href)
        if self.pages[-1].full:
            for href in set(self.versions) - named:
                self.drop(href)
        return self.pages[-1].cursor

    def drop(self, href: str) -> None:
        """Forget an entry, known or not."""
        self.versions.pop(href, None)
        self.texts.pop(href, None)

    @property
    def changed(self) -> list[str]:
        """The hrefs that the last round sent data for."""
        return [entry.href for page in self.pages for entry in page.changed]

    @property
    def gone(self) -> list[str]:
        """The hrefs that the last round called gone."""
        return [href for page in self.pages for href in page.gone]


def settled(provider: Provider, collection: RemoteCollection, receipt: Receipt) -> tuple[str, str, str]:
    """What a receipt leaves open, read back as the engine does."""
    if receipt.version and receipt.text is not None:
        return receipt.href, receipt.version, receipt.text
    entry = provider.fetch(collection, [receipt.href])[receipt.href]
    assert entry is not None
    return receipt.href, receipt.version or entry.version, str(entry.data)


class ProviderContract:
    """The suite. Every test gets a fresh collection: a calendar, unless a subclass says otherwise."""

    kind = CollectionKind.CALENDAR
    component = "VEVENT"
    suffix = ".ics"

    def entry(self, uid: str, title: str = "Meeting") -> str:
        """A small entry of the kind."""
        return event(uid, title)

    def titled(self, title: str) -> str:
        """The line in which such an entry has its title."""
        return f"SUMMARY:{title}"

    def file(self, stem: str) -> str:
        """A resource name for such an entry."""
        return f"{stem}{self.suffix}"

    def create(
        self, provider: Provider, collection: RemoteCollection, uid: str, text: str = ""
    ) -> tuple[str, str, str]:
        """Create an entry; its href, version and text as the upstream now shows them."""
        push = Push(PushAction.CREATE, uid, text or self.entry(uid), name=self.file(uid), key=f"key-{uid}")
        return settled(provider, collection, provider.push(collection, push))

    def wanted(self) -> RemoteCollection:
        """A collection to be made, with every property that the kind has."""
        color, zone, order = "#FF2968FF", "Europe/Berlin", "4"
        return RemoteCollection(
            "", "Wanted ä & <b>", self.kind, (self.component,), "What it is for", color, zone, order
        )

    @pytest.fixture
    def provider(self, bench: Bench) -> Provider:
        return bench.provider()

    @pytest.fixture
    def collection(self, bench: Bench) -> RemoteCollection:
        return bench.collection()

    def test_declares_itself(self, provider: Provider) -> None:
        assert isinstance(provider, Provider)
        assert isinstance(provider.capabilities, Capabilities)
        assert provider.name
        assert provider.capabilities.upstream

    def test_collections_show_the_collection(self, provider: Provider, collection: RemoteCollection) -> None:
        found = {each.href: each for each in provider.collections()}
        assert collection.href in found
        assert self.component in found[collection.href].components
        assert found[collection.href].kind is self.kind
        assert not found[collection.href].read_only

    def test_asked_when_somebody_is_busy_it_answers_or_refuses(
        self, provider: Provider, collection: RemoteCollection
    ) -> None:
        """Those that do answer: see `tests/contract/scheduling.py`."""
        stranger = "mailto:nobody@example.net"
        try:
            told = provider.free_busy([stranger], 1_796_896_800, 1_796_900_400)
        except Rejected:
            assert not collection.schedules
        else:
            assert not any(each.told or each.periods for each in told.values())
        assert provider.listing(collection) == {}

    def test_empty_collection(self, provider: Provider, collection: RemoteCollection) -> None:
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        assert mirror.pages[-1].full
        assert not mirror.versions
        assert provider.listing(collection) == {}
        assert mirror.pull(provider, collection, cursor)
        assert not mirror.changed

    def test_first_pull_brings_everything(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        for number in range(7):
            bench.put(collection, self.file(f"e{number}"), self.entry(f"e{number}", f"Number {number}"))
        mirror = Mirror()
        mirror.pull(provider, collection)
        assert all(page.full for page in mirror.pages)
        assert len(mirror.texts) == 7
        written = [self.entry(f"e{number}", f"Number {number}") for number in range(7)]
        assert all(any(same(each, text) for text in mirror.texts.values()) for each in written)
        assert mirror.versions == dict(provider.listing(collection))

    def test_what_is_known_is_only_named(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        for number in range(3):
            bench.put(collection, self.file(f"e{number}"), self.entry(f"e{number}"))
        mirror = Mirror()
        mirror.pull(provider, collection)
        mirror.pull(provider, collection)
        assert not mirror.changed
        assert len([href for page in mirror.pages for href, _ in page.seen]) == 3

    def test_next_pull_brings_only_what_changed(
        self, bench: Bench, provider: Provider, collection: RemoteCollection
    ) -> None:
        for number in range(4):
            bench.put(collection, self.file(f"e{number}"), self.entry(f"e{number}"))
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        bench.put(collection, self.file("e1"), self.entry("e1", "Moved"))
        bench.put(collection, self.file("e9"), self.entry("e9", "New"))
        bench.remove(collection, self.file("e2"))
        cursor = mirror.pull(provider, collection, cursor)
        assert len(mirror.changed) == 2
        assert len(mirror.gone) == 1 or mirror.pages[-1].full
        assert mirror.versions == dict(provider.listing(collection))
        assert any(self.titled("Moved") in text for text in mirror.texts.values())
        mirror.pull(provider, collection, cursor)
        assert not mirror.changed
        assert not mirror.gone

    def test_a_dead_cursor_says_so(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        if not provider.capabilities.cursor:
            return
        bench.put(collection, self.file("e1"), self.entry("e1"))
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        assert cursor
        dead = bench.kill_cursors(collection, cursor)
        with pytest.raises(CursorGone):
            next(iter(provider.pull(collection, dead, mirror.known)))
        bench.remove(collection, self.file("e1"))
        mirror.pull(provider, next(c for c in provider.collections() if c.href == collection.href))
        assert not mirror.versions

    def test_fetch_by_name(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        bench.put(collection, self.file("e1"), self.entry("e1"))
        bench.put(collection, self.file("e2"), self.entry("e2"))
        hrefs = list(provider.listing(collection))
        missing = hrefs[0].replace("e1", "nothing").replace("e2", "nothing")
        found = provider.fetch(collection, [*hrefs, missing])
        assert found[missing] is None
        for href in hrefs:
            entry = found[href]
            assert entry is not None
            assert entry.href == href
            assert entry.version == provider.listing(collection)[href]
        assert provider.fetch(collection, [missing]) == {missing: None}
        assert provider.fetch(collection, []) == {}

    def test_create_update_delete(self, provider: Provider, collection: RemoteCollection) -> None:
        href, version, text = self.create(provider, collection, "e1")
        assert same(text, self.entry("e1"))
        assert provider.listing(collection) == {href: version}
        push = Push(PushAction.UPDATE, "e1", self.entry("e1", "Later"), base=text, href=href, version=version)
        href, version, text = settled(provider, collection, provider.push(collection, push))
        assert same(text, self.entry("e1", "Later"))
        assert provider.listing(collection) == {href: version}
        provider.push(collection, Push(PushAction.DELETE, "e1", base=text, href=href, version=version))
        assert provider.listing(collection) == {}

    def test_our_own_write_is_known_by_the_next_pull(self, provider: Provider, collection: RemoteCollection) -> None:
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        href, version, text = self.create(provider, collection, "e1")
        mirror.versions[href], mirror.texts[href] = version, text
        mirror.pull(provider, collection, cursor)
        assert not mirror.changed

    def test_a_creation_never_overwrites(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        bench.put(collection, self.file("e1"), self.entry("e1", "Theirs"))
        with pytest.raises(VersionMismatch):
            self.create(provider, collection, "e1", self.entry("e1", "Ours"))
        (entry,) = provider.fetch(collection, list(provider.listing(collection))).values()
        assert entry is not None
        assert self.titled("Theirs") in str(entry.data)

    def test_a_uid_stands_once_in_a_collection(
        self, bench: Bench, provider: Provider, collection: RemoteCollection
    ) -> None:
        bench.put(collection, self.file("other-name"), self.entry("e1", "Theirs"))
        with pytest.raises(VersionMismatch):
            self.create(provider, collection, "e1", self.entry("e1", "Ours"))
        assert len(provider.listing(collection)) == 1

    def test_a_repeated_creation_changes_nothing(self, provider: Provider, collection: RemoteCollection) -> None:
        href, version, _ = self.create(provider, collection, "e1")
        try:
            again, same_version, _ = self.create(provider, collection, "e1")
        except VersionMismatch:
            again, same_version = href, version
        assert (again, same_version) == (href, version)
        assert provider.listing(collection) == {href: version}

    def test_a_repeated_update_changes_nothing(self, provider: Provider, collection: RemoteCollection) -> None:
        href, version, text = self.create(provider, collection, "e1")
        push = Push(PushAction.UPDATE, "e1", self.entry("e1", "Later"), base=text, href=href, version=version)
        provider.push(collection, push)
        listed = dict(provider.listing(collection))
        try:
            assert settled(provider, collection, provider.push(collection, push))[1] == listed[href]
        except VersionMismatch:
            assert provider.listing(collection) == listed
        assert provider.listing(collection) == listed

    def test_an_update_of_another_version_is_refused(
        self, bench: Bench, provider: Provider, collection: RemoteCollection
    ) -> None:
        href, version, text = self.create(provider, collection, "e1")
        bench.put(collection, href.rpartition("/")[2], self.entry("e1", "Theirs"))
        with pytest.raises(VersionMismatch):
            provider.push(
                collection,
                Push(PushAction.UPDATE, "e1", self.entry("e1", "Ours"), base=text, href=href, version=version),
            )
        with pytest.raises(VersionMismatch):
            provider.push(collection, Push(PushAction.DELETE, "e1", base=text, href=href, version=version))
        entry = provider.fetch(collection, [href])[href]
        assert entry is not None
        assert self.titled("Theirs") in str(entry.data)

    def test_an_update_of_a_missing_entry(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        href, version, text = self.create(provider, collection, "e1")
        bench.remove(collection, href.rpartition("/")[2])
        with pytest.raises(EntryGone):
            provider.push(
                collection,
                Push(PushAction.UPDATE, "e1", self.entry("e1", "Later"), base=text, href=href, version=version),
            )
        assert provider.listing(collection) == {}

    def test_deleting_what_is_gone_succeeds(self, provider: Provider, collection: RemoteCollection) -> None:
        href, version, text = self.create(provider, collection, "e1")
        push = Push(PushAction.DELETE, "e1", base=text, href=href, version=version)
        provider.push(collection, push)
        assert provider.push(collection, push).href == href

    def test_odd_names_round_trip(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        for number, name in enumerate(bench.names):
            bench.put(collection, name, self.entry(f"odd-{number}"))
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        assert mirror.versions == dict(provider.listing(collection))
        assert len(mirror.texts) == len(bench.names)
        for number, (href, version) in enumerate(sorted(mirror.versions.items())):
            uid = mirror.texts[href].partition("UID:")[2].partition("\r\n")[0]
            text = self.entry(uid, f"Round {number}")
            push = Push(PushAction.UPDATE, uid, text, base=mirror.texts[href], href=href, version=version)
            assert settled(provider, collection, provider.push(collection, push))[0] == href
        cursor = mirror.pull(provider, collection, cursor)
        assert len(mirror.versions) == len(bench.names), "the report of changes spells hrefs as the listing does"
        assert all(self.titled(f"Round {n}") in mirror.texts[href] for n, href in enumerate(sorted(mirror.versions)))
        for href, version in sorted(mirror.versions.items()):
            provider.push(
                collection, Push(PushAction.DELETE, "odd", base=mirror.texts[href], href=href, version=version)
            )
        mirror.pull(provider, collection, cursor)
        assert not mirror.versions

    def test_any_name_can_be_asked_for(self, provider: Provider, collection: RemoteCollection) -> None:
        stems = ("a/b", "line\nbreak", "dot.", ".hidden", "sp ace", "ümläut", "x" * 300, "%2F", "urn:uuid:1", "tilde~")
        made = set()
        for number, stem in enumerate(stems):
            push = Push(PushAction.CREATE, f"odd-{number}", self.entry(f"odd-{number}"), name=self.file(f"{stem}"))
            made.add(provider.push(collection, push).href)
        assert set(provider.listing(collection)) == made

    def test_reading_writes_nothing(self, bench: Bench, provider: Provider, collection: RemoteCollection) -> None:
        bench.put(collection, self.file("e1"), self.entry("e1"))
        before = bench.writes
        mirror = Mirror()
        provider.collections()
        mirror.pull(provider, collection, mirror.pull(provider, collection))
        provider.fetch(collection, list(provider.listing(collection)))
        provider.addresses()
        assert bench.writes == before

    def test_collections_are_made_changed_and_removed(self, provider: Provider, collection: RemoteCollection) -> None:
        if not provider.capabilities.create_collections:
            return
        wanted = self.wanted()
        made = provider.create_collection("wanted-1", wanted)
        assert (made.name, made.kind, made.components) == (wanted.name, wanted.kind, wanted.components)
        assert (made.description, made.color, made.order) == (wanted.description, wanted.color, wanted.order)
        assert made.timezone == wanted.timezone
        assert {made.href, collection.href} <= {each.href for each in provider.collections()}
        color = "#00FF00FF" if wanted.color else ""
        cleared = "" if wanted.description else None
        provider.update_collection(made, CollectionEdit(name="Other", color=color or None, description=cleared))
        now = next(each for each in provider.collections() if each.href == made.href)
        assert (now.name, now.color, now.description, now.order) == ("Other", color, "", wanted.order)
        self.create(provider, made, "e1")
        provider.delete_collection(made)
        provider.delete_collection(made)
        assert made.href not in {each.href for each in provider.collections()}

    def test_a_collection_that_is_gone(self, provider: Provider, collection: RemoteCollection) -> None:
        if not provider.capabilities.create_collections:
            return
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        href, version, text = self.create(provider, collection, "e1")
        provider.delete_collection(collection)
        with pytest.raises(CollectionGone):
            list(provider.pull(collection, cursor, mirror.known))
        with pytest.raises(CollectionGone):
            list(provider.pull(collection, None, mirror.known))
        with pytest.raises(CollectionGone):
            provider.listing(collection)
        with pytest.raises(CollectionGone):
            provider.fetch(collection, [href])
        with pytest.raises(CollectionGone):
            provider.push(collection, Push(PushAction.UPDATE, "e1", text, base=text, href=href, version=version))
        with pytest.raises(UpstreamError):
            self.create(provider, collection, "e2")


class ContactsContract(ProviderContract):
    """The same suite over an address book."""

    kind = CollectionKind.CONTACTS
    component = "VCARD"
    suffix = ".vcf"

    def entry(self, uid: str, title: str = "Ada") -> str:
        return card(uid, title)

    def titled(self, title: str) -> str:
        return f"FN:{title}"

    def wanted(self) -> RemoteCollection:
        """Its name alone: Xandikos keeps no description of an address book."""
        return RemoteCollection("", "Wanted ä & <b>", self.kind, (self.component,))

    def test_a_uid_stands_once_in_a_collection(
        self, bench: Bench, provider: Provider, collection: RemoteCollection
    ) -> None:
        """As RFC 6352 §6.3.2.1 demands; Cyrus and Xandikos do not look, and then both cards stand there."""
        bench.put(collection, self.file("other-name"), self.entry("e1", "Theirs"))
        try:
            self.create(provider, collection, "e1", self.entry("e1", "Ours"))
        except VersionMismatch:
            assert len(provider.listing(collection)) == 1
        else:
            assert len(provider.listing(collection)) == 2


class SilenceContract:
    """For upstreams that deliver invitations, and whose messages can be counted: none goes out unless the push says so,
    and then just one for each who has to hear of it.
    """

    def test_it_says_how_it_is_kept_silent(self, bench: MailBench) -> None:
        bench.collection()
        provider = bench.provider()
        assert any(each.schedules for each in provider.collections())
        assert provider.capabilities.silence is not Silence.NEEDLESS

    def test_nobody_hears_of_what_is_written_in_silence(self, bench: MailBench) -> None:
        provider, collection, meeting = bench.provider(), bench.collection(), self.meeting(bench)
        create = Push(PushAction.CREATE, "s1", meeting("s1"), name="s1.ics", key="key-s1")
        href, version, text = settled(provider, collection, provider.push(collection, create))
        later = meeting("s1", "Later", 1)
        update = Push(PushAction.UPDATE, "s1", later, base=text, href=href, version=version)
        href, version, text = settled(provider, collection, provider.push(collection, update))
        provider.push(collection, Push(PushAction.DELETE, "s1", base=text, href=href, version=version))
        assert bench.mails == 0

    def test_nobody_hears_of_silent_writes_to_what_they_were_invited_to(self, bench: MailBench) -> None:
        provider, collection, meeting = bench.provider(), bench.collection(), self.meeting(bench)
        create = Push(PushAction.CREATE, "s2", meeting("s2"), name="s2.ics", key="key-s2", notify=True)
        href, version, text = settled(provider, collection, provider.push(collection, create))
        assert bench.mails == 1
        later = meeting("s2", "Later", 1)
        update = Push(PushAction.UPDATE, "s2", later, base=text, href=href, version=version)
        href, version, text = settled(provider, collection, provider.push(collection, update))
        provider.push(collection, Push(PushAction.DELETE, "s2", base=text, href=href, version=version))
        assert bench.mails == 1

    def test_guests_hear_of_what_the_owner_writes(self, bench: MailBench) -> None:
        provider, collection, meeting = bench.provider(), bench.collection(), self.meeting(bench)
        create = Push(PushAction.CREATE, "s3", meeting("s3"), name="s3.ics", key="key-s3", notify=True)
        href, version, text = settled(provider, collection, provider.push(collection, create))
        assert bench.mails == 1
        later = meeting("s3", "Later", 1)
        update = Push(PushAction.UPDATE, "s3", later, base=text, href=href, version=version, notify=True)
        href, version, text = settled(provider, collection, provider.push(collection, update))
        assert bench.mails == 2
        provider.push(collection, Push(PushAction.DELETE, "s3", base=text, href=href, version=version, notify=True))
        assert bench.mails == 3

    def test_an_answer_is_sent_once(self, bench: MailBench) -> None:
        provider = bench.provider()
        collection, href = bench.invitation("s4")
        before = bench.mails
        entry = provider.fetch(collection, [href])[href]
        assert entry is not None
        text = str(entry.data)
        yes = re.sub(rf"PARTSTAT=NEEDS-ACTION(?=[^:]*:{bench.me})", "PARTSTAT=ACCEPTED", text.replace("\r\n ", ""))
        assert yes != text
        push = Push(PushAction.UPDATE, "s4", yes, base=text, href=href, version=entry.version, notify=True)
        href, version, text = settled(provider, collection, provider.push(collection, push))
        assert bench.mails == before + 1
        with suppress(VersionMismatch):
            provider.push(collection, push)
        calm = text.replace("SUMMARY:", "X-NOTE:mine\r\nSUMMARY:", 1)
        push = Push(PushAction.UPDATE, "s4", calm, base=text, href=href, version=version, notify=True)
        href, version, text = settled(provider, collection, provider.push(collection, push))
        no = re.sub("PARTSTAT=ACCEPTED(?=[^:]*:" + bench.me + ")", "PARTSTAT=DECLINED", text.replace("\r\n ", ""))
        push = Push(PushAction.UPDATE, "s4", no, base=text, href=href, version=version)
        href, version, text = settled(provider, collection, provider.push(collection, push))
        provider.push(collection, Push(PushAction.DELETE, "s4", base=text, href=href, version=version))
        assert bench.mails == before + 1

    def meeting(self, bench: MailBench) -> Callable[..., str]:
        """A meeting of the account's owner with one guest, so many hours earlier than at first.

        Cyrus raises the SEQUENCE of what it sends, so that a step of one is none to the guest.
        """

        def made(uid: str, summary: str = "Meeting", move: int = 0) -> str:
            text = invitation(uid, bench.me, bench.guest, summary).replace("T10", f"T{10 - move:02}")
            return text.replace("SUMMARY:", f"SEQUENCE:{2 * move}\r\nSUMMARY:")

        return made
