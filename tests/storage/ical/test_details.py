"""What few components have: how it is rendered, and that older mirrors learn it."""

from base64 import b64encode
from pathlib import Path

import pytest

from storage import schema
from storage.ical.details import inline
from storage.ical.read import decode, read
from storage.model import Collection, Origin
from storage.records import ComponentRecord
from storage.store import Store
from storage.verify import verify
from tests.storage.texts import event

PARIS = ";TZID=Europe/Paris:20260329T100000"
ICS = Path(__file__).parent.parent.parent / "ics"


def _record(more: str, start: str = PARIS) -> ComponentRecord:
    return read(event(start=start, end="", more=more)).components[0]


def _corpus(name: str) -> ComponentRecord:
    return read(decode((ICS / name).read_bytes())).components[0]


@pytest.mark.parametrize(
    ("start", "line", "shown"),
    [
        (PARIS, "RRULE:FREQ=DAILY;COUNT=10", "RRULE:FREQ=DAILY;COUNT=10"),
        (PARIS, "RRULE:FREQ=DAILY;UNTIL=20260701", "RRULE:FREQ=DAILY;UNTIL=20260701T215959Z"),
        (PARIS, "RRULE:FREQ=DAILY;UNTIL=20260701T100000", "RRULE:FREQ=DAILY;UNTIL=20260701T080000Z"),
        (":20260329T100000Z", "RRULE:UNTIL=20260701T100000Z;FREQ=DAILY", "RRULE:UNTIL=20260701T100000Z;FREQ=DAILY"),
        (":20260329T100000", "RRULE:FREQ=DAILY;UNTIL=20260701T100000", "RRULE:FREQ=DAILY;UNTIL=20260701T100000"),
        (";VALUE=DATE:20260329", "RRULE:FREQ=DAILY;UNTIL=20260701T100000Z", "RRULE:FREQ=DAILY;UNTIL=20260701"),
        (";VALUE=DATE:20260329", "RDATE;VALUE=DATE:20260401,20260402", "RDATE;VALUE=DATE:20260401,20260402"),
        (PARIS, "EXDATE;X-A=b;TZID=Romance Standard Time:20260401T100000", "EXDATE;TZID=Europe/Paris:20260401T100000"),
        (":20260329T100000Z", "RRULE:FREQ=DAILY;UNTIL=nonsense", "RRULE:FREQ=DAILY;UNTIL=NONSENSE"),
        (":20260329T100000Z", "EXRULE:FREQ=WEEKLY", "EXRULE:FREQ=WEEKLY"),
    ],
)  # fmt: skip
def test_recurrence_as_it_is_shown(start: str, line: str, shown: str) -> None:
    assert _record(f"{line}\r\n", start).recurrence == (shown,)


def test_an_override_says_nothing_of_the_series() -> None:
    found = _record("RECURRENCE-ID;TZID=Europe/Paris:20260329T100000\r\nRRULE:FREQ=DAILY\r\n")
    assert (found.recurrence, found.instance_zone) == ((), "Europe/Paris")


def test_an_attachment_by_its_address() -> None:
    more = "ATTACH;FMTTYPE=application/pdf;MANAGED-ID=7;FILENAME=a b.pdf:https://x.example/1\r\nATTACH:https://x.example/d/c%20d.txt\r\n"
    first, second = _record(more).attachments
    assert first == {"id": "7", "name": "a b.pdf", "mime": "application/pdf", "uri": "https://x.example/1"}
    assert (second["name"], second["mime"], len(second["id"])) == ("c d.txt", "", 32)


def test_an_attachment_inside_the_text() -> None:
    text = decode((ICS / "030-inline-attachment.ics").read_bytes())
    (found,) = read(text).components[0].attachments
    assert (found["name"], found["mime"], found["uri"]) == ("dot.png", "image/png", "")
    assert (inline(text, found["id"]) or b"").startswith(b"\x89PNG")
    assert inline(text, "other") is None
    data = bytes(range(256)) * 4
    folded = event(more=f"ATTACH;VALUE=BINARY:{b64encode(data).decode()}\r\n")
    assert inline(folded, read(folded).components[0].attachments[0]["id"]) == data


def test_bytes_that_are_no_base64() -> None:
    text = event(more="ATTACH;ENCODING=BASE64;VALUE=BINARY:%%%\r\n")
    assert inline(text, read(text).components[0].attachments[0]["id"]) is None


def test_html_beside_the_text() -> None:
    found = _corpus("062-html-description.ics")
    assert found.description == "Plain text"
    assert found.html.startswith("<!DOCTYPE HTML")
    assert "Hello, <B>world</B>; &amp; all" in found.html


def test_who_made_it_when_and_where_one_joins() -> None:
    more = (
        "X-GATEWAY-CREATOR;CN=Al:mailto:al@x\r\nDTSTAMP:20260101T000000Z\r\nX-GATEWAY-DEFAULT-REMINDERS:FALSE\r\n"
        "X-GATEWAY-PROP;X-KEY=a:b\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\r\nCONFERENCE:https://a.example\r\n"
    )
    found = _record(more)
    assert found.creator == {"email": "al@x", "name": "Al"}
    assert found.default_reminders is False
    assert found.custom == ({"key": "a", "value": "b", "private": True},)
    assert found.busy_status == "OOF"
    assert (found.meeting or {})["entry_points"][0]["uri"] == "https://a.example"


def test_the_addresses_of_a_reminder_by_mail() -> None:
    assert [each.get("to") for each in _corpus("027-alarms-of-every-kind.ics").alarms] == [
        None, None, ["bob@example.org"], None,
    ]  # fmt: skip


def test_what_is_usual_takes_no_room(store: Store, home: Collection) -> None:
    store.put_entry(home.id, "a", event(more="LAST-MODIFIED:20260101T000000Z\r\n"), origin=Origin.DAV)
    assert store.db.reader().execute("SELECT more FROM components").fetchall() == [("",)]


def test_older_mirrors_learn_it(store: Store, home: Collection) -> None:
    for path in sorted(ICS.glob("*.ics"))[:70]:
        text = decode(path.read_bytes())
        if "BEGIN:VEVENT" in text and "METHOD:" not in text:
            store.put_entry(home.id, path.name, text, origin=Origin.DAV)
    before = store.db.reader().execute("SELECT n, alarms, more FROM components ORDER BY n").fetchall()
    assert sum(bool(more) for _, _, more in before) > 10
    with store.db.atomic() as conn:
        conn.execute("DROP INDEX components_excluding")
        conn.execute("ALTER TABLE components DROP COLUMN more")
        conn.execute("DELETE FROM _sqlite_migrations WHERE name IN ('m025_events', 'm036_taken_out')")
    with store.db.atomic() as conn:
        schema.migrate(conn)
    assert store.db.reader().execute("SELECT n, alarms, more FROM components ORDER BY n").fetchall() == before
    assert verify(store, None).ok
