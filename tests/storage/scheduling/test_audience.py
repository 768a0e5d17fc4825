"""Whom a write would be told to, against the memory upstream's own plain reading of the same texts."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from plugins.memory.messages import messages
from storage.scheduling.audience import audience

ME, OTHERS = "mailto:me@example.org", ["mailto:a@example.org", "mailto:b@example.org"]
WORDS = ["NEEDS-ACTION", "ACCEPTED", "DECLINED"]


def text(host: str, guests: Sequence[tuple[str, str]], summary: str = "One", *lines: str) -> str:
    """A meeting of `host` with guests and their answers."""
    people = [f"ATTENDEE;PARTSTAT={word}:{who}" for who, word in guests]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:u",
         "DTSTAMP:20260101T000000Z", "DTSTART:20260301T100000Z", f"SUMMARY:{summary}", f"ORGANIZER:{host}", *people,
         *lines, "END:VEVENT", "END:VCALENDAR", ""]
    )  # fmt: skip


@st.composite
def versions(draw: st.DrawFn) -> tuple[str | None, str | None]:
    """Two versions of one meeting, either of which may not exist."""
    host = draw(st.sampled_from([ME, OTHERS[0]]))
    made: list[str | None] = []
    for _ in range(2):
        others = draw(st.lists(st.sampled_from(OTHERS if host == ME else OTHERS[1:]), unique=True))
        everybody = [*others, *([] if host == ME else [ME])]
        guests = [(who, draw(st.sampled_from(WORDS))) for who in everybody]
        made.append(draw(st.sampled_from([None, text(host, guests, draw(st.sampled_from(["One", "Two"])))])))
    return made[0], made[1]


@given(versions())
def test_the_memory_upstream_tells_the_same_people(pair: tuple[str | None, str | None]) -> None:
    before, after = pair
    told = {each.to for each in messages("u", before or "", after or "", [ME])}
    assert set(audience(before, after, [ME])) == told


def test_what_is_no_meeting_concerns_nobody() -> None:
    assert audience(None, text(ME, []).replace(f"ORGANIZER:{ME}\r\n", ""), [ME]) == ()
    assert audience("ORGANIZER broken", None, [ME]) == ()
    assert audience(text(OTHERS[0], [(OTHERS[1], "ACCEPTED")]), None, [ME]) == ()


def test_who_is_not_the_servers_to_tell_is_not_told() -> None:
    agent = text(ME, []).replace("END:VEVENT", f"ATTENDEE;SCHEDULE-AGENT=CLIENT:{OTHERS[0]}\r\nEND:VEVENT")
    assert audience(None, agent, [ME]) == ()
    host = text(OTHERS[0], [(ME, "ACCEPTED")]).replace("ORGANIZER:", "ORGANIZER;SCHEDULE-AGENT=NONE:")
    assert audience(None, host, [ME]) == ()


def test_a_forced_message_goes_out_though_nothing_changed() -> None:
    plain = text(ME, [(OTHERS[0], "ACCEPTED")])
    assert audience(plain, plain, [ME]) == ()
    forced = plain.replace("ATTENDEE;", "ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST;")
    assert audience(plain, forced, [ME]) == (OTHERS[0],)


def test_a_server_own_noise_is_no_news() -> None:
    plain = text(ME, [(OTHERS[0], "ACCEPTED")])
    noisy = plain.replace("ATTENDEE;", "ATTENDEE;SCHEDULE-STATUS=1.2;").replace("DTSTAMP:2026", "DTSTAMP:2027")
    assert audience(plain, noisy, [ME]) == ()
