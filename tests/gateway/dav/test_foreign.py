"""Nobody learns anything about another user: foreign paths, existing or not, answer every method alike."""

import pytest

from tests.gateway.dav.door import NAMESPACES, Door, Got, event

METHODS = ("GET", "HEAD", "PROPFIND", "PROPPATCH", "REPORT", "PUT", "DELETE", "MOVE", "COPY", "MKCALENDAR", "MKCOL")
EXISTING = ("/dav/bob/", "/dav/bob/work/", "/dav/bob/work/secret.ics")
ABSENT = ("/dav/nobody/", "/dav/nobody/work/", "/dav/bob/none/", "/dav/bob/work/none.ics")
BODIES = {
    "PROPFIND": f"<propfind {NAMESPACES}><allprop/></propfind>",
    "PROPPATCH": f"<propertyupdate {NAMESPACES}><set><prop><displayname>x</displayname></prop></set></propertyupdate>",
    "REPORT": f"<sync-collection {NAMESPACES}><sync-token/><prop><getetag/></prop></sync-collection>",
    "PUT": event("intruder"),
}


def ask(door: Door, method: str, path: str) -> Got:
    return door.request(method, path, BODIES.get(method, ""), {"Depth": "0", "Destination": "/dav/alice/work/x.ics"})


@pytest.mark.parametrize("method", METHODS)
def test_foreign_paths_are_all_alike(door: Door, method: str) -> None:
    door.request("PUT", "/dav/bob/work/secret.ics", event("secret"), user="bob")
    before = door.store.head()
    answers = {path: ask(door, method, path) for path in (*EXISTING, *ABSENT)}
    assert {(got.status, got.body) for got in answers.values()} == {(403, answers[EXISTING[0]].body)}
    assert door.store.head() == before


def test_a_multiget_reaches_no_foreign_entry(door: Door) -> None:
    door.request("PUT", "/dav/bob/work/secret.ics", event("secret"), user="bob")
    hrefs = "".join(f"<href>{each}</href>" for each in ("/dav/bob/work/secret.ics", "/dav/bob/work/none.ics"))
    got = door.report(f"<C:calendar-multiget {NAMESPACES}><prop><getetag/></prop>{hrefs}</C:calendar-multiget>")
    assert [reply.status for reply in got.replies.values()] == [404, 404]


def test_a_foreign_sync_token_is_no_token(door: Door) -> None:
    got = door.request("REPORT", "/dav/bob/work/", BODIES["REPORT"], user="bob")
    token = got.xml.findtext("{DAV:}sync-token") or ""
    assert token
    assert door.sync(token).status == 403


def test_the_root_shows_the_asking_user_alone(door: Door) -> None:
    assert set(door.propfind("/dav/", "<displayname/>", "1").replies) == {"/dav/", "/dav/alice/"}
