"""The rules of the house, checked with `ast`: who may import whom, how long files are, where the time comes from."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "storage", "plugins")
FILES = sorted(path for top in PACKAGES for path in (ROOT / top).rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# Module prefix -> our own modules that it may import besides those of its own folder. The longest prefix decides.
ALLOWED: Mapping[str, Sequence[str]] = {
    "storage": ["storage"],
    "storage.model": [],
    "storage.records": ["storage.model", "storage.ids"],
    "storage.errors": [],
    "storage.ids": ["storage.clock"],
    "storage.clock": [],
    "storage.provider": ["storage.model"],
    "storage.db": ["storage.errors", "storage.schema", "storage.clock"],
    "storage.schema": ["storage.errors", "storage.tables", "storage.ical", "storage.vcard", "storage.upgrade"],
    "storage.upgrade": ["storage.clock"],
    "storage.ical": [
        "storage.model",
        "storage.records",
        "storage.errors",
        "storage.clock",
        "storage.ids",
        "storage.memo",
    ],
    "storage.vcard": ["storage.model", "storage.records", "storage.errors", "storage.ical"],
    "storage.projection": ["storage.errors", "storage.ical", "storage.provider"],
    "storage.content": ["storage.model", "storage.ical", "storage.vcard"],
    "storage.recurrence": ["storage.model", "storage.records", "storage.errors", "storage.ical", "storage.memo"],
    "storage.tables": [
        "storage.memo",
        "storage.model",
        "storage.records",
        "storage.errors",
        "storage.ids",
        "storage.clock",
        "storage.db",
    ],
    "storage.sync.plan": ["storage.model", "storage.errors", "storage.content"],
    "storage.sync.policy": ["storage.model", "storage.errors"],
    "storage.sync.schedule": [],
    "storage.editing": [
        "storage.memo",
        "storage.model",
        "storage.records",
        "storage.errors",
        "storage.ical",
        "storage.vcard",
        "storage.recurrence",
    ],
    "storage.merge": ["storage.errors", "storage.ical", "storage.vcard", "storage.recurrence"],
    "storage.sync.merge": ["storage.errors", "storage.ical", "storage.content", "storage.merge"],
    "plugins": [
        "storage.model",
        "storage.records",
        "storage.ical",
        "storage.vcard",
        "storage.content",
        "storage.projection",
        "storage.recurrence",
        "storage.provider",
        "storage.errors",
        "storage.ids",
        "storage.clock",
        "plugins.transport",
        "plugins.oauth",
    ],
    "plugins.registry": ["storage.provider", "storage.errors"],
    "plugins.transport": ["plugins.addresses", "storage.errors", "storage.clock"],
    "plugins.addresses": ["storage.errors"],
    "gateway": ["gateway.declared", "gateway.http", "storage"],
    "gateway.app": ["gateway", "plugins.registry", "storage"],
    "gateway.declare": [
        "gateway.app",
        "gateway.config",
        "gateway.declared",
        "gateway.http",
        "gateway.sections",
        "storage",
    ],
    "gateway.rehearsal": ["gateway.app", "gateway.declare", "gateway.declared", "storage"],
    "gateway.options": [],
    "gateway.declared": ["storage.errors"],
    "gateway.sections": ["gateway.declared", "storage.errors", "storage.ical"],
    "gateway.config": ["gateway.declared", "gateway.options", "gateway.sections", "storage.errors"],
    "gateway.api": ["gateway.http", "storage"],
    "gateway.api.kloudless": [
        "gateway.api.answers",
        "gateway.api.body",
        "gateway.api.calendars",
        "gateway.api.news",
        "gateway.api.openapi",
        "gateway.api.pages",
        "gateway.api.refusal",
        "gateway.api.reminders",
        "gateway.api.service",
        "gateway.api.times",
        "gateway.http",
        "storage",
    ],
    "gateway.api.onecal": [
        "gateway.api.answers",
        "gateway.api.body",
        "gateway.api.calendars",
        "gateway.api.openapi",
        "gateway.api.pages",
        "gateway.api.refusal",
        "gateway.api.reminders",
        "gateway.api.service",
        "gateway.api.times",
        "gateway.http",
        "storage",
    ],
    "gateway.api.access": [
        "gateway.api.answers",
        "gateway.api.body",
        "gateway.api.openapi",
        "gateway.api.refusal",
        "gateway.api.service",
        "gateway.api.times",
        "gateway.http",
        "storage",
    ],
    "gateway.mcp": ["gateway.http", "storage"],
    "gateway.__main__": ["gateway.cli"],
    "gateway.hooks": ["gateway.http", "storage"],
    "gateway.hooks.outgoing": ["plugins.addresses", "plugins.transport", "storage.errors"],
    "gateway.serve": [
        "gateway.app",
        "gateway.declared",
        "gateway.http",
        "gateway.api",
        "gateway.dav",
        "gateway.feeds",
        "gateway.hooks",
        "gateway.mcp",
        "storage",
    ],
    "gateway.demo": [
        "gateway.app",
        "gateway.config",
        "gateway.declare",
        "gateway.declared",
        "gateway.http",
        "gateway.serve",
        "storage",
    ],
    "gateway.cli": [
        "gateway.app",
        "gateway.config",
        "gateway.declare",
        "gateway.declared",
        "gateway.rehearsal",
        "gateway.options",
        "gateway.sections",
        "gateway.http",
        "gateway.mcp.stdio",
        "gateway.serve",
        "gateway.demo",
        "storage",
    ],
}

# A library -> the only places that may import it. A package that only others need is not ours to import.
DOORWAYS: Mapping[str, Sequence[str]] = {
    "radicale": ["gateway.dav"],
    "vobject": ["gateway.dav"],
    "defusedxml": ["gateway.dav", "plugins.caldav"],
    "fastapi": ["gateway"],
    "orjson": ["gateway.api", "storage.permits", "storage.tables.components"],
    "starlette": ["gateway"],
    "uvicorn": ["gateway.serve"],
    "click": ["gateway.cli"],
    "argon2": ["gateway.http"],
    "httpx": ["plugins.transport", "gateway.hooks.outgoing"],
    "httpcore": ["plugins.transport", "plugins.addresses", "gateway.hooks.outgoing"],
    "dns": ["plugins.caldav.services"],
    "caldav": [],
    "msal": ["plugins.outlook.auth"],
    "cryptography": ["storage.credentials", "gateway.http.webpush"],
    "icalendar": ["storage.ical"],
    "tzlocal": ["storage.ical", "gateway.cli.agenda"],
    "dateutil": ["storage.recurrence"],
    "sqlite_utils": ["storage.db", "storage.schema", "storage.tables"],
    "sqlite3": ["storage.db", "storage.schema", "storage.upgrade", "storage.tables"],
    "watchdog": ["storage.vdir.watch"],
    "requests": [],
    "niquests": [],
    "lxml": [],
    "pluggy": [],
    "mcp": ["gateway.mcp"],
    "mcp_types": ["gateway.mcp"],
    "pydantic": ["gateway.api", "gateway.mcp"],
    "recurring_ical_events": [],
}

# Standard modules that have one home, because they reach for the network.
SOCKETS: Mapping[str, Sequence[str]] = {
    "socket": ["plugins.addresses", "plugins.transport", "storage.sync.lease", "gateway"],
    "ssl": ["plugins.transport", "gateway.hooks.outgoing"],
    "urllib.request": [],
    "http.client": [],
    "asyncio": ["gateway"],
}

# Where the time may come from: `storage.clock`, so that tests can set it.
CLOCKS = {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}

# Words that mean "not finished" or "not true"; spelled so that this file does not contain them.
UNFINISHED = tuple(
    first + second
    for first, second in (
        ("# TO", "DO"),
        ("# FIX", "ME"),
        ("# XX", "X"),
        ("NotImplemented", "Error"),
        ("type: ", "ignore"),
        ("mark.", "skip("),
        ("mark.", "xfail"),
    )
)

# The loops that must not die, and what would tell an agent the words of any error: each writes what happened where a
# person sees it.
CATCH_ALL = ("storage.sync.worker", "gateway.serve", "gateway.mcp.server")

BANNED_NAMES = {"utils", "helpers", "common", "manager", "base", "util", "misc"}


def dotted(path: Path, root: Path = ROOT) -> str:
    """`storage/ical/lines.py` → `storage.ical.lines`."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def under(name: str, prefixes: Sequence[str]) -> bool:
    """Whether a module is one of these or lies inside one of them."""
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def imports(tree: ast.Module) -> Iterator[str]:
    """Every imported name in full; `.` for a relative import, which the house does not use."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if not node.level else (".",)


def import_faults(name: str, folder: str, tree: ast.Module) -> list[str]:
    """What a module imports against the rules."""
    rule = max((prefix for prefix in ALLOWED if under(name, [prefix])), key=len)
    own = [] if folder in PACKAGES else [folder]
    faults = []
    for target in imports(tree):
        top = target.split(".")[0]
        if target == ".":
            faults.append(f"{name}: write imports in full")
        elif top in PACKAGES and not under(target, [*ALLOWED[rule], *own]):
            faults.append(f"{name} imports {target}")
        elif top in DOORWAYS and not under(name, DOORWAYS[top]):
            faults.append(f"{name} imports {target}; only {list(DOORWAYS[top])} may")
        for module, homes in SOCKETS.items():
            if under(target, [module]) and not under(name, homes):
                faults.append(f"{name} imports {target}; only {list(homes)} may")
    return faults


def surface_faults(name: str, tree: ast.Module) -> list[str]:
    """Surfaces (`gateway.dav`, `gateway.api.…`, `gateway.web`, …) never import each other; only the roots name them."""
    surfaces = ("gateway.dav", "gateway.api", "gateway.mcp", "gateway.web", "gateway.hooks")
    if not under(name, surfaces):
        return []
    mine = [surface for surface in surfaces if under(name, [surface])]
    return [
        f"{name} imports {target}" for target in imports(tree) if under(target, surfaces) and not under(target, mine)
    ]


def provider_faults(name: str, tree: ast.Module) -> list[str]:
    """`plugins.<p>` never imports another provider."""
    parts = name.split(".")
    if parts[0] != "plugins" or len(parts) < 3:
        return []
    mine = [".".join(parts[:2]), "plugins.transport", "plugins.oauth"]
    return [f"{name} imports {t}" for t in imports(tree) if under(t, ["plugins"]) and not under(t, mine)]


def clock_faults(name: str, tree: ast.Module) -> list[str]:
    """Where a module asks anybody but `storage.clock` what time it is."""
    if name == "storage.clock":
        return []
    faults = [f"{name} imports {target}" for target in imports(tree) if target in CLOCKS]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pair = (node.value.id, node.attr)
            if pair in CLOCK_CALLS or ".".join(pair) in CLOCKS:
                faults.append(f"{name} line {node.lineno} uses {'.'.join(pair)}")
    return faults


def shape_faults(name: str, text: str, tree: ast.Module) -> list[str]:
    """Files and functions that are too long, files that do not say what they are, names that say nothing."""
    faults = []
    if text.count("\n") > LONGEST_FILE:
        faults.append(f"{name} has {text.count(chr(10))} lines")
    docstring = ast.get_docstring(tree) or ""
    if not docstring or len(docstring.splitlines()[0]) < 10:
        faults.append(f"{name} does not say in its first line what it is")
    if set(name.split(".")) & BANNED_NAMES:
        faults.append(f"{name}: the name says nothing")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                faults.append(f"{name}.{node.name} has {length} lines")
    return faults


def honesty_faults(name: str, text: str, tree: ast.Module) -> list[str]:
    """Words that say something is not done, and places that catch everything."""
    faults = [f"{name} says {word}" for word in UNFINISHED if word in text]
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not under(name, CATCH_ALL):
            caught = ast.unparse(node.type) if node.type else "everything"
            if caught in ("everything", "Exception", "BaseException") and not _passes_on(node):
                faults.append(f"{name} line {node.lineno} catches {caught}")
    return faults


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only cleans up and raises again."""
    return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None


def all_faults(path: Path, root: Path = ROOT) -> list[str]:
    """Everything that is wrong with one file."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    name = dotted(path, root)
    folder = name if path.name == "__init__.py" else dotted(path.parent / "__init__.py", root)
    return [
        *import_faults(name, folder, tree),
        *surface_faults(name, tree),
        *provider_faults(name, tree),
        *clock_faults(name, tree),
        *shape_faults(name, text, tree),
        *honesty_faults(name, text, tree),
    ]


@pytest.mark.parametrize("path", FILES, ids=dotted)
def test_a_file_keeps_the_rules_of_the_house(path: Path) -> None:
    assert all_faults(path) == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=dotted)
def test_a_test_is_finished(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [word for word in UNFINISHED if word in text] == []
    assert ast.get_docstring(ast.parse(text)), "a test file says in its first line what it tests"


def test_the_top_level_holds_only_what_it_may() -> None:
    """Nothing that git tracks, or would track, stands beside the fixed set."""
    allowed = {*PACKAGES, "pyproject.toml", "README.md", "config.example.ini", "tests", "Makefile", "benchmarks"}
    made = {"build", "dist", "data", "config.ini"}
    found = {p.name for p in ROOT.iterdir() if not p.name.startswith(".") and not p.name.endswith(".egg-info")}
    assert found - made <= allowed


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("storage/store.py", "import httpx"),
        ("storage/store.py", "from plugins.caldav import client"),
        ("storage/sync/engine.py", "from plugins.google.provider import GoogleProvider"),
        ("storage/sync/engine.py", "import gateway.config"),
        ("storage/sync/plan.py", "from storage.store import Store"),
        ("storage/tables/links.py", "from storage import store"),
        ("storage/ical/read.py", "from storage.db import Database"),
        ("storage/store.py", "from icalendar import Calendar"),
        ("storage/vdir/export.py", "import sqlite3"),
        ("plugins/caldav/provider.py", "from plugins.google.mapping import to_entry"),
        ("plugins/caldav/provider.py", "from storage.store import Store"),
        ("plugins/caldav/client.py", "import httpx"),
        ("plugins/registry.py", "from storage.store import Store"),
        ("gateway/dav/app.py", "from gateway.api.cursor import encode"),
        ("gateway/dav/app.py", "from plugins.registry import create"),
        ("gateway/cli/status.py", "from plugins import registry"),
        ("gateway/api/v1/routes.py", "import radicale"),
        ("gateway/http/access.py", "import click"),
        ("storage/store.py", "from . import db"),
        ("storage/store.py", "from datetime import datetime\nx = datetime.now()"),
        ("storage/store.py", "from time import time"),
        ("storage/store.py", "import urllib.request"),
        ("storage/store.py", "x = 1\n" * 400),
        ("storage/store.py", f"{UNFINISHED[0]}: later"),
        ("storage/store.py", "try:\n    f()\nexcept Exception:\n    pass"),
        ("storage/utils.py", "x = 1"),
        ("storage/store.py", "def f():\n" + "    x = 1\n" * 60),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, module: str, line: str) -> None:
    path = tmp_path / module
    path.parent.mkdir(parents=True)
    path.write_text(f'"""A file with a planted fault."""\n\n{line}\n')
    assert all_faults(path, tmp_path)


def test_a_file_without_a_first_line_is_found(tmp_path: Path) -> None:
    path = tmp_path / "storage" / "store.py"
    path.parent.mkdir(parents=True)
    path.write_text("x = 1\n")
    assert all_faults(path, tmp_path)
