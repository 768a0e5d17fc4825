"""Wall-clock time to UTC for whole series: the same as asking the zone each time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from storage.recurrence.clockwork import earliest_wall, latest_wall, to_utc, to_wall

EPOCH = datetime(1970, 1, 1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kolkata",
)
WALLS = st.integers(-(10**9), 4 * 10**9)


def direct(wall: int, zone: str) -> int:
    return int((EPOCH + timedelta(seconds=wall)).replace(tzinfo=ZoneInfo(zone)).timestamp())


@given(st.sampled_from(ZONES), WALLS, st.integers(60, 86400), st.integers(1, 200))
def test_series_are_converted_as_single_times_are(zone: str, start: int, step: int, count: int) -> None:
    walls = [start + step * each for each in range(count)]
    assert to_utc(walls, ZoneInfo(zone)) == [direct(wall, zone) for wall in walls]


def test_a_whole_year_of_hours_is_converted_as_single_times_are() -> None:
    for zone in ZONES:
        first = int(datetime(2011, 12, 1, tzinfo=UTC).timestamp())
        walls = [first + 900 * each for each in range(4 * 24 * 366)]
        assert to_utc(walls, ZoneInfo(zone)) == [direct(wall, zone) for wall in walls]


@given(st.sampled_from(ZONES), WALLS, st.integers(-90000, 90000))
def test_no_wall_clock_time_outside_the_bounds_means_a_moment_inside(zone: str, epoch: int, away: int) -> None:
    at = ZoneInfo(zone)
    wall = to_wall(epoch, at) + away
    if direct(wall, zone) >= epoch:
        assert wall >= earliest_wall(epoch, at)
    if direct(wall, zone) <= epoch:
        assert wall <= latest_wall(epoch, at)


def test_without_a_zone_the_wall_clock_is_the_moment() -> None:
    assert to_utc([1, 2], None) == [1, 2]
    assert (to_wall(5, None), to_wall(5, UTC)) == (5, 5)
