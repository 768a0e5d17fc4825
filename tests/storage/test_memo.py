"""What is remembered of texts, and what is not."""

from storage.memo import remembered


def test_short_texts_are_computed_once_and_long_ones_each_time() -> None:
    asked: list[str] = []

    @remembered(texts=2, longest=4)
    def length(text: str) -> int:
        """How long a text is."""
        asked.append(text)
        return len(text)

    assert [length(text) for text in ("a", "a", "long text", "long text")] == [1, 1, 9, 9]
    assert asked == ["a", "long text", "long text"]
    assert [length(text) for text in ("b", "c", "a")] == [1, 1, 1]
    assert asked[3:] == ["b", "c", "a"]
    assert length.__doc__ == "How long a text is."
