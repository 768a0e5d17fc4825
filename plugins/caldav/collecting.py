"""The collections themselves: which there are, making, changing and removing them."""

from collections.abc import Sequence
from itertools import islice
from urllib.parse import urljoin

from plugins.caldav import mapping, quirks
from plugins.caldav.client import DavClient, Flavour, Refused, check_itself, refusal
from plugins.caldav.discovery import Home
from plugins.caldav.multistatus import Multistatus, Response
from plugins.transport import Answer
from storage.errors import CollectionGone, Rejected, Unreachable, UntrustedAnswer, UpstreamError
from storage.ical import zones
from storage.provider import CollectionEdit, RemoteCollection


class Collecting:
    """Verbs on collections; holds no state of its own."""

    def __init__(self, client: DavClient, root: str) -> None:
        self._client = client
        self._root = root

    def inside(self, home: str, flavours: Sequence[Flavour]) -> list[RemoteCollection]:
        """Every collection of these flavours in a home (a URL), in the server's order; never an incomplete list."""
        responses = self._ask(home, mapping.collections_body(flavours), "1")
        itself = quirks.canonical_href(home)
        own = [each for each in responses if quirks.same_collection(self._client.canonical(each.href), itself)]
        for each in own:
            check_itself(each.status, itself)
        if not own:
            raise UntrustedAnswer(f"{itself}: the list of collections does not show the home itself")
        found: list[RemoteCollection] = []
        for response in responses:
            if response.status >= 500 or response.failed.get(mapping.RESOURCE_TYPE, 0) >= 500:
                raise UntrustedAnswer(f"{response.href}: the server cannot tell what this is at the moment")
            href = self._client.canonical(response.href)
            fitting = (each for each in flavours if mapping.is_mirrored(response, each))
            found.extend(mapping.collection(response, href, each) for each in islice(fitting, 1))
        return found

    def one(self, href: str) -> RemoteCollection:
        """One collection by its href; raises `CollectionGone` if it is none that is mirrored."""
        responses = self._ask(href, mapping.collections_body([self._client.flavour]), "0")
        if len(responses) != 1:
            raise UntrustedAnswer(f"{href}: {len(responses)} answers to a question about one collection")
        check_itself(responses[0].status, href)
        if not mapping.is_mirrored(responses[0], self._client.flavour):
            raise CollectionGone(f"{href}: it is not a {self._client.flavour.thing} any more")
        return mapping.collection(responses[0], href, self._client.flavour)

    def create(self, home: Home, name: str, wanted: RemoteCollection) -> RemoteCollection:
        """MKCALENDAR or MKCOL; where the server refuses the properties, without them and then one by one."""
        if not home.homes:
            raise Rejected(f"{name}: the account is a single collection, no other can be made beside it")
        href = quirks.canonical_href(urljoin(home.homes[0].rstrip("/") + "/", quirks.resource_name(name) + "/"))
        edit = CollectionEdit(
            wanted.name or None,
            wanted.description or None,
            wanted.color or None,
            wanted.timezone or None,
            wanted.order or None,
        )
        flavour = self._client.flavour
        values = mapping.property_values(edit, _zone_text, flavour)
        error = self._make(href, *mapping.creation(flavour, wanted.components, values))
        if error is None:
            return self.one(href)
        if error.status in {403, 405, 409, 412} and (there := self._existing(href)) is not None:
            if there.name == wanted.name and set(there.components) == set(wanted.components):
                return there
            raise Rejected(f"{name}: the name is taken upstream", status=error.status)
        if again := self._make(href, *mapping.creation(flavour, wanted.components, {})):
            raise Rejected(again.message, status=again.status)
        self._set(href, values)
        return self.one(href)

    def update(self, href: str, edit: CollectionEdit) -> None:
        """PROPPATCH of everything at once, then, if that fails, of each property alone."""
        refused = self._set(href, mapping.property_values(edit, _zone_text, self._client.flavour))
        if refused:
            raise Rejected(f"{href}: the server refuses to set {', '.join(refused)}", status=403)

    def delete(self, href: str) -> None:
        """DELETE; a collection that is not there any more is fine, one of which something stays is `Rejected`."""
        answer = self._client.delete(href, {})
        if answer.status == 207:
            failed = [found.href for found in Multistatus([answer.body], f"deleting {href}") if found.status >= 400]
            if failed:
                raise Rejected(f"{href}: the server kept {len(failed)} of its entries", status=207)
            return
        if answer.status in {200, 202, 204} or (answer.status in {404, 410} and not answer.redirected):
            return
        error = refusal(answer, answer.body, f"deleting {href}")
        raise Rejected(error.message, status=error.status) if isinstance(error, Refused) else error

    def _ask(self, href: str, body: bytes, depth: str) -> list[Response]:
        with self._client.multistatus("PROPFIND", href, body, depth=depth, what="listing collections") as answer:
            return list(answer)

    def _existing(self, href: str) -> RemoteCollection | None:
        try:
            return self.one(href)
        except CollectionGone:
            return None

    def _make(self, href: str, method: str, body: bytes) -> Refused | None:
        """None: made. Errors that say nothing about the request itself are raised."""
        answer = self._client.send(method, href, body)
        if answer.status in {200, 201, 204}:
            return None
        error = self._judged(answer, f"creating {href}")
        if isinstance(error, Refused):
            return error
        raise error

    def _set(self, href: str, values: dict[str, str]) -> list[str]:
        """Set properties; the local names of those that the server refuses even alone."""
        if not values or self._taken(href, values) is None:
            return []
        failures = {tag: self._taken(href, {tag: value}) for tag, value in values.items()}
        errors = [error for error in failures.values() if error is not None]
        if len(errors) == len(values) and all(isinstance(error, Unreachable) for error in errors):
            raise errors[0]
        return [tag.rpartition(" ")[2] for tag, error in failures.items() if error is not None]

    def _taken(self, href: str, values: dict[str, str]) -> UpstreamError | None:
        """None: all set. A refusal, or a 500 over a property that the server cannot cope with, comes back."""
        try:
            done = self._patch(href, values)
        except Unreachable as error:
            if error.status != 500:
                raise
            return error
        return None if done else Rejected(f"{href}: refused")

    def _patch(self, href: str, values: dict[str, str]) -> bool:
        answer = self._client.send("PROPPATCH", href, mapping.update_body(values))
        if answer.status == 207:
            return not _failed(list(Multistatus([answer.body], f"setting properties of {href}")))
        if answer.status in {200, 204}:
            return True
        error = self._judged(answer, f"setting properties of {href}")
        if not isinstance(error, Refused):
            raise error
        if error.status in {404, 410}:
            raise CollectionGone(error.message, status=error.status)
        return False

    def _judged(self, answer: Answer, what: str) -> UpstreamError:
        return refusal(answer, answer.body, what)


def _failed(responses: Sequence[Response]) -> bool:
    return not responses or any(
        found.status >= 400 or any(s >= 400 for s in found.failed.values()) for found in responses
    )


def _zone_text(name: str) -> str:
    """The VCALENDAR that `calendar-timezone` holds (RFC 4791 §5.2.2)."""
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CalHarbor//EN\r\n{zones.vtimezone(name)}END:VCALENDAR\r\n"
