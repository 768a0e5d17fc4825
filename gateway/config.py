"""The configuration: file, environment and defaults become one frozen `Config`, or one clear `ConfigError`.

Nothing is guessed: an unknown section, option or value names the file, the section and the option. Secrets are read
only when they are needed, so a command that needs none works for somebody who may not read them.
"""

import configparser
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.declared import (
    ApiOptions,
    Config,
    DeclaredAccount,
    DeclaredUser,
    PushOptions,
    Secret,
    Server,
    StorageOptions,
    SyncOptions,
)
from gateway.options import OPTIONS, SECTIONS, Form, Option, names_of, options_of, section_kind
from gateway.sections import Named, check_calendar, collection, token, webhook
from storage.errors import ConfigError

FILE_NAME = "config.ini"
ENVIRONMENT = "CALHARBOR_"

_SWITCH = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
_BAD_IN_NAMES = re.compile(r"[/:\x00-\x1f\x7f]|^\s|\s$|^\.{1,2}$")
_SEE = "`calharbor config example` shows every option"
_NOT_SET: Mapping[Form, object] = {Form.NUMBER: None, Form.WORDS: (), Form.LINES: ()}


def find_file(given: str | Path | None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file to read: the given one, `./config.ini`, the one in the user's configuration folder, or none."""
    if given is not None:
        return Path(given).absolute()
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    for candidate in (Path(FILE_NAME), Path(base) / "calharbor" / FILE_NAME):
        if candidate.is_file():
            return candidate.absolute()
    return None


def load(given: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration; raises `ConfigError`. Relative paths start at the file's folder, else at this one."""
    file = find_file(given, environ)
    base = file.parent if file else Path.cwd()
    sections = _parse(file) if file else {}
    for kind in SECTIONS:
        if not kind.named:
            sections.setdefault((kind.word, ""), {})
    readers = [_Section(file, base, word, name, values) for (word, name), values in sections.items()]
    _apply_environment(readers, environ, file)
    typed: dict[str, list[Named]] = {kind.word: [] for kind in SECTIONS}
    for reader in readers:
        typed[reader.word].append(Named(reader.name, reader.where, reader.read()))
    config = Config(
        file,
        Server(**typed["server"][0].values),
        StorageOptions(**typed["storage"][0].values),
        SyncOptions(**typed["sync"][0].values),
        PushOptions(**typed["push"][0].values),
        ApiOptions(**typed["api"][0].values),
        tuple(DeclaredUser(name=name, where=where, **values) for name, where, values in typed["user"]),
        tuple(DeclaredAccount(name=name, where=where, **values) for name, where, values in typed["account"]),
        tuple(collection(section) for section in typed["collection"]),
        tuple(token(section) for section in typed["token"]),
        tuple(webhook(section) for section in typed["webhook"]),
    )
    _check_ids(config)
    return config


def _parse(file: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The sections of a file as (kind, name) → option → text."""
    parser = configparser.ConfigParser(
        delimiters=("=",), comment_prefixes=("#", ";"), interpolation=None, default_section="\0"
    )
    try:
        with file.open(encoding="utf-8-sig") as stream:
            parser.read_file(stream, source=str(file))
    except OSError as error:
        hint = "check --config, or write one with `calharbor config example > config.ini`"
        raise ConfigError(f"{file}: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: this is not UTF-8 text", hint="save it as UTF-8") from error
    except configparser.Error as error:
        raise ConfigError(f"{file}: {_unread(error)}", hint=_SEE) from error
    return {_section_key(file, title): dict(parser[title]) for title in parser.sections()}


def _unread(error: configparser.Error) -> str:
    """Which line the parser does not understand, and why."""
    match error:
        case configparser.MissingSectionHeaderError(lineno=number, line=line):
            return f"line {number}: {line.strip()!r} stands in no [section]"
        case configparser.DuplicateSectionError(lineno=number, section=section):
            return f"line {number}: there is a [{section}] before"
        case configparser.DuplicateOptionError(lineno=number, section=section, option=option):
            return f"line {number}: [{section}] has {option!r} before"
        case configparser.ParsingError(errors=[(number, _), *_]):
            return f"line {number}: this is neither [section] nor option = value"
        case _:
            return " ".join(error.message.split())


def _section_key(file: Path, title: str) -> tuple[str, str]:
    word, _, name = title.partition(" ")
    name = name.strip()
    kind = section_kind(word)
    if kind is None:
        words = [known.word for known in SECTIONS]
        raise ConfigError(f"{file}: [{title}]: there is no such section", hint=_suggest(word, words))
    if kind.named and not name:
        raise ConfigError(f"{file}: [{title}]: a name is missing", hint=f"write [{kind.title}]")
    if name and not kind.named:
        raise ConfigError(f"{file}: [{title}]: this section carries no name", hint=f"write [{kind.word}]")
    if kind.named:
        try:
            check_calendar(name) if word == "collection" else check_name(name)
        except ConfigError as error:
            raise ConfigError(f"{file}: [{title}]: {error.message}", hint=error.hint) from None
    return word, name


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a user or an account; raises `ConfigError`."""
    if not name or _BAD_IN_NAMES.search(name) or len(name) > 128:
        raise ConfigError(f"{name!r} cannot be a name", hint="use letters, digits and . - _ @, no / and no colon")
    if name.isdecimal():
        raise ConfigError(f"the name {name!r} is a number", hint="numbers are account ids: put a letter in the name")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _suggest(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, 1)
    return f"did you mean {close[0]}? {_SEE}" if close else _SEE


class _Section:
    """One section while it is read: its texts, and where it stands."""

    def __init__(self, file: Path | None, base: Path, word: str, name: str, values: dict[str, str]) -> None:
        self.word = word
        self.name = name
        self.values = values
        self._base = base
        self.title = f"{word} {name}".strip()
        self.where = f"{file or 'environment'}: [{self.title}]"

    @property
    def prefix(self) -> str:
        """What the environment variables of this section begin with."""
        return ENVIRONMENT + re.sub(r"\W", "_", self.title, flags=re.ASCII).upper() + "_"

    def read(self) -> dict[str, Any]:
        """Every option of the section, typed; raises `ConfigError`."""
        known = [name for option in options_of(self.word) for name in names_of(option)]
        for name in self.values:
            if name not in known:
                raise ConfigError(f"{self.where} {name}: there is no such option", hint=_suggest(name, known))
        return {option.name: self._value(option) for option in options_of(self.word)}

    def _value(self, option: Option) -> object:
        if option.form is Form.SECRET:
            return self._secret(option)
        text = self.values.get(option.name, "").strip() or option.default
        if not text:
            if option.required:
                raise ConfigError(f"{self.where} {option.name}: this option is required", hint=_SEE)
            return _NOT_SET.get(option.form, "")
        return self._typed(option, text)

    def _typed(self, option: Option, text: str) -> object:
        match option.form:
            case Form.NUMBER:
                if not re.fullmatch(r"[0-9]{1,10}", text) or not option.low <= int(text) <= option.high:
                    raise self._wrong(option, text, f"a whole number from {option.low} to {option.high}")
                return int(text)
            case Form.SWITCH:
                if text.lower() not in _SWITCH:
                    raise self._wrong(option, text, "yes or no")
                return _SWITCH[text.lower()]
            case Form.PATH:
                return (self._base / Path(text).expanduser()).absolute()
            case Form.URL:
                if not _is_web_address(text):
                    raise self._wrong(option, text, "an address that starts with http:// or https://")
            case Form.WORDS:
                return tuple(self._chosen(option, word) for each in text.split(",") if (word := each.strip()))
            case Form.LINES:
                return tuple(line for each in text.splitlines() if (line := each.strip()))
        return self._chosen(option, text)

    def _chosen(self, option: Option, text: str) -> str:
        if option.choices and text not in option.choices:
            raise self._wrong(option, text, "one of " + ", ".join(option.choices))
        return text

    def _wrong(self, option: Option, text: str, wanted: str) -> ConfigError:
        return ConfigError(f"{self.where} {option.name}: {text!r} is not {wanted}", hint=_SEE)

    def _secret(self, option: Option) -> Secret | None:
        value, file = self.values.get(option.name, ""), self.values.get(f"{option.name}_file", "").strip()
        where = f"{self.where} {option.name}"
        if value and file:
            raise ConfigError(f"{where}: both {option.name} and {option.name}_file are set", hint="keep one of them")
        if file:
            return Secret(f"{where}_file", file=(self._base / Path(file).expanduser()).absolute())
        return Secret(where, value) if value else None


def _apply_environment(sections: list[_Section], environ: Mapping[str, str], file: Path | None) -> None:
    """Let the environment override single options; a variable that fits no option is an error, not a silence."""
    settable: dict[str, list[tuple[_Section, Option, str]]] = {}
    for section in sections:
        for option in options_of(section.word):
            for name in names_of(option):
                settable.setdefault(section.prefix + name.upper(), []).append((section, option, name))
    words = tuple(f"{ENVIRONMENT}{kind.word.upper()}_" for kind in SECTIONS)
    for variable, value in environ.items():
        if not variable.startswith(words):
            continue
        targets = settable.get(variable, [])
        if not targets:
            hint = _suggest(variable, list(settable)) if file else "users and accounts need their section in a file"
            raise ConfigError(f"environment: {variable}: there is no such section or option", hint=hint)
        if len(targets) > 1:
            titles = " and ".join(f"[{section.title}]" for section, _option, _name in targets)
            raise ConfigError(f"environment: {variable}: this could mean {titles}", hint="rename one of them")
        section, option, name = targets[0]
        for other in names_of(option):
            section.values.pop(other, None)
        section.values[name] = value


def _check_ids(config: Config) -> None:
    seen: dict[int, str] = {}
    for account in config.accounts:
        if account.id is not None and account.id in seen:
            raise ConfigError(f"{account.where} id: {account.id} is taken by [account {seen[account.id]}]")
        if account.id is not None:
            seen[account.id] = account.name


def describe() -> list[tuple[str, str, str, str]]:
    """(section, option, default, meaning) of every option, for the README's table and its test."""
    kinds = {kind.word: kind.title for kind in SECTIONS}
    return [(kinds[o.section], name, o.default, o.help) for o in OPTIONS for name in reversed(names_of(o))]
