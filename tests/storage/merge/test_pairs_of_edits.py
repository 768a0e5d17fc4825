"""For every ordered pair of edits to different properties both survive, and merging obeys its laws."""

import pytest

from storage.content import canonical, same
from storage.sync.merge import Policy, merge
from tests.storage.merge.texts import EDITS, MEETING, RIVALS, Edit

TEXTS = {edit.name: edit(MEETING) for edit in EDITS}
STARTS = {"master DTSTART", "master EXDATE:26"}
"""A series that begins at another time has its exceptions at other times, too: see `test_series.py`."""


def rivals(one: Edit, other: Edit) -> bool:
    """Whether two edits concern the same thing after all."""
    return bool({(one.name, other.name), (other.name, one.name)} & RIVALS) or {one.name, other.name} == STARTS


@pytest.mark.parametrize("first", EDITS, ids=lambda edit: edit.name)
def test_both_of_two_edits_to_different_properties_survive(first: Edit) -> None:
    ours = TEXTS[first.name]
    assert not same(ours, MEETING)
    for second in EDITS:
        if second is first or rivals(first, second):
            continue
        found = merge(MEETING, ours, TEXTS[second.name])
        said = f"{first.name}, {second.name}"
        assert found.clashes == (), said
        assert not found.whole, said
        assert canonical(found.text) == canonical(second(ours)), said


@pytest.mark.parametrize("second", EDITS[::7], ids=lambda edit: edit.name)
@pytest.mark.parametrize("first", EDITS[::5], ids=lambda edit: edit.name)
def test_a_merged_text_merged_again_is_itself(first: Edit, second: Edit) -> None:
    found = merge(MEETING, TEXTS[first.name], TEXTS[second.name])
    again = merge(MEETING, found.text, TEXTS[second.name])
    assert (again.text, again.clashes) == (found.text, ())
    assert same(merge(TEXTS[second.name], found.text, TEXTS[second.name]).text, found.text)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_where_one_side_changed_nothing_the_others_text_stands_to_the_byte(edit: Edit) -> None:
    text = TEXTS[edit.name]
    for policy in Policy:
        assert merge(MEETING, MEETING, text, policy=policy).text == text
        assert merge(MEETING, text, MEETING, policy=policy).text == text
        assert merge(MEETING, text, text, policy=policy).text == text
