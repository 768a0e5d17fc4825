"""The planner: every situation in which a remote entry, or its absence, can meet ours."""

from hypothesis import given
from hypothesis import strategies as st

from storage.content import digest, same
from storage.sync import plan
from storage.sync.plan import Ours, Step


def event(summary: str, *, prodid: str = "-//a//EN") -> str:
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{prodid}\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20260101T000000Z\r\n"
        f"DTSTART:20260101T100000Z\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


BASE, OURS, THEIRS = event("base"), event("ours"), event("theirs")


def ours(text: str | None, *, base: str = BASE, dirty: bool = False, linked: bool = True, uid: str = "u") -> Ours:
    return Ours(uid=uid, text=text, base=base, agreed=base, dirty=dirty, linked=linked)


def test_a_new_entry_is_taken() -> None:
    assert plan.incoming(THEIRS, "u", None, None) is Step.TAKE


def test_the_same_content_in_other_words_is_no_change() -> None:
    again = event("base", prodid="-//somebody else//EN").replace("\r\n", "\n")
    assert plan.incoming(again, "u", ours(BASE), None) is Step.ADOPT


def test_our_waiting_edit_survives_a_round_without_news() -> None:
    assert plan.incoming(BASE, "u", ours(OURS, dirty=True), None) is Step.ADOPT


def test_their_edit_of_an_untouched_entry_is_taken() -> None:
    assert plan.incoming(THEIRS, "u", ours(BASE), None) is Step.TAKE


def test_our_richer_text_stays_while_the_projection_does_not_change() -> None:
    assert plan.incoming(BASE, "u", ours(OURS, base=BASE), None) is Step.ADOPT


def test_the_same_edit_on_both_sides_is_agreement() -> None:
    assert plan.incoming(THEIRS, "u", ours(THEIRS, dirty=True), None) is Step.AGREE


def test_an_edit_of_ours_that_had_arrived_unheard_is_merged_with_nobody_elses() -> None:
    newer = Ours("u", event("newer"), BASE, BASE, dirty=True, linked=True, sent=frozenset({digest(OURS)}))
    assert plan.incoming(OURS, "u", newer, None) is Step.OURS
    created = Ours("u", event("newer"), "", "", dirty=True, linked=False, sent=frozenset({digest(OURS)}))
    assert plan.incoming(OURS, "u", None, created) is Step.OURS
    deleted = Ours("", None, BASE, BASE, dirty=True, linked=True, sent=frozenset({digest(OURS)}))
    assert plan.incoming(OURS, "u", deleted, None) is Step.OURS
    assert plan.incoming(THEIRS, "u", newer, None) is Step.MERGE


def test_different_edits_are_merged() -> None:
    assert plan.incoming(THEIRS, "u", ours(OURS, dirty=True), None) is Step.MERGE


def test_an_edit_upstream_beats_our_deletion() -> None:
    assert plan.incoming(THEIRS, "u", ours(None, dirty=True), None) is Step.RESTORE


def test_our_deletion_stays_when_nothing_changed_upstream() -> None:
    assert plan.incoming(BASE, "u", ours(None, dirty=True), None) is Step.ADOPT


def test_another_uid_under_a_known_href_replaces_the_entry() -> None:
    assert plan.incoming(THEIRS, "new", ours(BASE), None) is Step.REPLACE


def test_a_creation_that_had_arrived_is_recognised() -> None:
    created = ours(OURS, base="", dirty=True, linked=False)
    assert plan.incoming(OURS, "u", None, created) is Step.AGREE


def test_two_creations_of_one_uid_are_merged() -> None:
    created = ours(OURS, base="", dirty=True, linked=False)
    assert plan.incoming(THEIRS, "u", None, created) is Step.MERGE


def test_a_uid_under_a_second_href_is_asked_about() -> None:
    assert plan.incoming(THEIRS, "u", None, ours(BASE)) is Step.DUPLICATE


def test_a_creation_deleted_before_it_was_confirmed_is_found_again() -> None:
    deleted = Ours("", None, "", "", dirty=True, linked=False, sent=frozenset({digest(OURS)}))
    assert plan.incoming(OURS, "u", None, deleted) is Step.ADOPT
    assert plan.incoming(THEIRS, "u", None, deleted) is Step.TAKE


def test_what_the_upstream_deleted() -> None:
    assert plan.missing(ours(BASE)) is Step.DROP
    assert plan.missing(ours(OURS, dirty=True)) is Step.REVIVE
    assert plan.missing(ours(None, dirty=True)) is Step.FORGET


def test_reading_back_after_a_push() -> None:
    assert plan.written(OURS, "v2", OURS, "v2") is Step.AGREE
    assert plan.written(OURS, "v2", THEIRS, "v2") is Step.ADOPT
    assert plan.written(OURS, "v2", THEIRS, "v3") is Step.TAKE
    assert plan.written(OURS, "", THEIRS, "v3") is Step.TAKE


texts = st.sampled_from([BASE, OURS, THEIRS, event("base", prodid="-//x//EN")])


@given(theirs=texts, text=st.one_of(st.none(), texts), base=texts, dirty=st.booleans())
def test_an_edit_of_ours_is_never_overwritten_in_silence(theirs: str, text: str | None, base: str, dirty: bool) -> None:
    """Where we hold a change that the upstream has not taken, only a step that keeps it, or says so, is allowed."""
    step = plan.incoming(theirs, "u", ours(text, base=base, dirty=dirty), None)
    if dirty and step is Step.TAKE:
        assert text is not None
        assert same(text, base), "an unpushed edit would be lost"
    if step is Step.AGREE:
        assert text is not None
        assert same(theirs, text)
    if step is Step.ADOPT:
        assert same(theirs, base)
