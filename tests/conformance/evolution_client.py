"""What Evolution, GNOME Calendar and GNOME Contacts do, by the engine under them: Evolution-Data-Server.

Run by Debian's python3 (it has the bindings) in a D-Bus session of its own: evolution_client.py URL USER PASSWORD
"""

import base64
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import gi

from tests.conformance.tap_lines import Tap, until

for _name, _version in (
    *(("EDataServer", "1.2"), ("ECal", "2.0"), ("EBook", "1.2"), ("EBookContacts", "1.2"), ("ICalGLib", "3.0")),
):
    gi.require_version(_name, _version)
from gi.repository import EBook, EBookContacts, ECal, EDataServer, GLib, ICalGLib  # noqa: E402

SERIES = """BEGIN:VEVENT
UID:series
DTSTAMP:20260101T000000Z
DTSTART:20260302T100000Z
DTEND:20260302T110000Z
RRULE:FREQ=DAILY;COUNT=5
SUMMARY:Stand-up Grüße
END:VEVENT
"""
OVERRIDE = """BEGIN:VEVENT
UID:series
DTSTAMP:20260101T000000Z
RECURRENCE-ID:20260304T100000Z
DTSTART:20260304T120000Z
DTEND:20260304T130000Z
SUMMARY:Moved stand-up
END:VEVENT
"""
TASK = "BEGIN:VTODO\nUID:task\nDTSTAMP:20260101T000000Z\nSUMMARY:Paint\nDUE:20260302T100000Z\nEND:VTODO\n"
CARD = "BEGIN:VCARD\nVERSION:3.0\nUID:ada\nFN:Ada Lovelace\nN:Lovelace;Ada;;;\nEMAIL:ada@example.org\nEND:VCARD\n"
NO_FLAGS = ECal.OperationFlags.NONE
EVERYTHING = "#t"
SECONDS = 30


class Evolution:
    """One account at the server, with the engine's registry of sources."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url, self.user, self.password = url, user, password
        self.registry = EDataServer.SourceRegistry.new_sync(None)
        self.credentials = EDataServer.NamedParameters.new()
        self.credentials.set("username", user)
        self.credentials.set("password", password)

    def source(self, kind: str, address: str) -> Any:
        """A new source for `address`, as the account assistant writes it."""
        source = EDataServer.Source.new(None, None)
        source.set_display_name("Conformance")
        parts = urlsplit(address)
        login = source.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        login.set_host(parts.hostname)
        login.set_port(parts.port)
        login.set_user(self.user)
        login.set_method("plain/password")
        source.get_extension(EDataServer.SOURCE_EXTENSION_SECURITY).set_method("none")
        source.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND).set_resource_path(parts.path)
        source.get_extension(EDataServer.SOURCE_EXTENSION_OFFLINE).set_stay_synchronized(True)
        source.get_extension(kind).set_backend_name(
            "carddav" if kind == EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK else "caldav"
        )
        return source

    def discover(self, supports: int, path: str | None = None) -> list[Any]:
        """What the engine finds on the server, as (name, address) and more."""
        found = EDataServer.webdav_discover_sources_sync(
            self.source(EDataServer.SOURCE_EXTENSION_CALENDAR, self.url), path, supports, self.credentials, None
        )
        assert found[0], found
        return list(found.out_discovered_sources)

    def session(self) -> Any:
        """A WebDAV session that is logged in."""
        session = EDataServer.WebDAVSession.new(self.source(EDataServer.SOURCE_EXTENSION_CALENDAR, self.url))
        session.set_credentials(self.credentials)
        return session

    def keep(self, kind: str, address: str) -> Any:
        """A source that the engine knows from now on."""
        source = self.source(kind, address)
        assert self.registry.commit_source_sync(source, None)
        return until(lambda: self.registry.ref_source(source.get_uid()), "the source is known")

    def connect(self, source: Any, opened: Callable[[], Any]) -> Any:
        """What `opened` returns once the engine's question for the password was answered meanwhile."""
        status = EDataServer.SourceConnectionStatus

        def connected() -> bool:
            if source.get_connection_status() == status.AWAITING_CREDENTIALS:
                source.invoke_authenticate_sync(self.credentials, None)
            return bool(source.get_connection_status() == status.CONNECTED)

        with ThreadPoolExecutor(1) as threads:
            opening = threads.submit(opened)
            until(connected, "the login is taken")
            client = opening.result(SECONDS)
        until(lambda: not client.is_readonly(), "it may be written")
        return client

    def http(self, method: str, address: str, text: str = "") -> str:
        """A request behind the engine's back."""
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "text/calendar; charset=utf-8"}
        data = text.encode() if text else None
        request = urllib.request.Request(address, data=data, method=method, headers=headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return str(answer.read().decode())


def calendars(tap: Tap, evolution: Evolution) -> None:
    """From a new calendar to a deleted one."""
    supports = EDataServer.WebDAVDiscoverSupports
    found = tap.step("calendars are discovered from the address alone", lambda: evolution.discover(supports.EVENTS))
    tap.step("the first calendar is among them", lambda: _assert("Calendar" in names(found), names(found)))
    home = evolution.url + f"{evolution.user}/"
    address = home + "evolution/"
    tap.step(
        "MKCALENDAR",
        lambda: evolution.session().mkcalendar_sync(
            address, "Hafen & Co", "made by Evolution", "#3366cc", supports.EVENTS | supports.TASKS, None
        ),
    )
    [made] = tap.step(
        "the new one is discovered with its name",
        lambda: [one for one in evolution.discover(supports.EVENTS) if one.display_name == "Hafen & Co"],
    )
    tap.step("and with its colour", lambda: _assert(made.color.lower() == "#3366cc", made.color))
    tap.step("and holds tasks", lambda: _assert(made.supports & supports.TASKS))
    tap.step(
        "its address is the one it was made at", lambda: _assert(urlsplit(made.href).path == urlsplit(address).path)
    )
    source = evolution.keep(EDataServer.SOURCE_EXTENSION_CALENDAR, address)
    open_it = partial(ECal.Client.connect_sync, source, ECal.ClientSourceType.EVENTS, 0, None)
    client = tap.step("the account is added, and its password taken", lambda: evolution.connect(source, open_it))
    events(tap, evolution, client, address)
    tasks(tap, evolution, address)
    tap.step("the calendar is deleted", lambda: evolution.session().delete_sync(address, "infinity", None, None))
    tap.step(
        "and is not discovered any more",
        lambda: _assert("Hafen & Co" not in names(evolution.discover(supports.EVENTS))),
    )


def events(tap: Tap, evolution: Evolution, client: Any, address: str) -> None:
    """A series, one occurrence of it, what another client does meanwhile, and deletion."""
    component = ICalGLib.Component.new_from_string
    tap.step("a series is created", lambda: client.create_object_sync(component(SERIES), NO_FLAGS, None))
    [name] = tap.step("it stands on the server", lambda: members(evolution, address))
    text = evolution.http("GET", address + name)
    tap.step("with its rule and its text", lambda: _assert("COUNT=5" in text and "Grüße" in text, text))
    tap.step(
        "one occurrence is edited",
        lambda: client.modify_object_sync(component(OVERRIDE), ECal.ObjModType.THIS, NO_FLAGS, None),
    )
    edited = evolution.http("GET", address + name)
    tap.step("the server has the override", lambda: _assert("RECURRENCE-ID" in edited and "Moved" in edited, edited))
    tap.step(
        "one occurrence is deleted",
        lambda: client.remove_object_sync("series", "20260305T100000Z", ECal.ObjModType.THIS, NO_FLAGS, None),
    )
    without = evolution.http("GET", address + name)
    tap.step("the server has the EXDATE", lambda: _assert("EXDATE" in without, without))
    tap.step("the override is still there", lambda: _assert("Moved" in without, without))
    other = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n" + SERIES.replace("series", "theirs").replace(
        "\n", "\r\n"
    ).replace("Stand-up", "Theirs")
    evolution.http("PUT", address + "theirs.ics", other + "END:VCALENDAR\r\n")
    tap.step("a refresh", lambda: client.refresh_sync(None))
    tap.step("shows what another client wrote", lambda: until(lambda: "theirs" in uids(client), "the new event"))
    evolution.http("DELETE", address + "theirs.ics")
    client.refresh_sync(None)
    tap.step("and what it deleted", lambda: until(lambda: "theirs" not in uids(client), "the deleted event"))
    now = int(time.mktime((2026, 3, 1, 0, 0, 0, 0, 0, 0)))
    tap.step(
        "a time range is answered",
        lambda: _assert(client.get_object_list_as_comps_sync(range_of(now, now + 86400 * 30), None)[1]),
    )
    tap.step(
        "the series is deleted",
        lambda: client.remove_object_sync("series", None, ECal.ObjModType.ALL, NO_FLAGS, None),
    )
    tap.step("and nothing is left", lambda: until(lambda: members(evolution, address) == [], "an empty calendar"))


def tasks(tap: Tap, evolution: Evolution, address: str) -> None:
    """A task list is the same calendar once more."""
    source = evolution.keep(EDataServer.SOURCE_EXTENSION_TASK_LIST, address)
    open_it = partial(ECal.Client.connect_sync, source, ECal.ClientSourceType.TASKS, 0, None)
    client = tap.step("the tasks of the calendar are added", lambda: evolution.connect(source, open_it))
    task = ICalGLib.Component.new_from_string(TASK)
    tap.step("a task is created", lambda: client.create_object_sync(task, NO_FLAGS, None))
    tap.step("it stands on the server", lambda: _assert(len(members(evolution, address)) == 1))
    tap.step("a task is deleted", lambda: client.remove_object_sync("task", None, ECal.ObjModType.ALL, NO_FLAGS, None))


def contacts(tap: Tap, evolution: Evolution) -> None:
    """From a new address book to a deleted one."""
    supports = EDataServer.WebDAVDiscoverSupports
    address = evolution.url + f"{evolution.user}/evolution-book/"
    tap.step("MKCOL", lambda: evolution.session().mkcol_addressbook_sync(address, "Leute", "made by Evolution", None))
    tap.step(
        "the address book is discovered",
        lambda: _assert("Leute" in names(evolution.discover(supports.CONTACTS))),
    )
    source = evolution.keep(EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK, address)
    open_it = partial(EBook.BookClient.connect_sync, source, 0, None)
    client = tap.step("the book is added", lambda: evolution.connect(source, open_it))
    flags = EBookContacts.BookOperationFlags.NONE
    contact = EBookContacts.Contact.new_from_vcard(CARD)
    added = tap.step("a contact is created", lambda: client.add_contact_sync(contact, flags, None))
    [name] = tap.step("it stands on the server", lambda: members(evolution, address))
    found = client.get_contact_sync(added.out_added_uid, None).out_contact
    found.set_property("nickname", "Enchantress")
    tap.step("a contact is edited", lambda: client.modify_contact_sync(found, flags, None))
    text = evolution.http("GET", address + name)
    tap.step("the server has the edit", lambda: _assert("Enchantress" in text, text))
    tap.step("a contact is deleted", lambda: client.remove_contact_sync(found, flags, None))
    tap.step("and is gone", lambda: _assert(members(evolution, address) == []))


def range_of(start: int, end: int) -> str:
    """The engine's expression for what happens between two moments."""
    stamp = "%Y%m%dT%H%M%SZ"
    first, last = (time.strftime(stamp, time.gmtime(moment)) for moment in (start, end))
    return f'(occur-in-time-range? (make-time "{first}") (make-time "{last}"))'


def uids(client: Any) -> list[str]:
    """What the engine shows."""
    return [one.get_uid() for one in client.get_object_list_as_comps_sync(EVERYTHING, None)[1]]


def names(found: list[Any]) -> list[str]:
    """What was discovered, by its names."""
    return [one.display_name for one in found]


def members(evolution: Evolution, address: str) -> list[str]:
    """The names that the server lists in a collection."""
    listed = evolution.session().list_sync(address, "1", EDataServer.WebDAVListFlags.ETAG, None)[1]
    return [one.href.rsplit("/", 1)[1] for one in listed if not one.href.endswith("/")]


def _assert(true: object, words: object = "") -> None:
    assert true, words


if __name__ == "__main__":
    # The engine's answers and questions arrive in a main loop.
    Thread(target=GLib.MainLoop().run, daemon=True).start()
    with Tap() as running:
        account = Evolution(*sys.argv[1:])
        calendars(running, account)
        contacts(running, account)
