"""The table of status codes covers the whole tree of errors."""

import pytest

from gateway.http.errors import body_of, status_of
from storage import errors
from storage.errors import CalHarborError


def tree(kind: type[CalHarborError]) -> list[type[CalHarborError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in tree(child))]


OURS = [kind for kind in tree(CalHarborError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status(kind: type[CalHarborError]) -> None:
    more: dict[type[CalHarborError], dict[str, str]] = {
        errors.UidConflict: {"href": "x"},
        errors.SchedulingRefused: {"condition": "x"},
        errors.InvalidChange: {"member": "x"},
        errors.PermitDenied: {"code": "ACCESS_DENIED"},
    }
    error = kind(**{"message": "wrong", "hint": "do right", **more.get(kind, {})})
    assert 400 <= status_of(error) <= 599
    assert body_of(error)["error"]["message"] == "wrong"


def test_the_nearest_named_error_decides() -> None:
    assert status_of(errors.NeedsLogin("x")) == status_of(errors.UpstreamError("x")) == 502
    assert status_of(errors.TooLarge("x")) == 413
    assert status_of(errors.ConfigError("x")) == 500
