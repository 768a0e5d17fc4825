"""The contract suite is a plain module: its asserts shall explain themselves as in a test file."""

import pytest

pytest.register_assert_rewrite("tests.contract.provider", "tests.contract.scheduling")
