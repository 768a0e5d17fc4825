"""What an upstream in memory tells people of a write (RFC 6638 §3.2), in its own plain reading of the texts."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_PERSON = re.compile(r"^(ORGANIZER|ATTENDEE)((?:;[^:]*)?):(mailto:\S+)", re.MULTILINE | re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_NOISE = re.compile(r"^(?:DTSTAMP|LAST-MODIFIED|CREATED|PRODID|SEQUENCE)[;:].*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """One iTIP message: `method` is REQUEST, CANCEL or REPLY; `said` the answer that a REPLY carries."""

    uid: str
    method: str
    to: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A text as far as it matters here: its people with their parameters, and all the rest."""

    organizer: str
    guests: dict[str, str]
    rest: str


def messages(uid: str, before: str, after: str, mine: Sequence[str]) -> list[Message]:
    """What a write makes this upstream send; a text is empty where there is no entry. `mine`: the owner's addresses."""
    was, now = _read(before), _read(after)
    own = {address.lower() for address in mine}
    if own & {was.organizer, now.organizer}:
        return _from_organizer(uid, was, now, own)
    return _from_guest(uid, was, now, own)


def _from_organizer(uid: str, was: _Meeting, now: _Meeting, own: Collection[str]) -> list[Message]:
    gone = [Message(uid, "CANCEL", each) for each in was.guests if each not in now.guests and each not in own]
    changed = [each for each in now.guests if each not in own and (each not in was.guests or was.rest != now.rest)]
    return [*gone, *(Message(uid, "REQUEST", each) for each in changed)]


def _from_guest(uid: str, was: _Meeting, now: _Meeting, own: Collection[str]) -> list[Message]:
    me = next((each for each in {**was.guests, **now.guests} if each in own), None)
    host = now.organizer or was.organizer
    if me is None or not host:
        return []
    said, before = now.guests.get(me, "DECLINED"), was.guests.get(me, "NEEDS-ACTION")
    return [Message(uid, "REPLY", host, said)] if said != before else []


def _read(text: str) -> _Meeting:
    unfolded = _NOISE.sub("", _FOLD.sub("", text).replace("\r\n", "\n"))
    organizer, guests = "", {}
    for name, params, address in _PERSON.findall(unfolded):
        if name.upper() == "ORGANIZER":
            organizer = address.lower()
        else:
            said = re.search(r";PARTSTAT=([\w-]+)", params, re.IGNORECASE)
            guests[address.lower()] = said[1].upper() if said else "NEEDS-ACTION"
    return _Meeting(organizer, guests, _PERSON.sub("", unfolded))
