"""What a change did to each thing in an entry: the master, its overrides, the instances that follow the rule."""

from hypothesis import given
from hypothesis import strategies as st

from storage.effects import Effect, effects
from storage.model import Action
from storage.records import ComponentRecord

ADD, UPDATE, DELETE = Action.ADD, Action.UPDATE, Action.DELETE
SOLO = ComponentRecord("VEVENT", summary="Lunch", start=0, end=3600, start_local="1970-01-01T00:00:00")
SERIES = SOLO._replace(rrule="FREQ=DAILY", recurring=True)
ONE, TWO = "19700102T000000Z", "19700103T000000Z"


def override(key: str, summary: str = "moved") -> ComponentRecord:
    return SOLO._replace(recurrence_id=key, summary=summary)


def without(*keys: str) -> ComponentRecord:
    return SERIES._replace(excluded=keys)


def test_an_event_comes_changes_and_goes() -> None:
    assert effects([], [SOLO]) == [Effect(ADD, "")]
    assert effects([SOLO], [SOLO._replace(summary="Dinner")]) == [Effect(UPDATE, "")]
    assert effects([SOLO], []) == [Effect(DELETE, "")]


def test_what_the_records_do_not_show_is_a_change_of_the_event() -> None:
    assert effects([SOLO], [SOLO]) == [Effect(UPDATE, "")]
    assert effects([SERIES, override(ONE)], [SERIES, override(ONE)]) == [Effect(UPDATE, "")]


def test_a_series_comes_with_all_that_stands_in_it_and_goes_as_one() -> None:
    series = [SERIES, override(TWO), override(ONE)]
    assert effects([], series) == [Effect(ADD, ""), Effect(ADD, ONE), Effect(ADD, TWO)]
    assert effects(series, []) == [Effect(DELETE, "")]


def test_editing_one_instance_is_about_that_instance() -> None:
    assert effects([SERIES], [SERIES, override(ONE)]) == [Effect(UPDATE, ONE)]
    assert effects([SERIES, override(ONE)], [SERIES, override(ONE, "again")]) == [Effect(UPDATE, ONE)]
    assert effects([SERIES, override(ONE), override(TWO)], [SERIES, override(TWO)]) == [Effect(UPDATE, ONE)]


def test_a_program_that_counts_up_every_component_has_edited_only_one() -> None:
    counted = SERIES._replace(sequence=3, last_modified=99, created=5)
    assert effects([SERIES], [counted, override(ONE)]) == [Effect(UPDATE, ONE)]
    assert effects([SERIES, override(ONE)], [counted, override(ONE)]) == [Effect(UPDATE, "")]


def test_an_instance_that_is_taken_out_is_gone_and_one_that_is_put_back_is_new() -> None:
    assert effects([SERIES], [without(ONE)]) == [Effect(DELETE, ONE)]
    assert effects([without(ONE)], [without(ONE, TWO)]) == [Effect(DELETE, TWO)]
    assert effects([SERIES, override(ONE)], [without(ONE)]) == [Effect(DELETE, ONE)]
    assert effects([without(ONE)], [SERIES]) == [Effect(ADD, ONE)]
    assert effects([without(ONE)], [SERIES, override(ONE)]) == [Effect(ADD, ONE)]


def test_overrides_go_with_the_times_of_their_series() -> None:
    weekly = SERIES._replace(rrule="FREQ=WEEKLY")
    assert effects([SERIES, override(ONE)], [weekly]) == [Effect(UPDATE, ""), Effect(DELETE, ONE)]
    assert effects([SERIES, override(ONE)], [SOLO]) == [Effect(UPDATE, "")]
    assert effects([SOLO], [SERIES]) == [Effect(UPDATE, "")]


def test_single_instances_without_a_master_stand_for_themselves() -> None:
    assert effects([], [override(TWO), override(ONE)]) == [Effect(ADD, ONE), Effect(ADD, TWO)]
    assert effects([override(ONE)], [override(ONE), override(TWO)]) == [Effect(ADD, TWO)]
    assert effects([override(ONE), override(TWO)], [override(TWO)]) == [Effect(DELETE, ONE)]
    assert effects([override(ONE), override(TWO)], []) == [Effect(DELETE, ONE), Effect(DELETE, TWO)]
    assert effects([override(ONE)], [override(ONE)]) == [Effect(UPDATE, ONE)]


KEYS = st.sampled_from(["", ONE, TWO, "19700104T000000Z"])
WORDS = st.sampled_from(["a", "b"])


@st.composite
def entries(draw: st.DrawFn) -> list[ComponentRecord]:
    keys = draw(st.lists(KEYS, unique=True, max_size=4))
    taken = tuple(sorted(draw(st.sets(st.sampled_from([ONE, TWO])))))
    master = SERIES._replace(excluded=taken) if draw(st.booleans()) else SOLO
    return [
        override(key)._replace(summary=draw(WORDS), sequence=draw(st.integers(0, 1)))
        if key
        else master._replace(summary=draw(WORDS))
        for key in keys
    ]


@given(entries(), entries())
def test_each_thing_that_says_something_else_is_told_of_once_and_as_it_is(
    before: list[ComponentRecord], after: list[ComponentRecord]
) -> None:
    found = effects(before, after)
    told = {effect.key: effect.action for effect in found}
    assert len(told) == len(found)
    assert bool(found) == bool(before or after)
    old = {each.recurrence_id: each for each in before}
    new = {each.recurrence_id: each for each in after}
    for key, action in told.items():
        assert key in new or action is DELETE or old[""].recurring, "what is there is described, or follows the rule"
    for key, record in new.items():
        if key not in old or old[key].summary != record.summary:
            assert told[key] is not DELETE
    if after:
        assert {key for key in told if told[key] is DELETE} & new.keys() == set()


@given(entries())
def test_what_comes_all_at_once_is_all_told(after: list[ComponentRecord]) -> None:
    assert {effect.key for effect in effects([], after)} == {each.recurrence_id for each in after}
