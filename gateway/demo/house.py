"""The demo's own server: a temporary folder with a configuration that mirrors the demo's upstream."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.demo.sample import sample_collections
from gateway.demo.upstream import PASSWORD, USER, fill, running_upstream
from gateway.http.tokens import new_token
from storage import clock

_CONFIG = """\
[server]
port = {port}
[storage]
path = ./data
[sync]
interval = 5
[user {user}]
password = {password}
[account sample]
user = {user}
provider = caldav
url = {url}
username = {user}
password = {password}
[token demo]
kind = app
secret = {key}
"""


@dataclass(frozen=True, slots=True)
class House:
    """Where everything of a demo stands. `key` opens the JSON API to every account."""

    folder: Path
    config: Path
    upstream: str
    user: str = USER
    password: str = PASSWORD
    key: str = ""


@contextmanager
def demo_house(port: int) -> Iterator[House]:
    """A filled upstream that runs, and a configuration beside it; all of it is gone after the block."""
    with TemporaryDirectory(prefix="calharbor-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        upstream = folder / "upstream"
        upstream.mkdir()
        fill(upstream, sample_collections(clock.now().date()))
        with running_upstream(upstream) as url:
            config = folder / "config.ini"
            key = new_token()
            config.write_text(_CONFIG.format(port=port, user=USER, password=PASSWORD, url=url, key=key), "utf-8")
            yield House(folder, config, url, key=key)
