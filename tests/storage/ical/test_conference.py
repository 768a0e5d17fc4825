"""Online meetings: what goes in comes out, and what vendors write is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ical.conference import CODES, EntryPoint, Meeting, meeting, with_meeting
from storage.ical.lines import Component, Line, dump, parse

WORD = st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"]), max_size=30)
URI = st.sampled_from(
    ["https://meet.example/a?b=1;c,d", "tel:+1-412-555-0123", "sip:room@example.org", "http://x.example"]
)
POINTS = st.lists(
    st.builds(
        EntryPoint,
        URI,
        st.sampled_from(["video", "phone", "sip", "more"]),
        WORD,
        st.none() | st.dictionaries(st.sampled_from(CODES), WORD.filter(bool), min_size=1),
    ),
    max_size=3,
)


def _event(more: str = "") -> Component:
    return parse(f"BEGIN:VEVENT\r\nUID:a\r\n{more}END:VEVENT\r\n").components("VEVENT")[0]


def _read(event: Component) -> Meeting | None:
    lines = [each for each in event.children if isinstance(each, Line)]
    return meeting({name: event.lines(name) for name in {each.name for each in lines}})


@given(POINTS, st.sampled_from(["hangoutsMeet", "unknown"]), WORD, WORD, WORD)
def test_what_goes_in_comes_out(
    points: list[EntryPoint], provider: str, number: str, notes: str, signature: str
) -> None:
    wanted = Meeting(provider, tuple(points), number, notes, signature)
    assert _read(parse(dump(with_meeting(_event(), wanted))).components("VEVENT")[0]) == wanted


def test_no_meeting() -> None:
    assert _read(_event()) is None
    assert _read(_event("CONFERENCE:\r\nX-GOOGLE-CONFERENCE: \r\n")) is None
    some = with_meeting(_event(), Meeting("hangoutsMeet", (EntryPoint("https://x.example"),)))
    assert dump(with_meeting(some, None)) == dump(_event())


@pytest.mark.parametrize(
    ("name", "uri", "kind", "provider"),
    [
        ("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO", "https://a.example/", "video", ""),
        ("CONFERENCE;VALUE=URI;FEATURE=PHONE,MODERATOR", "tel:+1,,,654321", "phone", ""),
        ("CONFERENCE;FEATURE=AUDIO", "https://a.example/", "more", ""),
        ("CONFERENCE;FEATURE=CHAT", "xmpp:room@a.example", "more", ""),
        ("CONFERENCE", "https://meet.google.com/abc", "video", "hangoutsMeet"),
        ("CONFERENCE", "https://eu.teams.microsoft.com/l", "video", "teamsForBusiness"),
        ("X-GOOGLE-CONFERENCE", "https://meet.google.example/x", "video", "hangoutsMeet"),
        ("X-MICROSOFT-SKYPETEAMSMEETINGURL", "https://teams.example/x", "video", "teamsForBusiness"),
    ],
)
def test_what_others_write(name: str, uri: str, kind: str, provider: str) -> None:
    assert _read(_event(f"{name}:{uri}\r\n")) == Meeting(provider, (EntryPoint(uri, kind),))


def test_ours_counts_before_a_vendors_and_takes_its_place() -> None:
    event = _event("X-GOOGLE-CONFERENCE:https://old.example\r\nCONFERENCE:https://new.example\r\n")
    assert _read(event) == Meeting("", (EntryPoint("https://new.example"),))
    assert "X-GOOGLE" not in dump(with_meeting(event, Meeting("addOn")))
    assert _read(with_meeting(event, Meeting("addOn"))) == Meeting("addOn")


def test_a_uri_that_is_none_has_no_host() -> None:
    assert _read(_event("CONFERENCE:https://[broken\r\n")) == Meeting("", (EntryPoint("https://[broken"),))
