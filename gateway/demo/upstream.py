"""The demo's upstream: a stock Radicale on a loopback port, in a folder of its own, filled with the sample calendars.

`python -m gateway.demo.upstream CONFIG FD` runs Radicale until it ends or the pipe behind FD does, so that nothing is
left running when the demo is gone, however it went.
"""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from gateway.demo.sample import SampleCollection
from storage.errors import ConfigError

USER = "demo"
PASSWORD = "demo"  # noqa: S105 — the demo prints it; it opens sample data on the loopback interface

_CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
validate_path_value = none
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
[web]
type = none
[logging]
level = error
"""
_PATIENCE = 10.0
_LOOK = 0.05


def fill(folder: Path, collections: Sequence[SampleCollection]) -> None:
    """Put the sample collections where Radicale keeps its own: a folder with its properties, a file an entry."""
    home = folder / "collections" / "collection-root" / USER
    for collection in collections:
        shelf = home / collection.name.lower()
        shelf.mkdir(parents=True)
        properties = {"D:displayname": collection.name, "tag": "VADDRESSBOOK"}
        if collection.components != ("VCARD",):
            properties |= {
                "tag": "VCALENDAR",
                "ICAL:calendar-color": collection.color,
                "C:supported-calendar-component-set": ",".join(collection.components),
            }
        (shelf / ".Radicale.props").write_text(json.dumps(properties), "utf-8")
        for name, text in collection.entries.items():
            (shelf / name).write_bytes(text.encode())


@contextmanager
def running_upstream(folder: Path) -> Iterator[str]:
    """Run Radicale over `folder` inside the block; gives its address. Raises `ConfigError` if it does not start."""
    port = _free_port()
    config = folder / "radicale.conf"
    config.write_text(_CONFIG.format(port=port, folder=folder), "utf-8")
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n", "utf-8")
    watched, held = os.pipe()
    command = [sys.executable, "-m", "gateway.demo.upstream", str(config), str(watched)]
    with (folder / "radicale.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 — our own interpreter with our own arguments
            command, pass_fds=[watched], stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
        )
    os.close(watched)
    try:
        _wait_until_listening(process, port, folder / "radicale.log")
        yield f"http://127.0.0.1:{port}/"
    finally:
        os.close(held)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(int(_PATIENCE / _LOOK)):
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        sleep(_LOOK)
    raise ConfigError("the demo's upstream does not start", hint=f"see {log}")


def _run(config: str, watched: int) -> int:
    """Run Radicale until it ends, or until whoever holds the other end of the pipe is gone."""
    process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", config])  # noqa: S603 — as above
    while process.poll() is None:
        ready, _, _ = select.select([watched], [], [], 0.2)
        if ready and not os.read(watched, 1):
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
    return process.wait()


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1], int(sys.argv[2])))
