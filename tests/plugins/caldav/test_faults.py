"""The CalDAV adapter against a real Radicale through a proxy that lies and breaks: it concludes nothing from that."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from plugins.caldav.provider import CalDavProvider
from storage.errors import (
    CollectionGone,
    CursorGone,
    NeedsLogin,
    RateLimited,
    Rejected,
    Unreachable,
    UntrustedAnswer,
    UpstreamError,
    VersionMismatch,
)
from storage.provider import Login, Page, Push, PushAction, RemoteCollection
from tests.contract.provider import Mirror, ProviderContract, event
from tests.upstreams.faults import Fault, FaultyProxy
from tests.upstreams.fixtures import radicale
from tests.upstreams.scripted import Request
from tests.upstreams.serving import Server

__all__ = ["radicale"]

COUNT = 12
READ_FAULTS: dict[Fault, type[UpstreamError]] = {
    Fault.EMPTY_MULTISTATUS: UntrustedAnswer,
    Fault.TRUNCATED_XML: UntrustedAnswer,
    Fault.HTML_MULTISTATUS: UntrustedAnswer,
    Fault.LOGIN_PAGE: UntrustedAnswer,
    Fault.NOT_FOUND: CollectionGone,
    Fault.FORBIDDEN: CollectionGone,
    Fault.UNAUTHORIZED: NeedsLogin,
    Fault.SERVER_ERROR: Unreachable,
    Fault.CUT_CONNECTION: Unreachable,
    Fault.RATE_LIMITED: RateLimited,
    Fault.REDIRECT_AWAY: UntrustedAnswer,
}


@dataclass
class Scene:
    """An adapter, logged in through the proxy, and a collection of a dozen entries that it has mirrored."""

    proxy: FaultyProxy
    provider: CalDavProvider
    collection: RemoteCollection
    mirror: Mirror
    cursor: str
    server: Server

    def pages(self, cursor: str | None) -> list[Page]:
        return list(self.provider.pull(self.collection, cursor, self.mirror.known))

    def put(self, name: str, text: str) -> None:
        with self.server.client() as client:
            target = f"{self.server.url.rstrip('/')}{self.collection.href}{name}"
            headers = {"Content-Type": "text/calendar; charset=utf-8"}
            assert client.put(target, content=text.encode(), headers=headers).is_success

    def inside(self, request: Request) -> bool:
        return request.path.startswith(self.collection.href)


def together(events: Iterable[str]) -> str:
    """One VCALENDAR with all of them: Radicale takes a whole collection in one PUT, and names the entries by UID."""
    inner = [text.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0] for text in events]
    body = "".join(f"BEGIN:VEVENT{each}END:VEVENT\r\n" for each in inner)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Contract//EN\r\n{body}END:VCALENDAR\r\n"


def filled(server: Server) -> str:
    """The path of a new collection with a dozen entries."""
    url = server.make_calendar(f"c{uuid4().hex[:8]}")
    text = together(event(f"e{number:02}", f"Number {number}") for number in range(COUNT))
    with server.client() as client:
        answer = client.put(url, content=text.encode(), headers={"Content-Type": "text/calendar; charset=utf-8"})
    assert answer.is_success
    return urlsplit(url).path


@contextmanager
def mirrored(server: Server, path: str) -> Iterator[Scene]:
    """A scene for the collection at `path`."""
    with FaultyProxy(server.url) as proxy:
        settings = {"url": proxy.url, "username": server.username}
        provider = CalDavProvider(Login("test", settings, {"password": server.password}))
        collection = next(each for each in provider.collections() if each.href == path)
        mirror = Mirror()
        yield Scene(proxy, provider, collection, mirror, mirror.pull(provider, collection) or "", server)
        provider.close()


@pytest.fixture(scope="module")
def shared_path(radicale: Server) -> str:
    """One collection for all tests that only read."""
    return filled(radicale)


@pytest.fixture
def calm(radicale: Server, shared_path: str) -> Iterator[Scene]:
    """A scene whose collection nobody changes."""
    with mirrored(radicale, shared_path) as scene:
        yield scene


@pytest.fixture
def scene(radicale: Server) -> Iterator[Scene]:
    """A scene with a collection of its own."""
    with mirrored(radicale, filled(radicale)) as scene:
        yield scene


QUESTIONS = ("first pull", "next pull", "listing", "collections")


@pytest.mark.parametrize(
    ("fault", "question"),
    [
        pytest.param(fault, question, id=f"{fault.name}-{question}")
        for fault in READ_FAULTS
        for question in QUESTIONS
        # an answer without members is how a server says that nothing changed
        if (fault, question) != (Fault.EMPTY_MULTISTATUS, "next pull")
    ],
)
def test_a_faulty_answer_concludes_nothing(calm: Scene, fault: Fault, question: str) -> None:
    ask: dict[str, Callable[[], object]] = {
        "first pull": lambda: calm.pages(None),
        "next pull": lambda: calm.pages(calm.cursor),
        "listing": lambda: calm.provider.listing(calm.collection),
        "collections": calm.provider.collections,
    }
    calm.proxy.inject(fault)
    with pytest.raises(READ_FAULTS[fault]):
        ask[question]()
    assert calm.proxy.writes == 0


def test_the_time_to_wait_is_told(calm: Scene) -> None:
    calm.proxy.inject(Fault.RATE_LIMITED)
    with pytest.raises(RateLimited) as caught:
        calm.provider.listing(calm.collection)
    assert caught.value.retry_after == 7


def test_an_empty_listing_that_the_changes_contradict_is_not_believed(calm: Scene) -> None:
    calm.proxy.inject(Fault.EMPTY_LISTING, methods={"PROPFIND"})
    with pytest.raises(UntrustedAnswer):
        calm.pages(None)


def test_credentials_never_follow_a_redirect(calm: Scene) -> None:
    with FaultyProxy(calm.server.url) as elsewhere:
        calm.proxy.elsewhere = elsewhere.url
        calm.proxy.inject(Fault.REDIRECT_AWAY)
        with pytest.raises(UntrustedAnswer, match="another server"):
            calm.provider.listing(calm.collection)
        assert elsewhere.log == []


@pytest.mark.parametrize("fault", [Fault.TRUNCATED_XML, Fault.HTML_MULTISTATUS, Fault.LOGIN_PAGE, Fault.SERVER_ERROR])
def test_what_multiget_withholds_comes_by_get(calm: Scene, fault: Fault) -> None:
    calm.proxy.inject(fault, methods={"REPORT"}, where=lambda request: b"multiget" in request.body)
    mirror = Mirror()
    mirror.pull(calm.provider, calm.collection)
    assert mirror.versions == calm.mirror.versions
    assert mirror.texts == calm.mirror.texts


def test_half_a_multiget_is_completed(calm: Scene) -> None:
    calm.proxy.inject(Fault.HALF_LISTING, methods={"REPORT"})
    mirror = Mirror()
    mirror.pull(calm.provider, calm.collection)
    assert mirror.texts == calm.mirror.texts


def test_one_entry_that_cannot_be_read_ends_no_page(calm: Scene) -> None:
    bad = next(iter(calm.mirror.versions))
    calm.proxy.inject(Fault.SERVER_ERROR, methods={"REPORT"}, where=lambda request: b"multiget" in request.body)
    calm.proxy.inject(Fault.SERVER_ERROR, methods={"GET"}, where=lambda request: request.path == bad)
    pages = list(calm.provider.pull(calm.collection, None, lambda _hrefs: {}))
    entries = {entry.href: entry for page in pages for entry in page.changed}
    assert len(entries) == COUNT
    assert (entries[bad].version, entries[bad].data) == ("", b"")
    assert pages[-1].cursor
    assert bad not in calm.provider.fetch(calm.collection, list(entries))


def test_one_changed_entry_that_cannot_be_read(scene: Scene) -> None:
    scene.put("e03.ics", event("e03", "Again"))
    scene.proxy.inject(Fault.SERVER_ERROR, methods={"GET"})
    (page,) = scene.pages(scene.cursor)
    assert [(entry.version, entry.data) for entry in page.changed] == [("", b"")]


def test_the_server_failing_in_the_middle_ends_the_round(calm: Scene) -> None:
    calm.proxy.inject(Fault.SERVER_ERROR, methods={"GET"})
    calm.proxy.inject(Fault.SERVER_ERROR, methods={"REPORT"}, where=lambda request: b"multiget" in request.body)
    with pytest.raises(Unreachable):
        list(calm.provider.pull(calm.collection, None, lambda _hrefs: {}))


def test_a_collection_that_vanishes_takes_no_entry_along(calm: Scene) -> None:
    calm.proxy.inject(Fault.NOT_FOUND, where=calm.inside)
    with pytest.raises(CollectionGone):
        calm.provider.fetch(calm.collection, list(calm.mirror.versions)[:1])
    with pytest.raises(CollectionGone):
        calm.provider.fetch(calm.collection, list(calm.mirror.versions))


def test_a_dead_token(calm: Scene) -> None:
    calm.proxy.inject(Fault.DEAD_TOKEN)
    with pytest.raises(CursorGone):
        calm.pages(calm.cursor)
    assert calm.pages(None)[-1].last


def test_changes_in_pages_can_be_resumed_after_each(scene: Scene) -> None:
    for number in range(COUNT):
        scene.put(f"e{number:02}.ics", event(f"e{number:02}", "Again"))
    scene.proxy.page = 5
    scene.proxy.inject(Fault.PAGING)
    pages = scene.pages(scene.cursor)
    cursors = [page.cursor for page in pages if page.cursor]
    assert [len(page.changed) for page in pages] == [5, 5, 2]
    assert len(set(cursors)) == 3
    assert pages[-1].last
    assert not any(page.full for page in pages)


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.NO_ETAG], ids=lambda fault: str(fault.name))
def test_a_creation_survives(scene: Scene, fault: Fault) -> None:
    scene.proxy.inject(fault, times=1)
    try:
        href, version, _ = ProviderContract().create(scene.provider, scene.collection, "new")
    except Unreachable:
        assert fault is Fault.LOST_ANSWER
        href, version, _ = ProviderContract().create(scene.provider, scene.collection, "new")
    listed = scene.provider.listing(scene.collection)
    assert listed[href] == version
    assert len(listed) == COUNT + 1


def test_a_lost_answer_to_an_update_or_deletion(scene: Scene) -> None:
    href = scene.collection.href + "e00.ics"
    version = scene.mirror.versions[href]
    text = scene.mirror.texts[href].replace("SUMMARY:Number", "SUMMARY:Changed")
    push = Push(PushAction.UPDATE, "e00", text, base=scene.mirror.texts[href], href=href, version=version)
    scene.proxy.inject(Fault.LOST_ANSWER, times=1)
    with pytest.raises(Unreachable):
        scene.provider.push(scene.collection, push)
    receipt = scene.provider.push(scene.collection, push)
    assert receipt.version == scene.provider.listing(scene.collection)[href]
    scene.proxy.inject(Fault.LOST_ANSWER, times=1)
    deletion = Push(PushAction.DELETE, "e00", base=text, href=href, version=receipt.version)
    with pytest.raises(Unreachable):
        scene.provider.push(scene.collection, deletion)
    assert scene.provider.push(scene.collection, deletion).href == href


def test_a_push_without_a_version_is_conditional_on_the_base(scene: Scene) -> None:
    href = scene.collection.href + "e00.ics"
    text = scene.mirror.texts[href]
    stale = Push(PushAction.UPDATE, "e00", event("e00", "Ours"), base=event("e00", "Older"), href=href)
    with pytest.raises(VersionMismatch):
        scene.provider.push(scene.collection, stale)
    with pytest.raises(VersionMismatch):
        scene.provider.push(scene.collection, Push(PushAction.DELETE, "e00", base=event("e00", "Older"), href=href))
    assert scene.proxy.writes == 0
    current = Push(PushAction.UPDATE, "e00", event("e00", "Ours"), base=text, href=href)
    assert scene.provider.push(scene.collection, current).version
    assert all("If-Match" in request.headers for request in scene.proxy.log if request.method == "PUT")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.FORBIDDEN, Rejected),
        (Fault.UNAUTHORIZED, NeedsLogin),
        (Fault.SERVER_ERROR, Unreachable),
        (Fault.RATE_LIMITED, RateLimited),
        (Fault.REDIRECT_AWAY, UntrustedAnswer),
    ],
    ids=lambda value: str(getattr(value, "name", "")),
)
@pytest.mark.parametrize("action", PushAction)
def test_a_refused_write_says_why(calm: Scene, fault: Fault, error: type[UpstreamError], action: PushAction) -> None:
    href, version = ("", "") if action is PushAction.CREATE else next(iter(calm.mirror.versions.items()))
    calm.proxy.inject(fault, methods={"PUT", "DELETE"})
    with pytest.raises(error) as caught:
        calm.provider.push(calm.collection, Push(action, "new", event("new"), href=href, version=version))
    assert calm.server.password not in str(caught.value).split()


def test_an_idle_round_writes_nothing_and_asks_little(calm: Scene) -> None:
    calm.proxy.log.clear()
    calm.provider.collections()
    calm.pages(calm.cursor)
    assert dict(calm.proxy.counts) == {"PROPFIND": 1, "REPORT": 1}


@pytest.mark.parametrize("notify", [False, True])
def test_leaving_a_meeting_mails_only_when_told_to(scene: Scene, notify: bool) -> None:
    href, version = next(iter(scene.mirror.versions.items()))
    scene.provider.push(scene.collection, Push(PushAction.DELETE, "e", href=href, version=version, notify=notify))
    (request,) = [request for request in scene.proxy.log if request.method == "DELETE"]
    assert request.headers.get("Schedule-Reply") == (None if notify else "F")
    assert request.headers["If-Match"] == version
