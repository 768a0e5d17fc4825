"""Reading multistatus answers: whole ones in any form, and nothing but whole ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.caldav.multistatus import CALDAV, DAV, Multistatus, preconditions
from storage.errors import UntrustedAnswer

WHOLE = """<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
 <D:response>
  <D:href>/cal/a.ics</D:href>
  <D:propstat>
   <D:prop><D:getetag>"1"</D:getetag><C:calendar-data>BEGIN:VCALENDAR&#13;
SUMMARY:Füße &amp; &lt;Co&gt;&#13;
END:VCALENDAR&#13;
</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
  <D:propstat><D:prop><D:displayname/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
 </D:response>
 <D:response><D:href>/cal/b.ics</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>
 <D:response><D:href>/cal/</D:href><D:status>HTTP/1.1 507 Full</D:status>
  <D:error><D:number-of-matches-within-limits/></D:error></D:response>
 <D:sync-token> urn:token:7 </D:sync-token>
</D:multistatus>
""".encode()


def read(body: bytes, size: int = 0) -> Multistatus:
    chunks = [body[at : at + size] for at in range(0, len(body), size)] if size else [body]
    return Multistatus(chunks, "asking", "https://x.org/")


def test_everything_in_it() -> None:
    answer = read(WHOLE)
    first, second, third = list(answer)
    assert (first.href, first.status) == ("/cal/a.ics", 0)
    assert first.text(f"{DAV}getetag") == '"1"'
    assert first.props[f"{CALDAV}calendar-data"].text == ("BEGIN:VCALENDAR\r\nSUMMARY:Füße & <Co>\r\nEND:VCALENDAR\r\n")
    assert first.failed == {f"{DAV}displayname": 404}
    assert first.children(f"{DAV}displayname") == []
    assert (second.href, second.status) == ("/cal/b.ics", 404)
    assert (third.status, third.errors) == (507, [f"{DAV}number-of-matches-within-limits"])
    assert answer.token == "urn:token:7"


def test_other_prefixes_and_a_blank_line_in_front() -> None:
    body = b'\r\n<?xml version="1.0"?><multistatus xmlns="DAV:"><response><href>/x</href></response></multistatus>'
    assert [response.href for response in read(body)] == ["/x"]


@given(st.integers(1, len(WHOLE)))
def test_pieces_of_any_size_make_the_same_answer(size: int) -> None:
    assert [response.href for response in read(WHOLE, size)] == [response.href for response in read(WHOLE)]


@given(st.integers(0, len(WHOLE.rstrip()) - 1))
def test_no_cut_is_taken_for_the_end(length: int) -> None:
    with pytest.raises(UntrustedAnswer):
        list(read(WHOLE[:length]))


@given(st.binary(max_size=200))
def test_rubbish_is_not_believed(body: bytes) -> None:
    with pytest.raises(UntrustedAnswer):
        list(read(body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"<html><body>Sign in</body></html>",
        b'<D:error xmlns:D="DAV:"/>',
        b'<multistatus xmlns="urn:other"/>',
        b'<!DOCTYPE m [<!ENTITY a "b">]><D:multistatus xmlns:D="DAV:"><D:response>&a;</D:response></D:multistatus>',
        b'<!DOCTYPE m SYSTEM "file:///etc/passwd"><D:multistatus xmlns:D="DAV:"/>',
        b'<D:multistatus xmlns:D="DAV:"/>and more',
        b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>\x01</D:href></D:response></D:multistatus>',
        b'<D:multistatus xmlns:D="DAV:">' + b"<a>" * 100 + b"</a>" * 100 + b"</D:multistatus>",
    ],
)
def test_what_is_no_multistatus(body: bytes) -> None:
    with pytest.raises(UntrustedAnswer, match="asking"):
        list(read(body))


def test_the_reasons_in_an_error_body() -> None:
    inner = b"<C:no-uid-conflict><D:href>/o.ics</D:href></C:no-uid-conflict>"
    body = b'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">' + inner + b"</D:error>"
    (reason,) = preconditions(body)
    assert (reason.tag, reason.hrefs()) == (f"{CALDAV}no-uid-conflict", ["/o.ics"])
    assert preconditions(b"Forbidden") == []
    assert preconditions(WHOLE) == []
