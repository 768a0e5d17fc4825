"""What an event looks like: people, reminders, descriptions, attachments, and the raw side of each service."""

from typing import Any

import pytest

from storage import clock
from tests.gateway.api.contract_here import CALDAV, EXCHANGE, GOOGLE, ICLOUD, NOW, OUTLOOK, RAW, Here
from tests.gateway.api.kloudless.series import daily, override, with_overrides
from tests.storage.texts import event


@pytest.mark.parametrize("account", [GOOGLE, OUTLOOK, CALDAV, EXCHANGE, ICLOUD])
def test_raw_by_service(here: Here, account: int) -> None:
    more = 'X-TEST:hello\r\nX-GATEWAY-RAW;X-KEY=colorId:"7"\r\n'
    entry = here.put(account, event(more=more))
    one = here.get(account, f"events/{entry.id}", headers=RAW)
    with clock.use(lambda: NOW):
        assert here.get(account, "events", headers=RAW)["objects"] == [one]
        assert "raw" not in here.get(account, "events", headers={"X-Kloudless-Raw-Data": "false"})["objects"][0]
    raw = one.pop("raw")
    assert one == here.get(account, f"events/{entry.id}")
    if account in (CALDAV, ICLOUD):
        assert (raw["format"], raw["etag"]) == ("text/calendar", entry.etag)
        assert "X-TEST:hello" in raw["data"]
        assert raw["href"].endswith(entry.href)
    elif account == EXCHANGE:
        assert raw == {"id": entry.id}
    else:
        assert (raw["id"], raw["colorId"]) == (entry.id, "7")


def test_html_on_outlook_alone_and_on_request(here: Here) -> None:
    more = "DESCRIPTION:Hello\r\nX-ALT-DESC;FMTTYPE=text/html:<p>Hello</p>\r\n"
    bare = "X-ALT-DESC;FMTTYPE=text/html:<p>One<br>two &amp\\; three</p><style>x</style>\r\n"
    prefer = {"X-Kloudless-Raw-Headers": '{"Prefer": "outlook.body-content-type=\\"html\\""}'}
    shown = {GOOGLE: ("Hello", "Hello"), OUTLOOK: ("Hello", "<p>Hello</p>"), EXCHANGE: ("<p>Hello</p>", "<p>Hello</p>")}
    for account, (usual, asked) in shown.items():
        path = f"events/{here.put(account, event(more=more)).id}"
        assert here.get(account, path)["description"] == usual
        assert here.get(account, path, headers=prefer)["description"] == asked
    entry = here.put(OUTLOOK, event("bare", more=bare))
    assert here.get(OUTLOOK, f"events/{entry.id}")["description"] == "One\ntwo & three"
    here.get(OUTLOOK, f"events/{entry.id}", 400, headers={"X-Kloudless-Raw-Headers": "no"})


def test_attachments_inside_the_event_are_served(here: Here) -> None:
    entry = here.put(
        CALDAV, event(more='ATTACH;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=image/png;FILENAME="ä b.png":aGVsbG8=\r\n')
    )
    (file,) = here.get(CALDAV, f"events/{entry.id}")["attachments"]
    assert (file["name"], file["mime_type"]) == ("ä b.png", "image/png")
    response = here.response(CALDAV, file["url"])
    assert (response.content, response.headers["content-type"]) == (b"hello", "image/png")
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A4%20b.png"
    here.get(CALDAV, f"events/{entry.id}/attachments/other", 404)
    here.get(GOOGLE, file["url"].replace("/103/", "/101/"), 404)


def test_people_reminders_and_the_rest(here: Here) -> None:
    more = (
        "ORGANIZER;CN=Carol:mailto:Carol@Example.com\r\nATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@x\r\n"
        "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DELEGATED:mailto:c@x\r\nATTENDEE;CUTYPE=ROOM;PARTSTAT=TENTATIVE:mailto:r@x\r\n"
        "CLASS:CONFIDENTIAL\r\nTRANSP:TRANSPARENT\r\nSTATUS:TENTATIVE\r\nLAST-MODIFIED:20260103T000000Z\r\n"
        "X-GATEWAY-PROP;X-KEY=color;X-SCOPE=PRIVATE:green\r\nCONFERENCE:https://meet.google.com/abc\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Go\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"
        "BEGIN:VALARM\r\nACTION:EMAIL\r\nSUMMARY:S\r\nDESCRIPTION:D\r\nATTENDEE:mailto:a@x\r\nTRIGGER;RELATED=END:-PT61M\r\nEND:VALARM\r\n"
        "BEGIN:VALARM\r\nACTION:AUDIO\r\nTRIGGER:PT5M\r\nEND:VALARM\r\n"
    )
    found = {
        account: here.get(account, f"events/{here.put(account, event(more=more)).id}")
        for account in (GOOGLE, OUTLOOK, CALDAV)
    }
    carol = found[CALDAV]
    assert carol["organizer"] == {"id": None, "name": "Carol", "email": "Carol@Example.com"}
    assert (carol["on_organizer_calendar"], found[GOOGLE]["on_organizer_calendar"]) == (True, False)
    assert [(each["email"], each["status"], each["required"], each["resource"]) for each in carol["attendees"]] == [
        ("bob@x", "accepted", True, False), ("c@x", "pending", False, False), ("r@x", "tentative", True, True),
    ]  # fmt: skip
    email = {"summary": "S", "description": "D", "to": ["a@x"]}
    assert carol["reminders"] == [
        {"minutes": 15, "method": "popup", "popup": "Go", "email": None},
        {"minutes": 1, "method": "email", "popup": None, "email": email},
    ]
    assert [each["popup"] for each in found[GOOGLE]["reminders"]] == [None, None]
    assert (found[OUTLOOK]["reminder"], len(found[OUTLOOK]["reminders"]), carol["reminder"]) == (15, 1, None)
    assert found[GOOGLE]["use_default_reminder"] is False
    assert (carol["visibility"], found[OUTLOOK]["visibility"]) == ("confidential", None)
    assert (carol["transparent"], carol["status"], carol["modified"]) == (True, "confirmed", "2026-01-03T00:00:00Z")
    assert carol["custom_properties"] == [{"key": "color", "value": "green", "private": True}]
    meeting = found[GOOGLE]["online_meeting"]
    assert (meeting["online_meeting_provider"], meeting["conference_id"]) == ("hangoutsMeet", None)
    assert [(each["uri"], each["entry_point_type"], each["pin"]) for each in meeting["entry_points"]] == [
        ("https://meet.google.com/abc", "video", None)
    ]


def test_a_trailing_slash_is_none(here: Here) -> None:
    entry = here.put(GOOGLE, event())
    assert here.get(GOOGLE, f"events/{entry.id}/") == here.get(GOOGLE, f"events/{entry.id}")
    assert here.get(GOOGLE, "events/")["total"] == 1


def test_no_get_reads_icalendar(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = override("20190412T100000Z", "20190412T150000Z", "20190412T160000Z")
    entry = here.put(CALDAV, with_overrides(daily(rule="FREQ=DAILY"), moved))
    solo = here.put(
        CALDAV, event(more="ATTACH;VALUE=BINARY;ENCODING=BASE64:aGVsbG8=\r\nX-ALT-DESC;FMTTYPE=text/html:<p>x</p>\r\n")
    )
    (file,) = here.get(CALDAV, f"events/{solo.id}")["attachments"]

    def refuse(*_: object) -> None:
        raise AssertionError("a read path reads iCalendar")

    for module in ("storage.ical.lines", "storage.ical.read", "storage.recurrence.stored", "storage.ical.write"):
        monkeypatch.setattr(f"{module}.parse", refuse)
    monkeypatch.setattr("storage.ical.read.read", refuse)
    monkeypatch.setattr("storage.window.read", refuse)
    asked: list[dict[str, Any]] = [
        {},
        {"instances": "false"},
        {"instances": entry.id},
        {"q": "moved"},
        {"start": "2060-01-01", "end": "2060-02-01"},
    ]
    for given in asked:
        assert here.get(CALDAV, "events", headers=RAW, **given)["count"]
    for each in (entry.id, solo.id, f"{entry.id}_20190412T100000Z", f"{entry.id}_20600101T100000Z"):
        assert here.get(CALDAV, f"events/{each}", headers=RAW)["id"] == each
    assert here.response(CALDAV, file["url"]).content == b"hello"
