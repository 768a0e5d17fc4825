"""What Thunderbird does with an account, driven headless over Marionette, by the modules under its windows.

Run by an environment that has marionette_driver: thunderbird_client.py URL USER PASSWORD FOLDER
"""

import base64
import socket
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

from marionette_driver.marionette import Marionette

from tests.conformance.tap_lines import Tap, until

PREFERENCES = """\
user_pref("marionette.port", %(port)s);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("network.proxy.no_proxies_on", "127.0.0.1, localhost");
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mailnews.start_page.enabled", false);
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("calendar.timezone.useSystemTimezone", false);
user_pref("calendar.timezone.local", "Europe/Berlin");
user_pref("calendar.alarms.show", false);
"""
# Every address but our own goes to a proxy that is not there: nothing leaves this machine.

PROLOGUE = """
const done = arguments[arguments.length - 1];
const load = (name) => ChromeUtils.importESModule(`resource:///modules/${name}.sys.mjs`);
const { cal } = load("calendar/calUtils");
const { CalEvent } = load("CalEvent");
const { CardDAVUtils } = load("CardDAVUtils");
const { MailServices } = load("MailServices");
const calendar = () => cal.manager.getCalendars().find((each) => each.name == "Hafen & Co");
const book = () => MailServices.ab.directories.find((each) => each.dirName == "Leute");
const items = () => calendar().getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
const refreshed = () => new Promise((resolve) => {
  const observer = {
    QueryInterface: ChromeUtils.generateQI(["calIObserver"]),
    onLoad() { calendar().removeObserver(observer); resolve(); },
    onStartBatch() {}, onEndBatch() {}, onAddItem() {}, onModifyItem() {}, onDeleteItem() {}, onError() {},
    onPropertyChanged() {}, onPropertyDeleting() {},
  };
  calendar().addObserver(observer);
  calendar().refresh();
});
(async () => { %s })().then((value) => done([value === undefined ? null : value, null]),
                            (error) => done([null, `${error.message || error.status || error}`]));
"""
SERIES = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//EN
BEGIN:VEVENT
UID:series
DTSTAMP:20260101T000000Z
DTSTART:20260302T100000Z
DTEND:20260302T110000Z
RRULE:FREQ=DAILY;COUNT=5
SUMMARY:Stand-up Grüße
X-ODD;X-P=1:one,two
END:VEVENT
END:VCALENDAR
"""
CARD = "BEGIN:VCARD\nVERSION:4.0\nUID:ada\nFN:Ada Lovelace\nN:Lovelace;Ada;;;\nEMAIL:ada@example.org\nEND:VCARD\n"


class Thunderbird:
    """The program, and the server behind its back."""

    def __init__(self, url: str, user: str, password: str, folder: str) -> None:
        self.url, self.user, self.password = url, user, password
        self.home = f"{url}{user}/"
        profile = Path(folder) / "profile"
        profile.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        (profile / "user.js").write_text(PREFERENCES % {"port": port}, "utf-8")
        command = [
            "thunderbird",
            "--headless",
            "--marionette",
            "--remote-allow-system-access",
            "--no-remote",
            "--profile",
            str(profile),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.driver = Marionette("127.0.0.1", port=port)

    def start(self) -> None:
        """Wait until it can be told what to do."""
        self.driver.raise_for_port(timeout=120, check_process_status=False)
        self.driver.start_session()
        self.driver.set_context("chrome")
        self.driver.timeout.script = 60

    def run(self, script: str, *arguments: str) -> Any:
        """What an asynchronous script returns; raises `RuntimeError` with Thunderbird's words."""
        value, error = self.driver.execute_async_script(PROLOGUE % script, script_args=arguments, new_sandbox=True)
        if error:
            raise RuntimeError(error)
        return value

    def http(self, method: str, address: str, text: str = "", **headers: str) -> tuple[str, str]:
        """A request behind Thunderbird's back: the answer, and its ETag."""
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        sent = {"Authorization": f"Basic {login}", "Content-Type": "text/calendar; charset=utf-8", **headers}
        request = urllib.request.Request(address, data=text.encode() if text else None, method=method, headers=sent)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.read().decode(), answer.headers.get("ETag", "")

    def close(self) -> None:
        """End the program."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def calendars(tap: Tap, bird: Thunderbird) -> None:
    """From the login name and the server's bare address to a deleted event."""
    bird.http("MKCALENDAR", bird.home + "bird/", MKCALENDAR, **{"Content-Type": "application/xml"})
    detect = """
      const found = await cal.provider.detection.detect(arguments[0], arguments[1], arguments[2], false, [], {});
      return [...found.values()].flat().map((each) => [each.name, each.uri.spec, each.readOnly]);
    """
    address = bird.home + "bird/"
    for name, where in (("its DAV address", bird.url), ("the server alone", bird.url.removesuffix("dav/"))):
        look = partial(bird.run, detect, bird.user, bird.password, where)
        found = tap.step(f"calendars are detected from {name}", look)
        named = sorted(one[0] for one in found)
        tap.step(f"all of them, from {name}", partial(sure, named == ["Calendar", "Hafen & Co"], found))
    tap.step("they may be written", lambda: sure(not any(one[2] for one in found), found))
    tap.step(
        "the calendar is added",
        lambda: bird.run(
            """
            const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
            const origin = new URL(arguments[2]).origin;
            login.init(origin, null, "CalHarbor", arguments[0], arguments[1], "", "");
            await Services.logins.addLoginAsync(login);
            const made = cal.manager.createCalendar("caldav", Services.io.newURI(arguments[2]));
            made.name = "Hafen & Co";
            made.setProperty("username", arguments[0]);
            made.setProperty("cache.enabled", true);
            cal.manager.registerCalendar(made);
            """,
            bird.user,
            bird.password,
            address,
        ),
    )
    tap.step("it is read for the first time", lambda: bird.run("await refreshed();"))
    events(tap, bird, address)


def events(tap: Tap, bird: Thunderbird, address: str) -> None:
    """A series, one occurrence of it, what another client does meanwhile, and deletion."""
    tap.step("a series is created", lambda: bird.run("await calendar().addItem(new CalEvent(arguments[0]));", SERIES))
    text, _ = tap.step("it stands on the server", lambda: bird.http("GET", address + "series.ics"))
    tap.step(
        "with its text and what Thunderbird does not know", lambda: sure("Grüße" in text and "one,two" in text, text)
    )
    tap.step(
        "one occurrence is edited",
        lambda: bird.run(
            """
            const [parent] = await items();
            const occurrence = parent.recurrenceInfo.getOccurrenceFor(cal.createDateTime("20260304T100000Z")).clone();
            occurrence.title = "Moved stand-up";
            occurrence.startDate = cal.createDateTime("20260304T120000Z");
            occurrence.endDate = cal.createDateTime("20260304T130000Z");
            const edited = parent.clone();
            edited.recurrenceInfo.modifyException(occurrence, true);
            await calendar().modifyItem(edited, parent);
            """
        ),
    )
    edited, _ = bird.http("GET", address + "series.ics")
    tap.step("the server has the override", lambda: sure("RECURRENCE-ID" in edited and "Moved" in edited, edited))
    tap.step(
        "one occurrence is deleted",
        lambda: bird.run(
            """
            const [parent] = await items();
            const edited = parent.clone();
            edited.recurrenceInfo.removeOccurrenceAt(cal.createDateTime("20260305T100000Z"));
            await calendar().modifyItem(edited, parent);
            """
        ),
    )
    without, etag = bird.http("GET", address + "series.ics")
    tap.step("the server has the EXDATE", lambda: sure("EXDATE" in without and "Moved" in without, without))
    theirs = SERIES.replace("series", "theirs").replace("\n", "\r\n")
    bird.http("PUT", address + "theirs.ics", theirs)
    bird.http("PUT", address + "series.ics", without.replace("Grüße", "heute"), **{"If-Match": etag})
    tap.step("a refresh", lambda: bird.run("await refreshed();"))
    titles = "return (await items()).map((each) => each.title).sort();"
    both = ["Stand-up Grüße", "Stand-up heute"]
    tap.step("shows what another client wrote", lambda: until(lambda: bird.run(titles) == both, "both"))
    bird.http("DELETE", address + "theirs.ics")
    bird.run("await refreshed();")
    tap.step("and what it deleted", lambda: until(lambda: bird.run(titles) == both[1:], "one"))
    tap.step(
        "the series is deleted", lambda: bird.run("const [item] = await items(); await calendar().deleteItem(item);")
    )
    home, _ = bird.http("PROPFIND", address, Depth="1")
    tap.step("it is gone from the server", lambda: sure("series.ics" not in home, home))


def contacts(tap: Tap, bird: Thunderbird) -> None:
    """An address book: detected, read, and one contact written, edited and deleted."""
    address = bird.home + "bird-book/"
    bird.http("MKCOL", address, MKCOL, **{"Content-Type": "application/xml"})
    bird.http(
        "PUT", address + "bob.vcf", CARD.replace("ada", "bob").replace("Ada", "Bob"), **{"Content-Type": "text/vcard"}
    )
    found = tap.step(
        "address books are detected",
        lambda: bird.run(
            """
            const found = await CardDAVUtils.detectAddressBooks(arguments[0], arguments[1], arguments[2], false, true);
            const book = found.find((each) => each.name == "Leute");
            await book.create();
            return found.map((each) => each.name);
            """,
            *(bird.user, bird.password, bird.url),
        ),
    )
    tap.step("ours is among them", lambda: sure("Leute" in found, found))
    names = "return book().childCards.map((each) => each.displayName).sort();"
    tap.step("its contacts are read", lambda: until(lambda: bird.run(names) == ["Bob Lovelace"], "Bob"))
    add = """
      const { VCardUtils } = load("VCardUtils");
      book().addCard(VCardUtils.vCardToAbCard(arguments[0]));
    """
    tap.step("a contact is created", lambda: bird.run(add, CARD))
    text = tap.step("it stands on the server", lambda: until(lambda: of(bird, address, "Ada"), "Ada"))
    tap.step("with its address", lambda: sure("ada@example.org" in text, text))
    edit = """
      const card = book().childCards.find((each) => each.displayName == "Ada Lovelace");
      card.vCardProperties.addValue("nickname", "Enchantress");
      book().modifyCard(card);
    """
    tap.step("it is edited", lambda: bird.run(edit))
    tap.step("the server has the edit", lambda: until(lambda: of(bird, address, "Enchantress"), "the nickname"))
    delete = 'book().deleteCards(book().childCards.filter((each) => each.displayName == "Ada Lovelace"));'
    tap.step("it is deleted", lambda: bird.run(delete))
    tap.step("and is gone from the server", lambda: until(lambda: not of(bird, address, "Ada"), "no Ada"))


def of(bird: Thunderbird, address: str, word: str) -> str:
    """The one contact on the server that holds a word; empty if none does."""
    body = (
        '<r:addressbook-query xmlns="DAV:" xmlns:r="urn:ietf:params:xml:ns:carddav"><prop><r:address-data/></prop>'
        "</r:addressbook-query>"
    )
    text, _ = bird.http("REPORT", address, body, **{"Content-Type": "application/xml", "Depth": "1"})
    return next((part for part in text.split("<response>") if word in part), "")


MKCALENDAR = """<mkcalendar xmlns="urn:ietf:params:xml:ns:caldav" xmlns:d="DAV:"><d:set><d:prop>
<d:displayname>Hafen &amp; Co</d:displayname></d:prop></d:set></mkcalendar>"""
MKCOL = """<mkcol xmlns="DAV:" xmlns:r="urn:ietf:params:xml:ns:carddav"><set><prop><displayname>Leute</displayname>
<resourcetype><collection/><r:addressbook/></resourcetype></prop></set></mkcol>"""


def sure(true: object, words: object = "") -> None:
    """Raises `AssertionError` with these words unless it is true."""
    assert true, words


if __name__ == "__main__":
    program = Thunderbird(*sys.argv[1:])
    try:
        program.start()
        with Tap() as running:
            calendars(running, program)
            contacts(running, program)
    finally:
        program.close()
