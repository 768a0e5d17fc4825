"""The query parameters of the Access dialect (contract D.2), read; errors name the parameter."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query
from pydantic import WithJsonSchema

from gateway.api.access.errors import bad
from storage.editing.times import read_stamp
from storage.errors import InvalidData

DEFAULT, MOST = 50, 1000
"""How many events a page has if nobody says, and at most."""

FURTHEST = 10**9
"""The largest `offset`."""

LARGEST_ID = 2**53 - 1
"""The largest number that every reader of JSON keeps."""

LONGEST_WORDS = 1000
"""Characters of what is searched for."""

MOST_CALENDARS = 1000
"""Calendars, and attendees, in one question."""

LONGEST_COMMENT = 2000
"""Characters of what is said to an answer."""

UTC_OFFSET = timedelta(0)

_WHEN = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}

When = Annotated[str | None, WithJsonSchema(_WHEN)]
Flag = Annotated[str | None, WithJsonSchema({"type": "boolean"})]
Whole = Annotated[str | None, WithJsonSchema({"type": "integer", "minimum": -LARGEST_ID, "maximum": LARGEST_ID})]

Limit = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}),
    Query(description="How many events are listed at most."),
]
Offset = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": FURTHEST, "default": 0}),
    Query(description="How many events of the answer are left out at its beginning."),
]


def read_limit(text: str | None) -> int:
    """How many events are wanted; raises `AccessError`."""
    return DEFAULT if text is None else _whole("limit", text, 1, MOST)


def read_offset(text: str | None) -> int:
    """How many events come before those; raises `AccessError`."""
    return 0 if text is None else _whole("offset", text, 0, FURTHEST)


def read_when(name: str, text: str | None) -> int | None:
    """An instant as seconds since 1970: naive times and dates as in UTC; None where it is not given. Raises it too."""
    if text is None:
        return None
    try:
        return read_stamp(text).epoch(None)
    except InvalidData as error:
        raise bad(name, f"{error.message}; {error.hint}") from error


def read_flag(name: str, text: str | None, *, default: bool) -> bool:
    """true or false; raises `AccessError`."""
    if text is None:
        return default
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise bad(name, "must be true or false")
    return word == "true"


def read_id(name: str, text: str | None) -> int | None:
    """The number of a calendar; raises `AccessError`."""
    return None if text is None else _whole(name, text, -LARGEST_ID, LARGEST_ID)


def read_ids(name: str, text: str | None) -> list[int] | None:
    """Numbers of calendars, comma-separated, each once; None where nobody names any. Raises `AccessError`."""
    given = read_list(name, text)
    return list(dict.fromkeys(_whole(name, each, -LARGEST_ID, LARGEST_ID) for each in given)) if given else None


def read_list(name: str, text: str | None) -> list[str]:
    """What stands between commas; raises `AccessError`."""
    given = [each for part in (text or "").split(",") if (each := part.strip())]
    if len(given) > MOST_CALENDARS:
        raise bad(name, f"must have at most {MOST_CALENDARS} items")
    return given


def read_words(name: str, text: str | None) -> str:
    """What is searched for, "" for nothing; raises `AccessError`."""
    words = (text or "").strip()
    if len(words) > LONGEST_WORDS or "\0" in words:
        raise bad(name, f"must have at most {LONGEST_WORDS} characters, and no NUL")
    return words


def _whole(name: str, text: str, low: int, high: int) -> int:
    plain = text.strip()
    digits = plain.removeprefix("-")
    known = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(high))
    if not known or not low <= int(plain) <= high:
        raise bad(name, f"must be a whole number from {low} to {high}")
    return int(plain)
