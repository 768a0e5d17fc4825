"""Reading a whole collection while somebody else writes to it."""

import pytest

from plugins.caldav.provider import CalDavProvider
from tests.contract.provider import Mirror, event
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.scripted import Reply, Request
from tests.upstreams.serving import Server


@pytest.mark.parametrize("times", [1, 5], ids=["once", "at every listing"])
def test_what_changes_behind_a_listing_is_read_too(
    radicale: Server, proxy: FaultyProxy, provider: CalDavProvider, times: int
) -> None:
    url = radicale.make_calendar(f"busy{times}")
    collection = next(each for each in provider.collections() if url.endswith(each.href))
    with radicale.client() as client:
        for name in ("stays", "edited", "removed"):
            client.put(f"{url}{name}.ics", content=event(name)).raise_for_status()
        left = list(range(times))

        def script(request: Request) -> Reply:
            reply = proxy.answer(request)
            if left and request.method == "PROPFIND" and request.headers.get("Depth") == "1":
                number = left.pop(0)
                client.put(f"{url}edited.ics", content=event("edited", f"Moved {number}")).raise_for_status()
                client.put(f"{url}new{number}.ics", content=event(f"new{number}")).raise_for_status()
                client.delete(f"{url}removed.ics" if number == 0 else f"{url}new{number - 1}.ics").raise_for_status()
            return reply

        proxy.script = script
        mirror = Mirror()
        cursor = mirror.pull(provider, collection)
        assert cursor
        assert mirror.pages[-1].full
        proxy.script = proxy.answer
        mirror.pull(provider, collection, cursor)
        assert mirror.versions == dict(provider.listing(collection))
        assert any("Moved" in text for text in mirror.texts.values())


def test_an_undisturbed_listing_is_read_once(radicale: Server, proxy: FaultyProxy, provider: CalDavProvider) -> None:
    url = radicale.make_calendar("quiet")
    collection = next(each for each in provider.collections() if url.endswith(each.href))
    with radicale.client() as client:
        client.put(f"{url}e.ics", content=event("e")).raise_for_status()
    asked: list[tuple[str, str]] = []

    def script(request: Request) -> Reply:
        asked.append((request.method, request.headers.get("Depth", "")))
        return proxy.answer(request)

    proxy.script = script
    Mirror().pull(provider, collection)
    assert asked.count(("PROPFIND", "1")) == 1
    assert asked.count(("PROPFIND", "0")) == 2
