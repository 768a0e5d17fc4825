"""The configuration profile with which iPhone, iPad and Mac set up CalDAV and CardDAV accounts in one step.

A profile is an XML property list (Apple, "Configuration Profile Reference": the payloads `com.apple.caldav.account` and
`com.apple.carddav.account`). A second profile for the same user replaces the first one on the device.
"""

import plistlib
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID, uuid5

MEDIA_TYPE = "application/x-apple-aspen-config"

_NAMESPACE = UUID("6f6c9a2e-4f0a-4f57-9d5c-0f3a1c1f7f5e")
"""From which the payloads' identities are made: the same user of the same mirror always gets the same."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose profile it is: the mirror's id, the user, where the principal is, and the password if it shall be inside.

    Without a password the device asks for it. `principal` is an absolute http or https URL.
    """

    store: str
    user: str
    principal: str
    password: str = ""


def profile(subject: Subject) -> bytes:
    """The profile, unsigned, as it stands in a `.mobileconfig` file."""
    name = f"calharbor.{_identity(subject, 'profile')}"
    content = [_account(subject, name, "CalDAV"), _account(subject, name, "CardDAV")]
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": name,
            "PayloadUUID": str(_identity(subject, "profile")).upper(),
            "PayloadDisplayName": f"CalHarbor: {_plain(subject.user)}",
            "PayloadDescription": "Calendars, tasks and contacts.",
            "PayloadOrganization": "CalHarbor",
            "PayloadRemovalDisallowed": False,
            "PayloadContent": content,
        }
    )


def _account(subject: Subject, profile_name: str, kind: str) -> dict[str, object]:
    """The payload for one of the two protocols, whose keys differ in the protocol's name only."""
    parts = urlsplit(subject.principal)
    identity = _identity(subject, kind)
    payload: dict[str, object] = {
        "PayloadType": f"com.apple.{kind.lower()}.account",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{profile_name}.{kind.lower()}",
        "PayloadUUID": str(identity).upper(),
        "PayloadDisplayName": kind,
        f"{kind}AccountDescription": "CalHarbor",
        f"{kind}HostName": parts.hostname or "",
        f"{kind}Port": parts.port or _PORTS[parts.scheme],
        f"{kind}UseSSL": parts.scheme == "https",
        f"{kind}PrincipalURL": subject.principal,
        f"{kind}Username": _plain(subject.user),
    }
    if subject.password:
        payload[f"{kind}Password"] = subject.password
    return payload


def _identity(subject: Subject, what: str) -> UUID:
    return uuid5(_NAMESPACE, f"{subject.store}/{subject.user}/{what}")


def _plain(text: str) -> str:
    """Without what XML 1.0 §2.2 cannot hold."""
    return "".join(character for character in text if character.isprintable())
