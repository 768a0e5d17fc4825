"""DELETE, MOVE and COPY: each does the whole of what it says, or nothing."""

import pytest

from gateway.dav.names import caldav, dav
from storage.errors import NotFound
from tests.gateway.dav.door import Door, Got, component, event


def move(door: Door, target: str, name: str = "a.ics", method: str = "MOVE", **headers: str) -> Got:
    return door.request(method, f"/dav/alice/work/{name}", headers={"Destination": target, **headers})


def test_deleting_an_entry(door: Door) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    assert door.request("DELETE", "/dav/alice/work/a.ics", headers={"If-Match": '"x"'}).status == 412
    assert door.request("DELETE", "/dav/alice/work/a.ics", headers={"If-Match": etag}).status == 204
    assert door.request("DELETE", "/dav/alice/work/a.ics").status == 404


def test_deleting_a_calendar_with_everything_in_it(door: Door) -> None:
    door.put("a.ics", event("a"))
    assert door.request("DELETE", "/dav/alice/work/", headers={"Depth": "0"}).status == 400
    assert door.request("DELETE", "/dav/alice/work/", headers={"If-Match": '"x"'}).status == 412
    assert door.request("DELETE", "/dav/alice/work/", headers={"Depth": "infinity"}).status == 204
    assert door.propfind("/dav/alice/work/").status == 404
    with pytest.raises(NotFound):
        door.store.collection_at("alice", "work")


def test_a_principal_cannot_be_deleted(door: Door) -> None:
    assert door.request("DELETE", "/dav/alice/").status == 403
    assert door.request("DELETE", "/dav/").status == 403
    assert door.propfind("/dav/alice/work/").status == 207


def test_moving_within_and_between_calendars(door: Door) -> None:
    door.put("a.ics", event("a"))
    entry = door.store.entry_by_uid(door.store.collection_at("alice", "work").id, "a")
    second = door.add_calendar("second")
    assert move(door, "http://example.org/dav/alice/work/b%20c.ics").status == 201
    assert move(door, "/dav/alice/second/d.ics", "b%20c.ics").status == 201
    moved = door.store.entry_at(second, "d.ics")
    assert (moved.id, moved.text) == (entry.id, entry.text)
    assert door.request("GET", "/dav/alice/work/a.ics").status == 404


def test_a_target_that_is_taken(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.put("b.ics", event("b"))
    assert move(door, "/dav/alice/work/b.ics", Overwrite="F").status == 412
    assert door.propfind("/dav/alice/work/", "<getetag/>", "1").names == {"work", "a.ics", "b.ics"}
    assert move(door, "/dav/alice/work/b.ics").status == 204
    assert door.propfind("/dav/alice/work/", "<getetag/>", "1").names == {"work", "b.ics"}


def test_copying_to_another_calendar(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.add_calendar("second")
    assert move(door, "/dav/alice/second/a.ics", method="COPY").status == 201
    assert move(door, "/dav/alice/second/a.ics", method="COPY").status == 204
    assert move(door, "/dav/alice/second/a.ics", method="COPY", Overwrite="F").status == 412
    assert door.request("GET", "/dav/alice/work/a.ics").text == door.request("GET", "/dav/alice/second/a.ics").text
    got = move(door, "/dav/alice/work/b.ics", method="COPY")
    assert (got.status, got.conditions) == (409, {caldav("no-uid-conflict")})


def test_a_copy_takes_the_place_of_another_entry(door: Door) -> None:
    door.put("a.ics", event("a"))
    second = door.add_calendar("second")
    door.request("PUT", "/dav/alice/second/b.ics", event("b"))
    assert move(door, "/dav/alice/second/b.ics", method="COPY").status == 204
    assert [entry.uid for entry in door.store.iter_entries(second)] == ["a"]


def test_a_read_only_calendar_can_be_copied_from(door: Door) -> None:
    door.put("a.ics", event("a"))
    door.add_calendar("second")
    door.make_read_only("work")
    assert move(door, "/dav/alice/second/a.ics", method="COPY").status == 201
    assert move(door, "/dav/alice/second/b.ics", method="MOVE").status == 403


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_only_the_version_named_is_moved(door: Door, method: str) -> None:
    etag = door.put("a.ics", event("a")).headers["etag"]
    door.add_calendar("second")
    assert move(door, "/dav/alice/second/a.ics", method=method, **{"If-Match": '"x"'}).status == 412
    assert move(door, "/dav/alice/second/a.ics", method=method, If='(["x"])').status == 412
    assert move(door, "/dav/alice/second/a.ics", method=method, If=f"([{etag}])").status == 201


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_the_destination_is_this_server_and_another_place(door: Door, method: str) -> None:
    door.put("a.ics", event("a"))
    door.add_calendar("second")
    assert move(door, "/dav/alice/work/a.ics", method=method).status == 403
    elsewhere = "https://other.example/dav/alice/second/a.ics"
    assert move(door, elsewhere, method=method, Host="cal.example:5243").status == 502
    here = "https://cal.example/dav/alice/second/a.ics"
    hosts = {"Host": "127.0.0.1:5243", "X-Forwarded-Host": "cal.example"}
    assert move(door, here, method=method, **hosts).status == 201


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_targets_that_refuse(door: Door, method: str) -> None:
    door.put("a.ics", event("a"))
    door.put("t.ics", component("VTODO", "t", "SUMMARY:x"))
    door.add_calendar("shared")
    door.add_calendar("events", components=("VEVENT",))
    door.make_read_only("shared")
    before = door.store.head()
    read_only = move(door, "/dav/alice/shared/a.ics", method=method)
    assert (read_only.status, read_only.conditions) == (403, {dav("need-privileges")})
    kind = move(door, "/dav/alice/events/t.ics", "t.ics", method=method)
    assert (kind.status, kind.conditions) == (403, {caldav("supported-calendar-component")})
    for target, status in {
        "": 400,
        "/elsewhere/a.ics": 502,
        "/dav/bob/work/a.ics": 403,
        "/dav/nobody/work/a.ics": 403,
        "/dav/alice/none/a.ics": 409,
        "/dav/alice/new/": 409,
        "/dav/alice/work/": 403,
        "http://[": 502,
    }.items():
        assert move(door, target, method=method).status == status, target
    assert move(door, "/dav/alice/work/z.ics", "none.ics", method=method).status == 404
    assert door.request(method, "/dav/alice/", headers={"Destination": "/dav/alice/x/"}).status == 403
    assert door.store.head() == before
