"""Public ids, content hashes and ETags."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from storage import clock, ids


def test_fresh_ids_are_public_and_different() -> None:
    found = {ids.new_id() for _ in range(100)}
    assert len(found) == 100
    assert all(ids.is_public_id(each) for each in found)


@given(st.integers(0, 2**40), st.integers(1, 2**40))
def test_ids_made_later_stand_later_in_an_index(milliseconds: int, later: int) -> None:
    with clock.use(lambda: milliseconds / 1000):
        first = ids.new_id()
    with clock.use(lambda: (milliseconds + later) / 1000):
        second = ids.new_id()
    assert first < second
    for each in (first, second):
        assert UUID(each).version == 7
        assert UUID(each).variant == "specified in RFC 4122"
    assert abs(int(first[:12], 16) - milliseconds) <= 1


@given(st.text())
def test_only_letters_digits_underscores_and_hyphens_are_public(text: str) -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    assert ids.is_public_id(text) is (0 < len(text) <= 128 and set(text) <= allowed)


@given(st.text(alphabet=st.characters(codec="utf-8")), st.text(alphabet=st.characters(codec="utf-8")))
def test_the_hash_tells_texts_apart(one: str, other: str) -> None:
    assert (ids.content_hash(one) == ids.content_hash(other)) is (one == other)


def test_an_etag_is_quoted_and_an_occurrence_has_its_entrys_id() -> None:
    assert ids.etag("abc") == '"abc"'
    assert ids.occurrence_id("e", "20261121") == "e_20261121"
    assert ids.occurrence_id("e", "") == "e"
