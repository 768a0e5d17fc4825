"""What the memory upstream offers beyond the contract: pages, rewriting, counters, dead cursors."""

import pytest

from plugins.memory.messages import Message
from plugins.memory.provider import MemoryProvider, MemoryUpstream
from storage.errors import CursorGone
from storage.provider import Login, Push, PushAction
from tests.contract.provider import Mirror, event


def test_a_round_is_cut_into_pages_and_can_be_resumed_after_each() -> None:
    upstream = MemoryUpstream()
    collection = upstream.add()
    provider = MemoryProvider(upstream, page_size=2)
    start = Mirror().pull(provider, collection)
    for number in range(5):
        upstream.put(collection.href, f"{collection.href}e{number}.ics", event(f"e{number}"))
    mirror = Mirror()
    mirror.pull(provider, collection, start)
    assert [len(page.changed) for page in mirror.pages] == [2, 2, 1]
    rest = Mirror()
    rest.pull(provider, collection, mirror.pages[0].cursor)
    assert rest.changed == mirror.changed[2:]


def test_a_full_round_has_no_cursor_before_its_end() -> None:
    upstream = MemoryUpstream()
    collection = upstream.add()
    for number in range(3):
        upstream.put(collection.href, f"{collection.href}e{number}.ics", event(f"e{number}"))
    pages = list(MemoryProvider(upstream, page_size=2).pull(collection, None, lambda _hrefs: {}))
    assert [page.cursor is None for page in pages] == [True, False]
    assert all(page.full for page in pages)


def test_an_upstream_that_rewrites_names_no_version() -> None:
    upstream = MemoryUpstream(rewrite=lambda text: text.replace("SUMMARY:Meeting", "SUMMARY:MEETING"))
    collection = upstream.add()
    provider = MemoryProvider(upstream)
    receipt = provider.push(collection, Push(PushAction.CREATE, "e1", event("e1"), name="e1.ics"))
    assert (receipt.version, receipt.text) == ("", None)
    entry = provider.fetch(collection, [receipt.href])[receipt.href]
    assert entry is not None
    assert "SUMMARY:MEETING" in str(entry.data)


def test_writes_and_mails_are_counted() -> None:
    upstream = MemoryUpstream(addresses=["mailto:up@internal"])
    collection = upstream.add()
    provider = MemoryProvider(upstream)
    text = event("e1", guests=["a@example.com"])
    receipt = provider.push(collection, Push(PushAction.CREATE, "e1", text, name="e1.ics"))
    assert (upstream.writes, upstream.told) == (1, [])
    deletion = Push(PushAction.DELETE, "e1", base=text, href=receipt.href, version=receipt.version, notify=True)
    provider.push(collection, deletion)
    provider.push(collection, deletion)
    assert (upstream.writes, upstream.told) == (2, [Message("e1", "CANCEL", "mailto:a@example.com")])


def test_cursors_die_on_demand() -> None:
    upstream = MemoryUpstream()
    collection = upstream.add()
    provider = MemoryProvider(upstream)
    cursor = Mirror().pull(provider, collection)
    upstream.expire_cursors()
    with pytest.raises(CursorGone):
        list(provider.pull(collection, cursor, lambda _hrefs: {}))


def test_built_from_a_login_it_has_an_upstream_of_its_own() -> None:
    assert list(MemoryProvider(Login("a")).collections()) == []
