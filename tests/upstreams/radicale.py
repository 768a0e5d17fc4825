"""A real, stock Radicale on a loopback port, in a folder of its own."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.upstreams.serving import Server, free_port, running

_CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 32
validate_path_value = {paths}
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
level = warning
"""


@contextmanager
def running_radicale(
    folder: Path, users: Mapping[str, str] | None = None, *, paths: str = "minimal"
) -> Iterator[Server]:
    """Run Radicale with its data under `folder` (kept for another start); the first user is the account.

    `paths` is `validate_path_value`: with its default Radicale refuses hrefs with `: ' " * ? ,`, with `none` it takes
    them.
    """
    everybody = dict(users or {"up": "up"})
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (folder / "users").write_text("".join(f"{name}:{password}\n" for name, password in everybody.items()))
    config = folder / "config"
    config.write_text(_CONFIG.format(port=port, folder=folder, paths=paths))
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-m", "radicale", "--config", str(config)]
    with running("radicale", command, url, folder / "log"):
        username = next(iter(everybody))
        yield Server("radicale", url, username, everybody[username], f"{url}{username}/", everybody, folder / "log")
