"""What an invited person says to their answer: the COMMENT that goes to the organizer with it (RFC 5546 §3.2.3).

An event may have comments of its organizer as well; ours are told from those by a parameter, and stay in our own copy.
"""

from storage.ical.lines import Component, Line, escape, line
from storage.ical.write import eol_of, remove, set_lines, set_param

_OURS = "X-CALHARBOR-REPLY"


def with_answer(event: Component, comment: str) -> Component:
    """The event with this said to its owner's answer, "" for nothing; what was said to an earlier one goes."""
    known = event.lines("COMMENT")
    kept = [each for each in known if _OURS not in each.params]
    made = [line("COMMENT", escape(comment), {_OURS: ["TRUE"]}, eol=eol_of(event))] if comment else []
    if kept == known and not made:
        return event
    return set_lines(event, "COMMENT", [*kept, *made]) if kept or made else remove(event, "COMMENT")


def of_answer(event: Component) -> list[Line]:
    """What is said to the answer of its owner, as others get it."""
    return [set_param(each, _OURS, ()) for each in event.lines("COMMENT") if _OURS in each.params]
