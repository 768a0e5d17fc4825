"""The authorisation matrix: every method on every kind of foreign place answers the same, whether anything is there.

Same status, same headers, same body: nobody learns that a user, a collection or an entry exists. Nothing is written.
"""

from collections.abc import Iterator

import pytest

from gateway.dav.app import _METHODS
from gateway.dav.names import dav
from tests.gateway.dav.door import NAMESPACES, Door, Got, event

METHODS = sorted({*_METHODS, "POST", "LOCK", "UNLOCK", "PATCH", "BREW"} - {"OPTIONS"})
PLACES = {
    "principal": ("/dav/bob/", "/dav/nobody/"),
    "principal without slash": ("/dav/bob", "/dav/nobody"),
    "collection": ("/dav/bob/work/", "/dav/bob/none/"),
    "collection of nobody": ("/dav/bob/work/", "/dav/nobody/work/"),
    "collection without slash": ("/dav/bob/work", "/dav/bob/none"),
    "entry": ("/dav/bob/work/secret.ics", "/dav/bob/work/none.ics"),
    "entry of nobody": ("/dav/bob/work/secret.ics", "/dav/nobody/work/secret.ics"),
    "entry as a folder": ("/dav/bob/work/secret.ics/", "/dav/bob/work/none.ics/"),
    "below an entry": ("/dav/bob/work/secret.ics/x", "/dav/bob/work/none.ics/x"),
    "in other letters": ("/dav/Bob/work/secret.ics", "/dav/Nobody/work/secret.ics"),
    "percent-encoded": ("/dav/b%6Fb/w%6Frk/secret.ics", "/dav/n%6Fbody/w%6Frk/secret.ics"),
    "with two slashes": ("/dav//bob//work//secret.ics", "/dav//nobody//work//secret.ics"),
    "with a query": ("/dav/bob/work/secret.ics?x=1", "/dav/bob/work/none.ics?x=1"),
}
BODIES = {
    "ACL": '<acl xmlns="DAV:"/>',
    "PROPFIND": f"<propfind {NAMESPACES}><allprop/></propfind>",
    "PROPPATCH": f"<propertyupdate {NAMESPACES}><set><prop><displayname>x</displayname></prop></set></propertyupdate>",
    "PUT": event("intruder"),
    "POST": event("intruder"),
}
REPORTS = {
    "query": f"<C:calendar-query {NAMESPACES}><prop><getetag/></prop></C:calendar-query>",
    "multiget": f"<C:calendar-multiget {NAMESPACES}><prop><getetag/></prop><href>%s</href></C:calendar-multiget>",
    "sync": f"<sync-collection {NAMESPACES}><sync-token/><prop><getetag/></prop></sync-collection>",
    "busy": f'<C:free-busy-query {NAMESPACES}><C:time-range start="20260101T000000Z" end="20270101T000000Z"/>'
    "</C:free-busy-query>",
    "expand": f'<expand-property {NAMESPACES}><property name="owner"/></expand-property>',
    "search": f"<principal-property-search {NAMESPACES}><prop><displayname/></prop></principal-property-search>",
}
CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"Depth": "1"},
    {"Depth": "infinity"},
    {"If-Match": "*"},
    {"If-None-Match": "*"},
    {"If": '(["x"])'},
    {"If": '(Not ["x"])'},
    {"Prefer": "return=representation"},
    {"Content-Type": "text/calendar"},
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("guarded"))
    door.request("PUT", "/dav/bob/work/secret.ics", event("secret"), user="bob")
    door.put("mine.ics", event("mine"))
    yield door
    door.store.close()


def seen(got: Got, *paths: str) -> tuple[int, dict[str, str], bytes]:
    """All that a client sees, without the path that it sent itself."""
    body = got.body
    for path in paths:
        body = body.replace(path.encode(), b"PATH")
    headers = {name: value for name, value in got.headers.items() if name != "content-length"}
    return got.status, headers, body


def alike(
    door: Door, method: str, paths: tuple[str, str], body: str = "", headers: dict[str, str] | None = None
) -> Got:
    """The answer to a request on both paths, which must be the same and change nothing."""
    head = door.store.head()
    there, absent = (door.request(method, path, body.replace("%s", path), headers) for path in paths)
    assert seen(there, *paths) == seen(absent, *paths), (method, paths, headers)
    assert door.store.head() == head
    return there


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", PLACES)
def test_every_method_on_every_foreign_place(guarded: Door, method: str, place: str) -> None:
    for headers in CONDITIONS:
        own = {"Destination": "/dav/alice/work/stolen.ics"} if method in ("MOVE", "COPY") else {}
        got = alike(guarded, method, PLACES[place], BODIES.get(method, ""), {**headers, **own})
        assert got.status in (400, 403, 404, 405, 412), got.text
        assert b"secret" not in got.body.replace(b"secret.ics", b"")
    assert guarded.propfind("/dav/alice/work/", "<getetag/>", "1").names == {"work", "mine.ics"}


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("place", PLACES)
def test_every_report_on_every_foreign_place(guarded: Door, report: str, place: str) -> None:
    assert alike(guarded, "REPORT", PLACES[place], REPORTS[report]).status == 403


@pytest.mark.parametrize("method", ["MOVE", "COPY"])
@pytest.mark.parametrize("place", PLACES)
def test_every_foreign_destination(guarded: Door, method: str, place: str) -> None:
    for prefix in ("", "http://localhost"):
        answers = [
            guarded.request(method, "/dav/alice/work/mine.ics", headers={"Destination": prefix + path})
            for path in PLACES[place]
        ]
        assert seen(answers[0]) == seen(answers[1])
        assert answers[0].status in (400, 403)
    assert guarded.store.entry_at(guarded.store.collection_at("bob", "work").id, "secret.ics").uid == "secret"


@pytest.mark.parametrize("place", PLACES)
def test_hrefs_in_bodies_and_headers_reveal_nothing(guarded: Door, place: str) -> None:
    """A foreign href in a multiget of one's own calendar, and as the tag of an If header."""
    paths = PLACES[place]
    answers = [guarded.report(REPORTS["multiget"] % path) for path in paths]
    assert seen(answers[0], *paths) == seen(answers[1], *paths)
    assert [reply.status for reply in answers[0].replies.values()] == [404]
    for condition in ('(["x"])', '(Not ["x"])', "(Not <DAV:no-lock>)"):
        answers = [
            guarded.request("GET", "/dav/alice/work/mine.ics", headers={"If": f"<{path}> {condition}"})
            for path in paths
        ]
        assert seen(answers[0]) == seen(answers[1])


def test_a_foreign_property_is_followed_by_nobody(guarded: Door) -> None:
    """A dead property may hold any href; expand-property leaves those alone that lead to others."""
    for path in ("/dav/bob/", "/dav/nobody/", "/dav/bob/work/secret.ics"):
        prop = f'<x:p xmlns:x="urn:x"><href>{path}</href></x:p>'
        guarded.request(
            "PROPPATCH",
            "/dav/alice/work/",
            f"<propertyupdate {NAMESPACES}><set><prop>{prop}</prop></set></propertyupdate>",
        )
        got = guarded.report(
            f'<expand-property {NAMESPACES}><property name="p" namespace="urn:x"><property name="displayname"/>'
            "</property></expand-property>"
        )
        assert got.xml.find(f".//{{urn:x}}p/{dav('response')}") is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", PLACES)
def test_nobody_at_all_learns_nothing_either(guarded: Door, method: str, place: str) -> None:
    there, absent = (guarded.request(method, path, BODIES.get(method, ""), user=None) for path in PLACES[place])
    assert seen(there) == seen(absent)
    assert there.status == 401


@pytest.mark.parametrize("user", [None, "alice"])
@pytest.mark.parametrize("place", PLACES)
def test_options_are_the_same_everywhere(guarded: Door, user: str | None, place: str) -> None:
    there, absent = (guarded.request("OPTIONS", path, user=user) for path in PLACES[place])
    assert seen(there) == seen(absent)
