"""tsdav and ts-caldav (npm), which web and mobile programs build on: what they do is in `tsdav_client.js`."""

import shutil
from pathlib import Path

from tests.conformance import laboratory
from tests.conformance.outcome import Case, tap

NAME = "tsdav 2.3.4 and ts-caldav 0.3.7 (npm)"
EXPLAINED: dict[str, str] = {}
PACKAGES = {"tsdav": "2.3.4", "ts-caldav": "0.3.7"}
SCRIPT = Path(__file__).with_name("tsdav_client.js")


def run() -> list[Case]:
    """Calendars, contacts and tasks, from the bare address to their deletion."""
    folder = laboratory.npm("javascript", PACKAGES)
    shutil.copy(SCRIPT, folder)
    with laboratory.endpoint() as server:
        command = ["node", SCRIPT.name, f"{server.url}/dav/", "alice", "secret"]
        done = laboratory.run(command, folder=folder, seconds=120)
    return tap(done.printed, "the script")
