"""Which items of an entry fit a question: the same, whether they are sought in its span or picked out of all."""

from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.fitting import Wish, items
from storage.ical.read import read
from storage.model import Entry, Kind
from storage.records import ComponentRecord
from tests.storage.texts import event

ZONE = ZoneInfo("America/Los_Angeles")
ENTRY = Entry(
    1, "e", 1, "e.ics", "u", Kind.EVENT, "", "h", 0, 1, "2025-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000Z"
)
DAY = 86_400
BEGIN = 1_740_787_200
"""2025-03-01T00:00:00Z."""

KINDS = {
    "utc": ("", "20250305T080000Z", "20250305T090000Z"),
    "zone": (";TZID=America/New_York", "20250305T230000", "20250306T010000"),
    "floating": ("", "20250305T230000", "20250306T000000"),
    "day": (";VALUE=DATE", "20250305", "20250306"),
}
RULES = ("", "FREQ=DAILY;COUNT=9", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=WE,SA;COUNT=5")


@st.composite
def records(draw: st.DrawFn) -> tuple[ComponentRecord, ...]:
    """An event, or a series with one instance left out."""
    params, start, end = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    rule = draw(st.sampled_from(RULES))
    more = f"RRULE:{rule}\r\n" if rule else ""
    if rule and draw(st.booleans()):
        more += f"EXDATE{params}:{start.replace('0305', '0308')}\r\n"
    return read(event(start=f"{params}:{start}", end=f"{params}:{end}", more=more)).components


def wish(start: int, length: int, *, expanded: bool) -> Wish:
    return Wish(start, start + length, start, start + length, expanded=expanded)


spans = st.tuples(st.integers(0, 14 * 24).map(lambda hours: BEGIN + hours * 3600), st.integers(0, 96 * 3600))


@settings(max_examples=60)
@given(records(), spans)
def test_a_span_holds_those_of_a_wider_one_that_lie_inside(
    components: tuple[ComponentRecord, ...], span: tuple[int, int]
) -> None:
    narrow = wish(*span, expanded=True)
    wide = wish(BEGIN - 30 * DAY, 90 * DAY, expanded=True)
    found = [row.id for row in items(ENTRY, components, narrow, ZONE)]
    every = [row for row in items(ENTRY, components, wide, ZONE) if row.occurrence]
    assert found == [row.id for row in every if row.occurrence and narrow.holds(row.occurrence, ZONE)]


@settings(max_examples=60)
@given(records(), spans)
def test_a_master_is_listed_with_its_occurrences_and_what_is_taken_out_is_not_one(
    components: tuple[ComponentRecord, ...], span: tuple[int, int]
) -> None:
    occurrences = {row.id for row in items(ENTRY, components, wish(*span, expanded=True), ZONE)}
    whole = {row.id: row for row in items(ENTRY, components, wish(*span, expanded=False), ZONE)}
    assert ("e" in whole) == bool(occurrences)
    taken_out = {key for key in whole if key != "e"}
    assert not taken_out & occurrences
    assert taken_out <= {f"e_{key}" for key in components[0].excluded}
    assert {whole[key].component.status for key in taken_out} <= {"CANCELLED"}


def test_what_suits_besides_its_time() -> None:
    more = "X-GATEWAY-PROP;X-KEY=a;X-SCOPE=SHARED:1\r\nX-GATEWAY-PROP;X-KEY=b:2\r\nLAST-MODIFIED:20250601T000000Z\r\n"
    [row] = items(ENTRY, read(event(summary="Straße", more=more)).components, Wish(), ZONE)
    at = 1_748_736_000_000
    for suits in (
        Wish(title="STRASSE"),
        Wish(properties=(("a", "1"), ("b", "2"))),
        Wish(all_day=False),
        Wish(cancelled=False),
        Wish(updated_after=at - 1),
        Wish(expanded=True),
    ):
        assert suits.suits(row), suits
    for not_so in (
        Wish(title="strasser"),
        Wish(properties=(("a", "2"),)),
        Wish(all_day=True),
        Wish(cancelled=True),
        Wish(updated_after=at),
        Wish(series="e"),
    ):
        assert not not_so.suits(row), not_so
