"""What all commands share: where errors go, how they look, and the exit codes."""

import re
from pathlib import Path

import pytest

from gateway.cli import main
from tests.gateway.cli.conftest import Line


def test_an_error_is_one_line_that_says_what_to_do(line: Line) -> None:
    answer = line("account", "show", "nobody")
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err == "calharbor: there is no account nobody; `calharbor account list` shows all\n"


@pytest.mark.parametrize(
    "words",
    [
        ["sync", "nobody"],
        ["device", "add", "nobody", "phone"],
        ["device", "revoke", "nothing"],
        ["link", "revoke", "nothing"],
        ["share", "remove", "alice/Calendar", "alice"],
        ["token", "revoke", "nothing"],
        ["agenda", "--user", "nobody"],
    ],
)
def test_what_is_not_there_is_said_with_the_command_that_lists_it(line: Line, words: list[str]) -> None:
    answer = line(*words)
    assert answer.code == 1
    assert re.search(r"`calharbor \w+ list` shows", answer.err), answer.err


def test_with_json_an_error_is_one_object(line: Line) -> None:
    answer = line("account", "show", "nobody", "--json")
    assert answer.code == 1
    assert answer.error == {
        "code": "not-found",
        "message": "there is no account nobody",
        "hint": "`calharbor account list` shows all",
    }


@pytest.mark.parametrize("words", [["sttaus"], ["status", "--jsn"], ["account", "show"], ["changes", "--since", "x"]])
def test_wrong_usage_exits_with_2(line: Line, words: list[str]) -> None:
    answer = line(*words)
    assert answer.code == 2
    assert answer.err.startswith("calharbor: ")
    assert answer.err.count("\n") == 1
    assert "--help" in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ["held", "approve", "9" * 20],
        ["held", "reject", "9" * 20],
        ["conflicts", "show", "9" * 20],
        ["changes", "--limit", "9" * 20],
        ["agenda", "--from", "9999-12-31"],
    ],
)
def test_numbers_and_days_that_there_cannot_be_are_wrong_usage(line: Line, words: list[str]) -> None:
    answer = line(*words)
    assert answer.code == 2
    assert answer.err.count("\n") == 1


def test_wrong_usage_with_json_is_an_object(line: Line) -> None:
    assert line("status", "--json", "--what").error["code"] == "usage"


def test_a_missing_configuration_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(tmp_path / "none.ini")]) == 1
    assert str(tmp_path / "none.ini") in capsys.readouterr().err


def test_help_and_version_are_not_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "serve" in shown
    assert shown.count("...") == 1, "commands are told in whole sentences"
    assert main(["--version"]) == 0
    assert main([]) == 2


def test_the_mirror_is_made_by_the_first_command_that_looks(line: Line) -> None:
    shown = line("status", "--json").json
    assert [account["name"] for account in shown["accounts"]] == ["alice"]
    assert (line.folder / "data" / "mirror.db").exists()


def test_a_folder_is_no_configuration_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"calharbor: {tmp_path}: Is a directory; ")


def test_an_account_belongs_to_a_user_of_the_file_or_of_the_mirror(line: Line) -> None:
    line.declare("[account home]\nuser = bob\nprovider = local\n")
    for command in (("config", "check"), ("status",)):
        answer = line(*command)
        assert answer.code == 1
        assert answer.err.endswith(
            "[account home] user: there is no user 'bob'; declare [user bob], or run `calharbor user add bob`\n"
        )
    (line.folder / "password").write_text("bobs-password")
    assert line("user", "add", "bob", "--password-file", str(line.folder / "password")).code == 0
    assert line("config", "check").code == 0
    assert [one["name"] for one in line("account", "list", "--json").json["accounts"]] == ["bob", "home"]
