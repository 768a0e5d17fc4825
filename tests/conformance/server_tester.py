"""caldav-server-tester: about a hundred features of CalDAV probed one by one.

Run as a tool from an environment of its own (it is under the AGPL): what it prints is all that is looked at.
"""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import laboratory
from tests.conformance.outcome import Case, Verdict

NAME = "caldav-server-tester 1.7.0"
EXPLAINED: dict[str, str] = {}
REQUIREMENTS = ("caldav-server-tester==1.7.0", "caldav==3.6.0", "vobject==0.9.9")


def run() -> list[Case]:
    """One case a feature, judged by what the tool expects of a server that it knows nothing about.

    For four features that is no support: creating a calendar by writing to it, two queries that RFC 4791 §9.7 does not
    allow, and two resources whose paths differ in how `@` is spelled.
    """
    tools = laboratory.python("caldav-server-tester", *REQUIREMENTS)
    with laboratory.endpoint() as server, TemporaryDirectory() as folder:
        file = Path(folder) / "calendar.json"
        login = {"caldav_url": f"{server.url}/dav/", "caldav_password": "secret"}
        sections = zip(("default", "other"), laboratory.PEOPLE, strict=True)
        people = {section: {**login, "caldav_username": person} for section, person in sections}
        file.write_text(json.dumps(people), "utf-8")
        command = [
            str(tools / "caldav-server-tester"),
            "--config-section",
            "default",
            "--config-section",
            "other",
        ]
        extra = {"CALDAV_CONFIG_FILE": str(file), "HOME": folder}
        done = laboratory.run([*command, "--format", "text", "--verbose", "--diff"], extra=extra)
    return parse(done.printed)


def parse(report: str) -> list[Case]:
    """The features of a verbose text report; without a single one, a failure with the tool's last words."""
    features, _, differences = report.partition("\nDiff")
    worse = dict(re.findall(r"^  (\S+): expected=\S+ +observed=(?!full)(\S+)", differences, re.MULTILINE))
    cases = []
    for name, rest in re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", features, re.MULTILINE | re.DOTALL):
        support = re.search(r"^Feature support level found: (\S+)", rest, re.MULTILINE)
        words = re.search(r"^ +.*?(?:behaviour|description)=(.*)", rest, re.MULTILINE)
        said = words[1] if words else ""
        if support is None or support[1] in ("?", "unknown"):
            cases.append(Case(name, Verdict.SKIPPED, said))
        else:
            cases.append(Case(name, Verdict.FAILED if name in worse else Verdict.PASSED, f"{support[1]} {said}"))
    return cases or [Case("the tool reports", Verdict.FAILED, (report.strip().splitlines() or ["nothing"])[-1])]
