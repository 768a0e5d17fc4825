"""The configuration profile for Apple's devices: what Apple's reference asks of it, for any user and address."""

import plistlib
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.mobileconfig import Subject, profile

REQUIRED = {"PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID", "PayloadDisplayName"}


def read(subject: Subject) -> dict[str, Any]:
    """The profile, checked for what every payload must have."""
    whole: dict[str, Any] = plistlib.loads(profile(subject))
    assert whole["PayloadType"] == "Configuration"
    payloads = [whole, *whole["PayloadContent"]]
    for payload in payloads:
        assert payload.keys() >= REQUIRED
        assert payload["PayloadVersion"] == 1
        assert str(UUID(payload["PayloadUUID"])).upper() == payload["PayloadUUID"]
    assert len({payload["PayloadUUID"] for payload in payloads}) == len(payloads)
    assert len({payload["PayloadIdentifier"] for payload in payloads}) == len(payloads)
    return whole


def accounts(whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The content of the two payloads, by protocol, their keys without its name."""
    found = {}
    for payload, kind in zip(whole["PayloadContent"], ("CalDAV", "CardDAV"), strict=True):
        assert payload["PayloadType"] == f"com.apple.{kind.lower()}.account"
        found[kind] = {key.removeprefix(kind): value for key, value in payload.items() if key.startswith(kind)}
    return found


@pytest.mark.parametrize(
    ("address", "host", "port", "tls"),
    [
        ("https://cal.example.com", "cal.example.com", 443, True),
        ("https://cal.example.com:8443", "cal.example.com", 8443, True),
        ("http://192.168.1.5:5243", "192.168.1.5", 5243, False),
        ("http://[fd00::1]", "fd00::1", 80, False),
    ],
)
def test_both_accounts_lead_to_the_principal(address: str, host: str, port: int, tls: bool) -> None:
    found = accounts(read(Subject("m", "alice", f"{address}/dav/alice/", "pass-word")))
    wanted = {
        "AccountDescription": "CalHarbor",
        "HostName": host,
        "Port": port,
        "UseSSL": tls,
        "PrincipalURL": f"{address}/dav/alice/",
        "Username": "alice",
        "Password": "pass-word",
    }
    assert found == {"CalDAV": wanted, "CardDAV": wanted}


def test_without_a_password_the_device_asks() -> None:
    assert "Password" not in str(read(Subject("m", "alice", "https://cal.example.com/dav/alice/")))


def test_a_second_profile_replaces_the_first_and_no_other() -> None:
    def identities(user: str, password: str) -> list[str]:
        whole = read(Subject("m", user, f"https://cal.example.com/dav/{user}/", password))
        return [whole["PayloadUUID"], *(payload["PayloadUUID"] for payload in whole["PayloadContent"])]

    assert identities("alice", "old") == identities("alice", "new")
    assert not set(identities("alice", "")) & set(identities("bob", ""))


@given(st.text(min_size=1, max_size=40), st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_name_gives_a_readable_profile(user: str, password: str) -> None:
    found = accounts(read(Subject("m", user, "https://cal.example.com/dav/x/", password)))
    assert found["CalDAV"].get("Password", "") == password
