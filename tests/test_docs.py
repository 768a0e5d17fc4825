"""The README and the example file say what is: every option, command, path and target in them is real."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.cli.root import calharbor
from gateway.config import describe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")

# What the README names without its being a file of this tree: made at run time, or outside.
NOT_FILES = {
    "/api/access/calendar",
    "/docs",
    "/openapi.json",
    "data/mirror.db",
    "data/credentials.key",
    "data/vdir",
    "calharbor/config.ini",
    "./config.ini",
    "./data",
    ".venv",
    ".venv/bin",
    ".ics",
    ".vcf",
}


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that can be typed."""
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield path
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))
    else:
        yield path


def documented() -> set[tuple[str, ...]]:
    """The commands of the README's table; in a row, words after the first cell's first command complete its group."""
    table = README.partition("| command |")[2].partition("\n\n")[0]
    found = set()
    for row in table.splitlines()[2:]:
        group: tuple[str, ...] = ()
        for quoted in re.findall(r"`([^`]+)`", row.split("|")[1]):
            words = tuple(word for word in quoted.split() if word[0].isalpha() and word.islower())
            if words[0] == "calharbor":
                group = words[1:-1]
                found.add(words[1:])
            else:
                found.add((*group, *words))
    return found


def shell_lines() -> list[str]:
    """Every line of the README's `sh` blocks, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    assert documented() == set(commands(calharbor))


@pytest.mark.parametrize("path", [path for path in commands(calharbor) if path], ids=" ".join)
def test_every_command_takes_config_and_explains_itself(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, "--help"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) > 3
    assert "--config" in text or path in (("demo",), ("config", "example"))


@pytest.mark.parametrize(
    "path",
    [("status",), ("changes",), ("conflicts",), ("held",), ("sync",), ("verify",), ("history",), ("show",), ("undo",)],
)
def test_the_help_of_a_listing_shows_its_json(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    main([*path, "--help"])
    assert "--json:" in capsys.readouterr().out


def test_the_table_of_options_is_the_real_one() -> None:
    rows = [
        f"| `[{section}]` | `{option}` | {f'`{default}`' if default else '–'} | {meaning} |"
        for section, option, default, meaning in describe()
    ]
    table = README.partition("| section | option | default | meaning |\n| --- | --- | --- | --- |\n")[2]
    assert table.partition("\n\n")[0].splitlines() == rows


def test_every_path_in_the_readme_exists() -> None:
    quoted = set(re.findall(r"`((?:\.{0,2}/)?[\w.-]+(?:/[\w.*-]+)*/?)`", README))
    paths = {text for text in quoted if "/" in text or text.endswith((".py", ".ini", ".toml", ".md"))}
    assert len(paths) > 20
    assert sorted(path for path in paths - NOT_FILES if not (ROOT / path).exists()) == []


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "check", "bench"} <= named <= targets
    assert {"demo", "serve", "test", "check", "bench"} <= targets


@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith("calharbor ")])
def test_a_command_line_of_the_readme_is_understood(line: str) -> None:
    """Parsed as far as it goes without being run: every command and option in it exists."""
    words = shlex.split(line)[1:]
    command: click.Command = calharbor
    while isinstance(command, click.Group) and words:
        child = command.get_command(click.Context(command), words[0])
        assert child, f"{line}: there is no {words[0]}"
        command, words = child, words[1:]
    assert command.make_context(line, words)


def test_the_commands_of_the_readme_that_need_no_server_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("CALHARBOR_PASSWORD", "secret")
    ran = []
    for line in ["calharbor device add alice phone", "calharbor verify", *shell_lines()]:
        words = shlex.split(line)
        if words[:1] != ["calharbor"] or words[1] == "serve":
            continue
        extra = ["--no-check"] if words[1:3] == ["account", "add"] else []
        if words[1] not in ("sync", "undo", "show", "restore"):
            ran.append([*words[1:], *extra])
    ran.sort(key=lambda words: words[:2] != ["user", "add"])
    for words in ran:
        assert main(words) == 0, capsys.readouterr().err
    assert len(ran) >= 5
    assert (tmp_path / "data" / "mirror.db").exists()


def test_the_demo_prints_what_the_readme_shows(capfd: pytest.CaptureFixture[str]) -> None:
    """The dates and what lies around them change from day to day; what was mirrored does not."""
    shown = README.partition("```console\n")[2].partition("```")[0]
    assert main(["demo", "--once"]) == 0
    printed = capfd.readouterr().out
    assert _lasting(printed) == _lasting(shown)


def _lasting(text: str) -> list[str]:
    lines = [
        re.sub(r"127\.0\.0\.1:\d+|[\d.]+ s$", "…", line) for line in text.partition("(calharbor agenda")[0].splitlines()
    ]
    return sorted(lines)
