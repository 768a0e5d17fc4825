"""The one table of options: what may stand in the configuration file, with its default and its meaning.

`gateway.config` reads files by it, `config.example.ini` and the README's table are written from it. A new option is a
new row here and a field of the same name in the record of its section.
"""

from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How the text of a value is read."""

    TEXT = "text"
    NUMBER = "whole number"
    SWITCH = "yes or no"
    PATH = "path"
    URL = "URL"
    SECRET = "secret"  # noqa: S105 — the name of a form, not a secret
    WORDS = "words, comma-separated"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Option:
    """One row. `default` is text as it would stand in a file; empty means "not set".

    `low` and `high` bound numbers. `sample` is what the example file shows in place of the default. A secret `x` may
    also be given as `x_file`, a file that holds it.
    """

    section: str
    name: str
    form: Form
    default: str
    help: str
    sample: str = ""
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 2**31
    required: bool = False


@dataclass(frozen=True, slots=True)
class SectionKind:
    """A kind of section; `named` ones carry a name (`[user alice]`) and may stand any number of times."""

    word: str
    help: str
    named: bool = False
    sample_name: str = ""

    @property
    def title(self) -> str:
        """As it stands between the brackets, with `NAME` for the name."""
        return f"{self.word} NAME" if self.named else self.word


SECTIONS = (
    SectionKind("server", "Where the server listens."),
    SectionKind("storage", "Where the mirror lives."),
    SectionKind("sync", "How the upstreams are followed."),
    SectionKind("push", "Telling phones at once that something has changed (WebDAV-Push)."),
    SectionKind("api", "The JSON API."),
    SectionKind("user", "Who may connect. One section for each user.", named=True, sample_name="alice"),
    SectionKind("account", "One login at one upstream. One section for each.", named=True, sample_name="work"),
    SectionKind(
        "collection",
        "A calendar of a local account: its number, and a word that names it there; `primary` is its main one.",
        named=True,
        sample_name="101/primary",
    ),
    SectionKind(
        "token", "A secret for programs that use the JSON API. One section for each.", named=True, sample_name="app"
    ),
    SectionKind(
        "webhook",
        "Who is told at once that an account has new activity. One section for each receiver.",
        named=True,
        sample_name="app",
    ),
)

TOKEN_KINDS = ("account", "app", "access")

LEVELS = ("full_access", "view_only", "view_filtered", "free_busy_only")
"""How much a token of the kind `access` opens."""

OPERATIONS = (
    "create_events",
    "delete_events",
    "respond_to_event",
    "edit_title",
    "edit_location",
    "edit_description",
    "edit_attendees",
    "edit_times",
    "all",
)

FIELDS = (
    "title",
    "location",
    "description",
    "attendees",
    "times",
    "status",
    "labels",
    "join_url",
    "organizer",
    "all",
)

SERVICES = ("google_calendar", "outlook_calendar", "caldav", "exchange", "icloud_calendar")

OPTIONS = (
    Option("server", "host", Form.TEXT, "127.0.0.1", "the address to listen on"),
    Option("server", "port", Form.NUMBER, "5243", "the port to listen on; 0 takes a free one", high=65535),
    Option("server", "base_url", Form.URL, "", "the address clients use, behind a proxy", "https://cal.example.com"),
    Option("server", "workers", Form.NUMBER, "1", "how many processes answer HTTP", low=1, high=64),
    Option("storage", "path", Form.PATH, "./data", "the data folder; relative to the folder of this file"),
    Option("storage", "vdir", Form.SWITCH, "yes", "keep the mirror as a folder of .ics files too (khal, todoman)"),
    Option("storage", "vdir_edits", Form.SWITCH, "yes", "take in what is changed, added or removed in that folder"),
    Option(
        "storage", "history_days", Form.NUMBER, "90", "days for which every change can be undone", low=90, high=36500
    ),
    Option(
        "storage",
        "history_size",
        Form.NUMBER,
        "0",
        "MiB of older texts beyond which only 90 days are kept; 0: no limit",
    ),
    Option("sync", "interval", Form.NUMBER, "60", "seconds between two looks at an upstream", low=1, high=86400),
    Option("push", "enabled", Form.SWITCH, "yes", "let clients register for push messages"),
    Option(
        "push", "contact", Form.URL, "", "where push services find you; without it, base_url", "https://example.com"
    ),
    Option("push", "private", Form.SWITCH, "no", "send to push services in private networks and on this machine too"),
    Option(
        "api",
        "requests_per_minute",
        Form.NUMBER,
        "30000",
        "how many requests of one token are answered; 0: no limit",
        high=1_000_000,
    ),
    Option(
        "api",
        "access_requests_per_minute",
        Form.NUMBER,
        "100",
        "the same of one key of the Access API; 0: no limit",
        high=1_000_000,
    ),
    Option(
        "api",
        "access_requests_per_hour",
        Form.NUMBER,
        "500",
        "how many of them in an hour; 0: no limit",
        high=1_000_000,
    ),
    Option("api", "track_activity", Form.SWITCH, "no", "give each new account a default subscription to its changes"),
    Option(
        "api",
        "private_receivers",
        Form.SWITCH,
        "yes",
        "send to addresses that applications name in private networks and on this machine too",
    ),
    Option("user", "password", Form.SECRET, "", "what the user signs in with; kept as a hash", "./alice.password"),
    Option("user", "default_account", Form.TEXT, "", "the account in which clients make new calendars", "work"),
    Option("account", "user", Form.TEXT, "", "whose account it is", "alice", required=True),
    Option("account", "provider", Form.TEXT, "", "caldav, local, or what a plugin adds", "caldav", required=True),
    Option("account", "id", Form.NUMBER, "", "the account's number; assigned if it does not stand here", "101", low=1),
    Option("account", "email", Form.TEXT, "", "the owner's address at this upstream", "alice@example.com"),
    Option("account", "url", Form.URL, "", "the server, or any address below it", "https://dav.example.com/"),
    Option("account", "username", Form.TEXT, "", "the login name; without it, the email", "alice"),
    Option("account", "password", Form.SECRET, "", "the password at the upstream", "./work.password"),
    Option("account", "endpoint", Form.URL, "", "replaces the provider's own hosts", "http://127.0.0.1:8080"),
    Option("account", "access_token", Form.SECRET, "", "a static bearer token in place of a password", "./work.token"),
    Option("account", "service", Form.TEXT, "", "local only: whose API rules it follows", "caldav", choices=SERVICES),
    Option("collection", "name", Form.TEXT, "", "its display name; without it, its word", "Team"),
    Option("collection", "timezone", Form.TEXT, "", "an IANA name", "Europe/Berlin"),
    Option("collection", "email", Form.TEXT, "", "its own address; without it, the account's", "team@example.com"),
    Option(
        "token",
        "kind",
        Form.TEXT,
        "",
        "one account, every account, or chosen calendars",
        "access",
        TOKEN_KINDS,
        required=True,
    ),
    Option("token", "secret", Form.SECRET, "", "the token itself; kept as a hash", "./app.token"),
    Option("token", "account", Form.NUMBER, "", "kind account: the account's number", low=1),
    Option(
        "token", "calendars", Form.WORDS, "", "kind access: the linked calendars, ACCOUNT/WORD or ACCOUNT/*", "101/*"
    ),
    Option("token", "level", Form.TEXT, "view_only", "kind access: how much is shown and allowed", choices=LEVELS),
    Option("token", "operations", Form.WORDS, "all", "kind access, full_access: what may be done", choices=OPERATIONS),
    Option(
        "token", "fields", Form.WORDS, "", "kind access, view_filtered: what is shown", "title,times", choices=FIELDS
    ),
    Option(
        "token", "past_days", Form.NUMBER, "", "kind access: days back that are open; without it, all", "30", high=36500
    ),
    Option(
        "token",
        "future_days",
        Form.NUMBER,
        "",
        "kind access: days ahead that are open; without it, all",
        "30",
        high=36500,
    ),
    Option(
        "token",
        "rules",
        Form.LINES,
        "",
        "kind access: rules for contacts, one a line: LEVEL TYPE [IDENTIFIER] [PRIORITY]",
        "block domain blocked.example",
    ),
    Option(
        "webhook", "url", Form.URL, "", "where it is told, by a POST", "https://app.example.com/changes", required=True
    ),
    Option(
        "webhook", "application", Form.TEXT, "", "the id with which the receiver answers", "calendar-app", required=True
    ),
    Option("webhook", "secret", Form.SECRET, "", "what signs: the secret of the application's token", "./app.token"),
)


def section_kind(word: str) -> SectionKind | None:
    """The kind of section that `word` names, if it is one."""
    return next((kind for kind in SECTIONS if kind.word == word), None)


def options_of(word: str) -> tuple[Option, ...]:
    """The rows of one kind of section, in the order of the table."""
    return tuple(option for option in OPTIONS if option.section == word)


def names_of(option: Option) -> tuple[str, ...]:
    """The names under which an option may stand: a secret has two."""
    return (f"{option.name}_file", option.name) if option.form is Form.SECRET else (option.name,)


def example() -> str:
    """The text of `config.example.ini`: every option, commented out, showing its default or a sample."""
    lines = [
        "# Every option of CalHarbor, commented out, with its default (a sample where there is none).",
        "# Written by `calharbor config example`. A line that starts with # or ; is a comment.",
        "# Each option may come from the environment instead: CALHARBOR_<SECTION>_<OPTION>, for example",
        "# CALHARBOR_SERVER_PORT=8080 or CALHARBOR_ACCOUNT_WORK_PASSWORD=…; the environment wins.",
    ]
    for kind in SECTIONS:
        lines += ["", f"# {kind.help}", f"#[{kind.word} {kind.sample_name}]" if kind.named else f"[{kind.word}]"]
        for option in options_of(kind.word):
            lines += _example_lines(option)
    return "\n".join(lines) + "\n"


def _example_lines(option: Option) -> list[str]:
    notes = []
    if option.required:
        notes.append("required")
    if option.choices:
        notes.append("one of " + ", ".join(option.choices))
    if option.form is Form.SECRET:
        notes.append(f"or {option.name} = …")
    text = option.help + (f" ({'; '.join(notes)})" if notes else "")
    return [f"# {text}", f"#{names_of(option)[0]} = {option.sample or option.default}".rstrip()]
