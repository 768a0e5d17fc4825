"""The credentials file: private, encrypted, atomic, and clear about a lost key."""

from pathlib import Path
from stat import S_IMODE
from threading import Thread

import pytest

from storage.credentials import Credentials
from storage.errors import StoreError


def test_what_is_kept_comes_back_and_goes(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path)
    assert credentials.get("work") == {}
    credentials.set("work", {"password": "grün", "access_token": "x"})
    credentials.set("home", {"password": "y"})
    assert Credentials(tmp_path).get("work") == {"password": "grün", "access_token": "x"}
    credentials.set("work", {"password": "z"})
    credentials.remove("home")
    credentials.remove("nobody")
    assert (credentials.get("work"), credentials.get("home")) == ({"password": "z"}, {})


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    Credentials(tmp_path).set("work", {"password": "a secret word"})
    for path in tmp_path.iterdir():
        assert S_IMODE(path.stat().st_mode) == 0o600, path
        assert b"a secret word" not in path.read_bytes(), path


def test_without_its_key_it_says_so_and_keeps_the_file(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path)
    credentials.set("work", {"password": "x"})
    before = credentials.path.read_bytes()
    credentials.key_path.unlink()
    with pytest.raises(StoreError, match=r"credentials\.key is missing"):
        credentials.get("work")
    with pytest.raises(StoreError, match=r"credentials\.key is missing"):
        credentials.set("home", {})
    assert credentials.path.read_bytes() == before
    assert not credentials.key_path.exists()


def test_a_foreign_or_broken_key_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    Credentials(other).set("x", {})
    credentials = Credentials(tmp_path)
    credentials.set("work", {"password": "x"})
    credentials.key_path.write_bytes((other / "credentials.key").read_bytes())
    with pytest.raises(StoreError, match="does not fit"):
        credentials.get("work")
    credentials.key_path.write_text("no key")
    with pytest.raises(StoreError, match="is not a key"):
        credentials.get("work")


def test_writers_do_not_lose_each_others_secrets(tmp_path: Path) -> None:
    def write(number: int) -> None:
        Credentials(tmp_path).set(f"account{number}", {"password": str(number)})

    threads = [Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Credentials(tmp_path).get(f"account{n}") for n in range(12)] == [{"password": str(n)} for n in range(12)]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path)
    (tmp_path / "credentials.key.new").mkdir()
    with pytest.raises(StoreError, match="cannot be used"):
        credentials.set("work", {"password": "x"})
    assert credentials.get("work") == {}
