"""The errors of the Access dialect: one shape, and one table from ours to its codes (contract D.1, D86)."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Response

from gateway.api.answers import answer
from gateway.api.refusal import ApiRefusal, Codes, told
from storage import errors

CODES: Codes = {
    errors.InvalidData: (400, "VALIDATION_ERROR"),
    errors.TooManyMatches: (400, "VALIDATION_ERROR"),
    errors.NotFound: (404, "NOT_FOUND"),
    errors.AlreadyExists: (409, "CONFLICT"),
    errors.UidConflict: (409, "CONFLICT"),
    errors.PreconditionFailed: (409, "CONFLICT"),
    errors.ReadOnly: (403, "ACCESS_DENIED"),
    errors.SchedulingRefused: (403, "ACCESS_DENIED"),
    errors.AccessDenied: (403, "ACCESS_DENIED"),
    errors.RateLimited: (429, "RATE_LIMITED"),
    errors.Unreachable: (503, "SERVICE_UNAVAILABLE"),
    errors.StoreBusy: (503, "SERVICE_UNAVAILABLE"),
    errors.StoreFull: (503, "SERVICE_UNAVAILABLE"),
}
"""Errors that are not named here answer as the nearest one above them in the tree."""

_WORDS: Mapping[type[errors.CalHarborError], str] = {
    errors.ReadOnly: "this calendar cannot be written",
    errors.UnsupportedKind: "this calendar does not take events",
}
"""What is said where the words of the mirror name calendars and files, which others may have called so."""

_BY_STATUS = {
    403: "ACCESS_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    429: "RATE_LIMITED",
    503: "SERVICE_UNAVAILABLE",
}


class AccessError(ApiRefusal):
    """A request refused in the shape of this dialect; `title` stands in `error` where that is not the message."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, *, title: str = ""
    ) -> None:
        super().__init__(status, code, message, headers)
        self.title = title or message

    def response(self) -> Response:
        """`{"code", "message", "error"}`, of which each kind of client knows some."""
        body = {"code": self.code, "message": self.message, "error": self.title}
        return answer(body, self.status, self.headers)


def bad(member: str, why: str) -> AccessError:
    """400 for a member of the body, or a parameter, by its name; "" for the body as a whole."""
    return AccessError(400, "VALIDATION_ERROR", f"{member}: {why}" if member else why)


def unknown(title: str, message: str) -> AccessError:
    """401 for a request without a key that counts."""
    return AccessError(401, "UNAUTHORIZED", message, {"WWW-Authenticate": 'Bearer realm="CalHarbor"'}, title=title)


def of_error(error: errors.CalHarborError) -> AccessError:
    """One of ours, in the words of the dialect."""
    if isinstance(error, errors.PermitDenied):
        return AccessError(404 if error.code.endswith("NOT_FOUND") else 403, error.code, error.message)
    status, code, message, headers = told(error, CODES, "SERVER_ERROR")
    message = next((_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS), message)
    return AccessError(status, code, message, headers)


def of_status(status: int, message: str) -> AccessError:
    """What the frame says by itself: an unknown path, a method that a path does not have, a fault of ours."""
    code = _BY_STATUS.get(status, "VALIDATION_ERROR" if status < 500 else "SERVER_ERROR")
    return AccessError(status, code, message or HTTPStatus(status).phrase)
