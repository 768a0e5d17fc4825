"""Who is asking: passwords, devices, what is remembered, and how guessing is answered."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from gateway.http import access as module
from gateway.http import backoff
from gateway.http.access import (
    FREE_TRIES,
    Access,
    Principal,
    basic_login,
    device_hash,
    hash_password,
    new_device_password,
    verify_password,
)
from storage import clock
from storage.store import Store

HERE = "192.0.2.7"
THERE = "198.51.100.9"


def basic(user: str, password: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode()


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as cheap as it gets: these tests are about what is asked, not about how long it takes."""
    monkeypatch.setattr(module, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def store(cheap: None, tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    store.save_user("alice", hash_password("correct horse"))
    store.save_user("bob", hash_password("bob's own"))
    store.save_user("only-devices", None)
    yield store
    store.close()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that argon2 was asked about, in order."""
    asked: list[str] = []
    really = module._matches

    def counting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        asked.append(stored)
        return really(hasher, stored, password)

    monkeypatch.setattr(module, "_matches", counting)
    return asked


def test_the_right_password_names_the_user(store: Store) -> None:
    access = Access(store)
    assert access.authenticate(basic("alice", "correct horse"), HERE) == Principal("alice", "alice")
    assert access.authenticate(basic("alice", "wrong"), HERE) is None
    assert access.authenticate(basic("bob", "correct horse"), HERE) is None
    assert access.authenticate(basic("nobody", "correct horse"), HERE) is None
    assert access.authenticate(basic("only-devices", ""), HERE) is None


@pytest.mark.parametrize(
    "header", [None, "", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Bearer abc",
               basic("", "x"), basic("a\0b", "x"), "Basic " + base64.b64encode(b"\xff\xfe").decode()]
)  # fmt: skip
def test_other_headers_are_nobody(store: Store, header: str | None) -> None:
    assert Access(store).authenticate(header, HERE) is None


def test_passwords_in_latin_1_and_with_colons_are_read(store: Store) -> None:
    store.save_user("zoë", hash_password("käse:brot"))
    access = Access(store)
    assert access.authenticate(basic("zoë", "käse:brot"), HERE) == Principal("zoë", "zoë")
    assert access.authenticate(basic("zoë", "käse:brot", "latin-1"), HERE) == Principal("zoë", "zoë")


def test_a_device_password_works_until_it_is_revoked(store: Store) -> None:
    password = new_device_password()
    device = store.add_device("alice", "phone", device_hash(password))
    access = Access(store)
    typed = password.upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert access.authenticate(basic("alice", password), HERE) == Principal("alice", "alice/phone", device)
    assert access.authenticate(basic("alice", typed), HERE) == Principal("alice", "alice/phone", device)
    assert access.authenticate(basic("bob", password), HERE) is None
    assert store.devices("alice")[0].last_used is not None
    store.revoke_device(device)
    assert access.authenticate(basic("alice", password), HERE) is None


def test_who_must_not_wait_learns_only_what_takes_neither_argon2_nor_a_write(store: Store, checks: list[str]) -> None:
    access = Access(store)
    for login in (basic("alice", "correct horse"), basic("alice", "wrong"), basic("nobody", "x"), None, "Bearer x"):
        assert access.recognised(login) is None
    assert checks == []
    access.authenticate(basic("alice", "correct horse"), HERE)
    access.authenticate(basic("alice", "wrong"), HERE)
    assert access.recognised(basic("alice", "correct horse")) == Principal("alice", "alice")
    assert access.recognised(basic("alice", "wrong")) is None
    store.save_user("alice", hash_password("another"))
    assert access.recognised(basic("alice", "correct horse")) is None


def test_a_device_is_recognised_once_it_is_noted_that_it_is_in_use(store: Store) -> None:
    password = new_device_password()
    login, device = basic("alice", password), store.add_device("alice", "phone", device_hash(password))
    access = Access(store)
    assert access.recognised(login) is None
    assert access.authenticate(login, HERE) == access.recognised(login) == Principal("alice", "alice/phone", device)
    later = clock.timestamp() + module.TOUCH_EVERY + 1
    with clock.use(lambda: later):
        assert access.recognised(login) is None
    store.revoke_device(device)
    assert access.recognised(login) is None


def test_device_passwords_are_random_and_long() -> None:
    made = {new_device_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password.replace("-", "")) == 26 for password in made)


def test_a_verified_login_is_remembered_until_the_password_changes(store: Store, checks: list[str]) -> None:
    access = Access(store)
    for _ in range(3):
        assert access.authenticate(basic("alice", "correct horse"), HERE)
    assert len(checks) == 1
    store.save_user("alice", hash_password("another"))
    assert access.authenticate(basic("alice", "correct horse"), HERE) is None
    assert access.authenticate(basic("alice", "another"), HERE)


def test_what_is_remembered_expires(store: Store, checks: list[str]) -> None:
    access = Access(store)
    with clock.use(lambda: 1_000.0):
        assert access.authenticate(basic("alice", "correct horse"), HERE)
    with clock.use(lambda: 1_000.0 + module.REMEMBERED + 1):
        assert access.authenticate(basic("alice", "correct horse"), HERE)
    assert len(checks) == 2


def test_somebody_unknown_costs_the_same_as_a_wrong_password(store: Store, checks: list[str]) -> None:
    access = Access(store)
    access.authenticate(basic("alice", "wrong"), HERE)
    access.authenticate(basic("nobody", "wrong"), HERE)
    access.authenticate(basic("only-devices", "wrong"), HERE)
    assert len(checks) == 3


def test_guessing_from_one_address_is_refused_there_and_not_elsewhere(store: Store, checks: list[str]) -> None:
    access = Access(store)
    with clock.use(lambda: 1_000.0):
        for number in range(FREE_TRIES["address"] + 1):
            assert access.authenticate(basic("alice", f"guess {number}"), HERE) is None
        asked = len(checks)
        assert access.authenticate(basic("alice", "correct horse"), HERE) is None
        assert access.authenticate(basic("bob", "bob's own"), HERE) is None
        assert len(checks) == asked
        assert access.authenticate(basic("alice", "correct horse"), THERE)
    with clock.use(lambda: 1_000.0 + backoff.LONGEST_REFUSAL + 1):
        assert access.authenticate(basic("bob", "bob's own"), HERE)


def test_a_device_password_works_while_guesses_from_its_address_are_refused(store: Store) -> None:
    password = new_device_password()
    store.add_device("alice", "phone", device_hash(password))
    access = Access(store)
    for number in range(FREE_TRIES["address"] + 2):
        access.authenticate(basic("alice", f"guess {number}"), HERE)
    assert access.authenticate(basic("alice", password), HERE)


def test_a_client_that_keeps_sending_an_old_password_locks_nobody_out(store: Store, checks: list[str]) -> None:
    access = Access(store)
    for _ in range(200):
        assert access.authenticate(basic("alice", "last year's"), HERE) is None
    assert len(checks) == 1
    assert access.authenticate(basic("bob", "bob's own"), HERE)


def test_guessing_one_user_from_everywhere_is_refused(store: Store, checks: list[str]) -> None:
    access = Access(store)
    with clock.use(lambda: 1_000.0):
        for number in range(FREE_TRIES["user"] + 1):
            access.authenticate(basic("alice", f"guess {number}"), f"203.0.113.{number}")
        asked = len(checks)
        assert access.authenticate(basic("alice", "correct horse"), THERE) is None
        assert len(checks) == asked
        assert access.authenticate(basic("bob", "bob's own"), THERE)


def test_neighbours_in_one_ipv6_network_count_as_one_address(store: Store) -> None:
    access = Access(store)
    with clock.use(lambda: 1_000.0):
        for number in range(FREE_TRIES["address"] + 1):
            access.authenticate(basic("alice", f"guess {number}"), f"2001:db8:1:2::{number:x}")
        assert access.authenticate(basic("alice", "correct horse"), "2001:db8:1:2:ffff::1") is None
        assert access.authenticate(basic("alice", "correct horse"), "2001:db8:1:3::1")


def test_what_is_remembered_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM", 20)
    monkeypatch.setattr(backoff, "ROOM", 20)
    monkeypatch.setattr(module, "_matches", lambda *_arguments: False)
    access = Access(store)
    for number in range(100):
        access.authenticate(basic(f"user {number}", "x"), f"10.0.{number}.1")
    assert len(access._answers) <= 20
    assert len(access._backoff._failures) <= 20


def test_a_stored_hash_that_is_none_is_never_right() -> None:
    assert verify_password(hash_password("x"), "x")
    assert not verify_password("x", "x")
    assert not verify_password("", "")


@given(st.text(), st.text())
def test_basic_login_reads_what_was_written(user: str, password: str) -> None:
    try:
        header = basic(user, password)
    except UnicodeEncodeError:
        return
    found = basic_login(header)
    if user and ":" not in user and "\0" not in user + password:
        assert found == (user, password)
    else:
        assert found is None or found[0]


@given(st.text())
def test_any_header_is_read_or_refused(header: str) -> None:
    found = basic_login(header)
    assert found is None or all(isinstance(part, str) for part in found)
