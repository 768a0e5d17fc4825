"""A request and an answer as this surface's handlers see them, with the headers that WebDAV adds to HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.http.etags import tags


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `segments` are the path's segments below the endpoint, decoded; header names are lower-case.

    `folder`: the path ended with a slash. `user`, `actor` and `device` are who is asking (see `gateway.http.access`).
    `base`: scheme, host and port under which the client knows this server. `root`: the path that was asked for where
    that is the server's own root, above the endpoint, which answers as the endpoint's root does.
    """

    method: str
    segments: tuple[str, ...]
    folder: bool
    headers: Mapping[str, str]
    body: bytes
    user: str
    actor: str
    device: str | None = None
    base: str = ""
    root: str = ""

    def header(self, name: str) -> str:
        """A header's value by lower-case name, or ""."""
        return self.headers.get(name, "")

    @property
    def preferences(self) -> frozenset[str]:
        """What the Prefer header asks for (RFC 7240 §2), in lower case without blanks and parameters."""
        wanted = self.header("prefer").replace(" ", "").replace('"', "").lower().split(",")
        return frozenset(each.partition(";")[0] for each in wanted)

    @property
    def minimal(self) -> bool:
        """Whether properties that do not exist may be left out of the answer (RFC 8144 §2.1; `Brief: t` before it)."""
        return "return=minimal" in self.preferences or self.header("brief").strip().lower() == "t"

    @property
    def if_match(self) -> frozenset[str] | None:
        """The content hashes of `If-Match`, `*` among them for any; None without the header.

        Weak tags never match here (RFC 9110 §13.1.1 asks for the strong comparison).
        """
        return tags(self.headers.get("if-match"))

    @property
    def if_none_match(self) -> frozenset[str] | None:
        """The content hashes of `If-None-Match`, `*` among them for any; None without the header."""
        return tags(self.headers.get("if-none-match"), weak=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and the body; of a long one the beginning, and `rest`, which makes the other pieces.

    The rest is made while it is sent, each piece in whatever thread is free: between two pieces it holds nothing open.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    rest: Iterator[bytes] | None = None
