"""How every dialect answers: JSON as UTF-8, never kept by anything on the way."""

from collections.abc import Mapping

import orjson
from fastapi import Response

HEADERS: Mapping[str, str] = {"Cache-Control": "no-store"}


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with this JSON value."""
    return Response(orjson.dumps(value), status, {**HEADERS, **(headers or {})}, "application/json")


def encoded(value: object) -> orjson.Fragment:
    """A part of an answer, already JSON: a long list costs half if its objects do not all stand in memory at once."""
    return orjson.Fragment(orjson.dumps(value))


def ending(value: Mapping[str, object]) -> bytes:
    """The last members of an object, for `begun`; there must be some."""
    return b"," + orjson.dumps(value)[1:]


def begun(value: Mapping[str, object], ended: bytes) -> orjson.Fragment:
    """One object of an answer: its first members, of which there must be some, before those that are JSON already."""
    return orjson.Fragment(orjson.dumps(value)[:-1] + ended)


def nothing(status: int = 204) -> Response:
    """A response without a body."""
    return Response(status_code=status, headers=dict(HEADERS))
