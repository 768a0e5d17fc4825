"""Custom properties and default reminders: what goes in comes out, in lines that say so."""

from hypothesis import given
from hypothesis import strategies as st

from storage.ical.custom import (
    DEFAULT_REMINDERS,
    PROPERTY,
    CustomProperty,
    custom_properties,
    default_reminders,
    with_custom_properties,
    with_default_reminders,
)
from storage.ical.lines import Component, dump, parse

TEXT = st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"]), max_size=60)
PROPERTIES = st.lists(
    st.builds(CustomProperty, TEXT.filter(bool), TEXT, st.booleans()), unique_by=lambda each: (each.key, each.private)
)


def _event(more: str = "") -> Component:
    return parse(f"BEGIN:VEVENT\r\nUID:a\r\n{more}END:VEVENT\r\n").components("VEVENT")[0]


@given(PROPERTIES)
def test_what_goes_in_comes_out(wanted: list[CustomProperty]) -> None:
    made = with_custom_properties(_event(), wanted)
    read = parse(dump(made)).components("VEVENT")[0]
    assert custom_properties(read.lines(PROPERTY)) == tuple(wanted)


def test_the_form_of_a_line() -> None:
    made = with_custom_properties(
        _event(), [CustomProperty("color", "green; or blue"), CustomProperty("a:b", "", False)]
    )
    assert f"{PROPERTY};X-KEY=color;X-SCOPE=PRIVATE:green\\; or blue\r\n" in dump(made)
    assert f'{PROPERTY};X-KEY="a:b";X-SCOPE=SHARED:\r\n' in dump(made)


def test_lines_that_say_so_already_keep_their_bytes() -> None:
    source = _event(f"x-gateway-prop;X-SCOPE=PRIVATE;X-KEY=a:1\r\n{PROPERTY};X-KEY=b;X-SCOPE=SHARED:2\r\n")
    known = custom_properties(source.lines(PROPERTY))
    assert known == (CustomProperty("a", "1"), CustomProperty("b", "2", False))
    assert dump(with_custom_properties(source, known)) == dump(source)


def test_one_key_in_both_scopes_and_twice_in_one() -> None:
    lines = (
        f"{PROPERTY};X-KEY=a:1\r\n{PROPERTY};X-KEY=a;X-SCOPE=shared:2\r\n{PROPERTY};X-KEY=a:3\r\n{PROPERTY}:no key\r\n"
    )
    found = custom_properties(_event(lines).lines(PROPERTY))
    assert found == (CustomProperty("a", "3"), CustomProperty("a", "2", False))


def test_default_reminders() -> None:
    assert default_reminders([]) is None
    for word in (True, False):
        made = with_default_reminders(_event(), word)
        assert default_reminders(made.lines(DEFAULT_REMINDERS)) is word
    assert dump(with_default_reminders(made, None)) == dump(_event())
    assert default_reminders(_event(f"{DEFAULT_REMINDERS}:perhaps\r\n").lines(DEFAULT_REMINDERS)) is None
