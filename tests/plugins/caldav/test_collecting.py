"""Making, changing and listing collections on servers that refuse a part of it."""

import pytest

from plugins.caldav.provider import CalDavProvider
from storage.errors import Rejected, Unreachable, UntrustedAnswer
from storage.model import CollectionKind
from storage.provider import CollectionEdit, RemoteCollection
from tests.upstreams.faults import Fault, FaultyProxy
from tests.upstreams.scripted import Reply, Request
from tests.upstreams.serving import Server

WANTED = RemoteCollection(
    "", "Wanted", CollectionKind.CALENDAR, ("VEVENT",), color="#112233FF", timezone="Europe/Paris"
)


def refusing(proxy: FaultyProxy, word: bytes, method: str, status: int = 403) -> None:
    """Let the server refuse requests with `method` whose body names `word`."""

    def script(request: Request) -> Reply:
        if request.method == method and word in request.body:
            return Reply(status, {}, b"")
        return proxy.answer(request)

    proxy.script = script


def test_a_creation_repeated_after_a_lost_answer(proxy: FaultyProxy, provider: CalDavProvider) -> None:
    proxy.inject(Fault.LOST_ANSWER, methods={"MKCALENDAR"}, times=1)
    with pytest.raises(Unreachable):
        provider.create_collection("lost", WANTED)
    made = provider.create_collection("lost", WANTED)
    assert (made.name, made.timezone) == ("Wanted", "Europe/Paris")
    provider.delete_collection(made)


def test_a_name_that_is_taken(provider: CalDavProvider) -> None:
    made = provider.create_collection("taken", RemoteCollection("", "Theirs", CollectionKind.CALENDAR, ("VEVENT",)))
    with pytest.raises(Rejected, match="taken"):
        provider.create_collection("taken", WANTED)
    provider.delete_collection(made)


def test_properties_that_are_refused_at_creation_are_set_afterwards(
    proxy: FaultyProxy, provider: CalDavProvider
) -> None:
    refusing(proxy, b"calendar-color", "MKCALENDAR")
    made = provider.create_collection("later", WANTED)
    assert (made.name, made.color, made.components) == ("Wanted", "#112233FF", ("VEVENT",))
    provider.delete_collection(made)


@pytest.mark.parametrize("status", [403, 500])
def test_one_refused_property_does_not_stop_the_others(
    proxy: FaultyProxy, provider: CalDavProvider, status: int
) -> None:
    made = provider.create_collection("partly", WANTED)
    refusing(proxy, b"calendar-order", "PROPPATCH", status)
    with pytest.raises(Rejected, match="calendar-order"):
        provider.update_collection(made, CollectionEdit(name="New", order="9"))
    found = next(each for each in provider.collections() if each.href == made.href)
    assert (found.name, found.order) == ("New", "")
    provider.delete_collection(made)


def test_a_server_that_fails_is_not_a_refusal(proxy: FaultyProxy, provider: CalDavProvider) -> None:
    made = provider.create_collection("failing", WANTED)
    proxy.inject(Fault.SERVER_ERROR, methods={"PROPPATCH"})
    with pytest.raises(Unreachable):
        provider.update_collection(made, CollectionEdit(name="New", order="9"))
    proxy.clear()
    provider.delete_collection(made)


def test_a_deletion_that_leaves_something_is_refused(proxy: FaultyProxy, provider: CalDavProvider) -> None:
    made = provider.create_collection("sticky", WANTED)
    body = (
        b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/up/sticky/a.ics</D:href>'
        b"<D:status>HTTP/1.1 423 Locked</D:status></D:response></D:multistatus>"
    )
    proxy.script = lambda request: Reply(207, {}, body) if request.method == "DELETE" else proxy.answer(request)
    with pytest.raises(Rejected, match="kept 1"):
        provider.delete_collection(made)
    proxy.script = proxy.answer
    provider.delete_collection(made)


def test_a_home_that_does_not_show_itself_is_not_believed(proxy: FaultyProxy, provider: CalDavProvider) -> None:
    provider.collections()
    proxy.inject(Fault.EMPTY_MULTISTATUS)
    with pytest.raises(UntrustedAnswer):
        provider.collections()


def test_servers_without_sync_go_by_their_ctag(radicale: Server, proxy: FaultyProxy, provider: CalDavProvider) -> None:
    url = radicale.make_calendar("stamped")

    def script(request: Request) -> Reply:
        reply = proxy.answer(request)
        reply.body = reply.body.replace(b"sync-collection", b"no-such-report")
        return reply

    proxy.script = script

    collection = next(each for each in provider.collections() if url.endswith(each.href))
    cursor = list(provider.pull(collection, None, lambda _: {}))[-1].cursor
    assert cursor
    assert cursor.startswith("ctag:")
    (idle,) = provider.pull(collection, cursor, lambda _: {})
    assert (idle.cursor, idle.full, idle.last, list(idle.changed)) == (cursor, False, True, [])
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:e\r\nDTSTAMP:20260301T090000Z\r\n"
    with radicale.client() as client:
        client.put(f"{url}e.ics", content=f"{text}DTSTART:20260301T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    pages = list(provider.pull(collection, cursor, lambda _: {}))
    assert sum(len(page.changed) for page in pages) == 1
    assert pages[-1].full
    assert (pages[-1].cursor or cursor) != cursor
