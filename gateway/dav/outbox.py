"""POST to the scheduling outbox (RFC 6638 §5): when others are busy, asked of everybody at once.

Users of this server are answered for from the mirror, whatever their calendars' upstreams are doing. About others the
upstreams of the user who asks are asked, each about those that concern it (`storage.scheduling.asking`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.dav import errors, names
from gateway.dav.errors import Refusal
from gateway.dav.freebusy import answer_text
from gateway.dav.places import Context
from gateway.dav.request import Answer, Request
from storage.errors import InvalidData, TooManyMatches
from storage.ical.lines import Component, Line, line, parse
from storage.ical.read import decode
from storage.ical.values import moment
from storage.model import Account
from storage.provider import FreeBusy
from storage.scheduling.asking import UNAVAILABLE, whom_to_ask
from storage.scheduling.busy import Busy, counts, together
from storage.scheduling.people import normal, ordered

MAX_ASKED = 200
MAX_SPAN = 10 * 366 * 86_400
"""Seconds that one question may cover."""

SUCCESS = "2.0;Success"
NO_SUCH_USER = "3.7;Invalid calendar user"
"""Request statuses (RFC 5546 §3.6)."""

_STATUS = re.compile(r"[1-9](\.\d+)+;")
MAX_STATUS = 200

_MESSAGE = "<C:valid-scheduling-message/>"


@dataclass(frozen=True, slots=True)
class _Question:
    organizer: Line
    attendees: tuple[Line, ...]
    uid: str
    start: int
    end: int


def free_busy(context: Context, request: Request) -> Answer:
    """Answer a POST of a VFREEBUSY request: a `schedule-response` with one response for each attendee."""
    question = _read(request)
    if normal(question.organizer.value) not in context.store.addresses(context.user):
        raise Refusal(
            403,
            f"{question.organizer.value[:80]!r} is no address of yours",
            precondition="<C:organizer-allowed/>",
            hint="calendar-user-address-set lists them",
        )
    users = {normal(each.value): context.store.user_of(each.value) for each in question.attendees}
    told = _told_upstream(context, question, [address for address, user in users.items() if user is None])
    responses = "".join(_response(context, question, each, users, told) for each in question.attendees)
    document = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<C:schedule-response{names.DECLARATIONS}>{responses}'
        "</C:schedule-response>"
    )
    return Answer(200, errors.legal(document), {"Content-Type": errors.XML_TYPE})


def _told_upstream(context: Context, question: _Question, addresses: Sequence[str]) -> Mapping[str, FreeBusy]:
    """What upstreams say about these addresses; nothing about those for which there is none to ask."""
    if context.asking is None:
        return {}
    mine, organizer = context.store.addresses(context.user), normal(question.organizer.value)
    organizer = mine[0] if organizer == mine[-1] else organizer  # for the principal, the preferred address speaks
    owned = ordered(context.store.accounts(context.user))
    asked: dict[int, tuple[Account, list[str]]] = {}
    for address in addresses:
        account = whom_to_ask(owned, organizer, address)
        if account is not None:
            asked.setdefault(account.id, (account, []))[1].append(address)
    return context.asking.free_busy(list(asked.values()), question.start, question.end)


def _response(
    context: Context,
    question: _Question,
    attendee: Line,
    users: Mapping[str, str | None],
    told: Mapping[str, FreeBusy],
) -> str:
    address = normal(attendee.value)
    user, said = users[address], told.get(address)
    if user is not None:
        try:
            busy = _busy(context, user, question)
        except TooManyMatches:
            return _rendered(attendee, UNAVAILABLE)
    elif said is not None and said.told:
        busy = together([{word: list(periods) for word, periods in said.periods.items()}])
    else:
        known = said is not None and _STATUS.match(said.status)
        return _rendered(attendee, said.status[:MAX_STATUS] if said is not None and known else NO_SUCH_USER)
    about = [line("UID", question.uid), question.organizer, attendee]
    return _rendered(attendee, SUCCESS, answer_text(busy, question.start, question.end, about))


def _busy(context: Context, user: str, question: _Question) -> Busy:
    """Over all calendars of the user that count (RFC 6638 §5)."""
    counting = [each for each in context.store.collections(user=user) if counts(each)]
    return together(context.store.busy(counting, [(question.start, question.end)]))


def _rendered(attendee: Line, status: str, text: str = "") -> str:
    data = f"<C:calendar-data>{names.text(text)}</C:calendar-data>" if text else ""
    return (
        f"<C:response><C:recipient><href>{names.text(attendee.value)}</href></C:recipient>"
        f"<C:request-status>{names.text(status)}</C:request-status>{data}</C:response>"
    )


def _read(request: Request) -> _Question:
    """What is asked. Raises `Refusal` with the preconditions of RFC 6638 §5.1."""
    if request.header("content-type").partition(";")[0].strip().lower() not in ("text/calendar", ""):
        raise Refusal(
            403, "a scheduling message is text/calendar", precondition="<C:supported-calendar-data/>", hint="send that"
        )
    try:
        tree = parse(decode(request.body))
        asked, question = _components(tree)
        organizer, attendees = question.first("ORGANIZER"), question.lines("ATTENDEE")
        starts, ends = question.first("DTSTART"), question.first("DTEND")
        if organizer is None or not attendees or starts is None or ends is None:
            raise _wrong("a VFREEBUSY request has ORGANIZER, ATTENDEE, DTSTART and DTEND (RFC 5546 §3.3.2)")
        start, end = moment(starts, asked), moment(ends, asked)
    except InvalidData as error:
        raise Refusal(403, error.message, precondition="<C:valid-calendar-data/>", hint=error.hint) from error
    # Times are in UTC (RFC 5545 §3.6.4); python-caldav sends floating ones, and means UTC.
    if not start.epoch < end.epoch <= start.epoch + MAX_SPAN:
        raise _wrong("the question must cover a span of time, and not more than ten years")
    if len(attendees) > MAX_ASKED:
        raise Refusal(403, f"more than {MAX_ASKED} attendees", precondition="<C:max-attendees-per-instance/>")
    uid = question.first("UID")
    return _Question(organizer, tuple(attendees), uid.value if uid else "", start.epoch, end.epoch)


def _components(tree: Component) -> tuple[Component, Component]:
    calendars = tree.components("VCALENDAR")
    questions = calendars[0].components("VFREEBUSY") if len(calendars) == 1 else []
    method = calendars[0].first("METHOD") if calendars else None
    if len(questions) != 1 or method is None or method.value.strip().upper() != "REQUEST":
        raise _wrong("only free-busy requests are taken here: one VFREEBUSY with METHOD:REQUEST")
    return calendars[0], questions[0]


def _wrong(message: str) -> Refusal:
    return Refusal(403, message, precondition=_MESSAGE, hint="events are delivered by writing them to a calendar")
