"""What one's own requests could reveal of others: hrefs, tokens and the root. The matrix: `test_authorization.py`."""

from tests.gateway.dav.door import NAMESPACES, Door, event

SYNC = f"<sync-collection {NAMESPACES}><sync-token/><prop><getetag/></prop></sync-collection>"


def test_a_multiget_reaches_no_foreign_entry(door: Door) -> None:
    door.request("PUT", "/dav/bob/work/secret.ics", event("secret"), user="bob")
    hrefs = "".join(f"<href>{each}</href>" for each in ("/dav/bob/work/secret.ics", "/dav/bob/work/none.ics"))
    got = door.report(f"<C:calendar-multiget {NAMESPACES}><prop><getetag/></prop>{hrefs}</C:calendar-multiget>")
    assert [reply.status for reply in got.replies.values()] == [404, 404]


def test_a_foreign_sync_token_is_no_token(door: Door) -> None:
    got = door.request("REPORT", "/dav/bob/work/", SYNC, user="bob")
    token = got.xml.findtext("{DAV:}sync-token") or ""
    assert token
    assert door.sync(token).status == 403


def test_the_root_shows_the_asking_user_alone(door: Door) -> None:
    assert set(door.propfind("/dav/", "<displayname/>", "1").replies) == {"/dav/", "/dav/alice/"}
