"""The merge laws over the corpus of texts, and over what Hypothesis makes of the meeting."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.content import canonical, decode, same
from storage.errors import InvalidData
from storage.ical.lines import parse
from storage.ical.read import read
from storage.sync.merge import Policy, merge
from tests.storage.merge.texts import EDITS, MEETING, Edit, put

CORPUS = sorted((Path(__file__).parents[2] / "ics").glob("*.ics"))


def readable(path: Path) -> str:
    """The text of a file, "" where it is no entry."""
    try:
        text = decode(path.read_bytes())
        read(text)
    except InvalidData:
        return ""
    return text


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_edits_of_any_text_live_with_each_other(path: Path) -> None:
    text = readable(path)
    kinds = {part.name for each in parse(text).components() for part in each.components()} if text else set()
    if "VEVENT" not in kinds:
        assert merge(text, text, "anything").text == "anything"
        return
    first, second = (Edit("", "", put(name, "new")) for name in ("X-LEFT", "X-RIGHT"))
    ours, theirs = first(text), second(text)
    if same(ours, text):  # only overrides
        return
    assert merge(text, text, theirs).text == theirs
    assert merge(text, ours, text).text == ours
    assert merge(text, ours, ours).text == ours
    found = merge(text, ours, theirs)
    if found.whole:
        assert found.text == theirs
        return
    assert found.clashes == ()
    assert canonical(found.text) == canonical(second(ours))


def lines_of(text: str) -> set[tuple[bool, str]]:
    """What the master and (True) the override say, alarms among it."""
    found = set()
    for part in canonical(text).split("BEGIN:VEVENT"):
        found |= {("RECURRENCE-ID" in part, line) for line in part.split("\n")}
    return found


CHANGES = st.lists(st.sampled_from(EDITS), max_size=5)


def applied(edits: list[Edit], text: str) -> str:
    """The text after these edits, as far as they can be made one after the other."""
    for edit in edits:
        try:
            text = edit(text)
        except AssertionError:
            continue  # an earlier one has rewritten what this one means
    return text


@given(CHANGES, CHANGES)
def test_nothing_vanishes_that_nobody_removed(left: list[Edit], right: list[Edit]) -> None:
    ours, theirs = applied(left, MEETING), applied(right, MEETING)
    found = merge(MEETING, ours, theirs)
    assert not found.whole
    mine, other, before, after = (lines_of(each) for each in (ours, theirs, MEETING, found.text))
    told = {clash.name for clash in found.clashes}
    for where, line in sorted((mine & other) | ((mine | other) - before)):
        name = line.partition(":")[0].partition(";")[0]
        # An attendee is changed parameter by parameter; a start takes its end and its exceptions along.
        changed = name in ("ATTENDEE", "DTSTART", "DTEND") or "utc" in line
        assert (where, line) in after or name in told or changed, (where, line)
    assert same(merge(theirs, found.text, theirs).text, found.text)
    for policy in (Policy.OURS, Policy.THEIRS):
        decided = merge(MEETING, ours, theirs, policy=policy)
        assert len(decided.clashes) <= len(found.clashes) + 2
        if not found.clashes:
            assert same(decided.text, found.text)


@given(CHANGES, CHANGES)
def test_it_does_not_matter_who_is_the_upstream_where_nothing_clashes(left: list[Edit], right: list[Edit]) -> None:
    ours, theirs = applied(left, MEETING), applied(right, MEETING)
    one, other = merge(MEETING, ours, theirs), merge(MEETING, theirs, ours)
    if not one.clashes and not other.clashes:
        assert same(one.text, other.text)


@given(st.text(max_size=200), st.text(max_size=200))
def test_it_never_raises(ours: str, theirs: str) -> None:
    assert merge(MEETING, ours, theirs).text in (ours, theirs)
    assert merge(None, ours, MEETING).text in (ours, MEETING)
