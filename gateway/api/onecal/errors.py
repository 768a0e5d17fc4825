"""The errors of the OneCal dialect: one shape, and one table from ours to its names (contract C.1)."""

from http import HTTPStatus
from uuid import uuid4

from fastapi import Response

from gateway.api.answers import answer
from gateway.api.refusal import ApiRefusal, Codes, told
from storage import errors

CODES: Codes = {
    errors.InvalidData: (400, "BadRequest"),
    errors.TooLarge: (400, "BadRequest"),
    errors.UnsupportedKind: (400, "BadRequest"),
    errors.TooManyMatches: (400, "BadRequest"),
    errors.NotFound: (404, "NotFound"),
    errors.AlreadyExists: (409, "Conflict"),
    errors.UidConflict: (409, "Conflict"),
    errors.PreconditionFailed: (412, "PreconditionFailed"),
    errors.ReadOnly: (403, "Forbidden"),
    errors.SchedulingRefused: (403, "Forbidden"),
    errors.AccessDenied: (403, "Forbidden"),
    errors.CursorExpired: (410, "SyncTokenExpired"),
    errors.RateLimited: (429, "RateLimitExceeded"),
    errors.NeedsLogin: (401, "InvalidRefreshToken"),
    errors.Unreachable: (503, "ServiceUnavailable"),
    errors.UpstreamError: (502, "BadGateway"),
    errors.StoreBusy: (503, "ServiceUnavailable"),
    errors.StoreFull: (503, "ServiceUnavailable"),
}
"""What our errors are called here."""

_BY_STATUS = {
    404: "NotFound",
    405: "MethodNotAllowed",
    429: "RateLimitExceeded",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}


class OneCalError(ApiRefusal):
    """A request refused in the shape of this dialect; `code` is the machine's name of what is wrong."""

    def response(self) -> Response:
        """`{"error", "message", "requestId"}`; the id is this answer's own."""
        body = {"error": self.code, "message": self.message, "requestId": str(uuid4())}
        return answer(body, self.status, self.headers)


def bad(member: str, why: str) -> OneCalError:
    """400 for a member of the body, or a parameter, by its name; "" for the body as a whole."""
    return OneCalError(400, "BadRequest", f"{member}: {why}" if member else why)


def forbidden(why: str) -> OneCalError:
    """403 for what this application may not do."""
    return OneCalError(403, "Forbidden", why)


def not_found(what: str) -> OneCalError:
    """404 for a thing that this account does not have."""
    return OneCalError(404, "NotFound", f"there is no {what}")


def of_error(error: errors.CalHarborError) -> OneCalError:
    """One of ours, in the words of the dialect."""
    return OneCalError(*told(error, CODES, "InternalServerError"))


def of_status(status: int, message: str) -> OneCalError:
    """What the frame says by itself: an unknown path, a method that a path does not have, a fault of ours."""
    code = _BY_STATUS.get(status, "BadRequest" if status < 500 else "InternalServerError")
    return OneCalError(status, code, message or HTTPStatus(status).phrase)
