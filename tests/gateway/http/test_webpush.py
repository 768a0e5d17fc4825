"""Web Push's encryption against the example of RFC 8291 and a foreign library; VAPID proofs as a push service reads."""

import json

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.webpush import Keys, Offer, Vapid, encrypt, from_base64, to_base64
from storage import clock
from storage.errors import InvalidData
from tests.gateway.hooks.service import Phone

# RFC 8291, appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_rfc_8291() -> None:
    sender = derive_private_key(int.from_bytes(from_base64(SENDER), "big"), SECP256R1())
    body = encrypt(PLAIN, Keys.parse(RECEIVER, AUTH), salt=from_base64(SALT), sender=sender)
    assert to_base64(body) == BODY


@given(st.binary(max_size=3000))
@settings(max_examples=30)
def test_a_foreign_library_reads_what_is_encrypted(plain: bytes) -> None:
    private = generate_private_key(SECP256R1())
    phone = Phone(private)
    body = encrypt(plain, Keys.parse(phone.public, phone.auth))
    read = http_ece.decrypt(body, private_key=private, auth_secret=from_base64(phone.auth), version="aes128gcm")
    assert read == plain


def test_every_message_is_encrypted_anew() -> None:
    keys = Keys.parse(RECEIVER, AUTH)
    assert encrypt(PLAIN, keys) != encrypt(PLAIN, keys)


def test_a_push_service_can_verify_who_sends() -> None:
    vapid = Vapid(Vapid.new())
    with clock.use(lambda: 1_000_000.0):
        header = vapid.authorization("https://push.example.net:8443/a/secret?x=1", "mailto:me@example.org")
    scheme, _, parts = header.partition(" ")
    fields = dict(part.strip().split("=", 1) for part in parts.split(","))
    assert (scheme, fields["k"]) == ("vapid", vapid.public)
    head, claims, signature = fields["t"].split(".")
    raw = from_base64(signature)
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64(vapid.public))
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, f"{head}.{claims}".encode(), ECDSA(SHA256()))
    assert json.loads(from_base64(head)) == {"typ": "JWT", "alg": "ES256"}
    wanted = {"aud": "https://push.example.net:8443", "exp": 1_000_000 + 12 * 3600, "sub": "mailto:me@example.org"}
    assert json.loads(from_base64(claims)) == wanted


def test_a_proof_without_a_contact_claims_none() -> None:
    token = Vapid(Vapid.new()).authorization("https://push.example.net/a", "").split("t=")[1].split(".")[1]
    assert "sub" not in json.loads(from_base64(token))


def test_the_key_is_the_same_when_it_is_read_again() -> None:
    private = Vapid.new()
    assert Vapid(private).public == Vapid(private).public
    assert len(from_base64(Vapid(private).public)) == 65


@pytest.mark.parametrize("private", ["", "!", "AAAA", to_base64(b"\xff" * 32), to_base64(b"\0" * 32)])
def test_a_stored_key_that_is_none(private: str) -> None:
    with pytest.raises(InvalidData):
        Vapid(private)


@pytest.mark.parametrize(
    ("public", "auth"),
    [
        ("", AUTH),
        (RECEIVER, ""),
        (RECEIVER[:-4], AUTH),
        (RECEIVER, AUTH + "AAAA"),
        (to_base64(b"\x04" + b"\0" * 64), AUTH),
        (to_base64(b"\x04" + b"\x01" * 64), AUTH),
        (to_base64(b"\x02" + from_base64(RECEIVER)[1:33]), AUTH),
        ("é" * 87, AUTH),
    ],
    ids=["no key", "no secret", "short", "long secret", "zero", "off the curve", "compressed", "not base64"],
)
def test_keys_that_are_refused(public: str, auth: str) -> None:
    with pytest.raises(InvalidData):
        Keys.parse(public, auth)


@given(st.text(max_size=100), st.text(max_size=30))
def test_no_text_is_more_than_refused(public: str, auth: str) -> None:
    with pytest.raises(InvalidData):
        Keys.parse(public, auth)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://",
        "push.example.net/a",
        "http://push.example.net/a",
        "ftp://push.example.net/a",
        "https://me:secret@push.example.net/a",
        "https://push.example.net/a#b",
        "https://push.example.net/a b",
        "https://push.example.net/a\r\nX: y",
        "https://push.example.net:99999/",
        "https://push.example.net:0/",
        "https://[::1/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://push.example.net/" + "a" * 3000,
    ],
)
def test_addresses_to_which_nothing_is_sent(endpoint: str) -> None:
    with pytest.raises(InvalidData):
        Offer("key").check(endpoint)


@pytest.mark.parametrize("endpoint", ["https://push.example.net/a?b=c%20d", "https://9.9.9.9:8443/x"])
def test_addresses_of_push_services(endpoint: str) -> None:
    Offer("key").check(endpoint)


def test_an_owner_may_allow_a_push_service_of_their_own() -> None:
    Offer("key", private=True).check("http://192.168.1.5:2586/up?x")


@given(st.text(max_size=60))
def test_no_address_is_more_than_refused(endpoint: str) -> None:
    try:
        Offer("key").check(endpoint)
    except InvalidData:
        return
    assert endpoint.lower().startswith("https://")
