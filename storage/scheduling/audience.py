"""Whom a server that schedules by itself tells of a write (RFC 6638 §3.2), read from the texts before and after it.

What it would do is foretold here, so that a plan can name the people, and so that those who were not told because the
engine itself wrote are known. Nothing is delivered.
"""

from collections.abc import Collection

from storage.errors import InvalidData
from storage.ical.lines import Component, parse
from storage.ical.write import calendar_of
from storage.scheduling import itip


def audience(before: str | None, after: str | None, mine: Collection[str]) -> tuple[str, ...]:
    """The addresses in normal form, sorted; none for what is no meeting, or not understood.

    `before` is None for a creation, `after` for a deletion; `mine`: the writer's own addresses in normal form.
    """
    was, now, hosts = _read(before, after)
    told = _guests(was, now) if hosts & set(mine) else _host(was, now, hosts, mine) if hosts else set[str]()
    return tuple(sorted(told - set(mine)))


def answers(before: str | None, after: str, mine: Collection[str]) -> bool:
    """Whether a write answers an invitation of somebody else, who is told so; parameters as of `audience`."""
    was, now, hosts = _read(before, after)
    return bool(hosts) and not hosts & set(mine) and bool(_host(was, now, hosts, mine))


def _read(before: str | None, after: str | None) -> tuple[Component | None, Component | None, set[str]]:
    """The calendars before and after, and who organizes them; nobody what is no meeting, or not understood."""
    if not any("ORGANIZER" in (text or "").upper() for text in (before, after)):
        return None, None, set()
    try:
        was, now = (calendar_of(parse(text)) if text is not None else None for text in (before, after))
        return was, now, {itip.organizer(each) for each in (was, now) if each is not None} - {""}
    except InvalidData:
        return None, None, set()


def _guests(was: Component | None, now: Component | None) -> set[str]:
    """Those that the organizer's own write concerns: invited, invited otherwise than before, or called off."""
    known = itip.attendees(was) if was is not None else {}
    wanted = itip.attendees(now) if now is not None else {}
    told = set()
    for address in {**known, **wanted}:
        before = itip.invitation(was, address) if was is not None and _ours(known.get(address)) else None
        after = itip.invitation(now, address) if now is not None and _ours(wanted.get(address)) else None
        forced = address in wanted and itip.forced(wanted[address])
        if forced or not itip.same_meeting(before, after, participation=False):
            told.add(address)
    return told


def _ours(lines: object) -> bool:
    """Whether the server, and nobody else, tells this attendee."""
    return isinstance(lines, list) and itip.agent(lines) == "SERVER"


def _host(was: Component | None, now: Component | None, hosts: set[str], mine: Collection[str]) -> set[str]:
    """The organizer, where a guest's write answers or, by deleting, declines."""
    text = now if now is not None else was
    assert text is not None
    me = next((address for address in itip.attendees(text) if address in mine), "")
    lines = [line for part in itip.parts(text).values() for line in part.lines("ORGANIZER")]
    if not me or itip.agent(lines) != "SERVER":
        return set()
    if now is None:
        declines = any(word != "DECLINED" for word in itip.answers(text, me).values())
        return hosts if declines else set()
    said = itip.news(was, now, me)
    if was is None:
        said = {key: word for key, word in said.items() if word != itip.OPEN}
    return hosts if said or itip.forced(lines) else set()
