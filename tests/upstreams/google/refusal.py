"""How Google says no: statuses, reasons and the shape of the body.

Sources: the guide to errors of the Calendar API, and where nothing else is said, the reasons it names. What is marked
«unverified» comes from no source that was found; no adapter may rest on it.
"""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """An answer with an error body of Google's shape; `location` names the parameter, property or header at fault."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str = "",
        location_type: str = "parameter",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.headers = dict(headers or {})
        error = {"domain": domain, "reason": reason, "message": message}
        if location:
            error |= {"locationType": location_type, "location": location}
        self.body: dict[str, Any] = {"error": {"errors": [error], "code": status, "message": message}}


def invalid(message: str, location: str = "") -> Refused:
    """400: a value that is not taken («unverified»: which of `invalid`, `badRequest` a property gets)."""
    return Refused(400, "invalid", message, location=location)


def required(message: str, location: str) -> Refused:
    """400: a property that has to be there."""
    return Refused(400, "required", message, location=location)


def empty_range() -> Refused:
    """400: an end before its start."""
    return Refused(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar", location="timeMax")


def unauthorized() -> Refused:
    """401: no token, or one that is not valid (any more)."""
    challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    header = {"WWW-Authenticate": challenge}
    message = "Invalid Credentials"
    return Refused(401, "authError", message, location="Authorization", location_type="header", headers=header)


def limited(status: int = 403, reason: str = "userRateLimitExceeded", retry_after: str = "") -> Refused:
    """403 or 429: too many requests; Google promises no Retry-After."""
    words = {"quotaExceeded": "Quota exceeded.", "userRateLimitExceeded": "User Rate Limit Exceeded"}
    header = {"Retry-After": retry_after} if retry_after else {}
    return Refused(status, reason, words.get(reason, "Rate Limit Exceeded"), domain="usageLimits", headers=header)


def not_allowed(role: str) -> Refused:
    """403: the user's role does not reach so far («unverified»: the reason)."""
    message = f"You need to have {role} access to this calendar."
    return Refused(403, "requiredAccessLevel", message, domain="calendar")


def not_organizer() -> Refused:
    """403: a guest tried to set a property that the organizer alone sets."""
    message = "Shared properties can only be changed by the organizer of the event."
    return Refused(403, "forbiddenForNonOrganizer", message, domain="calendar")


def not_found() -> Refused:
    """404: there never was such a thing, or the user may not see it."""
    return Refused(404, "notFound", "Not Found")


def duplicate() -> Refused:
    """409: the id is taken, also by what was deleted."""
    return Refused(409, "duplicate", "The requested identifier already exists.")


def deleted() -> Refused:
    """410: it was deleted before."""
    return Refused(410, "deleted", "Resource has been deleted")


def token_gone() -> Refused:
    """410: the sync token is dead; start again without."""
    message = "Sync token is no longer valid, a full sync is required."
    return Refused(410, "fullSyncRequired", message, domain="calendar", location="syncToken")


def too_long_ago() -> Refused:
    """410: `updatedMin` lies too far back."""
    message = "The requested minimum modification time lies too far in the past."
    return Refused(410, "updatedMinTooLongAgo", message, domain="calendar", location="updatedMin")


def changed() -> Refused:
    """412: the version in If-Match is not the present one."""
    return Refused(412, "conditionNotMet", "Precondition Failed", location="If-Match", location_type="header")
