"""What every real server under test has in common: a free port, a process, waiting until it answers."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx


@dataclass(frozen=True)
class Server:
    """A running server: where it is, one account on it, and the account's homes (URLs with closing slash).

    `book_home` is that of address books where it is another than that of calendars.
    """

    name: str
    url: str
    username: str
    password: str
    home: str
    others: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    book_home: str = ""

    @property
    def auth(self) -> tuple[str, str]:
        """User name and password, as httpx takes them."""
        return self.username, self.password

    def client(self) -> httpx.Client:
        """A plain HTTP client logged in as the account, to look behind the adapter's back."""
        return httpx.Client(auth=self.auth, trust_env=False, timeout=60)

    def as_user(self, name: str) -> "Server":
        """The same server, for another of its users."""
        mine, theirs = f"/{self.username}/", f"/{name}/"
        home, books = self.home.replace(mine, theirs), self.book_home.replace(mine, theirs)
        return replace(self, username=name, password=self.others[name], home=home, book_home=books)

    def make_calendar(self, name: str) -> str:
        """MKCALENDAR in the home; returns its URL."""
        url = f"{self.home}{name}/"
        with self.client() as client:
            answer = client.request("MKCALENDAR", url)
        if answer.status_code not in {200, 201}:
            raise RuntimeError(f"{self.name}: MKCALENDAR {url} answered {answer.status_code}: {answer.text[:500]}")
        return url

    def make_address_book(self, name: str) -> str:
        """Extended MKCOL in the home; returns its URL."""
        url = f"{self.book_home or self.home}{name}/"
        body = (
            '<D:mkcol xmlns:D="DAV:" xmlns:R="urn:ietf:params:xml:ns:carddav"><D:set><D:prop><D:resourcetype>'
            "<D:collection/><R:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>"
        )
        with self.client() as client:
            answer = client.request("MKCOL", url, content=body, headers={"Content-Type": "application/xml"})
        if answer.status_code not in {200, 201}:
            raise RuntimeError(f"{self.name}: MKCOL {url} answered {answer.status_code}: {answer.text[:500]}")
        return url


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether something speaks HTTP at `url`."""
    try:
        httpx.request("OPTIONS", url, trust_env=False, timeout=5)
    except httpx.HTTPError:
        return False
    return True


def wait_until(condition: Callable[[], bool], what: str, *, alive: Callable[[], bool], log: Path, seconds: int) -> None:
    """Wait for a server to come up; fails with the end of its log if it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if not alive() or time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)


@contextmanager
def running(name: str, command: Sequence[str], url: str, log: Path, *, seconds: int = 30) -> Iterator[None]:
    """Run `command` until the block ends; enters it when `url` answers."""
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL) as process,
    ):
        try:
            wait_until(lambda: answers(url), name, alive=lambda: process.poll() is None, log=log, seconds=seconds)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
