"""The errors of the Kloudless dialect: one shape, and one table from ours to its codes (contract A.1)."""

from http import HTTPStatus
from uuid import uuid4

from fastapi import Response

from gateway.api.answers import answer
from gateway.api.refusal import ApiRefusal, Codes, told
from storage import errors

CODES: Codes = {
    errors.InvalidData: (400, "invalid_parameters"),
    errors.TooLarge: (400, "invalid_parameters"),
    errors.UnsupportedKind: (400, "bad_request"),
    errors.NotFound: (404, "not_found"),
    errors.AlreadyExists: (409, "naming_conflict"),
    errors.UidConflict: (409, "naming_conflict"),
    errors.PreconditionFailed: (409, "naming_conflict"),
    errors.ReadOnly: (403, "permission_denied"),
    errors.SchedulingRefused: (403, "permission_denied"),
    errors.AccessDenied: (403, "permission_denied"),
    errors.CursorExpired: (410, "cursor_expired"),
    errors.RateLimited: (429, "too_many_service_requests"),
    errors.NeedsLogin: (401, "service_unauthorized"),
    errors.Unreachable: (503, "service_not_available"),
    errors.UpstreamError: (502, "bad_gateway"),
    errors.StoreBusy: (503, "service_not_available"),
    errors.StoreFull: (503, "service_not_available"),
}
"""What our errors are called here."""

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 429: "too_many_requests", 503: "service_not_available"}


class ApiError(ApiRefusal):
    """A request refused in the shape of this dialect."""

    def response(self) -> Response:
        """`{"status_code", "error_code", "message", "id"}`; the id is this answer's own."""
        body = {"status_code": self.status, "error_code": self.code, "message": self.message, "id": str(uuid4())}
        return answer(body, self.status, self.headers)


def bad(member: str, why: str) -> ApiError:
    """400 for a member of the body, or a parameter, by its name; "" for the body as a whole."""
    return ApiError(400, "invalid_parameters" if member else "bad_request", f"{member}: {why}" if member else why)


def not_found(what: str) -> ApiError:
    """404 for a thing of this account."""
    return ApiError(404, "not_found", f"there is no {what}")


def unsupported(what: str, service: str) -> ApiError:
    """501 for an operation that this service does not have."""
    return ApiError(501, "not_implemented", f"{service} has no {what}")


def of_error(error: errors.CalHarborError) -> ApiError:
    """One of ours, in the words of the dialect."""
    return ApiError(*told(error, CODES, "request_failed"))


def of_status(status: int, message: str) -> ApiError:
    """What the frame says by itself: an unknown path, a method that a path does not have, a fault of ours."""
    code = _BY_STATUS.get(status, "bad_request" if status < 500 else "internal_server_error")
    return ApiError(status, code, message or HTTPStatus(status).phrase)
