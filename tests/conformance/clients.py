"""What people run every day, by our own scripts in `tests/clients`, with Debian's calcurse-caldav and cadaver too."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import laboratory
from tests.conformance.outcome import Case, junit

NAME = "vdirsyncer, khal, calcurse, cadaver …"
EXPLAINED: dict[str, str] = {}
PACKAGES = (
    ("calcurse", "/usr/bin/calcurse-caldav"),
    ("python3-httplib2", "/usr/lib/python3/dist-packages/httplib2/__init__.py"),
    ("cadaver", "/usr/bin/cadaver"),
)
ROOT = Path(__file__).parents[2]


def run() -> list[Case]:
    """Two machines with vdirsyncer, khal, todoman and khard; calcurse and cadaver; the replays of other programs."""
    laboratory.debian(*PACKAGES)
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", "tests/clients"]
        laboratory.run(command, folder=ROOT)
        return junit(report, "pytest")
