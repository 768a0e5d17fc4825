"""`calharbor mcp`, as far as it goes without an agent: which token it takes, and what it says of none."""

import pytest

from gateway.cli.mcp import VARIABLE
from tests.gateway.cli.conftest import Line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe\xfd", "not UTF-8"),
        (b"nobody\n", "not known"),
    ],
)
def test_a_file_without_a_good_token(line: Line, content: bytes | None, said: str) -> None:
    file = line.folder / "token"
    if content is not None:
        file.write_bytes(content)
    answer = line("mcp", "--token-file", str(file))
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err


def test_the_environment_without_a_good_token(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert VARIABLE in line("mcp").err
    monkeypatch.setenv(VARIABLE, "nobody")
    assert "not known" in line("mcp").err


def test_a_token_of_an_application_is_none_for_agents(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = line("token", "create", "app", "--json").json["token"]
    monkeypatch.setenv(VARIABLE, secret)
    answer = line("mcp")
    assert (answer.code, answer.out) == (1, "")
    assert "--kind access" in answer.err
