"""What an error is over HTTP: one table from our tree to status codes (RFC 9110 §15, RFC 4918 §11)."""

from collections.abc import Mapping

from storage import errors

STATUS: Mapping[type[errors.CalHarborError], int] = {
    errors.CalHarborError: 500,
    errors.InvalidData: 400,
    errors.TooLarge: 413,
    errors.UnsupportedKind: 403,
    errors.NotFound: 404,
    errors.AlreadyExists: 409,
    errors.UidConflict: 409,
    errors.PreconditionFailed: 412,
    errors.ReadOnly: 403,
    errors.TooManyMatches: 507,
    errors.CursorExpired: 410,
    errors.BeyondHistory: 410,
    errors.LeaseLost: 503,
    errors.StoreBusy: 503,
    errors.StoreFull: 507,
    errors.AccessDenied: 403,
    errors.UpstreamError: 502,
    errors.Unreachable: 503,
    errors.RateLimited: 429,
}
"""Errors that are not named here answer as the nearest one above them in the tree."""


def status_of(error: errors.CalHarborError) -> int:
    """The status code for an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(error: errors.CalHarborError) -> dict[str, dict[str, str]]:
    """The JSON body for an error, the same as the command line's `--json` prints."""
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
