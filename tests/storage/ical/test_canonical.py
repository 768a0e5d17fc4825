"""What is a change and what is not: rewritings that keep the data are the same, edits are not."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.content import same
from storage.errors import InvalidData, TooLarge
from storage.ical.canonical import canonical
from storage.ical.lines import Component, Line, dump, line, parse, unfold
from storage.ical.read import decode

_TEXTS = [decode(each.read_bytes()) for each in sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))]
_NO_STRAY_RETURN = [each for each in _TEXTS if "\r" not in each.replace("\r\n", "")]

_EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//A//EN
BEGIN:VEVENT
UID:u
DTSTART;TZID=Europe/Berlin:20260305T100000
DTEND;TZID=Europe/Berlin:20260305T110000
RRULE:FREQ=WEEKLY;BYDAY=TH,TU;COUNT=9
EXDATE;TZID=Europe/Berlin:20260312T100000,20260319T100000
SUMMARY:Team\\, weekly
CATEGORIES:Work,Planning
ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org
ATTENDEE;CN="Carol, C.":mailto:carol@example.org
X-FOO:one,two
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT1H
END:VALARM
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def _edit(old: str, new: str) -> str:
    assert old in _EVENT
    return _EVENT.replace(old, new)


def _shuffle(node: Component, random: Random) -> None:
    for child in node.components():
        random.shuffle(child.children)
        _shuffle(child, random)


def _refold(node: Component, random: Random) -> None:
    for at, child in enumerate(node.children):
        if isinstance(child, Component):
            _refold(child, random)
        elif child.name:
            text = unfold(child.raw)
            for cut in sorted(random.sample(range(1, len(text)), min(4, len(text) - 1)), reverse=True):
                text = text[:cut] + random.choice(["\r\n ", "\n\t"]) + text[cut:]
            node.children[at] = Line(f"{text}\n", child.name)


@given(st.sampled_from(_TEXTS), st.randoms(use_true_random=False))
def test_order_is_not_content(text: str, random: Random) -> None:
    tree = parse(text)
    _shuffle(tree, random)
    assert same(text, dump(tree))


@given(st.sampled_from(_NO_STRAY_RETURN), st.randoms(use_true_random=False))
def test_folding_is_not_content(text: str, random: Random) -> None:
    tree = parse(text)
    _refold(tree, random)
    assert same(text, dump(tree))


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r\n\r\n"])
def test_line_ends_are_not_content(corpus_file: Path, eol: str) -> None:
    text = decode(corpus_file.read_bytes())
    if eol == "\r\n\r\n":
        text = "\n".join(unfold(each.raw) for each in _all_lines(parse(text)))
    assert same(text, text.replace("\r\n", "\n").replace("\n", eol))
    assert same(text, "\ufeff" + text.removeprefix("\ufeff") + "\r\n")


def _all_lines(node: Component) -> list[Line]:
    found: list[Line] = []
    for child in node.children:
        if isinstance(child, Line):
            found.append(child)
        else:
            found += [Line(child.begin, "BEGIN"), *_all_lines(child), Line(child.end, "END")]
    return found


def _rewritten(node: Component) -> None:
    for at, child in enumerate(node.children):
        if isinstance(child, Component):
            _rewritten(child)
        elif child.name and child.params:
            params = {key.lower(): list(values) for key, values in reversed(list(child.params.items()))}
            node.children[at] = line(child.name.lower(), child.value, params, eol="\n")


def test_case_quoting_and_order_of_parameters_are_not_content(corpus_file: Path) -> None:
    if corpus_file.stem.endswith("quotes-in-odd-places"):
        return
    text = decode(corpus_file.read_bytes())
    tree = parse(text)
    _rewritten(tree)
    assert same(text, dump(tree))


def test_the_corpus_holds_no_two_same_entries_but_those_without_any() -> None:
    with_entries = [each for each in _TEXTS if "UID" in each]
    assert len({canonical(each) for each in with_entries}) == len(with_entries)
    assert len({canonical(each) for each in _TEXTS if each not in with_entries}) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRODID:-//A//EN", "PRODID:-//B//EN\nCALSCALE:GREGORIAN\nMETHOD:PUBLISH\nX-WR-CALNAME:Home"),
        ("UID:u", "UID:u\nDTSTAMP:20260101T000000Z\nCREATED:20260101T000000Z\nLAST-MODIFIED:20260101T000000Z"),
        ("UID:u", "UID:u\nSEQUENCE:0\nTRANSP:OPAQUE\nCLASS:PUBLIC\nPRIORITY:0\nDESCRIPTION:\nLOCATION:"),
        ("UID:u", "UID:u\nX-MOZ-GENERATION:7\nX-LIC-ERROR:x\nX-MICROSOFT-CDO-OWNERAPPTID:1"),
        ("DTSTART;TZID=Europe/Berlin", "DTSTART;VALUE=DATE-TIME;TZID=Europe/Berlin"),
        ("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=W. Europe Standard Time"),
        ("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=/mozilla.org/20070129_1/Europe/Berlin"),
        ("BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE\nBEGIN:VEVENT"),
        ("BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:My zone\nEND:VTIMEZONE\nBEGIN:VEVENT"),
        ("FREQ=WEEKLY;BYDAY=TH,TU;COUNT=9", "COUNT=9;FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH;WKST=MO"),
        (
            "EXDATE;TZID=Europe/Berlin:20260312T100000,20260319T100000",
            "EXDATE:20260319T090000Z\nEXDATE:20260312T090000Z",
        ),
        ("CATEGORIES:Work,Planning", "CATEGORIES:Planning\nCATEGORIES:Work"),
        ("SUMMARY:Team\\, weekly", "SUMMARY:Team, weekly"),
        ("X-FOO:one,two", "X-FOO:one\\,two"),
        ("CN=Bob;PARTSTAT=ACCEPTED:mailto:bob", 'PARTSTAT=accepted;CUTYPE=INDIVIDUAL;CN="Bob":MAILTO:Bob'),
        ('CN="Carol, C."', 'PARTSTAT=NEEDS-ACTION;RSVP=FALSE;EMAIL=carol@example.org;CN="Carol, C."'),
        ("TRIGGER:-PT1H", "TRIGGER;VALUE=DURATION;RELATED=START:-P0DT0H60M0S"),
    ],
)
def test_rewritings_are_the_same(old: str, new: str) -> None:
    assert same(_EVENT, _edit(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UID:u", "UID:v"),
        ("UID:u", "UID:u\nSEQUENCE:1"),
        ("UID:u", "UID:u\nTRANSP:TRANSPARENT"),
        ("UID:u", "UID:u\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"),
        ("UID:u", "UID:u\nX-NEW:"),
        ("UID:u", "UID:u\nthis is no property"),
        ("SUMMARY:Team\\, weekly", "SUMMARY:team\\, weekly"),
        ("SUMMARY:Team\\, weekly\n", ""),
        ("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=Europe/Paris"),
        ("DTSTART;TZID=Europe/Berlin", "DTSTART"),
        ("DTSTART;TZID=Europe/Berlin:20260305T100000", "DTSTART:20260305T090000Z"),
        ("DTSTART;TZID=Europe/Berlin:20260305T100000", "DTSTART;VALUE=DATE:20260305"),
        ("BYDAY=TH,TU", "BYDAY=TH"),
        ("20260312T100000,", ""),
        ("Work,Planning", "Work\\,Planning"),
        ("PARTSTAT=ACCEPTED", "PARTSTAT=DECLINED"),
        ("CN=Bob;", "CN=Robert;"),
        ("mailto:bob@", "mailto:rob@"),
        ("X-FOO:one,two", "X-FOO:one"),
        ("-PT15M", "-PT16M"),
        ("BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n", ""),
        ("TRIGGER:-PT15M", "TRIGGER:-PT1H"),
        ("TRIGGER:-PT15M", "TRIGGER;RELATED=END:-PT15M"),
    ],
)
def test_edits_are_changes(old: str, new: str) -> None:
    assert not same(_EVENT, _edit(old, new))


def test_alarms_are_counted() -> None:
    twice = _edit("TRIGGER:-PT15M", "TRIGGER:-PT1H")
    once = twice.replace("BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT1H\nEND:VALARM\n", "", 1)
    assert not same(once, twice)


def test_the_rules_of_a_zone_of_its_own_are_content() -> None:
    text = next(each for each in _TEXTS if "TZID:Customized Time Zone" in each)
    assert not same(text, text.replace("+0530", "+0500"))
    assert same(text, text.replace("TZOFFSETTO", "TZNAME:IST\r\nTZOFFSETTO"))


def test_utc_has_many_spellings() -> None:
    plain = _edit("DTSTART;TZID=Europe/Berlin:20260305T100000", "DTSTART:20260305T090000Z")
    for tzid in ("UTC", "Etc/UTC", "GMT", "tzone://Microsoft/Utc", '"(UTC) Coordinated Universal Time"'):
        zoned = f"DTSTART;TZID={tzid}:20260305T090000"
        assert same(plain, _edit("DTSTART;TZID=Europe/Berlin:20260305T100000", zoned)), tzid


@given(st.sampled_from(["SUMMARY", "LOCATION", "X-ANY"]), st.text(max_size=12), st.text(max_size=12))
def test_texts_are_the_same_only_if_equal(name: str, first: str, second: str) -> None:
    def event(text: str) -> str:
        plain = "".join(each for each in text if each not in '\\\r\n\x00,;:"')
        return _edit("UID:u", f"UID:u\n{name}:{plain}x")

    assert same(event(first), event(second)) == (event(first) == event(second))


@settings(max_examples=200)
@given(st.sampled_from(_TEXTS), st.data())
def test_only_our_errors_escape(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    grown = data.draw(st.sampled_from(["", "\n", ":", ";", "=", '"', "P", "T", "0", "\\", "9" * 30]))
    text = text[:at] + grown + text[at + data.draw(st.integers(0, 5)) :]
    try:
        assert same(text, text.replace("\r\n", "\n"))
    except InvalidData:
        return


@pytest.mark.parametrize("text", ["", "<html></html>", "BEGIN:VCALENDAR\n"])
def test_what_is_no_calendar_has_no_form(text: str) -> None:
    with pytest.raises(InvalidData):
        canonical(text)
    with pytest.raises(TooLarge):
        canonical("BEGIN:A\n" * 100)
