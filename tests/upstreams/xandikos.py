"""A real Xandikos on a loopback port, in a folder of its own; it has no log-in."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.upstreams.serving import Server, free_port, running


@contextmanager
def running_xandikos(folder: Path, user: str = "up") -> Iterator[Server]:
    """Run Xandikos with its data under `folder` for the principal `/user/`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [
        *(sys.executable, "-m", "xandikos", "serve"),
        *("-d", str(folder / "data"), "-l", "127.0.0.1", "-p", str(port)),
        *("--current-user-principal", f"/{user}/", "--autocreate", "--state-dir", str(folder / "state")),
    ]
    with running("xandikos", command, url, folder / "log"):
        home = f"{url}{user}/"
        yield Server("xandikos", url, user, user, f"{home}calendars/", {user: user}, folder / "log", f"{home}contacts/")
