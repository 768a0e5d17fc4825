"""The If header of WebDAV (RFC 4918 §10.4), which every method honours, and `If-Unmodified-Since` on writes."""

import pytest

from tests.gateway.dav.door import Door, event

ENTRY = "/dav/alice/work/a.ics"
NEW = event("a", "SUMMARY:new")


def put(door: Door, header: str, path: str = ENTRY) -> int:
    return door.request("PUT", path, NEW, {"If": header}).status


@pytest.fixture
def etag(door: Door) -> str:
    return door.put("a.ics", event("a")).headers["etag"]


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ("([{}])", True),
        ('(["x"])', False),
        ("(W/{})", None),
        ("([W/{}])", False),
        ('(Not ["x"])', True),
        ("(Not [{}])", False),
        ('(["x"]) ([{}])', True),
        ('([{}] ["x"])', False),
        ("(<opaquelocktoken:a>)", False),
        ("(Not <DAV:no-lock>)", True),
        ("(<urn:lock:a> [{}])(Not <DAV:no-lock> [{}])", True),
        ("</dav/alice/work/a.ics> ([{}])", True),
        ('<http://example.org/dav/alice/work/a.ics> (["x"])', False),
        ("</dav/alice/work/none.ics> ([{}])", False),
        ("</dav/bob/work/a.ics> ([{}])", False),
        ("</elsewhere> (Not [{}])", True),
        ("", None),
        ("()", None),
        ("nonsense", None),
        ("([{}]", None),
        ("(Not)", None),
        ("(Not Not [{}])", None),
        (")", None),
    ],
)
def test_conditions(door: Door, etag: str, header: str, holds: bool | None) -> None:
    head = door.store.head()
    status = put(door, header.replace("{}", etag))
    assert status == {True: 204, False: 412, None: 400 if header else 412}[holds]
    assert (door.store.head() > head) is (holds is True)


def test_a_collection_is_known_by_its_sync_token(door: Door, etag: str) -> None:
    """RFC 6578 §5: write only if nothing in the collection has changed since the token."""
    token = door.sync().xml.findtext("{DAV:}sync-token") or ""
    condition = f"</dav/alice/work/> (<{token}>)"
    assert put(door, condition, "/dav/alice/work/b.ics") == 409  # the UID is taken: so the condition held
    assert put(door, condition) == 204
    assert put(door, condition) == 412


def test_reading_is_conditional_as_well(door: Door, etag: str) -> None:
    assert door.request("GET", ENTRY, headers={"If": f"([{etag}])"}).status == 200
    assert door.request("GET", ENTRY, headers={"If": '(["x"])'}).status == 412


def test_a_write_for_what_has_not_changed_since(door: Door, etag: str) -> None:
    for date, status in (
        ("Tue, 01 Jan 2019 00:00:00 GMT", 412),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 204),
        ("nonsense", 204),
    ):
        assert door.request("PUT", ENTRY, NEW, {"If-Unmodified-Since": date}).status == status
    past = {"If-Unmodified-Since": "Tue, 01 Jan 2019 00:00:00 GMT"}
    assert door.request("DELETE", ENTRY, headers=past).status == 412
    assert door.request("DELETE", ENTRY, headers={**past, "If-Match": "*"}).status == 204
