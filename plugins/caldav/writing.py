"""Writes one entry, always under a condition, and says what the server made of it."""

from collections.abc import Mapping
from typing import Final

from plugins.caldav import quirks, silence
from plugins.caldav.client import CALENDARS, DavClient, Refused, refusal
from plugins.caldav.multistatus import CALDAV, CARDDAV
from plugins.caldav.reading import Reading
from plugins.caldav.scheduling import Scheduling
from plugins.transport import Answer
from storage.content import same
from storage.errors import EntryGone, InvalidData, Rejected, UntrustedAnswer, UpstreamError, VersionMismatch
from storage.provider import Push, PushAction, Receipt, RemoteEntry, Silence

_DONE: Final = frozenset({200, 201, 202, 204})
_GONE: Final = frozenset({404, 410})
_UID_TAKEN: Final = frozenset(
    {
        f"{CALDAV}no-uid-conflict",
        f"{CALDAV}unique-scheduling-object-resource",
        f"{CARDDAV}no-uid-conflict",
    }
)
"""RFC 4791 §5.3.2.1, RFC 6638 §3.2.4.1, RFC 6352 §6.3.2.1.

Cyrus sends the second, also for a UID in another calendar of the user.
"""


class Writing:
    """Pushes to entries. `If-Match: *` is never sent: iCloud and Zimbra take it for its opposite."""

    def __init__(self, client: DavClient, reading: Reading, scheduling: Scheduling) -> None:
        self._client = client
        self._reading = reading
        self._scheduling = scheduling

    def push(self, collection: str, push: Push) -> Receipt:
        """Do what `Provider.push` promises."""
        if not push.notify and self._scheduling.silence is Silence.MARKED:
            push = silence.marked(push, self._scheduling.mine)
        if push.action is PushAction.DELETE:
            return self._delete(collection, push)
        if push.action is PushAction.CREATE:
            return self._create(collection, push)
        return self._update(collection, push)

    def _create(self, collection: str, push: Push) -> Receipt:
        name = quirks.resource_name(push.name or push.uid + self._client.flavour.suffix)
        href = quirks.canonical_href(collection.rstrip("/") + "/" + name)
        answer = self._client.put(href, push.text, {"If-None-Match": "*", **self._intent(push)})
        if answer.status in _DONE:
            return self._receipt(href, push, answer)
        error = self._refusal(answer, f"creating {href}")
        if not isinstance(error, Refused):
            raise error
        taken = not _UID_TAKEN.isdisjoint(error.reasons)
        if error.status in {409, 412} or taken:
            return self._already_there(collection, href, push, error, taken=taken)
        raise self._rejected(error, collection)

    def _already_there(self, collection: str, href: str, push: Push, error: Refused, *, taken: bool) -> Receipt:
        """A creation that the server refuses as existing: our own, whose answer was lost, or somebody else's."""
        places = [href, *(self._client.canonical(other) for other in error.hrefs)]
        for place in dict.fromkeys(places):
            there = self._reading.entry(place) if place.startswith(collection) else None
            if there is not None and _agree(there, push.text):
                return Receipt(place, there.version, str(there.data))
            if there is not None:
                raise VersionMismatch(f"{place}: the entry exists upstream already", status=error.status)
        if taken and any(not place.startswith(collection) for place in places):
            raise Rejected(f"{error.message}: another collection holds this UID", status=error.status)
        if taken or error.status == 412:
            raise VersionMismatch(error.message, status=error.status)
        raise self._rejected(error, collection)

    def _update(self, collection: str, push: Push) -> Receipt:
        version = push.version or self._version_of_base(collection, push)
        condition = {"If-Match": version} if version else {}
        answer = self._client.put(push.href, push.text, {**condition, **self._intent(push)})
        if answer.status in _DONE:
            return self._receipt(push.href, push, answer)
        error = self._refusal(answer, f"writing {push.href}")
        if not isinstance(error, Refused):
            raise error
        if error.status in _GONE | {409, 412}:
            there = self._reading.entry(push.href)
            if there is None:
                self._reading.check(collection)
                raise EntryGone(f"{push.href}: the server has no such entry any more", status=error.status)
            if error.status != 409 and _agree(there, push.text):
                return Receipt(push.href, there.version, str(there.data))
            if error.status == 412 or there.version != version:
                raise VersionMismatch(f"{push.href}: changed upstream meanwhile", status=error.status)
        raise self._rejected(error, collection)

    def _delete(self, collection: str, push: Push) -> Receipt:
        version = push.version
        if not version:
            try:
                version = self._version_of_base(collection, push)
            except EntryGone:
                return Receipt(push.href)
        headers = {"If-Match": version} if version else {}
        answer = self._client.delete(push.href, {**headers, **self._intent(push)})
        if answer.status in _DONE or (answer.status in _GONE and not answer.redirected):
            return Receipt(push.href)
        error = self._refusal(answer, f"deleting {push.href}")
        if not isinstance(error, Refused):
            raise error
        if error.status in {409, 412}:
            if self._reading.entry(push.href) is None:
                return Receipt(push.href)
            raise VersionMismatch(f"{push.href}: changed upstream meanwhile", status=error.status)
        raise self._rejected(error, collection)

    def _intent(self, push: Push) -> Mapping[str, str]:
        """The headers that say whether the server shall tell anybody; nobody else asks."""
        return silence.HEADERS if not push.notify and self._client.flavour is CALENDARS else {}

    def _version_of_base(self, collection: str, push: Push) -> str:
        """The version under which the server holds `push.base`, for a push that names none.

        Raises `VersionMismatch` if it holds something else. Empty on a server without ETags, where comparing the
        content first is all that can be done.
        """
        there = self._reading.entry(push.href)
        if there is None:
            self._reading.check(collection)
            raise EntryGone(f"{push.href}: the server has no such entry", status=404)
        if not _agree(there, push.base):
            raise VersionMismatch(f"{push.href}: the server holds another version than the one last agreed")
        return there.version

    def _receipt(self, href: str, push: Push, answer: Answer) -> Receipt:
        """Read back what the server made of it: Radicale gives a strong ETag although it rewrote the data.

        Where the entry has another version by now than the PUT was told, somebody may have changed it in between: the
        receipt then names the version of the PUT, and the next pull brings the rest.
        """
        told = quirks.plain_etag(answer.headers.get("etag", ""))
        try:
            there = self._reading.entry(href)
        except UpstreamError:
            return Receipt(href, told)
        if there is None or not isinstance(there.data, str):
            return Receipt(href, told)
        if told and there.version != told and not _agree(there, push.text):
            return Receipt(href, told)
        return Receipt(href, there.version or told, there.data)

    def _refusal(self, answer: Answer, what: str) -> UpstreamError:
        if answer.status < 300:
            return UntrustedAnswer(f"{what}: the server answered {answer.status}", status=answer.status)
        return refusal(answer, answer.body, what)

    def _rejected(self, error: Refused, collection: str) -> UpstreamError:
        """What a refused write means: for good, unless the entry is locked (423) or the collection itself is gone."""
        self._reading.check(collection)
        if error.redirected:
            return UntrustedAnswer(error.message, status=error.status)
        if error.status == 423:
            return UntrustedAnswer(error.message, hint="The entry is locked; it will be tried again.", status=423)
        return Rejected(error.message, status=error.status)


def _agree(there: RemoteEntry, text: str) -> bool:
    if not isinstance(there.data, str):
        return False
    try:
        return there.data == text or same(there.data, text)
    except InvalidData:
        return False
