"""Refusing those who guess: failures are counted by where they come from, and each beyond the free ones costs time.

Guessing is answered by refusing, never by making a worker sleep. What is remembered is bounded and this process's own.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from storage import clock

LONGEST_REFUSAL = 900.0
"""Nobody is refused for longer than this many seconds at a time."""

ROOM = 4096
"""So many sources are remembered; beyond it the oldest is forgotten."""

Source = tuple[str, str]
"""What failures are counted for: a kind, and which one of it."""


@dataclass(slots=True)
class _Failures:
    count: int = 0
    refused_until: float = 0.0


class Backoff:
    """Who has failed how often. Safe to use from any number of threads."""

    def __init__(self, free: Mapping[str, int]) -> None:
        """`free`: how many failures a source of each kind has before refusing begins."""
        self._free = free
        self._failures: OrderedDict[Source, _Failures] = OrderedDict()
        self._lock = Lock()

    def refused(self, sources: Sequence[Source]) -> bool:
        """Whether one of these is to be refused now."""
        now = clock.timestamp()
        with self._lock:
            return any(source in self._failures and self._failures[source].refused_until > now for source in sources)

    def count(self, sources: Sequence[Source]) -> None:
        """Note a failure; beyond the free ones, each doubles the time for which its sources are refused."""
        now = clock.timestamp()
        with self._lock:
            for source in sources:
                failures = self._failures.setdefault(source, _Failures())
                if failures.refused_until and now > failures.refused_until + LONGEST_REFUSAL:
                    failures.count = 0
                failures.count += 1
                beyond = failures.count - self._free[source[0]]
                if beyond > 0:
                    failures.refused_until = now + min(LONGEST_REFUSAL, 2.0 ** min(beyond, 20))
                self._failures.move_to_end(source)
            while len(self._failures) > ROOM:
                self._failures.popitem(last=False)

    def forgive(self, sources: Sequence[Source]) -> None:
        """Forget what these have failed at."""
        with self._lock:
            for source in sources:
                self._failures.pop(source, None)


def network(remote: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that an IPv6 client can pick its addresses from."""
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return remote
    if address.version == 6:
        return str(ipaddress.ip_network((int(address) & ~((1 << 64) - 1), 64)))
    return remote
