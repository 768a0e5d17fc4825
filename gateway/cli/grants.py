"""What a key of the Access API may see and do: read from the options of a command, and shown to people."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from gateway.declare import access_grant
from gateway.options import FIELDS, LEVELS, OPERATIONS
from gateway.sections import contact_rule
from storage.errors import ConfigError, NotFound
from storage.model import Account, Collection, Token
from storage.store import Store

ALL = "*"
"""Behind an account: every calendar that it has at the time of a request."""

LONGEST_DAYS = 36_500

_LEVEL = "view_only"
_ONCE = ("level", "past_days", "future_days")
"""Options that are given once; the others, any number of times."""

_BELONGS = {"operations": "full_access", "fields": "view_filtered"}
"""Options that count for one level alone."""


def grant_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that makes keys of the Access API."""
    days = click.IntRange(0, LONGEST_DAYS)
    for option in (
        click.option(
            "--rule",
            "rules",
            multiple=True,
            metavar="RULE",
            help='access: "LEVEL TYPE [IDENTIFIER] [PRIORITY]" for what is with somebody: LEVEL block, free_busy_only, '
            "read or full, TYPE email, domain or all.",
        ),
        click.option("--future-days", type=days, help="access: how many days ahead are open; without it, all."),
        click.option("--past-days", type=days, help="access: how many days back are open; without it, all."),
        click.option(
            "--field",
            "fields",
            multiple=True,
            type=click.Choice(FIELDS),
            help="access, view_filtered: what is shown of an event.",
        ),
        click.option(
            "--operation",
            "operations",
            multiple=True,
            type=click.Choice(OPERATIONS),
            help="access, full_access: what may be done; without it, everything.",
        ),
        click.option(
            "--calendar",
            "calendars",
            multiple=True,
            metavar="ACCOUNT/CALENDAR",
            help="access: a calendar that is open, by its id, or by its word or name behind its account's number or "
            "name; ACCOUNT/* is every one.",
        ),
        click.option("--level", type=click.Choice(LEVELS), help=f"access: how much is open; without it, {_LEVEL}."),
    ):
        command = option(command)
    return command


def refuse_grant(given: Mapping[str, Any]) -> None:
    """Raises `ConfigError` for an option that another kind of token has not."""
    for name, value in given.items():
        if value not in (None, ()):
            option = "--" + name.replace("_", "-").removesuffix("" if name in _ONCE else "s")
            raise ConfigError(f"{option} restricts keys of the Access API alone", hint="add --kind access")


def read_grant(store: Store, given: Mapping[str, Any]) -> dict[str, object]:
    """What a new key may see and do, as it is kept. Raises `ConfigError`, `NotFound`."""
    level = given["level"] or _LEVEL
    for name, only in _BELONGS.items():
        if given[name] and level != only:
            raise ConfigError(
                f"--{name[:-1]} says nothing with --level {level}", hint=f"add --level {only}, or leave it out"
            )
    if level == "view_filtered" and not given["fields"]:
        raise ConfigError(
            "--level view_filtered shows nothing without a --field", hint="name what is shown, such as --field times"
        )
    if not given["calendars"]:
        hint = "add --calendar ACCOUNT/CALENDAR, such as 101/primary or 101/*"
        raise ConfigError("a key opens nothing without a --calendar", hint=hint)
    return access_grant(
        calendars=list(dict.fromkeys(linked(store, words) for words in given["calendars"])),
        level=level,
        operations=_once(given["operations"]) or ("all",),
        fields=_once(given["fields"]),
        past_days=given["past_days"],
        future_days=given["future_days"],
        rules=[contact_rule("--rule", line) for line in given["rules"]],
    )


def linked(store: Store, words: str) -> str:
    """How a key names the calendar, or the calendars, that a person means: `ACCOUNT/WORD`, `ACCOUNT/ID`, `ACCOUNT/*`.

    Raises `ConfigError` for what can mean several, `NotFound` for what means none.
    """
    owner, slash, name = words.partition("/")
    if not slash:
        every = [(account, each) for account in store.accounts() for each in store.calendars(account.id)]
        found = [pair for pair in every if words in (pair[1].id, pair[1].name)]
        return _named(words, found)
    account = store.account(owner)
    if name == ALL:
        return f"{account.id}/{ALL}"
    own = store.calendars(account.id)
    exact = [each for each in own if name in (each.key, each.id)]
    found = [(account, each) for each in exact or own if each in exact or name in (each.name, each.slug)]
    return _named(words, found)


def _named(words: str, found: Sequence[tuple[Account, Collection]]) -> str:
    if not found:
        raise NotFound(
            f"there is no calendar {words!r} that holds events",
            hint="`calharbor status --json` lists their ids and names",
        )
    if len(found) > 1:
        meant = ", ".join(f"{account.id}/{each.id} ({each.name})" for account, each in found)
        raise ConfigError(f"{words!r} can mean several calendars: {meant}", hint="name one by its id")
    [(account, place)] = found
    return f"{account.id}/{place.key or place.id}"


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return ("all",) if "all" in words else tuple(dict.fromkeys(words))


def grant_lines(store: Store, token: Token) -> Iterator[tuple[str, str]]:
    """What a key may see and do, in words: pairs of a heading and what stands behind it."""
    grant = token.grant
    for words in grant["calendars"]:
        yield "calendar", f"{words} ({', '.join(open_calendars(store, words)) or 'not there any more'})"
    yield "level", grant["level"]
    if grant["level"] == "full_access":
        yield "operations", ", ".join(grant["operations"])
    if grant["level"] == "view_filtered":
        yield "fields", ", ".join(grant["fields"])
    for heading, days in (("days back", grant["past_days"]), ("days ahead", grant["future_days"])):
        yield heading, "all" if days is None else str(days)
    for level, kind, identifier, priority in grant["rules"]:
        yield "rule", " ".join(filter(None, (level, kind, identifier, str(priority))))


def open_calendars(store: Store, words: str) -> list[str]:
    """The names of the calendars that a link of a key opens now."""
    owner, _, name = words.partition("/")
    try:
        account = store.account(int(owner))
    except NotFound:
        return []
    return [each.name for each in store.calendars(account.id) if name in (ALL, each.key, each.id)]
