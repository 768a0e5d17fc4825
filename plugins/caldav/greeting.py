"""What a server says of itself: the software it names, and what it can do (the DAV header of RFC 4918 §10.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from plugins.caldav.client import DavClient
from plugins.transport import refuse


@dataclass(frozen=True, slots=True)
class Greeting:
    """`server`: its `Server` header, may be empty. `words`: those of its DAV header, in lower case."""

    server: str = ""
    words: frozenset[str] = frozenset()
    sabre: bool = False
    """Whether it is sabre/dav, or builds upon it (Nextcloud, Baïkal, …)."""

    @classmethod
    def asked(cls, client: DavClient, url: str) -> Self:
        """Ask with OPTIONS. A server that does not know the question has said nothing; other failures are raised."""
        answer = client.options(url)
        if answer.status != 501 and (error := refuse(answer, "asking what the server can do")):
            raise error
        return cls.of(answer.headers)

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """What the headers of an answer say; their names are in lower case."""
        words = frozenset(word.strip().lower() for word in headers.get("dav", "").split(","))
        known = any(word.startswith(("nc-", "nextcloud-", "sabredav-")) for word in words)
        return cls(headers.get("server", ""), words, known or "x-sabre-version" in headers)
