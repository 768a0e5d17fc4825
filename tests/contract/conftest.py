"""The contract suites are plain modules: their asserts shall explain themselves as in a test file."""

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite(
    *(
        f"tests.contract.{name}"
        for name in ("access", "door_caldav", "door_mcp", "doors", "onecal", "provider", "scheduling", "serving")
    ),
)

from tests.contract.serving import Fixture, contract  # noqa: E402 — after the rewriting has been asked for


@pytest.fixture(scope="session")
def fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixture]:
    """The fixture of the API contract, served once for a process: each test leaves its accounts as it found them."""
    with contract(tmp_path_factory.mktemp("contract")) as served:
        yield served
