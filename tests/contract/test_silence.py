"""Cyrus delivers invitations; the CalDAV adapter lets it, or keeps it from it, as each push says."""

import re
from collections.abc import Iterator
from time import monotonic, sleep
from urllib.parse import urljoin, urlsplit

import pytest

from storage.provider import RemoteCollection
from tests.contract.provider import SilenceContract, invitation
from tests.contract.test_caldav import CalDavBench
from tests.upstreams.faults import FaultyProxy
from tests.upstreams.fixtures import scheduling_server
from tests.upstreams.serving import Server

__all__ = ["scheduling_server"]

PATIENCE = 10.0


class CyrusBench(CalDavBench):
    """`up` is the account's owner, `boss` a colleague whose inbox is counted."""

    me, guest = "mailto:up@example.org", "mailto:boss@example.org"

    def __init__(self, server: Server, proxy: FaultyProxy) -> None:
        super().__init__(server, proxy)
        self.boss = server.as_user("boss")
        self._theirs = self.boss.client()
        self._before = set(self._inbox())
        self._came: set[tuple[str, str]] = set()

    @property
    def mails(self) -> int:
        """Cyrus keeps one message about a meeting, the newest, so that what came is noted whenever somebody asks."""
        self._came |= set(self._inbox()) - self._before
        return len(self._came)

    def invitation(self, uid: str) -> tuple[RemoteCollection, str]:
        text = invitation(uid, self.guest, self.me)
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = self._theirs.put(f"{self.boss.home}Default/{uid}.ics", content=text, headers=headers)
        assert answer.is_success, answer.text
        until = monotonic() + PATIENCE
        while monotonic() < until:
            for collection in self.provider().collections():
                if collection.name == "Default" or collection.href.endswith("/Default/"):
                    for href in self.provider().listing(collection):
                        if f"UID:{uid}" in self._http.get(urljoin(self._server.url, href)).text:
                            return collection, href
            sleep(0.1)
        raise AssertionError(f"the invitation {uid} never came")

    def close(self) -> None:
        super().close()
        for name in ("s1", "s2", "s3", "s4"):
            self._theirs.delete(f"{self.boss.home}Default/{name}.ics", headers={"Scheduling-Enabled": "F"})
        self._theirs.close()

    def _inbox(self) -> list[tuple[str, str]]:
        """The messages: href and ETag."""
        url = f"{self.boss.home}Inbox/"
        answer = self._theirs.request("PROPFIND", url, headers={"Depth": "1", "Prefer": "return=minimal"})
        hrefs = re.findall(r"<(?:\w+:)?href[^>]*>([^<]*)</", answer.text)
        messages = [href for href in hrefs if not href.endswith("/") and urlsplit(href).path]
        return [(href, self._theirs.get(urljoin(url, href)).headers["etag"]) for href in messages]


class TestCyrus(SilenceContract):
    @pytest.fixture
    def bench(self, scheduling_server: Server) -> Iterator[CyrusBench]:
        with FaultyProxy(scheduling_server.url) as proxy:
            bench = CyrusBench(scheduling_server, proxy)
            yield bench
            bench.close()
