"""Stock Radicale as it is installed, beside ours on the same entries, and how their answers are compared."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from radicale import config
from radicale.app import Application

from gateway.dav.names import caldav, dav
from storage.ical.canonical import canonical
from tests.gateway.dav.door import NAMESPACES, Door, Got, component, event

ETAGS = "<getetag/><getcontenttype/><resourcetype/>"
DATA = "<getetag/><C:calendar-data/>"
VOLATILE = {dav("getetag"), dav("sync-token")}


def comp(name: str, inner: str = "") -> str:
    return f'<C:comp-filter name="{name}">{inner}</C:comp-filter>'


def query(props: str, inner: str) -> str:
    filters = f"<C:filter>{comp('VCALENDAR', inner)}</C:filter>"
    return f"<C:calendar-query {NAMESPACES}><prop>{props}</prop>{filters}</C:calendar-query>"


class Stock:
    """Radicale as it is installed, with its file storage, called without a server."""

    def __init__(self, folder: Path) -> None:
        configuration = config.load()
        configuration.update(
            {
                "storage": {"filesystem_folder": str(folder)},
                "auth": {"type": "none", "delay": 0},
                "rights": {"type": "owner_only"},
            },
            "test",
            privileged=True,
        )
        self._app = Application(configuration)

    def request(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> Got:
        data = body.encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(path),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_AUTHORIZATION": "Basic YWxpY2U6eA==",
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
        }
        environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()})
        started: list[Any] = []
        content = b"".join(self._app(environ, lambda status, sent: started.append((status, sent))))
        return Got(int(started[0][0][:3]), dict(started[0][1]), content)


class Pair:
    """Both servers with the same calendar; our paths are theirs below `/dav`."""

    def __init__(self, folder: Path) -> None:
        self.ours = Door(folder / "ours")
        self.stock = Stock(folder / "stock")
        assert self.stock.request("MKCALENDAR", "/alice/work/").status == 201
        for name, text in entries().items():
            assert self.ours.request("PUT", f"/dav/alice/work/{name}", text).status == 201
            assert self.stock.request("PUT", f"/alice/work/{name}", text).status == 201

    def ask(
        self, method: str, body: str = "", headers: dict[str, str] | None = None, path: str = "/alice/work/"
    ) -> tuple[Got, Got]:
        """Our answer and theirs; in bodies and headers our paths are written, also for them."""
        theirs = {name: value.replace("/dav/", "/") for name, value in (headers or {}).items()}
        stock = self.stock.request(method, path, body.replace("/dav/", "/"), theirs)
        return self.ours.request(method, f"/dav{path}", body, headers), stock

    def statuses(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[int, int]:
        ours, theirs = self.ask(method, body, headers, path)
        return ours.status, theirs.status


def entries() -> dict[str, str]:
    """Entries whose bytes Radicale's rewriting does not change in meaning."""
    zoned = ("DTSTART;TZID=Europe/Berlin:20260310T100000", "DTEND;TZID=Europe/Berlin:20260310T113000")
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nTZOFFSETFROM:+0200\r\n"
        "TZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n"
        "DTSTART:19960331T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
        "END:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    )
    made = {
        f"plain{n}.ics": event(
            f"plain{n}", f"SUMMARY:Nr {n}", f"DTSTART:202603{n:02}T100000Z", f"DTEND:202603{n:02}T110000Z"
        )
        for n in range(1, 29)
    }
    made["weekly.ics"] = event("weekly", "SUMMARY:W\nRRULE:FREQ=WEEKLY", *zoned).replace("BEGIN:VEVENT", zone, 1)
    made["counted.ics"] = event("counted", "SUMMARY:C\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260311T100000Z")
    made["day.ics"] = event("day", "SUMMARY:D", "DTSTART;VALUE=DATE:20260315", "DTEND;VALUE=DATE:20260317")
    made["alarm.ics"] = event(
        "alarm", "SUMMARY:A\nCATEGORIES:X\nBEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:d\nTRIGGER:-PT5M\nEND:VALARM"
    )
    made["task.ics"] = component("VTODO", "task", "SUMMARY:T\nDUE:20260312T100000Z")
    made["note.ics"] = component("VJOURNAL", "note", "SUMMARY:J\nDTSTART:20260313T100000Z")
    return made


def content(got: Got, prefix: str = "") -> dict[str, tuple[int, dict[str, str], dict[str, int]]]:
    """An answer in a form that both servers share: hrefs decoded, texts in canonical form, volatile values dropped."""
    found = {}
    for href, reply in got.replies.items():
        values: dict[str, str] = {}
        for name, prop in reply.props.items():
            text = prop.text or ""
            if name in VOLATILE:
                text = "present" if text else ""
            elif name == caldav("calendar-data"):
                text = canonical(text)
            elif name == dav("getcontenttype"):
                text = text.replace(" ", "")
            values[name] = text + "".join(sorted(child.tag for child in prop))
        found[unquote(href.removeprefix(prefix))] = (reply.status, values, reply.refused)
    return found


def same(answers: tuple[Got, Got]) -> int:
    """Compare; how many responses there were."""
    ours, theirs = content(answers[0], "/dav"), content(answers[1])
    assert ours == theirs
    return len(ours)
