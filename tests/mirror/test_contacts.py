"""Address books with Radicale, Xandikos and Cyrus as the upstream: mirrored, edited on either side, and at rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.content import canonical
from storage.model import CollectionKind, Origin
from storage.verify import verify
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.storage.vcard.cards import FULL, card
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.fixtures import real_server
from tests.upstreams.serving import Server

__all__ = ["real_server"]

CARDS = {
    "ada.vcf": FULL,
    "group.vcf": card(
        "N:Friends;;;;",
        "X-ADDRESSBOOKSERVER-KIND:group",
        "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:one",
        uid="group",
        fn="Friends",
    ),
    "apple.vcf": card(
        "N:Müller;Jürgen;;;",
        "item1.X-ABADR:de",
        "item1.ADR;type=HOME;type=pref:;;Straße 1;Köln;;50667;Deutschland",
        "X-SOCIALPROFILE;type=twitter:http://twitter.com/a,b",
        "IMPP;X-SERVICE-TYPE=Jabber:xmpp:a@b",
        uid="apple",
        fn="Jürgen Müller",
    ),
    "four.vcf": card(
        "N:Four;;;;", "KIND:individual", "TEL;VALUE=uri;PREF=1:tel:+1-555", uid="four", version="4.0", fn="Four"
    ),
    "grüße 東京.vcf": card("N:東京;;;;", uid="tokyo", fn="東京"),
}


@pytest.fixture
def upstream(real_server: Server) -> Iterator[Upstream]:
    hands = Upstream(real_server)
    yield hands
    hands.http.close()


def put(upstream: Upstream, book: str, name: str, text: str) -> None:
    upstream.put(book, name, text, media_type="text/vcard")


@pytest.mark.timeout(300)
def test_address_books_are_mirrored_both_ways(real_server: Server, upstream: Upstream, tmp_path: Path) -> None:
    book = real_server.make_address_book("people")
    calendar = real_server.make_calendar("beside")
    for name, text in CARDS.items():
        put(upstream, book, name, text)
    with FaultyProxy(real_server.url) as proxy, mirror_of(proxy.server(real_server), tmp_path / "m") as mirror:
        assert mirror.sync().converged
        assert mirror.collection(book).kind is CollectionKind.CONTACTS
        assert mirror.collection(calendar).kind is CollectionKind.CALENDAR
        assert mirror.texts(book) == upstream.texts(book)
        assert len(mirror.texts(book)) == len(CARDS)
        head, writes = mirror.store.head(), proxy.writes
        assert mirror.sync().converged
        assert (mirror.store.head(), proxy.writes) == (head, writes), "an idle round is silent"
        _edit_on_both_sides(mirror, upstream, book)
        assert verify(mirror.store, None).problems == []


def _edit_on_both_sides(mirror: Mirror, upstream: Upstream, book: str) -> None:
    mirror.put(book, "ada.vcf", FULL.replace("Programmer", "Countess"))
    mirror.put(book, "new.vcf", card("N:New;;;;", "X-SOCIALPROFILE:http://t/a", uid="new", fn="New"))
    mirror.store.delete_entry(mirror.collection(book).id, "four.vcf", origin=Origin.DAV)
    put(upstream, book, "group.vcf", CARDS["group.vcf"].replace("FN:Friends", "FN:Colleagues"))
    upstream.delete(book, "apple.vcf")
    assert mirror.sync().converged
    assert "TITLE:Countess" in upstream.get(book, "ada.vcf")
    assert sorted(upstream.names(book)) == sorted(["ada.vcf", "group.vcf", "grüße 東京.vcf", "new.vcf"])
    assert "FN:Colleagues" in mirror.texts(book)["group"]
    assert set(mirror.texts(book)) == {"one", "group", "tokyo", "new"}
    ours = mirror.store.entry_by_uid(mirror.collection(book).id, "one")
    assert canonical(ours.text) == canonical(FULL.replace("Programmer", "Countess")), (
        "what we wrote stays as we wrote it"
    )
    head = mirror.store.head()
    assert mirror.sync().converged
    assert mirror.store.head() == head


def test_address_books_are_made_renamed_and_removed_upstream(
    real_server: Server, upstream: Upstream, tmp_path: Path
) -> None:
    with mirror_of(real_server, tmp_path / "m") as mirror:
        assert mirror.sync().errors == []
        made = mirror.store.create_collection(
            mirror.account.id,
            "made-here",
            name="Made here ☂",
            kind=CollectionKind.CONTACTS,
            components=("VCARD",),
            origin=Origin.DAV,
        )
        mirror.store.put_entry(made.id, "first.vcf", card("N:x;;;;", uid="first"), origin=Origin.DAV)
        mirror.sync()
        remote = mirror.store.collection(made.id).remote_href
        assert remote
        assert remote.startswith(real_server.book_home.removeprefix(real_server.url.rstrip("/").removesuffix("/dav")))
        shown = {each.href: each for each in mirror.make(mirror.account).collections()}
        assert (shown[remote].name, shown[remote].kind) == ("Made here ☂", CollectionKind.CONTACTS)
        mirror.store.update_collection(made.id, name="Renamed", origin=Origin.DAV)
        mirror.sync()
        assert {each.href: each.name for each in mirror.make(mirror.account).collections()}[remote] == "Renamed"
        mirror.store.delete_collection(made.id, origin=Origin.DAV)
        mirror.sync()
        assert remote not in {each.href for each in mirror.make(mirror.account).collections()}
