"""Reads the JSON body of a request: its whole length within bounds, then member by member, naming what is wrong.

What is wrong is raised through `refuse`, which each dialect gives, so that one reader serves all error shapes.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request

LARGEST = 10 * 1024 * 1024
"""Bytes of a body beyond which it is not read: as much as an entry may have over DAV."""

LONGEST = 1_000_000
"""Characters of one text."""

MOST = 10_000
"""Items of one list."""

DEEPEST = 20
"""Objects and lists inside each other."""

_ADDRESS = re.compile(r"[^\s@<>,;:\"\\]+@[^\s@<>,;:\"\\]+")
_LONGEST_ADDRESS = 320

Refuse = Callable[[str, str], Exception]
"""Makes the error for a member (empty: the body as a whole) and what is wrong with it."""


async def read_body(request: Request) -> bytes | None:
    """The bytes of the body; None for one that is too large, of which no more is read."""
    received = bytearray()
    async for piece in request.stream():
        received += piece
        if len(received) > LARGEST:
            return None
    return bytes(received)


RawBody = Annotated[bytes | None, Depends(read_body)]
"""A parameter of a route: the bytes of the body, for `Body.parse`."""


class Body:
    """A JSON object of a request. `path` is what leads to it, so that errors name the whole way to a member.

    Reading a member that is not there, or is null, gives None; `in` tells the two apart.
    """

    def __init__(self, members: Mapping[str, Any], refuse: Refuse, path: str = "") -> None:
        self._members = members
        self._refuse = refuse
        self._path = path

    @classmethod
    def parse(cls, raw: bytes | None, refuse: Refuse) -> "Body":
        """The object that a body holds, an empty one for an empty body."""
        if raw is None:
            raise refuse("", f"the body has more than {LARGEST} bytes")
        try:
            members = orjson.loads(raw) if raw.strip() else {}
        except orjson.JSONDecodeError as error:
            raise refuse("", f"the body is no JSON: {error}") from error
        if not isinstance(members, dict):
            raise refuse("", "the body must be a JSON object")
        return cls(members, refuse)

    @classmethod
    def several(cls, raw: bytes | None, refuse: Refuse) -> "list[Body]":
        """The objects of a JSON array, or the one object that the body is."""
        if raw is None or raw.lstrip()[:1] != b"[":
            return [cls.parse(raw, refuse)]
        return cls.parse(b'{"":' + raw + b"}", refuse).children("") or []

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def wrong(self, name: str, why: str) -> Exception:
        """The error for a member, to be raised."""
        return self._refuse(f"{self._path}{name}", why)

    def need(self, *names: str) -> None:
        """Refuse the body if one of these is not there, or null."""
        for name in names:
            if self._members.get(name) is None:
                raise self.wrong(name, "is required")

    def value(self, name: str) -> Any:
        """A member, whatever it is."""
        return self._members.get(name)

    def text(self, name: str, *, most: int = LONGEST) -> str | None:
        """A string of at most so many characters, without NUL."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(name, "must be a string")
        return self._checked(name, value, most)

    def printable(self, name: str, *, most: int = LONGEST) -> str | None:
        """A text that iCalendar can hold (RFC 5545 §3.1): no control characters but tabs and line breaks."""
        given = self.text(name, most=most)
        if given is not None and any(character < " " and character not in "\t\r\n" for character in given):
            raise self.wrong(name, "must not contain control characters")
        return given

    def address(self, name: str) -> str:
        """An e-mail address, which must be there; `mailto:` in front of it is left out."""
        self.need(name)
        return self.checked_address(name, self.text(name) or "")

    def checked_address(self, name: str, text: str) -> str:
        """The same for a text that `name` holds."""
        address = re.sub(r"^mailto:", "", text.strip(), flags=re.IGNORECASE)
        if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address) or not address.isprintable():
            raise self.wrong(name, f"{text[:60]!r} is no e-mail address")
        return address

    def document(self, name: str, *, most: int) -> Any:
        """Any JSON value of at most so many bytes, nested no deeper than `DEEPEST`."""
        value = self._members.get(name)
        if not _is_flat(value) or len(orjson.dumps(value)) > most:
            raise self.wrong(name, "is too large")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """One of these strings."""
        value = self.text(name)
        if value is not None and value not in choices:
            raise self.wrong(name, f"must be one of {', '.join(choices)}")
        return value

    def flag(self, name: str) -> bool | None:
        """true or false."""
        value = self._members.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def number(self, name: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`; 5.0 is one."""
        value = self._members.get(name)
        if value is None:
            return None
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (isinstance(value, float) and value.is_integer())) or not low <= value <= high:
            raise self.wrong(name, f"must be a whole number from {low} to {high}")
        return int(value)

    def child(self, name: str) -> "Body | None":
        """An object."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(name, "must be an object")
        return Body(value, self._refuse, f"{self._path}{name}.")

    def children(self, name: str, *, most: int = MOST) -> "list[Body] | None":
        """A list of objects."""
        values = self._list(name, most)
        if values is None:
            return None
        for at, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.wrong(f"{name}[{at}]", "must be an object")
        return [Body(value, self._refuse, f"{self._path}{name}[{at}].") for at, value in enumerate(values)]

    def texts(self, name: str, *, most: int = MOST) -> list[str] | None:
        """A list of strings."""
        values = self._list(name, most)
        if values is None:
            return None
        for at, value in enumerate(values):
            if not isinstance(value, str):
                raise self.wrong(f"{name}[{at}]", "must be a string")
        return [self._checked(f"{name}[{at}]", value, LONGEST) for at, value in enumerate(values)]

    def _list(self, name: str, most: int) -> list[Any] | None:
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.wrong(name, "must be a list")
        if len(value) > most:
            raise self.wrong(name, f"must have at most {most} items")
        return value

    def _checked(self, name: str, value: str, most: int) -> str:
        if len(value) > most:
            raise self.wrong(name, f"must have at most {most} characters")
        if "\0" in value:
            raise self.wrong(name, "must not contain NUL")
        return value


def _is_flat(value: object, depth: int = DEEPEST) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_is_flat(each, depth - 1) for each in inner)
