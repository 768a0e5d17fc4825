"""The adapter: who is asking, how much may be sent, how paths are read, how answers are packed."""

import asyncio
import base64
import gzip
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from gateway.dav import render, well_known
from gateway.dav.app import DavApplication
from gateway.dav.request import Request
from tests.gateway.dav.door import CALDAV, DAV, NAMESPACES, Door, call, event


def test_nobody_gets_anything_but_options(door: Door) -> None:
    for method in ("PROPFIND", "REPORT", "GET", "PUT", "DELETE", "MKCALENDAR", "PROPPATCH", "MOVE", "POST"):
        got = door.request(method, "/dav/alice/work/", user=None)
        assert got.status == 401
        assert got.headers["www-authenticate"].startswith("Basic ")
    assert door.request("OPTIONS", "/dav/", user=None).status == 200


def test_a_wrong_password_is_no_login(door: Door) -> None:
    token = base64.b64encode(b"alice:wrong").decode()
    got = door.request("PROPFIND", "/dav/", headers={"Authorization": f"Basic {token}"}, user=None)
    assert got.status == 401


def test_options_says_what_is_really_done(door: Door) -> None:
    got = door.request("OPTIONS", "/dav/alice/")
    classes = "1, 3, access-control, calendar-access, addressbook, extended-mkcol, calendarserver-sharing"
    assert got.headers["dav"] == f"{classes}, calendar-auto-schedule, <http://calharbor.invalid/ns/silence>"
    allowed = got.headers["allow"].split(", ")
    assert {"PUT", "COPY", "REPORT"} <= set(allowed)
    assert not {"LOCK", "POST"} & set(allowed)


@pytest.mark.parametrize("method", ["LOCK", "POST", "UNLOCK", "BREW"])
def test_methods_that_are_not_answered(door: Door, method: str) -> None:
    assert door.request(method, "/dav/alice/work/").status == 405


def test_a_body_beyond_the_limit(tmp_path: Path) -> None:
    door = Door(tmp_path, max_body=2000)
    got = door.put("big.ics", event("big", "DESCRIPTION:" + "x" * 3000))
    assert (got.status, got.conditions) == (403, {f"{CALDAV}max-resource-size"})
    assert door.report("<x>" + " " * 3000 + "</x>").status == 413
    assert door.store.listing(door.store.collection_at("alice", "work").id) == []
    announced = {"Content-Length": "99999", "Expect": "100-continue"}
    assert door.request("PUT", "/dav/alice/work/a.ics", b"", announced).status == 403
    endless = door.request("PUT", "/dav/alice/work/a.ics", b"", {"Content-Length": "9" * 14})
    assert endless.conditions == {f"{CALDAV}max-resource-size"}, "nobody waits for the end of it"


def test_a_body_in_pieces_without_a_length(door: Door) -> None:
    text = event("chunked")
    assert door.request("PUT", "/dav/alice/work/c.ics", text, chunks=7).status == 201
    assert door.request("GET", "/dav/alice/work/c.ics").text == text


def test_a_poll_is_answered_without_a_thread(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    run_sync = to_thread.run_sync

    async def counting(*arguments: Any, **options: Any) -> Any:
        threads.append(1)
        return await run_sync(*arguments, **options)

    monkeypatch.setattr(to_thread, "run_sync", counting)
    first = door.propfind("/dav/alice/work/", "<CS:getctag/>")
    assert len(threads) == 1, "that the device is in use has to be written"
    again = door.propfind("/dav/alice/work/", "<CS:getctag/>")
    assert (again.status, again.body, len(threads)) == (207, first.body, 1)
    assert door.propfind("/dav/alice/none/", "<CS:getctag/>").status == 404
    assert door.propfind("/dav/bob/work/", "<CS:getctag/>").status == 403
    assert len(threads) == 1
    door.propfind("/dav/alice/work/", "<getetag/>", "1")
    door.propfind("/dav/alice/work/", "<CS:getctag/>" + " " * 5000)
    door.request("PROPFIND", "/dav/alice/work/", user=None)
    assert len(threads) == 4


def test_large_answers_are_compressed_for_who_takes_it(door: Door) -> None:
    for number in range(20):
        door.put(f"{number}.ics", event(str(number)))
    plain = door.propfind("/dav/alice/work/", "<getetag/>", "1")
    packed = door.propfind("/dav/alice/work/", "<getetag/>", "1", {"Accept-Encoding": "br, gzip;q=0.5"})
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    refused = door.propfind("/dav/alice/work/", "<getetag/>", "1", {"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_a_long_answer_is_made_while_it_is_sent(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        door.put(f"{number}.ics", event(str(number)))
    whole = door.propfind("/dav/alice/work/", "<getetag/>", "1")
    monkeypatch.setattr(render, "PIECE", 500)
    cut = door.propfind("/dav/alice/work/", "<getetag/>", "1")
    assert cut.body == whole.body
    assert "content-length" in whole.headers
    assert "content-length" not in cut.headers
    packed = door.propfind("/dav/alice/work/", "<getetag/>", "1", {"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.body) == whole.body


def test_who_hangs_up_gets_no_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        door.put(f"{number}.ics", event(str(number)))
    monkeypatch.setattr(render, "MANY", 1)
    monkeypatch.setattr(render, "PIECE", 500)
    body = "<propfind xmlns='DAV:'><prop><getetag/></prop></propfind>"
    whole = door.request("PROPFIND", "/dav/alice/work/", body, {"Depth": "1"})
    left = door.request("PROPFIND", "/dav/alice/work/", body, {"Depth": "1"}, patience=3)
    assert left.body.startswith(whole.body[:500])
    assert len(left.body) < len(whole.body) / 2


_QUERY = (
    "<C:calendar-query {ns}><prop><C:calendar-data/></prop><C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter "
    "name='VEVENT'><C:time-range start='20200101T000000Z'/></C:comp-filter></C:comp-filter></C:filter>"
    "</C:calendar-query>"
)
LONG_ANSWERS = {
    "PROPFIND": "<propfind {ns}><prop><creationdate/></prop></propfind>",
    "sync": "<sync-collection {ns}><sync-token/><prop><C:calendar-data/></prop></sync-collection>",
    "multiget": "<C:calendar-multiget {ns}><prop><C:calendar-data/></prop><href>/dav/alice/work/0.ics</href>"
    "<href>/dav/alice/work/1.ics</href><href>/dav/alice/work/2.ics</href></C:calendar-multiget>",
    "query": _QUERY,
}


@pytest.mark.parametrize("name", LONG_ANSWERS)
def test_a_long_answer_holds_no_transaction_while_it_is_sent(
    door: Door, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "PIECE", 1)
    for number in range(3):
        door.put(f"{number}.ics", event(str(number)))
    application = DavApplication(door.store, prefix="/dav", max_resource=1000)
    method, body = ("PROPFIND" if name == "PROPFIND" else "REPORT"), LONG_ANSWERS[name].format(ns=NAMESPACES)
    place, headers = ("alice", "work"), {"depth": "1" if name == "PROPFIND" else "0"}
    answer = application.answer(Request(method, place, True, headers, body.encode(), "alice", "alice"))
    pieces = [answer.body]
    for piece in answer.rest or ():
        assert not door.store.db.reader().in_transaction
        pieces.append(piece)
    assert len(pieces) >= 3
    assert b"".join(pieces).count(b"<response>") >= 3


def test_an_answer_with_an_etag_is_never_compressed(door: Door) -> None:
    door.put("long.ics", event("long", "DESCRIPTION:" + "x" * 3000))
    got = door.request("GET", "/dav/alice/work/long.ics", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in got.headers


@pytest.mark.parametrize("path", ["/dav/alice/../bob/", "/dav/alice/%2e%2e/bob/", "/dav/a%00b/", "/dav/alice/%FF/"])
def test_paths_that_no_path_can_be(door: Door, path: str) -> None:
    got = door.propfind(path)
    assert got.status == 400
    assert b"message" in got.body


def test_a_path_too_long_or_too_deep(door: Door) -> None:
    assert door.propfind("/dav/" + "x" * 9000).status == 400
    assert door.propfind("/dav/alice/work/a/b/c").status == 404
    assert door.request("PUT", "/dav/alice/work/a/b.ics", event("deep")).status in (403, 404, 409)


def test_head_is_get_without_the_body(door: Door) -> None:
    text = event("head")
    door.put("h.ics", text)
    got = door.request("HEAD", "/dav/alice/work/h.ics")
    assert (got.status, got.body, got.headers["content-length"]) == (200, b"", str(len(text.encode())))


def test_the_host_alone_answers_as_the_root_of_the_endpoint_does(door: Door) -> None:
    """A client that compares hrefs has to find the place where it asked (RFC 4918 §9.1)."""
    principal = "<current-user-principal/><principal-collection-set/>"
    got, below = (door.propfind(path, principal).replies for path in ("/", "/dav/"))
    assert (list(got), list(below)) == (["/"], ["/dav/"])
    for name in (f"{DAV}current-user-principal", f"{DAV}principal-collection-set"):
        assert got["/"].props[name].findtext(f"{DAV}href") == below["/dav/"].props[name].findtext(f"{DAV}href")
    assert list(door.propfind("/", depth="1").replies) == ["/", "/dav/alice/"]
    match = f"<principal-match {NAMESPACES}><self/></principal-match>"
    assert list(door.report(match, "/").replies) == ["/dav/alice/"]
    options = door.request("OPTIONS", "/", user=None)
    assert options.status == 200
    assert {"calendar-access", "addressbook"} <= {each.strip() for each in options.headers["dav"].split(",")}
    assert door.request("PROPFIND", "/", user=None).status == 401
    assert door.request("PUT", "/", event("x")).status in (403, 405)
    assert door.request("DELETE", "/").status == 403
    assert door.propfind("//").replies.keys() == {"/"}


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "OPTIONS"])
@pytest.mark.parametrize("service", ["caldav", "carddav"])
def test_the_well_known_addresses_lead_to_the_endpoint(method: str, service: str) -> None:
    got = asyncio.run(call(well_known, method, f"/.well-known/{service}", b"", {}))
    assert (got.status, got.headers["location"]) == (301, "/dav/")
