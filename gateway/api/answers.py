"""How every dialect answers: JSON as UTF-8, never kept by anything on the way."""

from collections.abc import Mapping

import orjson
from fastapi import Response

HEADERS: Mapping[str, str] = {"Cache-Control": "no-store"}


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with this JSON value."""
    return Response(orjson.dumps(value), status, {**HEADERS, **(headers or {})}, "application/json")


def nothing(status: int = 204) -> Response:
    """A response without a body."""
    return Response(status_code=status, headers=dict(HEADERS))
