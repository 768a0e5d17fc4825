"""Access: clients proving to us who they are (RFC 7617 Basic), with a user's password or a device's own.

A user's password is kept as argon2id; what was found about a login is remembered for some minutes under a keyed hash,
so that argon2 runs once for a client that is right and once for one that keeps sending an old password. A device
password is random, so its SHA-256 is all that is kept, and it works even while guesses from its address are refused.
What is remembered is bounded and this process's own.
"""

import base64
import binascii
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.http.backoff import Backoff, network
from storage import clock
from storage.errors import NotFound
from storage.model import Device
from storage.store import Store

REMEMBERED = 300.0
"""Seconds for which the answer about a login is believed without asking argon2 again."""

FREE_TRIES = {"address": 10, "user": 50}
"""Different wrong passwords from one address, and for one user from anywhere, before refusing begins."""

ROOM = 4096
"""Logins that are remembered; beyond it the oldest is forgotten."""

TOUCH_EVERY = 3600.0
"""Seconds between two notes that a device is in use: not every request is worth a write."""

_PARALLEL = 4

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOKALIKES = str.maketrans("oil", "011", "- ")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: the user, `actor`, the words with which the journal names the client, and the device's id.

    `device` is None for somebody who came with the user's own password.
    """

    user: str
    actor: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What argon2 said about a login; it holds while the user's stored hash is still the same."""

    right: bool
    stored: str | None
    until: float


def _hasher() -> PasswordHasher:
    # OWASP's smaller recommendation: the defaults of argon2-cffi (64 MiB) would let a few guesses fill a small server.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """The argon2id hash under which a user's password is stored."""
    return _hasher().hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Whether `password` is the one that was hashed; false for a hash that is none."""
    return _matches(_hasher(), password_hash, password)


def _matches(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def new_device_password() -> str:
    """A fresh device password: 130 random bits as 26 letters and digits, in groups that a person can type."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(26))
    return "-".join((text[0:5], text[5:10], text[10:15], text[15:20], text[20:26]))


def device_hash(password: str) -> str:
    """The SHA-256 under which a device password is stored; groups, case and look-alikes (O, I, L) do not matter."""
    return sha256(password.lower().translate(_LOOKALIKES).encode()).hexdigest()


def basic_login(authorization: str | None) -> tuple[str, str] | None:
    """User and password of an `Authorization` header, or None. UTF-8, else Latin-1 as older clients send it."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        raw = base64.b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    user, colon, password = text.partition(":")
    return (user, password) if colon and user and "\0" not in text else None


def _unseen(device: Device) -> bool:
    """Whether it is time to note that a device is in use."""
    return device.last_used is None or device.last_used < clock.iso(clock.timestamp() - TOUCH_EVERY)


def _principal(device: Device) -> Principal:
    return Principal(device.user, f"{device.user}/{device.label}", device.id)


class Access:
    """Decides who is asking. Safe to use from any number of threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = secrets.token_bytes(32)
        self._hasher = _hasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._backoff = Backoff(FREE_TRIES)
        self._lock = Lock()
        self._slots = BoundedSemaphore(_PARALLEL)

    def authenticate(self, authorization: str | None, remote: str) -> Principal | None:
        """Who sent this header from the address `remote`, or None: nobody known, or refused for having guessed."""
        login = basic_login(authorization)
        if login is None:
            return None
        user, password = login
        device = self._device(user, password)
        if device is not None:
            if _unseen(device):
                self._store.touch_device(device.id)
            return _principal(device)
        return Principal(user, user) if self._by_password(user, password, remote) else None

    def recognised(self, authorization: str | None) -> Principal | None:
        """As `authenticate`, for who must not wait: None where only argon2, or a write, would tell or be due."""
        login = basic_login(authorization)
        if login is None:
            return None
        user, password = login
        device = self._device(user, password)
        if device is not None:
            return None if _unseen(device) else _principal(device)
        known = self._remembered(self._key_of(user, password), self._stored_hash(user))
        return Principal(user, user) if known else None

    def _device(self, user: str, password: str) -> Device | None:
        """The user's device that has this password."""
        device = self._store.device_by_hash(device_hash(password))
        if device is None or device.revoked or not hmac.compare_digest(device.user.encode(), user.encode()):
            return None
        return device

    def _by_password(self, user: str, password: str, remote: str) -> bool:
        stored = self._stored_hash(user)
        key = self._key_of(user, password)
        known = self._remembered(key, stored)
        if known is not None:
            return known
        sources = (("address", network(remote)), ("user", user))
        if self._backoff.refused(sources) or not self._slots.acquire(timeout=1.0):
            return False
        try:
            # Somebody unknown costs the same time as somebody known with a wrong password.
            right = _matches(self._hasher, stored or self._nobody, password) and stored is not None
        finally:
            self._slots.release()
        self._remember(key, _Answer(right, stored, clock.timestamp() + REMEMBERED))
        if right:
            self._backoff.forgive(sources)
        else:
            self._backoff.count(sources)
        return right

    def _key_of(self, user: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{user}\0{password}".encode(), "sha256")

    def _stored_hash(self, user: str) -> str | None:
        try:
            return self._store.user(user).password
        except NotFound:
            return None

    def _remembered(self, key: bytes, stored: str | None) -> bool | None:
        with self._lock:
            answer = self._answers.get(key)
        if answer is None or answer.until <= clock.timestamp() or answer.stored != stored:
            return None
        return answer.right

    def _remember(self, key: bytes, answer: _Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > ROOM:
                self._answers.popitem(last=False)
