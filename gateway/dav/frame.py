"""What Radicale's own code still asks of its backends while it carries a request: who asks, and that they exist.

Everything that reads or writes calendars is answered by our handlers, so these objects hold no data. Radicale sees
paths and user names percent-encoded: its path checks then never meet a character that they would refuse.
"""
# mypy: disallow-subclassing-any=False

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from radicale import auth, rights, storage

USER = "calharbor.login"
"""The key of a request's environment under which `gateway.dav.app` leaves the verified, percent-encoded user name."""


class FrameAuth(auth.BaseAuth):
    """Believes what our access has verified before Radicale was called."""

    def get_external_login(self, environ: dict[str, Any]) -> tuple[()] | tuple[str, str]:
        """The verified user, without a password; nothing for a request that needs no login."""
        user = environ.get(USER, "")
        return (user, "") if user else ()

    def _login(self, login: str, _password: str) -> str:
        return login


class FrameRights(rights.BaseRights):
    """Leaves every decision to our handlers."""

    def authorization(self, _user: str, _user_groups: set[str], _path: str) -> str:
        """All of Radicale's letters for reading and writing."""
        return "RrWw"


class _Principal(storage.BaseCollection):
    """Stands for the principal, so that Radicale does not try to create one."""

    def __init__(self, path: str) -> None:
        self._path = path.strip("/")

    @property
    def path(self) -> str:
        """The path without slashes around it."""
        return self._path


class FrameStorage(storage.BaseStorage):
    """A storage in which every principal exists and nothing else does."""

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    def discover(self, path: str, *_args: object, **_kwargs: object) -> Iterable[storage.BaseCollection]:
        """The one thing that Radicale looks for in every request: the user's principal."""
        yield _Principal(path)

    @contextmanager
    def acquire_lock(self, _mode: str, _user: str = "", *_args: object, **_kwargs: object) -> Iterator[None]:
        """Nothing to lock: the store has its own transactions."""
        yield
