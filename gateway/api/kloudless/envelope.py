"""Lists and their pages (contract A.3): a page token says where the next page begins, so that no edit shifts it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Query
from pydantic import WithJsonSchema

from gateway.api.kloudless.errors import bad
from gateway.api.pages import parts_of, token

FIRST = "1"
"""The identifier of a first page."""

DEFAULT, MOST = 100, 1000
"""How many objects a page has if nobody says, and at most."""

Thing = TypeVar("Thing")

Size = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}),
    Query(description="How many objects a page has."),
]
PageToken = Annotated[str | None, Query(description="`next_page` of the page before.")]


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for."""

    page: str
    size: int

    def position(self, what: str, *form: type | None) -> list[Any] | None:
        """Where the page begins in a list called `what`; None: at its beginning.

        `form` are the types of the parts of a position; raises `ApiError` for a token that is of no such list.
        """
        if self.page == FIRST:
            return None
        parts = parts_of(self.page, what, *form)
        if parts is None:
            raise bad("page", "is no page of this list")
        return parts


async def paging(page_size: Size = None, page: PageToken = None) -> Paging:
    """Read the parameters; raises `ApiError`. It waits for nothing, so it is worth no thread of its own."""
    return Paging(page if page is not None else FIRST, size_of(page_size))


def size_of(page_size: str | None) -> int:
    """How many objects a page shall have; raises `ApiError`."""
    if page_size is None:
        return DEFAULT
    if not (page_size.isascii() and page_size.isdecimal() and len(page_size) < 6 and 1 <= int(page_size) <= MOST):
        raise bad("page_size", f"must be a whole number from 1 to {MOST}")
    return int(page_size)


Paged = Annotated[Paging, Depends(paging)]
"""A parameter of a route that answers with a list."""


def by_number(
    what: str, every: Sequence[Thing], number: Callable[[Thing], int], paged: Paging
) -> tuple[Sequence[Thing], str | None]:
    """The page that is asked for of a short list in order of a number, and the token of the next one.

    Raises `ApiError` for a page of another list.
    """
    after = paged.position(what, int)
    rest = [each for each in every if after is None or number(each) > after[0]]
    page = rest[: paged.size]
    return page, token(what, [number(page[-1])]) if len(rest) > len(page) else None


def listing(
    objects: Sequence[dict[str, Any] | orjson.Fragment],
    paged: Paging,
    *,
    following: str | None,
    total: int,
    api: str = "calendar",
) -> dict[str, Any]:
    """The envelope around a page; `following`: the token of the next one."""
    return {
        "count": len(objects),
        "page": paged.page,
        "next_page": following,
        "objects": objects,
        "total": total,
        "type": "object_list",
        "api": api,
    }
