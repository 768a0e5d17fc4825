"""Thunderbird ESR, Debian's, headless in a profile of its own: see `thunderbird_client.py`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import laboratory
from tests.conformance.outcome import Case, tap

NAME = "Thunderbird ESR (Debian), headless"
EXPLAINED: dict[str, str] = {}
SCRIPT = Path(__file__).with_name("thunderbird_client.py")


def run() -> list[Case]:
    """Detection, a calendar, one occurrence of a series, refreshes, and an address book."""
    laboratory.debian(("thunderbird", "/usr/bin/thunderbird"))
    tools = laboratory.python("marionette", "marionette-driver==3.7.1")
    with laboratory.endpoint() as server, TemporaryDirectory() as home:
        extra = {"HOME": home, "PYTHONPATH": str(SCRIPT.parents[2])}
        command = [str(tools / "python"), str(SCRIPT), f"{server.url}/dav/", "alice", "secret", home]
        done = laboratory.run(command, extra=extra, seconds=300)
    return tap(done.printed, "the script")
