"""The folder as the programs see it that it is for: khal lists its events, todoman its tasks, under our names."""

import json
import os
import subprocess
import sys
from pathlib import Path

from storage.model import Account, Collection, CollectionKind, Origin
from storage.store import Store
from storage.vdir.export import VdirExport
from tests.clients import khal
from tests.storage.texts import event, todo

_TODOMAN = """\
path = "{root}/*/*"
cache_path = "{folder}/todoman.sqlite3"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
"""


def run(folder: Path, program: str, *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / program), *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CACHE_HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tasks_of(store: Store, account: Account) -> Collection:
    return store.create_collection(
        account.id, "tasks", name="Aufgaben ✅", kind=CollectionKind.TASKS, components=["VTODO"], origin=Origin.DAV
    )


def test_khal_lists_the_events(store: Store, home: Collection, tmp_path: Path) -> None:
    root = store.folder / "vdir"
    series = event(
        "series",
        start=";TZID=Europe/Berlin:20270104T093000",
        end=";TZID=Europe/Berlin:20270104T100000",
        summary="Besprechung 🎉 会議",
        more="RRULE:FREQ=DAILY;COUNT=3\r\n",
    )
    store.put_entry(home.id, "series.ics", series, origin=Origin.DAV)
    store.put_entry(
        home.id,
        "day.ics",
        event("day", start=";VALUE=DATE:20270105", end=";VALUE=DATE:20270106", summary="Feiertag"),
        origin=Origin.DAV,
    )
    store.update_collection(home.id, name="Zuhause", color="#2E8B57", origin=Origin.DAV)
    VdirExport(store, root).run()
    config = khal.configure(tmp_path, f"[[mirror]]\npath = {root}/*/*\ntype = discover\n")
    listed = run(
        tmp_path, "khal", "-c", config, "list", "--json", "title", "--json", "start", "--json", "calendar",
        "2027-01-04", "5d",
    )  # fmt: skip
    found = [event for line in listed.splitlines() for event in json.loads(line)]
    assert [(each["start"], each["title"]) for each in found] == [
        ("2027-01-04 09:30", "Besprechung 🎉 会議"),
        ("2027-01-05", "Feiertag"),
        ("2027-01-05 09:30", "Besprechung 🎉 会議"),
        ("2027-01-06 09:30", "Besprechung 🎉 会議"),
    ]
    assert {each["calendar"] for each in found} == {"Zuhause"}


def test_todoman_lists_the_tasks(store: Store, home: Collection, tmp_path: Path) -> None:
    root = store.folder / "vdir"
    tasks = tasks_of(store, store.account(home.account_id))
    store.put_entry(
        tasks.id, "a.ics", todo("a", summary="Steuer 💶", more="DUE;VALUE=DATE:20270301\r\n"), origin=Origin.DAV
    )
    store.put_entry(tasks.id, "b.ics", todo("b", more="STATUS:COMPLETED\r\n"), origin=Origin.DAV)
    VdirExport(store, root).run()
    config = tmp_path / "todoman.py"
    config.write_text(_TODOMAN.format(root=root, folder=tmp_path))
    listed = json.loads(run(tmp_path, "todo", "--config", str(config), "--porcelain", "list"))
    assert [(each["summary"], each["list"]) for each in listed] == [("Steuer 💶", "Aufgaben ✅")]
