"""iTIP as pure functions: an invitation taken over twice is one taken over once; what is one's own keeps its bytes."""

from hypothesis import given
from hypothesis import strategies as st

from storage.ical.lines import Component, dump, parse
from storage.ical.write import calendar_of
from storage.scheduling import itip

ME, OTHER = "mailto:me@example.org", "mailto:other@example.org"
WORDS = st.sampled_from(["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"])
TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_characters="\x7f\x85"), max_size=60)
EOL = "\r\n"


@st.composite
def meetings(draw: st.DrawFn, *, alarms: bool = False) -> Component:
    """A meeting of mine, perhaps a series with an instance of its own."""
    hour, series = draw(st.integers(0, 23)), draw(st.booleans())
    rule = "RRULE:FREQ=DAILY;COUNT=9\r\n" if series else ""
    pieces = [draw(_part(f"DTSTART:20260310T{hour:02}0000Z\r\n{rule}", alarms=alarms))]
    if series and draw(st.booleans()):
        own = f"RECURRENCE-ID:20260311T{hour:02}0000Z\r\nDTSTART:20260311T{hour:02}3000Z\r\n"
        pieces.append(draw(_part(own, alarms=alarms)))
    return calendar_of(parse(f"BEGIN:VCALENDAR{EOL}VERSION:2.0{EOL}{''.join(pieces)}END:VCALENDAR{EOL}"))


@st.composite
def _part(draw: st.DrawFn, times: str, *, alarms: bool) -> str:
    people = [
        f"ATTENDEE;PARTSTAT={draw(WORDS)};CN={name}:{address}" for name, address in (("Me", ME), ("Other", OTHER))
    ]
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:z\r\nTRIGGER:-PT1M\r\nEND:VALARM\r\n"
    mine = f"X-MINE:{draw(TEXT)}{EOL}{alarm}" if alarms else ""
    words = draw(TEXT).replace("\\", "").replace(";", "").replace(",", "")
    lines = ["UID:m", "DTSTAMP:20260101T000000Z", "ORGANIZER:mailto:boss@example.org", *people, f"SUMMARY:{words}"]
    return f"BEGIN:VEVENT{EOL}{times}{EOL.join(lines)}{EOL}{mine}END:VEVENT{EOL}"


@given(meetings(alarms=True), meetings())
def test_an_invitation_twice_is_an_invitation_once(copy: Component, sent: Component) -> None:
    new = itip.invitation(sent, ME)
    assert new is not None
    once = itip.invited(copy, new, ME)
    assert dump(itip.invited(once, new, ME)) == dump(once)
    theirs, mine = itip.invitation(once, OTHER), itip.invitation(new, OTHER)
    assert theirs is not None
    assert mine is not None
    assert set(itip.parts(once)) == set(itip.parts(new))


@given(meetings(alarms=True))
def test_an_invitation_that_says_nothing_new_keeps_every_byte(copy: Component) -> None:
    new = itip.invitation(copy, ME)
    assert new is not None
    assert dump(itip.invited(copy, new, ME)) == dump(copy)


@given(meetings(alarms=True), meetings())
def test_alarms_and_private_properties_stay(copy: Component, sent: Component) -> None:
    new = itip.invitation(sent, ME)
    assert new is not None
    after = itip.parts(itip.invited(copy, new, ME))
    for key, part in itip.parts(copy).items():
        if key in after:
            assert [dump(each) for each in part.components()] == [dump(each) for each in after[key].components()]
            assert [each.raw for each in part.lines("X-MINE")] == [each.raw for each in after[key].lines("X-MINE")]


@given(meetings(), meetings())
def test_answers_stay_as_long_as_the_time_does(copy: Component, sent: Component) -> None:
    new = itip.invitation(sent, ME)
    assert new is not None
    before, after = itip.answers(copy, ME), itip.answers(itip.invited(copy, new, ME), ME)
    was, now = itip.parts(copy), itip.parts(new)
    for key in set(was) & set(now):
        same = (
            [was[key].first("DTSTART"), *was[key].lines("RRULE")],
            [now[key].first("DTSTART"), *now[key].lines("RRULE")],
        )
        moved = [line.value for line in same[0] if line] != [line.value for line in same[1] if line]
        assert after[key] == (itip.OPEN if moved else before[key])


@given(meetings(), st.dictionaries(st.sampled_from(["", "20260311T050000Z", "20260312T000000Z"]), WORDS))
def test_an_answer_twice_is_an_answer_once(calendar: Component, said: dict[str, str]) -> None:
    once = itip.answered(calendar, said, ME)
    assert dump(itip.answered(once, said, ME)) == dump(once)
    assert (
        itip.answers(once, OTHER).items()
        >= {key: word for key, word in itip.answers(calendar, OTHER).items() if key in itip.parts(once)}.items()
    )


@given(meetings(), meetings())
def test_news_are_what_brings_the_organizer_up_to_date(before: Component, after: Component) -> None:
    said = itip.news(before, after, ME)
    assert not itip.news(after, after, ME)
    assert set(said) <= set(itip.parts(after))
    reply = itip.reply(after, said, ME)
    assert dict(itip.answers(reply, ME)) == said


@given(meetings())
def test_a_message_has_its_method_and_no_alarm(calendar: Component) -> None:
    new = itip.invitation(calendar, ME)
    assert new is not None
    text = itip.message(new, "REQUEST")
    assert text.count("METHOD:REQUEST\r\n") == 1
    assert "VALARM" not in text
    assert itip.invitation(calendar, "mailto:nobody@example.org") is None
