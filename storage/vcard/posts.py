"""Which TITLE and which X-LOCATION of a vCard belong to which ORG: what somebody is, at which organization, and where.

RFC 6350 §6.6 gives them as separate properties, and §3.3 groups as the only way to bind them together. Lines of one
group belong together. All others are taken in the order of the file: the first TITLE without a group belongs to the
first ORG that has none, and so on. What belongs to no ORG stands for an organization without a name.
"""

from collections.abc import Sequence
from typing import NamedTuple

from storage.ical.lines import Line
from storage.vcard import values

TITLE, LOCATION = "TITLE", "X-LOCATION"


class Post(NamedTuple):
    """The lines of one position; at least one of them is there."""

    organization: Line | None
    title: Line | None = None
    location: Line | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Those that are there; the first of them says where in the card it stands."""
        return tuple(line for line in self if line is not None)


def posts(lines: Sequence[Line]) -> list[Post]:
    """The positions that these lines of a card tell of, in the order of the file; empty lines tell of none."""
    said = [line for line in lines if line.name in ("ORG", TITLE, LOCATION) and any(values.fields(line, 1))]
    heads = [line for line in said if line.name == "ORG"]
    titles, alone = _given_out(heads, [line for line in said if line.name == TITLE])
    places, elsewhere = _given_out(heads, [line for line in said if line.name == LOCATION])
    found = [Post(head, titles.get(id(head)), places.get(id(head))) for head in heads]
    for title in alone:
        place = next((each for each in elsewhere if each.group.lower() == title.group.lower()), None)
        elsewhere = [each for each in elsewhere if each is not place]
        found.append(Post(None, title, place))
    found += [Post(None, None, place) for place in elsewhere]
    order = {id(line): at for at, line in enumerate(lines)}
    return sorted(found, key=lambda post: order[id(post.lines[0])])


def _given_out(heads: Sequence[Line], details: Sequence[Line]) -> tuple[dict[int, Line], list[Line]]:
    """The detail of each head, by the head's identity, and those that belong to none."""
    groups = {line.group.lower(): line for line in reversed(heads) if line.group}
    found: dict[int, Line] = {}
    alone: list[Line] = []
    for detail in details:
        head = groups.get(detail.group.lower()) if detail.group else None
        if head is not None and id(head) not in found:
            found[id(head)] = detail
        elif detail.group:
            alone.append(detail)
    waiting = [head for head in heads if id(head) not in found]
    free = [detail for detail in details if not detail.group]
    found.update((id(head), detail) for head, detail in zip(waiting, free, strict=False))
    return found, [*alone, *free[len(waiting) :]]
