"""Reads one collection: its members, what changed since a token, and the entries themselves."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from plugins.caldav import mapping, quirks
from plugins.caldav.client import DavClient, Refused, check_itself, collection_error, refusal
from plugins.caldav.multistatus import Multistatus, Response
from storage.errors import (
    CollectionGone,
    CursorGone,
    NeedsLogin,
    RateLimited,
    Unreachable,
    UntrustedAnswer,
    UpstreamError,
)
from storage.provider import RemoteEntry

BATCH: Final = 250
"""Entries asked for in one multiget, and handed over as one page. Radicale needs a fifth less time than with 100."""
IN_FLIGHT: Final = 3
"""Multigets under way at once."""
_STEPS: Final = 1000
_ATTEMPTS: Final = 3
_GIVE_UP_AFTER: Final = 3


@dataclass(slots=True)
class Step:
    """One answer to sync-collection: versions by href of what changed, what is gone, the token after it."""

    changed: dict[str, str] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    token: str = ""
    more: bool = False


class Reading:
    """Everything that asks about entries. Hrefs in and out are canonical; holds no state of its own."""

    def __init__(self, client: DavClient) -> None:
        self._client = client

    def members(self, collection: str) -> dict[str, str]:
        """The version of every member by href, from a PROPFIND, which no server is known to cut off silently.

        Where the server says (507) that it did, sync-collection from the beginning is read to its end instead. An
        answer that does not show the collection itself (RFC 4918 §9.1 demands it) is `UntrustedAnswer`.
        """
        found: dict[str, str] = {}
        itself = truncated = False
        body = mapping.listing_body()
        with self._client.multistatus("PROPFIND", collection, body, depth="1", what="listing the collection") as answer:
            for response in answer:
                href = self._client.canonical(response.href, collection)
                types = {child.tag for child in response.children(mapping.RESOURCE_TYPE)}
                if quirks.same_collection(href, collection) or self._client.flavour.resource_type in types:
                    check_itself(response.status, collection)
                    itself = True
                    truncated = truncated or response.status == 507
                elif response.status >= 500:
                    truncated = True
                elif "DAV: collection" not in types and response.status not in {404, 410}:
                    found[href] = quirks.plain_etag(response.text(mapping.ETAG))
        if truncated:
            return self._members_by_sync(collection)[0]
        if not itself:
            raise UntrustedAnswer(f"{collection}: the listing does not show the collection itself")
        return found

    def snapshot(self, collection: str, version: str) -> tuple[dict[str, str], str]:
        """Every member, and the version from which on changes have to be asked for; `version` is a token just read.

        A token that is older than the listing will not do: an entry made after the token and removed after the listing
        was never there in the eyes of the server, so nothing would ever tell us of its removal. So the token is read
        again after the listing, and both are taken only if nothing happened in between; where something always does,
        sync-collection gives the two in one answer.
        """
        for _ in range(_ATTEMPTS):
            found = self.listed(collection, version)
            now = self.version(collection)
            if now == version:
                return found, version
            version = now
        return self._members_by_sync(collection)

    def listed(self, collection: str, version: str) -> dict[str, str]:
        """As `members`; an empty listing is believed only if sync-collection, where there is one, names nothing too."""
        found = self.members(collection)
        if not found and version.startswith(mapping.SYNC) and self._members_by_sync(collection)[0]:
            raise UntrustedAnswer(f"{collection}: the listing is empty, but the server's changes name entries")
        return found

    def changes(self, collection: str, token: str) -> Iterator[Step]:
        """What changed since `token` (empty: everything), in the steps in which the server gives it (RFC 6578 §3.6).

        Raises `CursorGone` before the first step if the token is dead.
        """
        for number in range(_STEPS):
            step = self._step(collection, token, first=number == 0)
            if step.more and step.token == token:
                raise UntrustedAnswer(f"{collection}: the server promises more changes but does not get on")
            yield step
            if not step.more:
                return
            token = step.token
        raise UntrustedAnswer(f"{collection}: the list of changes does not end")

    def version(self, collection: str) -> str:
        """The collection's version as `mapping.version` spells it; raises `CollectionGone` if it does not answer."""
        for body in (mapping.version_body(), mapping.stamp_body()):
            if version := mapping.version(self._itself(collection, body)):
                return version
        return ""

    def bodies(
        self, collection: str, wanted: Sequence[tuple[str, str]]
    ) -> Iterator[list[tuple[str, RemoteEntry | None]]]:
        """The entries `wanted` (href, listed version), in order, a batch at a time, with a few batches under way.

        None: the server says by name that there is no such entry. An entry that the server lists but does not give out
        comes with an empty version and no data, so that it is held apart, stops nobody, and is asked for again.
        """
        batches = iter([wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)])
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="caldav") as pool:
            running: deque[Future[list[tuple[str, RemoteEntry | None]]]] = deque()
            try:
                for batch in islice(batches, IN_FLIGHT):
                    running.append(pool.submit(self._batch, collection, batch))
                while running:
                    done = running.popleft().result()
                    for batch in islice(batches, 1):
                        running.append(pool.submit(self._batch, collection, batch))
                    yield done
            finally:
                for future in running:
                    future.cancel()

    def entry(self, href: str) -> RemoteEntry | None:
        """One entry by GET, its bytes as they are; None for 404 and 410. Raises where there is no clear answer."""
        answer = self._client.get(href)
        what = f"reading {href}"
        if answer.status in {404, 410} and not answer.redirected:
            return None
        if answer.status != 200:
            error = refusal(answer, answer.body, what)
            raise UntrustedAnswer(error.message, status=answer.status) if isinstance(error, Refused) else error
        if "html" in answer.content_type or answer.body.lstrip()[:1] == b"<":
            raise UntrustedAnswer(f"{what}: the server answered with a web page", status=200)
        try:
            data: str | bytes = answer.body.decode()
        except UnicodeDecodeError:
            data = answer.body
        return RemoteEntry(href, quirks.plain_etag(answer.headers.get("etag", "")), data)

    def check(self, collection: str) -> None:
        """Raises `CollectionGone` if the collection itself does not answer: then nothing was said about its entries."""
        self._itself(collection, mapping.existence_body())

    def _itself(self, collection: str, body: bytes) -> Response:
        """What the collection answers to a question about itself."""
        with self._client.multistatus("PROPFIND", collection, body, depth="0", what="asking for changes") as answer:
            responses = list(answer)
        if len(responses) != 1:
            raise UntrustedAnswer(f"{collection}: {len(responses)} answers to a question about one collection")
        check_itself(responses[0].status, collection)
        return responses[0]

    def _members_by_sync(self, collection: str) -> tuple[dict[str, str], str]:
        found: dict[str, str] = {}
        token = ""
        for step in self.changes(collection, ""):
            found.update(step.changed)
            for href in step.gone:
                found.pop(href, None)
            token = step.token
        return found, mapping.SYNC + token

    def _step(self, collection: str, token: str, *, first: bool) -> Step:
        body = mapping.sync_body(token)
        what = "asking what changed"
        try:
            with self._client.multistatus("REPORT", collection, body, depth="0", what=what, token=True) as answer:
                step = self._read_step(collection, answer)
                step.token = answer.token
        except Refused as error:
            if token and first and quirks.dead_token(error.status or 0, error.reasons):
                raise CursorGone(error.message, status=error.status) from error
            raise collection_error(error) from error
        if not step.token:
            raise UntrustedAnswer(f"{collection}: the list of changes names no sync token")
        return step

    def _read_step(self, collection: str, answer: Multistatus) -> Step:
        step = Step()
        for response in answer:
            href = self._client.canonical(response.href, collection)
            if response.status == 507:
                step.more = True
            elif quirks.same_collection(href, collection):
                check_itself(response.status, collection)  # else iCloud, which lists the collection as its own member
            elif response.status in {404, 410}:
                step.changed.pop(href, None)
                step.gone[href] = None
            elif not href.endswith("/"):
                step.gone.pop(href, None)
                step.changed[href] = quirks.plain_etag(response.text(mapping.ETAG))
        return step

    def _batch(self, collection: str, batch: Sequence[tuple[str, str]]) -> list[tuple[str, RemoteEntry | None]]:
        failure: UpstreamError | None = None
        found: Mapping[str, RemoteEntry] = {}
        if len(batch) > 1:
            try:
                found = self._multiget(collection, [href for href, _ in batch])
            except (NeedsLogin, RateLimited, CollectionGone):
                raise
            except UpstreamError as error:
                # One bad entry can spoil a whole report (a control character in the XML, a 500): ask one by one.
                if error.status is None and isinstance(error, Unreachable):
                    raise
                failure = error
        result = self._singly(batch, found, failure)
        if any(entry is None or not entry.data for _, entry in result):
            self.check(collection)
        return result

    def _singly(
        self, batch: Sequence[tuple[str, str]], found: Mapping[str, RemoteEntry], failure: UpstreamError | None
    ) -> list[tuple[str, RemoteEntry | None]]:
        """Complete a batch by GET; where the first few cannot be had that way either, `failure` was the truth."""
        result: list[tuple[str, RemoteEntry | None]] = []
        lost = 0
        for href, version in batch:
            entry: RemoteEntry | None = found.get(href)
            if entry is None:
                try:
                    entry = self.entry(href)
                except (Unreachable, UntrustedAnswer) as error:
                    lost += 1
                    broken = isinstance(error, Unreachable) and error.status is None
                    if broken or (lost >= _GIVE_UP_AFTER and lost == len(result) + 1):
                        raise failure or error from error
                    entry = RemoteEntry(href, "", b"")
            if entry is not None and not entry.version and entry.data:
                entry = RemoteEntry(href, version, entry.data)
            result.append((href, entry))
        return result

    def _multiget(self, collection: str, hrefs: Sequence[str]) -> dict[str, RemoteEntry]:
        body = mapping.multiget_body(self._client.flavour, [self._client.spelling(href) for href in hrefs])
        found: dict[str, RemoteEntry] = {}
        with self._client.multistatus("REPORT", collection, body, depth="1", what="reading entries") as answer:
            for response in answer:
                entry = self._of(response, collection)
                if entry is not None:
                    found[entry.href] = entry
        return found

    def _of(self, response: Response, collection: str) -> RemoteEntry | None:
        data = response.props.get(self._client.flavour.data)
        if data is None or response.status >= 300 or not data.text:
            return None
        version = quirks.plain_etag(response.text(mapping.ETAG))
        return RemoteEntry(
            self._client.canonical(response.href, collection), version, quirks.network_line_ends(data.text)
        )
