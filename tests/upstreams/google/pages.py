"""Page tokens and sync tokens: opaque to clients, and refused where they are used for another question."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.upstreams.google.refusal import invalid, token_gone
from tests.upstreams.google.state import Account

Json = dict[str, Any]

FREE = frozenset(
    {"pageToken", "syncToken", "maxResults", "pageSize", "fields", "prettyPrint", "alt", "key", "quotaUser"}
)
"""Parameters that may differ from page to page, and from round to round."""


@dataclass(frozen=True)
class Position:
    """Where a listing stands: `since` the change it starts at (None: everything), `until` the change its next token is
    for, `after` the sort key of the last item shown, `full` when the last full listing began (seconds since 1970).
    """

    since: int | None
    until: int
    after: str = ""
    full: float = 0.0

    def up_to(self, change: int) -> "Position":
        """The same, but that the next token is for no later change."""
        return replace(self, until=min(self.until, change))


@dataclass(frozen=True)
class Listing:
    """One listing of one thing: `scope` names it and the user's rights on it, `question` the parameters that count."""

    account: Account
    scope: str
    query: Json

    @property
    def question(self) -> Json:
        """What has to be the same in each request of a listing."""
        return {name: value for name, value in self.query.items() if name not in FREE}

    def position(self, free: Callable[[Json], Json] = dict) -> Position:
        """Where to go on. `free` leaves out of a question what need not be repeated with a sync token."""
        if "pageToken" in self.query:
            kind, content = _read(self.query["pageToken"], "pageToken")
            if kind != "page" or content["scope"] != self.scope or content["question"] != self.question:
                raise invalid("Invalid page token value.", "pageToken")  # «unverified» for other parameters
            return Position(content["since"], content["until"], content["after"], content["full"])
        if "syncToken" in self.query:
            kind, content = _read(self.query["syncToken"], "syncToken")
            if kind != "sync":
                raise invalid("Invalid sync token value.", "syncToken")
            if content["scope"] != self.scope or content["generation"] != self.account.generation:
                raise token_gone()
            if free(content["question"]) != free(self.question):  # «unverified»: Google calls it undefined
                raise invalid("Parameters differ from those of the first request.", "syncToken")
            return Position(content["change"], self.account.change, full=content["full"])
        return Position(None, self.account.change, full=self.account.now())

    def page(self, position: Position, items: Sequence[tuple[str, Json]], size: int, *, tokens: bool) -> Json:
        """The members of an answer: so many items after the position, and the token to go on with.

        `items` are in order of their sort keys; `tokens`: whether the last page gives a sync token.
        """
        rest = [(key, item) for key, item in items if key > position.after]
        page: Json = {"items": [item for _, item in rest[:size]]}
        if len(rest) > size or not size:
            after = rest[size - 1][0] if size else position.after
            page["nextPageToken"] = self.page_token(position, after)
        elif tokens:
            content = {"scope": self.scope, "question": self.question, "change": position.until, "full": position.full}
            page["nextSyncToken"] = _write("sync", content | {"generation": self.account.generation})
        return page

    def page_token(self, position: Position, after: str) -> str:
        """A token for the page that begins behind `after`."""
        content = {"scope": self.scope, "question": self.question, "since": position.since, "until": position.until}
        return _write("page", content | {"after": after, "full": position.full})


def _write(kind: str, content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps([kind, content], sort_keys=True).encode()).decode()


def _read(token: str, parameter: str) -> tuple[str, Json]:
    try:
        kind, content = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:  # «unverified»: that nonsense is 400 and not 410
        raise invalid("Bad Request", parameter) from None
    return kind, content
