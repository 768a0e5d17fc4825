"""The secrets of the accounts, in a file of their own next to the mirror: encrypted, mode 0600, replaced atomically.

`credentials` holds one Fernet token over a JSON object (account name to secrets), `credentials.key` the key. The
mirror never holds a secret, so it can be copied or published; a copy of `credentials` without the key file is worth
nothing.
"""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from json import dumps, loads
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from storage.errors import StoreError, StoreFull


class Credentials:
    """The secrets by account name. Safe to use from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "credentials"
        self.key_path = folder / "credentials.key"

    def get(self, account: str) -> dict[str, str]:
        """The account's secrets (`password`, `access_token`, …); empty if none are stored.

        Raises `StoreError` if the key file is missing or does not fit.
        """
        return self._read().get(account, {})

    def set(self, account: str, secrets: Mapping[str, str]) -> None:
        """Keep these secrets for the account, in the place of those it had. Raises `StoreError` as `get` does."""
        with self._locked():
            self._write({**self._read(), account: dict(secrets)})

    def keep(self, name: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """The secrets under this name; where there are none yet, those that `make` gives, for good.

        For what belongs to the mirror and not to an account: the name holds a slash, which no account's does.
        """
        with self._locked():
            kept = self._read()
            if name not in kept:
                kept[name] = make()
                self._write(kept)
            return kept[name]

    def remove(self, account: str) -> None:
        """Forget the account's secrets; harmless without any."""
        with self._locked():
            kept = self._read()
            if kept.pop(account, None) is not None:
                self._write(kept)

    def _read(self) -> dict[str, dict[str, str]]:
        with _translated(self.path):
            try:
                token = self.path.read_bytes()
            except FileNotFoundError:
                return {}
        try:
            content: dict[str, dict[str, str]] = loads(self._fernet(create=False).decrypt(token))
        except InvalidToken as error:
            raise StoreError(
                f"{self.key_path} does not fit {self.path}",
                hint="restore the key file that belongs to it, or delete both and sign in to the accounts again",
            ) from error
        return content

    def _write(self, content: Mapping[str, Mapping[str, str]]) -> None:
        token = self._fernet(create=True).encrypt(dumps(content).encode())
        _replace(self.path, token)

    def _fernet(self, *, create: bool) -> Fernet:
        try:
            return Fernet(self.key_path.read_bytes())
        except FileNotFoundError as error:
            if not create or self.path.exists():
                raise StoreError(
                    f"{self.key_path} is missing, so {self.path} cannot be read",
                    hint="restore the key file, or delete the credentials and sign in to the accounts again",
                ) from error
        except ValueError as error:
            raise StoreError(
                f"{self.key_path} is not a key",
                hint="restore the key file, or delete both files and sign in to the accounts again",
            ) from error
        key = Fernet.generate_key()
        _replace(self.key_path, key)
        return Fernet(key)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, over all processes: reading, changing and replacing belong together."""
        with _translated(self.path):
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                flock(lock, LOCK_EX)
                yield
            finally:
                os.close(lock)


def _replace(path: Path, content: bytes) -> None:
    """Write a file that nobody else may read, all of it or nothing, and have it on the disk when done."""
    new = path.with_suffix(f"{path.suffix}.new")
    with _translated(path):
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _sync_folder(path.parent)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk that holds {path} is full", hint="make room; nothing was changed") from error
        raise StoreError(f"{path} cannot be used: {error.strerror}", hint="check the disk and the folder") from error


def _sync_folder(folder: Path) -> None:
    """Have a rename on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
