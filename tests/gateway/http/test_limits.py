"""Sliding windows: exact against a list of all requests, together over processes, and never in the way of others."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.limits import OPEN, STALE, Limits, Rate
from storage import clock

ROOT = Path(__file__).parents[3]


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_one_beyond_the_limit_waits_until_the_first_is_old(tmp_path: Path) -> None:
    limits, at = Limits(tmp_path / "limits", [Rate(100, 60)]), Clock()
    with clock.use(at):
        for _ in range(100):
            assert limits.take("key") == 0
            at.now += 0.25
        assert limits.take("key") == 35
        assert limits.take("another") == 0
        at.now += 34.75
        assert limits.take("key") == 0.25
        at.now += 0.25
        assert limits.take("key") == 0, "what was refused did not count"
        assert limits.take("key") == 0.25


def test_two_rates_hold_at_once(tmp_path: Path) -> None:
    limits, at = Limits(tmp_path / "limits", [Rate(3, 60), Rate(5, 3600)]), Clock()
    with clock.use(at):
        assert [limits.take("key") for _ in range(4)] == [0, 0, 0, 60]
        at.now += 60
        assert [limits.take("key") for _ in range(3)] == [0, 0, 3540]
        at.now += 3540
        assert [limits.take("key") for _ in range(4)] == [0, 0, 0, 60]


steps = st.lists(st.one_of(st.just(0.0), st.floats(0.001, 3.0), st.floats(10.0, 40.0)), max_size=60)


@given(steps, st.integers(1, 6), st.integers(1, 9))
def test_against_a_list_of_all_that_passed(pauses: Sequence[float], short: int, long: int) -> None:
    passed: list[float] = []
    at = Clock()
    with TemporaryDirectory() as folder, clock.use(at):
        limits = Limits(Path(folder), [Rate(short, 2.0), Rate(long, 30.0)])
        for pause in pauses:
            at.now += pause
            full = [
                sorted(recent)[-most] + seconds - at.now
                for most, seconds in ((short, 2.0), (long, 30.0))
                if len(recent := [each for each in passed if each > at.now - seconds]) >= most
            ]
            assert limits.take("key") == pytest.approx(max(full, default=0.0))
            if not full:
                passed.append(at.now)
        limits.close()


def test_without_a_rate_nobody_is_counted(tmp_path: Path) -> None:
    for rates in ([], [Rate(0, 60)]):
        limits = Limits(tmp_path / "limits", rates)
        assert not any(limits.take("key") for _ in range(100))
    assert not (tmp_path / "limits").exists()


def test_a_clock_that_was_set_back_refuses_nobody_for_long(tmp_path: Path) -> None:
    limits, at = Limits(tmp_path / "limits", [Rate(2, 60)]), Clock()
    with clock.use(at):
        assert [limits.take("key") for _ in range(3)] == [0, 0, 60]
        at.now -= 86_400
        assert [limits.take("key") for _ in range(3)] == [0, 0, 60]


def test_a_restart_forgets_nothing_but_what_is_stale(tmp_path: Path) -> None:
    folder = tmp_path / "limits"
    first = Limits(folder, [Rate(1, 60)])
    assert first.take("key") == 0
    first.close()
    assert Limits(folder, [Rate(1, 60)]).take("key") > 0
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    old = file.stat().st_mtime - STALE - 1
    os.utime(file, (old, old))
    Limits(folder, [Rate(1, 60)])
    assert list(folder.iterdir()) == []


def test_more_keys_than_open_files(tmp_path: Path) -> None:
    limits = Limits(tmp_path / "limits", [Rate(1, 60)])
    keys = [f"key-{number}" for number in range(OPEN + 20)]
    assert [limits.take(key) for key in keys] == [0] * len(keys)
    assert all(limits.take(key) > 0 for key in keys)


def test_a_folder_that_cannot_be_written_refuses_nobody(tmp_path: Path) -> None:
    (tmp_path / "limits").write_text("no folder")
    limits = Limits(tmp_path / "limits", [Rate(1, 60)])
    assert [limits.take("key") for _ in range(3)] == [0, 0, 0]


def test_threads_count_together(tmp_path: Path) -> None:
    limits = Limits(tmp_path / "limits", [Rate(50, 600)])
    passed: list[float] = []
    threads = [
        Thread(target=lambda: passed.extend(wait for _ in range(30) if not (wait := limits.take("key"))))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 50


def test_processes_count_together(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from gateway.http.limits import Limits, Rate\n"
        "limits = Limits(Path(sys.argv[1]), [Rate(100, 600)])\n"
        "print(sum(not limits.take('key') for _ in range(60)))"
    )
    line = [sys.executable, "-c", program, str(tmp_path / "limits")]
    started = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)]
    assert sum(int(process.communicate(timeout=60)[0]) for process in started) == 100
