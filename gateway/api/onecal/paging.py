"""Pages of the short lists of the OneCal dialect: accounts, calendars, subscriptions (contract C.1, D67, D68)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends

from gateway.api.onecal.errors import bad
from gateway.api.onecal.events_question import DEFAULT, Limit, PageSize, PageToken, size_of
from gateway.api.pages import parts_of, token

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Paging:
    """The page that is asked for: its token, "" for the first one, and how many things it has."""

    page: str
    size: int

    def after(self, what: str, *form: type) -> list[Any] | None:
        """What the token was made of; None on the first page. Raises `OneCalError` for a token of another list."""
        if not self.page:
            return None
        parts = parts_of(self.page, what, *form)
        if parts is None:
            raise bad("pageToken", "is of no page of this list")
        return parts


def paging(page: PageToken = None, limit: Limit = None, page_size: PageSize = None) -> Paging:
    """Read the parameters; raises `OneCalError`."""
    return Paging(page or "", size_of("limit", limit) or size_of("pageSize", page_size) or DEFAULT)


Paged = Annotated[Paging, Depends(paging)]
"""A parameter of a route that answers with a short list."""


def by_number(
    what: str, every: Sequence[Thing], number: Callable[[Thing], int], paged: Paging
) -> tuple[Sequence[Thing], dict[str, str]]:
    """The page of a list in order of a number, and `nextPageToken` where there are more."""
    after = paged.after(what, int)
    rest = [each for each in every if after is None or number(each) > after[0]]
    page = rest[: paged.size]
    return page, {"nextPageToken": token(what, [number(page[-1])])} if len(rest) > len(page) else {}
