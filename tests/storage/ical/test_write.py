"""Patching: what is meant changes, every other byte stays."""

from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidData, NotFound
from storage.ical import write
from storage.ical.lines import Component, Line, dump, escape, line, parse, unescape
from storage.ical.read import decode

_EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u\r\nsummary;language=en:Old\r\n"
    "ATTENDEE;CN=Bob;PARTSTAT=NEEDS-ACTION:mailto:bob@example.org\r\nX-FOO:one\r\n  two\r\n"
    "ATTENDEE;CN=Carol:mailto:carol@example.org\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def _event(tree: Component) -> Component:
    return write.calendar_of(tree).components("VEVENT")[0]


def _changes(before: str, after: str) -> list[str]:
    diff = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), n=0)
    return [each for each in diff if not each.startswith(("---", "+++", "@@"))]


def _apply(text: str, name: str, value: str) -> str:
    tree = parse(text)
    event = _event(tree)
    return dump(write.replace(tree, event, write.set_property(event, name, value)))


def test_a_property_is_replaced_in_its_place() -> None:
    assert _changes(_EVENT, _apply(_EVENT, "SUMMARY", "New")) == ["-summary;language=en:Old\r\n", "+SUMMARY:New\r\n"]


def test_a_new_property_stands_before_the_alarms() -> None:
    patched = _apply(_EVENT, "LOCATION", "Here")
    assert _changes(_EVENT, patched) == ["+LOCATION:Here\r\n"]
    assert "carol@example.org\r\nLOCATION:Here\r\nBEGIN:VALARM" in patched


def test_the_line_ends_of_the_text_are_used() -> None:
    text = _EVENT.replace("\r\n", "\n")
    assert "\r" not in _apply(text, "DESCRIPTION", "long " * 50)


def test_a_line_that_says_it_already_keeps_its_bytes() -> None:
    assert _apply(_EVENT, "X-FOO", "one two") == _EVENT
    assert write.eol_of(parse("")) == "\r\n"


def test_lists_keep_what_stays() -> None:
    tree = parse(_EVENT)
    event = _event(tree)
    bob, carol = event.lines("ATTENDEE")
    dave = line("ATTENDEE", "mailto:dave@example.org")
    declined = write.set_param(bob, "PARTSTAT", ["DECLINED"])
    assert dump(write.replace(tree, event, write.set_lines(event, "ATTENDEE", [carol, bob]))) == _EVENT
    assert sorted(
        _changes(_EVENT, dump(write.replace(tree, event, write.set_lines(event, "ATTENDEE", [bob, dave]))))
    ) == [
        "+ATTENDEE:mailto:dave@example.org\r\n",
        "-ATTENDEE;CN=Carol:mailto:carol@example.org\r\n",
    ]
    changed = dump(write.replace(tree, event, write.set_lines(event, "ATTENDEE", [declined, carol])))
    assert "PARTSTAT=DECLINED:mailto:bob@example.org" in changed
    assert changed.count("ATTENDEE") == 2


def test_parameters_are_set_and_removed() -> None:
    bob = _event(parse(_EVENT)).lines("ATTENDEE")[0]
    assert write.set_param(bob, "partstat", ["ACCEPTED"]).raw == (
        "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\n"
    )
    assert write.set_param(bob, "PARTSTAT", []).raw == "ATTENDEE;CN=Bob:mailto:bob@example.org\r\n"
    grouped = Line('item1.x-Label;a="b,c":v\n', "X-LABEL")
    assert write.set_param(grouped, "D", ["e;f"]).raw == 'item1.x-Label;A="b,c";D="e;f":v\n'


def test_properties_are_removed() -> None:
    tree = parse(_EVENT)
    event = _event(tree)
    assert _changes(_EVENT, dump(write.replace(tree, event, write.remove(event, "X-FOO", "TRIGGER")))) == [
        "-X-FOO:one\r\n",
        "-  two\r\n",
    ]


def test_an_override_follows_the_other_components_of_its_kind() -> None:
    tree = parse(_EVENT)
    calendar = write.calendar_of(tree)
    override = write.component("VEVENT", [line("UID", "u"), line("RECURRENCE-ID", "20260101T100000Z")])
    zone = write.component_of("BEGIN:VTIMEZONE\nTZID:Z\nEND:VTIMEZONE\n")
    patched = dump(write.replace(tree, calendar, write.add_component(write.add_component(calendar, override), zone)))
    assert patched == _EVENT.replace(
        "BEGIN:VEVENT\r\n", "BEGIN:VTIMEZONE\r\nTZID:Z\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
    ).replace(
        "END:VEVENT\r\n",
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:20260101T100000Z\r\nEND:VEVENT\r\n",
    )


def test_components_are_replaced_wherever_they_stand() -> None:
    tree = parse(_EVENT)
    alarm = _event(tree).components("VALARM")[0]
    assert "VALARM" not in dump(write.replace(tree, alarm, None))
    assert "TRIGGER:-PT9M" in dump(write.replace(tree, alarm, write.set_property(alarm, "TRIGGER", "-PT9M")))
    assert dump(tree) == _EVENT


def test_what_is_not_there_is_named() -> None:
    tree = parse(_EVENT)
    with pytest.raises(NotFound):
        write.replace(tree, parse(_EVENT).components()[0], None)
    with pytest.raises(NotFound):
        write.replace(tree, tree, None)
    with pytest.raises(InvalidData):
        write.calendar_of(parse("junk"))
    with pytest.raises(InvalidData):
        write.component_of("junk")


def test_nothing_can_be_smuggled_in() -> None:
    with pytest.raises(InvalidData):
        write.set_property(_event(parse(_EVENT)), "SUMMARY", "x\r\nATTENDEE:mailto:eve@example.org")


@given(st.text().map(lambda text: text.replace("\x00", "")))
def test_a_patched_corpus_file_changes_in_one_property_only(text: str) -> None:
    for path in sorted((Path(__file__).parents[2] / "ics").glob("0[18]*.ics")):
        before = decode(path.read_bytes())
        tree = parse(before)
        event = _event(tree)
        after = dump(write.replace(tree, event, write.set_property(event, "X-NEW", escape(text))))
        added = _event(parse(after)).lines("X-NEW")
        assert unescape(added[0].value) == text.replace("\r\n", "\n").replace("\r", "\n")
        assert after.replace(added[0].raw, "") == before
