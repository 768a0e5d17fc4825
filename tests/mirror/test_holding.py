"""What a server cannot hold: said in the plan, kept in the mirror whatever is edited on either side, sent once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.caldav.holding import DAVMAIL
from storage.content import canonical
from storage.projection import project
from storage.sync.forecast import forecast
from storage.verify import verify
from tests.mirror.rig import Mirror, Upstream, mirror_of
from tests.mirror.test_upstreams import event
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.fixtures import real_server
from tests.upstreams.radicale import running_radicale
from tests.upstreams.scripted import Reply, Request
from tests.upstreams.serving import Server

__all__ = ["real_server"]

ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT{}M\r\nEND:VALARM\r\n"
PLACE = 'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Hall, 1":geo:52.5,13.4\r\n'
LOCATION = "BEGIN:VLOCATION\r\nUID:l\r\nNAME:Hall\r\nEND:VLOCATION\r\n"
GROUP = 'ATTENDEE;MEMBER="mailto:g@example.net","mailto:h@example.net":mailto:ann@example.net\r\n'
RICH = f"{PLACE}RESOURCES:Easel,Beamer\r\nURL:https://example.org/x\r\nPRIORITY:3\r\n{ALARM.format(5)}{ALARM.format(9)}"
STAYS = {
    "radicale": {"X-APPLE-STRUCTURED-LOCATION"},
    "xandikos": {"RESOURCES"},
    "cyrus": {"VLOCATION", ";MEMBER"},
    "davmail": {"DESCRIPTION", "X-APPLE-STRUCTURED-LOCATION", "RESOURCES", "URL", "PRIORITY", "VALARM"},
}


class DavMail(FaultyProxy):
    """Calls itself DavMail, and makes of what it is given what that is said to make of it; it names no ETag then."""

    def answer(self, request: Request) -> Reply:
        """As the server behind it."""
        if request.method == "PUT":
            request.body = project(request.body.decode(), DAVMAIL).encode()
        reply = super().answer(request)
        if request.method == "PUT":
            reply.headers = {name: value for name, value in reply.headers.items() if name.lower() != "etag"}
        others = {name: value for name, value in reply.headers.items() if name.lower() != "server"}
        reply.headers = {**others, "Server": "DavMail Gateway 6.6.0-4001"}
        return reply


@pytest.fixture(scope="module")
def davmail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_radicale(tmp_path_factory.mktemp("davmail")) as server:
        yield server


def rich(name: str, summary: str, *more: str) -> str:
    return event(name, summary).replace("END:VEVENT", "".join(more) + RICH + "END:VEVENT")


def live_with(server: Server, name: str, proxy: FaultyProxy, folder: Path) -> None:
    """An entry that has what the server cannot hold, edited on both sides in turn."""
    calendar = server.make_calendar("held")
    more = [GROUP, LOCATION] if name == "cyrus" else []
    with proxy, mirror_of(proxy.server(server), folder) as mirror:
        hands = Upstream(proxy.server(server))
        assert mirror.sync().converged
        text = rich("held", "One", *more)
        mirror.put(calendar, "held.ics", text)
        assert stays(mirror) == STAYS[name]
        settled(mirror, proxy, calendar, text)
        hands.put(calendar, "held.ics", hands.get(calendar, "held.ics").replace("SUMMARY:One", "SUMMARY:Two"))
        settled(mirror, proxy, calendar, rich("held", "Two", *more))
        mirror.put(calendar, "held.ics", rich("held", "Three", *more))
        settled(mirror, proxy, calendar, rich("held", "Three", *more))
        assert "SUMMARY:Three" in hands.get(calendar, "held.ics")
        assert verify(mirror.store, None).problems == []
        hands.http.close()


def moved_there(server: Server, name: str, proxy: FaultyProxy, folder: Path) -> None:
    """Somebody moves it to another calendar of the server's, and renames it by the way."""
    first, second = server.make_calendar("first"), server.make_calendar("second")
    more = [GROUP, LOCATION] if name == "cyrus" else []
    with proxy, mirror_of(proxy.server(server), folder) as mirror:
        hands = Upstream(proxy.server(server))
        assert mirror.sync().converged
        mirror.put(first, "carried.ics", rich("carried", "One", *more))
        assert mirror.sync().converged
        text = hands.get(first, "carried.ics").replace("SUMMARY:One", "SUMMARY:Two")
        hands.delete(first, "carried.ics")
        hands.put(second, "elsewhere.ics", text)
        settled(mirror, proxy, second, rich("carried", "Two", *more), "carried")
        assert mirror.texts(first) == {}
        assert verify(mirror.store, None).problems == []
        hands.http.close()


def stays(mirror: Mirror) -> set[str]:
    """What the plan says that the upstream will not have."""
    with forecast(mirror.store.folder, lambda copy: ([copy.account("up")], mirror.make)) as found:
        (action,) = found.actions()
        assert (action.side, action.action) == ("upstream", "create")
        return set(action.stays)


def settled(mirror: Mirror, proxy: FaultyProxy, calendar: str, text: str, name: str = "held") -> None:
    """After a round the mirror has just this, and a further one writes nothing."""
    assert mirror.sync().converged
    assert mirror.texts(calendar) == {f"{name}@example.com": canonical(text)}
    writes, head = proxy.writes, mirror.store.head()
    assert mirror.sync().converged
    assert (proxy.writes, mirror.store.head()) == (writes, head)
    assert mirror.store.conflicts() == []


def test_what_a_real_server_cannot_hold_stays_in_the_mirror(real_server: Server, tmp_path: Path) -> None:
    live_with(real_server, real_server.name, FaultyProxy(real_server.url), tmp_path)


def test_what_davmail_is_said_to_drop_stays_in_the_mirror(davmail: Server, tmp_path: Path) -> None:
    live_with(davmail, "davmail", DavMail(davmail.url), tmp_path)


def test_what_a_real_server_cannot_hold_goes_with_what_somebody_moves_there(
    real_server: Server, tmp_path: Path
) -> None:
    moved_there(real_server, real_server.name, FaultyProxy(real_server.url), tmp_path)


def test_what_davmail_is_said_to_drop_goes_with_what_somebody_moves_there(davmail: Server, tmp_path: Path) -> None:
    moved_there(davmail, "davmail", DavMail(davmail.url), tmp_path)
