"""The words of a plan: what would be done, to which properties, and what a run in earnest may do because of it."""

from dataclasses import dataclass, field
from typing import Any

from storage.ical.differences import differences


@dataclass(frozen=True, slots=True)
class Field:
    """One property that would change; None where it is not there before, or after. `component`: see `Difference`."""

    component: str
    name: str
    before: str | None
    after: str | None

    def as_json(self) -> dict[str, str | None]:
        """The shape in which every `--json` shows a property."""
        return {"component": self.component, "name": self.name, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing that would be done on one `side` (`mirror` or `upstream`).

    `collection` is its id, empty for one that the mirror does not have yet, and `title` its name; `entry` and `uid` are
    empty where the collection itself is meant. `action`: `create update delete merge hold`. `mails`: whom the upstream
    would tell, because the owner wrote; `untold`: whom it would tell if the owner had written, and not we. `stays`:
    what of the entry the upstream cannot hold, and the mirror keeps (in the words of `storage/projection.py`).
    `note`: why, where that has to be said (a conflict, a held deletion).
    """

    account: int
    collection: str
    title: str
    entry: str
    uid: str
    side: str
    action: str
    fields: tuple[Field, ...] = ()
    mails: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The shape that `calharbor sync --dry-run --json` prints."""
        return {
            "account": self.account,
            "collection": self.collection,
            "title": self.title,
            "entry": self.entry,
            "uid": self.uid,
            "side": self.side,
            "action": self.action,
            "fields": [field.as_json() for field in self.fields],
            "mails": list(self.mails),
            "untold": list(self.untold),
            "stays": list(self.stays),
            "note": self.note,
        }


Key = tuple[str, str, str, str]
"""(collection, UID, action, hash of the text after it): one write to one side."""


@dataclass(slots=True)
class Allowed:
    """The single steps of the run that a plan was made by: a run in earnest may take those, and no others.

    `known`: the ids of the collections that were there when it began; others are named by their remote hrefs.
    """

    known: frozenset[str]
    mirror: set[Key] = field(default_factory=set)
    upstream: set[Key] = field(default_factory=set)

    def name(self, collection_id: str, remote_href: str | None) -> str:
        """What a collection is called in the keys: a new one gets another id each time."""
        return collection_id if collection_id in self.known else remote_href or ""


def changed(before: str | None, after: str | None) -> tuple[Field, ...]:
    """The properties in which two versions of an entry differ, either of which may not exist."""
    return tuple(Field(d.component, d.name, d.ours, d.theirs) for d in differences(None, before, after))
