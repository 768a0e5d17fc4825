"""Public ids, content hashes and ETags."""

from hypothesis import given
from hypothesis import strategies as st

from storage import ids


def test_fresh_ids_are_public_and_different() -> None:
    found = {ids.new_id() for _ in range(100)}
    assert len(found) == 100
    assert all(ids.is_public_id(each) for each in found)


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
