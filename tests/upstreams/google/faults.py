"""What can go wrong at Google, as a test tells the fake (providers.md §8.3)."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.upstreams.google.discovery import Method
from tests.upstreams.google.refusal import Refused, changed, deleted, duplicate, limited, token_gone, too_long_ago
from tests.upstreams.scripted import Reply

Json = dict[str, Any]

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in - Google Accounts</title></head><body></body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Fault(Enum):
    """What happens to a request; the second word says to which: those that ask a list, that ask, that write, or all."""

    TOKEN_GONE = ("410 fullSyncRequired for a sync token", "token")
    TOKEN_TOO_OLD = ("410 updatedMinTooLongAgo for a sync token", "token")
    DELETED = ("410 deleted", "write")
    DUPLICATE_ITEM = ("the first item of a page stands there twice", "list")
    EMPTY_PAGE = ("a page without items that says there are more", "list")
    UNAUTHORIZED = ("401", "all")
    FORBIDDEN = ("403 without access to the calendar", "all")
    NOT_FOUND = ("404", "all")
    USER_RATE = ("403 userRateLimitExceeded", "all")
    RATE = ("403 rateLimitExceeded", "all")
    QUOTA = ("403 quotaExceeded", "all")
    TOO_MANY = ("429 rateLimitExceeded", "all")
    TOO_MANY_RETRY = ("429 with Retry-After: 7", "all")
    SERVER_ERROR = ("500 backendError", "all")
    UNAVAILABLE = ("503 with Retry-After: 7", "all")
    NOT_JSON = ("status 200 with a login page", "all")
    CUT = ("the connection ends in the middle of the body", "ask")
    LOST_ANSWER = ("it is done, but the answer never arrives", "write")
    NO_ETAG = ("the answer to a write names no version", "write")
    CHANGED = ("412 though nobody changed anything", "write")
    TAKEN = ("409 for an id that is not taken", "write")

    def __init__(self, words: str, befalls: str) -> None:
        self.words = words
        self.befalls = befalls

    def fits(self, method: Method, query: Json) -> bool:
        """Whether it can befall such a request."""
        listing = method.name.endswith((".list", ".instances"))
        fitting = {"token": "syncToken" in query, "list": listing, "ask": method.http == "GET", "all": True}
        return fitting.get(self.befalls, method.http != "GET")


REFUSALS: dict[Fault, Callable[[], Refused]] = {
    Fault.TOKEN_GONE: token_gone,
    Fault.TOKEN_TOO_OLD: too_long_ago,
    Fault.DELETED: deleted,
    Fault.FORBIDDEN: lambda: Refused(403, "forbidden", "Forbidden"),
    Fault.NOT_FOUND: lambda: Refused(404, "notFound", "Not Found"),
    Fault.USER_RATE: limited,
    Fault.RATE: lambda: limited(reason="rateLimitExceeded"),
    Fault.QUOTA: lambda: limited(reason="quotaExceeded"),
    Fault.TOO_MANY: lambda: limited(429, "rateLimitExceeded"),
    Fault.TOO_MANY_RETRY: lambda: limited(429, "rateLimitExceeded", "7"),
    Fault.SERVER_ERROR: lambda: Refused(500, "backendError", "Backend Error"),
    Fault.UNAVAILABLE: lambda: Refused(503, "backendError", "Backend Error", headers={"Retry-After": "7"}),
    Fault.CHANGED: changed,
    Fault.TAKEN: duplicate,
}


@dataclass
class _Injected:
    fault: Fault
    where: Callable[[Method, Json], bool]
    skip: int
    times: int | None


@dataclass
class Faults:
    """What is going to happen to whom."""

    _injected: list[_Injected] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(
        self,
        fault: Fault,
        *,
        where: Callable[[Method, Json], bool] = lambda _method, _query: True,
        skip: int = 0,
        times: int | None = None,
    ) -> None:
        """Let `fault` befall requests that it fits and for which `where` holds, but for the first `skip` of them.

        `times` is how many; None: all.
        """
        self._injected.append(_Injected(fault, where, skip, times))

    def clear(self) -> None:
        """No more faults."""
        self._injected.clear()

    def take(self, method: Method, query: Json) -> Fault | None:
        """The fault that befalls this request."""
        with self._lock:
            for each in self._injected:
                if each.times != 0 and each.fault.fits(method, query) and each.where(method, query):
                    if each.skip:
                        each.skip -= 1
                        continue
                    each.times = None if each.times is None else each.times - 1
                    return each.fault
        return None


def on_the_way(fault: Fault | None, answer: Json | None) -> Json | None:
    """An answer of the service, after what a fault does to its content."""
    if answer is not None and fault is Fault.DUPLICATE_ITEM:
        return answer | {"items": answer["items"] + answer["items"][:1]}
    if answer is not None and fault is Fault.NO_ETAG:
        return {name: value for name, value in answer.items() if name != "etag"}
    return answer


def sent(fault: Fault | None, status: int, headers: dict[str, str], answer: Json | None) -> Reply:
    """An answer as bytes, after what a fault does to them."""
    if fault is Fault.NOT_JSON:
        return Reply(200, HTML, LOGIN_PAGE)
    body = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
    cut = {Fault.LOST_ANSWER: 0, Fault.CUT: len(body) // 2}.get(fault) if fault else None
    return Reply(status, {"Content-Type": "application/json; charset=UTF-8"} | headers, body, cut)
