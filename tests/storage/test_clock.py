"""The clock that tests can set, and only for themselves."""

from threading import Thread

from storage import clock


def test_a_set_clock_is_believed_inside_its_block() -> None:
    with clock.use(lambda: 0.25):
        assert clock.timestamp() == 0.25
        assert clock.iso() == "1970-01-01T00:00:00.250Z"
        assert clock.now().utcoffset() is not None
    assert clock.timestamp() > 1_700_000_000


def test_moments_are_written_with_milliseconds() -> None:
    assert clock.iso(1_767_225_600) == "2026-01-01T00:00:00.000Z"


def test_other_threads_keep_their_own_time() -> None:
    seen: list[float] = []
    with clock.use(lambda: 1.0):
        thread = Thread(target=lambda: seen.append(clock.timestamp()))
        thread.start()
        thread.join()
    assert seen[0] > 1_700_000_000
