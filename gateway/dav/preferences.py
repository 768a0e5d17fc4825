"""The preferences of a client (RFC 7240) that this surface honours: those of RFC 8144, and `Brief` from before it."""

from dataclasses import replace

from gateway.dav.request import Answer, Request

MINIMAL, REPRESENTATION, NO_ROOT = "return=minimal", "return=representation", "depth-noroot"

_FIRST_FAILURE = 300

_HONOURED = {
    MINIMAL: frozenset({"PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR", "MKCOL"}),
    NO_ROOT: frozenset({"PROPFIND"}),
}


def applied(request: Request, answer: Answer) -> Answer:
    """The answer, saying which preferences it follows (RFC 7240 §3). An error says nothing."""
    names = [name for name, methods in _HONOURED.items() if request.method in methods and name in request.preferences]
    if not names or answer.status >= _FIRST_FAILURE:
        return answer
    return replace(answer, headers={**answer.headers, "Preference-Applied": ", ".join(names)})


def represented(request: Request, answer: Answer, text: str, kind: str, href: str, etag: str) -> Answer:
    """The answer to a write with what the resource now is, where the client wants to see it (RFC 8144 §3)."""
    if REPRESENTATION not in request.preferences:
        return answer
    headers = {
        **answer.headers,
        "ETag": etag,
        "Content-Type": kind,
        "Content-Location": href,
        "Preference-Applied": REPRESENTATION,
    }
    return Answer(200 if answer.status == 204 else answer.status, text.encode(), headers)
