"""How a server that schedules by itself (RFC 6638) is kept from telling anybody of a write that no owner made.

The standard has a header for one case only: a guest who deletes (`Schedule-Reply: F`, §8.1). sabre/dav (Nextcloud,
Baïkal, …) and servers of our own kind obey it with every write, Cyrus knows `Scheduling-Enabled: F` to the same end; to
others the headers mean nothing. There `SCHEDULE-AGENT=CLIENT` (§7.1) says that guests are ours to tell, but only before
the server has told them anything: a guest whom it loses later it calls off, as Cyrus does. So where the server has
invited, and no header helps, the write is refused, and what it wanted waits in the inbox.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from plugins.caldav.greeting import Greeting
from storage import ids
from storage.errors import InvalidData, Rejected
from storage.ical.lines import Component, Line, dump, parse
from storage.ical.write import calendar_of, set_param
from storage.ical.write import replace as exchange
from storage.provider import Push, PushAction

HEADERS: Final = MappingProxyType({"Schedule-Reply": "F", "Scheduling-Enabled": "F"})
"""What a write in silence says."""


def obeys(greeting: Greeting) -> bool:
    """Whether a server is known to obey `HEADERS`: sabre/dav, Cyrus, and one of our own kind."""
    return greeting.sabre or greeting.server.startswith("Cyrus") or f"<{ids.NAMESPACE}silence>" in greeting.words


def marked(push: Push, mine: Collection[str]) -> Push:
    """The push so that a server that knows no header against it tells nobody. `mine`: own addresses in lower case.

    Raises `Rejected` where it cannot be done: people would hear of something that is in the server's hands already.
    """
    if "ORGANIZER" not in f"{push.base}{push.text}".upper():
        return push
    try:
        before = calendar_of(parse(push.base)) if push.base else None
        tree = parse(push.text) if push.text else None
        after = calendar_of(tree) if tree is not None else None
    except InvalidData:
        return push
    hosting = any(_address(each) in mine for each in _lines((before, after), "ORGANIZER"))
    if hosting:
        told = {_address(each) for each in _lines((before,), "ATTENDEE") if _served(each)} - set(mine)
        if told:
            _refuse(push, ", ".join(sorted(told)))
    elif push.action is PushAction.UPDATE and _answers(before, mine) != _answers(after, mine):
        hosts = {_address(each) for each in _lines((before,), "ORGANIZER") if _served(each)}
        if hosts:
            _refuse(push, ", ".join(sorted(hosts)))
    if tree is None or after is None:
        return push
    foreign = "ATTENDEE" if hosting else "ORGANIZER"
    if not hosting and push.action is PushAction.UPDATE and any(_served(e) for e in _lines((before,), "ORGANIZER")):
        return push
    done = _each(after, lambda line: _ours(line) if line.name == foreign and _address(line) not in mine else line)
    return replace(push, text=dump(exchange(tree, after, done))) if done is not after else push


def _refuse(push: Push, people: str) -> None:
    raise Rejected(
        f"{push.uid}: the server would tell {people} of this change, and cannot be kept from it",
        hint="make the change in a calendar program, if they shall hear of it",
    )


def _lines(calendars: Iterable[Component | None], name: str) -> list[Line]:
    return [line for each in calendars if each is not None for part in each.components() for line in part.lines(name)]


def _address(line: Line) -> str:
    return line.value.strip().lower()


def _served(line: Line) -> bool:
    """Whether the server has this person in its hands."""
    return (line.param("SCHEDULE-AGENT") or "SERVER").strip().upper() == "SERVER"


def _answers(calendar: Component | None, mine: Collection[str]) -> list[tuple[str, ...]]:
    found = [line for line in _lines((calendar,), "ATTENDEE") if _address(line) in mine]
    return sorted((_address(line), line.param("PARTSTAT").upper()) for line in found)


def _ours(line: Line) -> Line:
    """The same person, whom we tell, or not."""
    return set_param(line, "SCHEDULE-AGENT", ("CLIENT",)) if _served(line) else line


def _each(calendar: Component, change: Callable[[Line], Line]) -> Component:
    """The calendar with the lines of its parts changed one by one; the same object where none was."""
    for part in calendar.components():
        children = [change(child) if isinstance(child, Line) else child for child in part.children]
        if any(new is not old for new, old in zip(children, part.children, strict=True)):
            calendar = exchange(calendar, part, Component(part.name, children, part.begin, part.end))
    return calendar
