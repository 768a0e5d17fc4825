"""What an error is over WebDAV: one table from our tree to status codes and precondition elements.

Bodies are `DAV:error` (RFC 4918 §16) with the precondition that RFC 4791 §5.3.2.1, RFC 3744 §7.1.1 or RFC 6578 §3.2
name, and next to it, in our own namespace, a sentence for people.
"""

from collections.abc import Mapping

from gateway.dav import names
from gateway.dav.request import Answer
from storage import errors

XML_TYPE = "application/xml; charset=utf-8"


class Refusal(Exception):
    """A request this surface does not answer as asked: `status`, and the precondition element as XML ("" for none).

    Not one of the program's errors: it is an answer of HTTP, raised here and turned into one here.
    """

    def __init__(self, status: int, message: str, *, precondition: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
        self.precondition = precondition


_TABLE: Mapping[type[errors.CalHarborError], tuple[int, str]] = {
    errors.CalHarborError: (500, ""),
    errors.InvalidData: (403, names.element(names.caldav("valid-calendar-data"))),
    errors.TooLarge: (403, names.element(names.caldav("max-resource-size"))),
    errors.NotOneEntry: (403, names.element(names.caldav("valid-calendar-object-resource"))),
    errors.UnsupportedKind: (403, names.element(names.caldav("supported-calendar-component"))),
    errors.StoreError: (503, ""),
    errors.NotFound: (404, ""),
    errors.AlreadyExists: (412, ""),
    errors.UidConflict: (409, ""),
    errors.PreconditionFailed: (412, ""),
    errors.ReadOnly: (403, ""),
    errors.SchedulingRefused: (403, ""),
    errors.TooManyMatches: (507, names.element(names.dav("number-of-matches-within-limits"))),
    errors.CursorExpired: (403, names.element(names.dav("valid-sync-token"))),
    errors.BeyondHistory: (410, ""),
    errors.LeaseLost: (503, ""),
    errors.StoreBusy: (503, ""),
    errors.StoreFull: (507, names.element(names.dav("quota-not-exceeded"))),
    errors.AccessDenied: (403, ""),
    errors.UpstreamError: (502, ""),
}
"""Errors that are not named here answer as the nearest one above them in the tree."""


def answer(error: errors.CalHarborError | Refusal, *, precondition: str = "") -> Answer:
    """The answer for an error or a refusal; `precondition` (XML) takes the place of the table's."""
    if isinstance(error, Refusal):
        status, named = error.status, error.precondition
    else:
        status, named = next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)
    if isinstance(error, errors.SchedulingRefused):
        named = names.element(names.caldav(error.condition))
    headers = {"Content-Type": XML_TYPE}
    if status == 503:
        headers["Retry-After"] = "1"
    return Answer(status, body(error, precondition or named), headers)


def body(error: errors.CalHarborError | Refusal, precondition: str = "") -> bytes:
    """The `DAV:error` document for an error."""
    hint = f"<CH:hint>{names.text(error.hint)}</CH:hint>" if error.hint else ""
    message = f"<CH:message>{names.text(error.message)}</CH:message>"
    document = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<error{names.DECLARATIONS}>{precondition}{message}{hint}</error>'
    )
    return legal(document)


def legal(document: str) -> bytes:
    """A document in UTF-8 without the characters that XML 1.0 §2.2 cannot hold."""
    data = document.encode("utf-8", "replace").translate(None, _ILLEGAL)
    if b"\xef" in data:  # the octet with which both noncharacters begin is rare, and quickly looked for
        data = data.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    return data


def need_privilege(href: str, privilege: str) -> str:
    """The precondition `DAV:need-privileges` (RFC 3744 §7.1.1) for one privilege on one resource."""
    return (
        f"<need-privileges><resource><href>{href}</href><privilege><{privilege}/></privilege></resource>"
        "</need-privileges>"
    )


def uid_conflict(href: str, *, cards: bool = False) -> str:
    """The precondition `no-uid-conflict` (RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1): `href` is what has the UID."""
    prefix = "CR" if cards else "C"
    return f"<{prefix}:no-uid-conflict><href>{href}</href></{prefix}:no-uid-conflict>"


def card_precondition(error: errors.InvalidData) -> str:
    """The precondition of RFC 6352 §6.3.2.1 for a text that cannot stand in an address book."""
    if isinstance(error, errors.TooLarge):
        return "<CR:max-resource-size/>"
    if isinstance(error, errors.UnsupportedKind):
        return "<CR:supported-address-data/>"
    return "<CR:valid-address-data/>"


_ILLEGAL = bytes(code for code in range(0x20) if code not in b"\t\n\r")
