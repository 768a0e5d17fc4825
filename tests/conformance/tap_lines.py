"""Lines of the Test Anything Protocol, for scripts that run outside of our environment: the standard library only."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

Value = TypeVar("Value")


class Tap:
    """Prints a line for each step; a step that fails ends the script, because later ones build on it."""

    def __init__(self) -> None:
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            print(f"1..{self._count}", flush=True)

    def step(self, name: str, act: Callable[[], Value]) -> Value:
        """What `act` returns; it raises if the step fails."""
        self._count += 1
        try:
            value = act()
        except BaseException as error:
            words = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"not ok {self._count} - {name} # {words}", flush=True)
            raise
        print(f"ok {self._count} - {name}", flush=True)
        return value


def until(condition: Callable[[], Value], what: str, seconds: float = 30) -> Value:
    """The first true value of `condition`; raises `AssertionError` after so many seconds without one."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s, but {value!r}"
        time.sleep(0.1)
    return value
