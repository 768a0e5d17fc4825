"""What a route raises to refuse a request: each dialect has its own kind, which knows the shape of its errors."""

from fastapi import Response


class ApiRefusal(Exception):
    """A request that is answered with an error; `response` says how."""

    def response(self) -> Response:
        """The answer, in the shape of the dialect."""
        raise TypeError(f"{type(self).__name__} has no shape")
