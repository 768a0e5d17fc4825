"""Sections of the configuration whose options mean something only together: calendars, and tokens of the JSON API."""

import re
from typing import Any, NamedTuple

from gateway.declared import ContactRule, DeclaredCollection, DeclaredToken, DeclaredWebhook, Secret
from storage.errors import ConfigError
from storage.ical.zones import iana_name

SHORTEST_SECRET = 8
"""Characters of a token that somebody thought up: what is shorter can be guessed."""

_CALENDAR = re.compile(r"([1-9][0-9]{0,8})/([A-Za-z0-9._-]{1,100})")
_LINKED = re.compile(r"[1-9][0-9]{0,8}/(\*|[A-Za-z0-9._-]{1,100})")
_RULE_LEVELS = ("block", "free_busy_only", "read", "full")
_RULE_TYPES = ("email", "domain", "all")
_ONLY = {
    "account": ("account",),
    "access": ("calendars", "level", "operations", "fields", "past_days", "future_days", "rules"),
}
"""The options that count for one kind of token alone."""


class Named(NamedTuple):
    """A section that has been read: its name, where it stands, and its typed options."""

    name: str
    where: str
    values: dict[str, Any]


def check_calendar(name: str) -> None:
    """Refuse what is no `ACCOUNT/KEY`; raises `ConfigError`."""
    if not _CALENDAR.fullmatch(name):
        hint = "write the account's number, a slash and a word, such as 101/primary"
        raise ConfigError(f"{name!r} does not name a calendar of an account", hint=hint)


def collection(section: Named) -> DeclaredCollection:
    """A declared calendar; raises `ConfigError`."""
    account, key = section.name.split("/")
    values, where = section.values, section.where
    if values["timezone"] and not iana_name(values["timezone"]):
        hint = "write an IANA name such as Europe/Berlin"
        raise ConfigError(f"{where} timezone: {values['timezone']!r} is no time zone", hint=hint)
    return DeclaredCollection(int(account), key, where, values["name"] or key, values["timezone"], values["email"])


def webhook(section: Named) -> DeclaredWebhook:
    """A declared receiver of webhooks; raises `ConfigError`."""
    secret = section.values["secret"]
    if not isinstance(secret, Secret):
        raise ConfigError(f"{section.where} secret: this option is required", hint="set secret_file, or secret")
    return DeclaredWebhook(section.name, section.where, section.values["url"], section.values["application"], secret)


def token(section: Named) -> DeclaredToken:
    """A declared token; raises `ConfigError`."""
    where, values = section.where, dict(section.values)
    secret = values.pop("secret")
    if not isinstance(secret, Secret):
        raise ConfigError(f"{where} secret: this option is required", hint="set secret_file, or secret")
    kind = values["kind"]
    if kind == "account" and values["account"] is None:
        raise ConfigError(f"{where} account: this option is required for this kind", hint="write the account's number")
    if kind == "access" and not values["calendars"]:
        raise ConfigError(f"{where} calendars: this option is required for this kind", hint="write 101/*, for example")
    for each, options in _ONLY.items():
        for name in options:
            if kind != each and values[name] not in (None, "", (), ("all",), "view_only"):
                raise ConfigError(f"{where} {name}: a token of the kind {kind} has no such option", hint="remove it")
    for linked in values["calendars"]:
        if not _LINKED.fullmatch(linked):
            hint = "write ACCOUNT/WORD or ACCOUNT/*, comma-separated"
            raise ConfigError(f"{where} calendars: {linked!r} does not name calendars of an account", hint=hint)
    rules = tuple(contact_rule(f"{where} rules", line) for line in values.pop("rules"))
    return DeclaredToken(name=section.name, where=where, secret=secret, rules=rules, **values)


def contact_rule(where: str, line: str) -> ContactRule:
    """One line `LEVEL TYPE [IDENTIFIER] [PRIORITY]`; `all` has no identifier. Raises `ConfigError`."""
    words = line.split()
    level, kind = [*words, "", ""][:2]
    rest = words[2:]
    identifier = rest.pop(0).lower() if kind != "all" and rest else ""
    good = level in _RULE_LEVELS and kind in _RULE_TYPES and len(rest) < 2 and bool(identifier) == (kind != "all")
    if not good or not all(re.fullmatch(r"-?[0-9]{1,6}", each) for each in rest):
        hint = "write LEVEL TYPE [IDENTIFIER] [PRIORITY], such as: block domain blocked.example 10"
        raise ConfigError(f"{where}: {line!r} is no rule", hint=hint)
    if (kind == "email") is not ("@" in identifier):  # it would match nobody, and so open what it was to close
        what = "an e-mail address has an @" if kind == "email" else "a domain has no @"
        raise ConfigError(
            f"{where}: {line!r} matches nobody: {what}", hint="block email a@b.example; block domain b.example"
        )
    return ContactRule(level, kind, identifier, int(rest[0]) if rest else 0)
