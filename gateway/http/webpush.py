"""Web Push as a sender needs it: the message encryption of RFC 8291 and the server's own proof of RFC 8292 (VAPID)."""

import binascii
import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from ipaddress import ip_address
from json import dumps
from typing import Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage import clock
from storage.errors import InvalidData

PROOF_LASTS = 12 * 3600
"""Seconds for which one proof is good; RFC 8292 §2 allows 24 hours."""

LONGEST_ENDPOINT = 2048

_PRINTABLE = re.compile(r"[!-~]+")
_BASE64 = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_RECORD_SIZE = 4096
_AUTH_OCTETS = 16


@dataclass(frozen=True, slots=True)
class Offer:
    """What this server says of its Web Push: its public key, and whether push services of one's own may be named.

    `private`: on this machine or in a private network, and without TLS.
    """

    vapid: str
    private: bool = False

    def check(self, endpoint: str) -> None:
        """Raise `InvalidData` for an address to which no message is sent, as far as that shows without asking DNS."""
        if len(endpoint) > LONGEST_ENDPOINT or not _PRINTABLE.fullmatch(endpoint):
            raise InvalidData(f"the push resource is not an address of at most {LONGEST_ENDPOINT} characters")
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise InvalidData("the push resource is not an address") from error
        if not host or "@" in parts.netloc or parts.fragment or port == 0:
            raise InvalidData("the push resource is not a plain absolute address")
        if parts.scheme != "https" and not (self.private and parts.scheme == "http"):
            raise InvalidData("the push resource is not an https address", hint="RFC 8030 §8 asks for TLS")
        if not self.private and (host == "localhost" or _is_private(host)):
            raise InvalidData(
                "the push resource lies in a private network", hint="set [push] private = yes to allow it"
            )


@dataclass(frozen=True, slots=True)
class Keys:
    """What a subscriber gave for the encryption: its public key (65 octets, uncompressed) and its shared secret."""

    public: bytes
    auth: bytes

    @classmethod
    def parse(cls, public: str, auth: str) -> Self:
        """From their base64url texts; raises `InvalidData` for anything but a point on P-256 and 16 octets."""
        keys = cls(from_base64(public), from_base64(auth))
        if len(keys.auth) != _AUTH_OCTETS:
            raise InvalidData(
                f"the authentication secret has {len(keys.auth)} octets", hint="it has 16 (RFC 8291 §3.2)"
            )
        _point(keys.public)
        return keys


def encrypt(plain: bytes, keys: Keys, *, salt: bytes = b"", sender: EllipticCurvePrivateKey | None = None) -> bytes:
    """The body of a push message (RFC 8291 §3.4, in one record of RFC 8188's `aes128gcm`).

    Salt and the sender's key are fresh for each message; tests give those of the RFC's example.
    """
    salt = salt or os.urandom(16)
    sender = sender or generate_private_key(SECP256R1())
    own = _raw(sender.public_key())
    shared = sender.exchange(ECDH(), _point(keys.public))
    info = b"WebPush: info\0" + keys.public + own
    pseudo_random = _mac(salt, _mac(_mac(keys.auth, shared), info + b"\x01"))
    key = _mac(pseudo_random, b"Content-Encoding: aes128gcm\0\x01")[:16]
    nonce = _mac(pseudo_random, b"Content-Encoding: nonce\0\x01")[:12]
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + AESGCM(key).encrypt(nonce, plain + b"\x02", None)


class Vapid:
    """This server's key pair, which every subscription made for it is bound to (RFC 8292)."""

    def __init__(self, private: str) -> None:
        """`private`: the base64url text that `new` made. Raises `InvalidData`."""
        number = int.from_bytes(from_base64(private), "big")
        try:
            self._key = derive_private_key(number, SECP256R1())
        except ValueError as error:
            raise InvalidData("the stored VAPID key is not a P-256 key", hint="restore the credentials file") from error
        self.public = to_base64(_raw(self._key.public_key()))

    @staticmethod
    def new() -> str:
        """A fresh private key, as base64url text."""
        return to_base64(generate_private_key(SECP256R1()).private_numbers().private_value.to_bytes(32, "big"))

    def authorization(self, endpoint: str, contact: str) -> str:
        """The `Authorization` for a push to this endpoint; `contact`: a mailto or https address, or empty."""
        parts = urlsplit(endpoint)
        claims: dict[str, object] = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(clock.timestamp()) + PROOF_LASTS,
        }
        if contact:
            claims["sub"] = contact
        token = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
        r, s = decode_dss_signature(self._key.sign(token.encode(), ECDSA(SHA256())))
        signature = to_base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={token}.{signature}, k={self.public}"


def to_base64(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """The octets of a base64url text, padded or not; raises `InvalidData`."""
    if not _BASE64.fullmatch(text):
        raise InvalidData("a key is not base64url text")
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error as error:
        raise InvalidData("a key is not base64url text") from error


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def _point(data: bytes) -> EllipticCurvePublicKey:
    try:
        if data[:1] == b"\x04":
            return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data)
    except ValueError:
        pass
    raise InvalidData("the public key is not an uncompressed point on P-256", hint="see RFC 8291 §2.1")


def _raw(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _json(value: object) -> str:
    return to_base64(dumps(value, separators=(",", ":")).encode())
