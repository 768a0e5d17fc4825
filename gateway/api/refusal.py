"""What a route raises to refuse a request: each dialect has its own kind, which knows the shape of its errors."""

from collections.abc import Mapping

from fastapi import Response

from gateway.http.errors import status_of
from storage.errors import CalHarborError, UpstreamError

Codes = Mapping[type[CalHarborError], tuple[int, str]]
"""The status and the machine's name of errors; what is not named answers as the nearest one above it in the tree."""


class ApiRefusal(Exception):
    """A request that is answered with an error; `response` says how, `code` is the machine's name of what is wrong."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    def response(self) -> Response:
        """The answer, in the shape of the dialect."""
        raise TypeError(f"{type(self).__name__} has no shape")


def told(error: CalHarborError, codes: Codes, otherwise: str) -> tuple[int, str, str, Mapping[str, str] | None]:
    """The status, code, message and headers with which one of ours is answered; `otherwise`: the code of the rest."""
    named = next((codes[kind] for kind in type(error).__mro__ if kind in codes), None)
    status, code = named or (status_of(error), otherwise)
    message = f"{error.message}; {error.hint}" if error.hint else error.message
    after = error.retry_after if isinstance(error, UpstreamError) else None
    return status, code, message, {"Retry-After": str(int(after) + 1)} if after else None
