"""What is rendered of an entry is enough to expand it: the same occurrences as from its text."""

from pathlib import Path

import pytest

from storage.errors import InvalidData
from storage.ical.read import decode, read
from storage.recurrence import stored
from storage.recurrence.expand import expand

CORPUS = sorted((Path(__file__).parent.parent.parent / "ics").glob("*.ics"))
DAY = 86_400
SPANS = [(None, None), (1_700_000_000, 1_900_000_000), (1_772_000_000, 1_772_000_000 + 30 * DAY), (None, 2_000_000_000)]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_an_entry_of_the_corpus_expands_as_its_text_does(path: Path) -> None:
    try:
        content = read(decode(path.read_bytes()))
    except InvalidData:
        return
    again = stored.content(content.kind, content.uid, content.components)
    for start, end in SPANS:
        assert expand(again, start, end, limit=500) == expand(content, start, end, limit=500)
