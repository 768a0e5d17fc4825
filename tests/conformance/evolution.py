"""Evolution-Data-Server, Debian's, in a D-Bus session and a home of its own: see `evolution_client.py`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import laboratory
from tests.conformance.outcome import Case, tap

NAME = "Evolution-Data-Server 3.46 (Debian)"
EXPLAINED: dict[str, str] = {}
PACKAGES = (
    ("evolution-data-server", "/usr/libexec/evolution-source-registry"),
    ("gir1.2-ecal-2.0", "/usr/lib/*/girepository-1.0/ECal-2.0.typelib"),
    ("gir1.2-ebook-1.2", "/usr/lib/*/girepository-1.0/EBook-1.2.typelib"),
    ("python3-gi", "/usr/lib/python3/dist-packages/gi/__init__.py"),
    ("dbus", "/usr/bin/dbus-run-session"),
)
SCRIPT = Path(__file__).with_name("evolution_client.py")


def run() -> list[Case]:
    """Calendars, one occurrence of a series, tasks and contacts, as Evolution and GNOME's programs handle them."""
    laboratory.debian(*PACKAGES)
    with laboratory.endpoint() as server, TemporaryDirectory() as home:
        extra = {
            **{f"XDG_{name}_HOME": f"{home}/{name.lower()}" for name in ("CONFIG", "DATA", "CACHE")},
            "HOME": home,
            "PYTHONPATH": str(SCRIPT.parents[2]),
            "GSETTINGS_BACKEND": "memory",
        }
        command = ["dbus-run-session", "--", "/usr/bin/python3", str(SCRIPT), f"{server.url}/dav/", "alice", "secret"]
        done = laboratory.run(command, extra=extra, seconds=300)
    return tap(done.printed, "the script")
