"""Times as dialects write them: which texts are times, what they mean, and what is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.editing.times import Stamp, local_in, read_stamp, read_zone
from storage.errors import InvalidData

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2019-04-10T10:00:00Z", Stamp(datetime(2019, 4, 10, 10), timedelta(0))),
        ("2019-04-10t10:00:00z", Stamp(datetime(2019, 4, 10, 10), timedelta(0))),
        ("2019-04-10T10:00:00.999Z", Stamp(datetime(2019, 4, 10, 10), timedelta(0))),
        ("2019-04-10T10:00:00+07:00", Stamp(datetime(2019, 4, 10, 10), timedelta(hours=7))),
        ("2019-04-10T10:00:00 07:00", Stamp(datetime(2019, 4, 10, 10), timedelta(hours=7))),
        ("2019-04-10T10:00:00-0830", Stamp(datetime(2019, 4, 10, 10), timedelta(hours=-8, minutes=-30))),
        ("2019-04-10 10:00", Stamp(datetime(2019, 4, 10, 10))),
        ("2016-12-31T23:59:60Z", Stamp(datetime(2016, 12, 31, 23, 59, 59), timedelta(0))),
        ("2019-04-10", Stamp(datetime(2019, 4, 10), day=True)),
    ],
)
def test_a_time_in_one_of_its_forms(text: str, stamp: Stamp) -> None:
    assert read_stamp(text) == stamp


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2019-04",
        "20190410T100000Z",
        "2019-13-01",
        "2019-02-30T10:00:00Z",
        "2019-04-10T24:00:00Z",
        "2019-04-10T10:60:00Z",
        "2019-04-10T10:00:61Z",
        "2019-04-10T10:00:00+24:00",
        "2019-04-10T10:00:00+02:60",
        "2019-04-10T10:00:00 Europe/Paris",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01",
        "２０１９-04-10",
        "2019-04-10" + "0" * 1000,
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidData, match="is not a time"):
        read_stamp(text)


def test_a_naive_time_is_read_by_the_clock_that_goes_with_it() -> None:
    stamp = read_stamp("2024-03-31T03:30:00")
    assert stamp.epoch(PARIS) == int(datetime(2024, 3, 31, 1, 30, tzinfo=UTC).timestamp())
    assert stamp.epoch(None) == int(datetime(2024, 3, 31, 3, 30, tzinfo=UTC).timestamp())


def test_an_offset_beats_the_zone() -> None:
    stamp = read_stamp("2024-09-01T10:00:00-08:00")
    assert stamp.epoch(ZoneInfo("America/Los_Angeles")) == int(datetime(2024, 9, 1, 18, tzinfo=UTC).timestamp())
    assert local_in(stamp.epoch(None), ZoneInfo("America/Los_Angeles")) == datetime(2024, 9, 1, 11)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_every_instant_is_read_back_whatever_its_offset(at: datetime, minutes: int) -> None:
    at = at.replace(microsecond=0)
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    try:
        local = at.replace(tzinfo=None) + timedelta(minutes=minutes)
    except OverflowError:
        return
    stamp = read_stamp(f"{local.isoformat()}{sign}{size // 60:02}:{size % 60:02}")
    assert local_in(stamp.epoch(PARIS), None) == at.replace(tzinfo=None)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        stamp = read_stamp(text)
    except InvalidData:
        return
    assert stamp.local.year == int(text.strip()[:4])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("US/Pacific", "US/Pacific"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("utc", "UTC"),
        ("Etc/UTC", "Etc/UTC"),
    ],
)
def test_a_zone_under_its_names(text: str, name: str) -> None:
    assert read_zone(text) == name


@pytest.mark.parametrize("text", ["", "Mars/Base", "+02:00", "Europe/Berlin\r\nX-EVIL:1", "x" * 100_000])
def test_an_unknown_zone_is_refused(text: str) -> None:
    with pytest.raises(InvalidData, match="names no time zone"):
        read_zone(text)
