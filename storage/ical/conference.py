"""How one takes part in an event from afar: CONFERENCE (RFC 7986 §5.11), and what vendors write in its place.

A meeting is kept in one line for the whole, only where there is something to say of it, and one for each way in:

    X-GATEWAY-MEETING;X-PROVIDER=hangoutsMeet;X-ID=abc-defg-hij;X-SIGNATURE=…:notes
    CONFERENCE;VALUE=URI;FEATURE=VIDEO;LABEL=meet.example;X-PIN=1234:https://meet.example/abc

X-PROVIDER is the word of the service whose meeting it is (Google's conference solution keys, Microsoft Graph's
`onlineMeetingProvider`). The codes of an entry point are the parameters X-MEETING-CODE, X-ACCESS-CODE, X-PASSCODE,
X-PASSWORD and X-PIN. Its type is read from FEATURE and the scheme of the URI; X-TYPE says it where these mean another.
X-GOOGLE-CONFERENCE and X-MICROSOFT-SKYPETEAMSMEETINGURL (and what older Outlooks write) are read, never written, and
count only where there is neither of ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from storage.ical.lines import Component, Line, escape, line, unescape
from storage.ical.write import eol_of, remove, set_lines

MEETING = "X-GATEWAY-MEETING"
CONFERENCE = "CONFERENCE"
VENDORS: Mapping[str, str] = {
    "X-GOOGLE-CONFERENCE": "hangoutsMeet",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL": "teamsForBusiness",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK": "skypeForBusiness",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK": "skypeForBusiness",
}
"""Properties of vendors that hold the URI of a meeting, and whose meeting that is."""

NAMES = frozenset({MEETING, CONFERENCE, *VENDORS})
"""Every property that may speak of a meeting."""

CODES = ("meeting_code", "access_code", "passcode", "password", "pin")

_HOSTS = {
    "meet.google.com": "hangoutsMeet",
    "teams.microsoft.com": "teamsForBusiness",
    "teams.live.com": "teamsForBusiness",
    "meet.lync.com": "skypeForBusiness",
    "join.skype.com": "skypeForConsumer",
}
_FEATURES = {"video": ["VIDEO"], "phone": ["PHONE"]}


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One way in: `type` is video, phone, sip or more; `codes` hold those of `CODES` that there are."""

    uri: str
    type: str = "video"
    label: str = ""
    codes: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """An online meeting; `provider` is "" where nobody says whose it is. Without entry points it is only wanted yet."""

    provider: str = ""
    entry_points: tuple[EntryPoint, ...] = ()
    conference_id: str = ""
    notes: str = ""
    signature: str = ""


def meeting(index: Mapping[str, Sequence[Line]]) -> Meeting | None:
    """The meeting of an event, from its lines by upper-case name; None where it has none."""
    own = next(iter(index.get(MEETING, ())), None)
    points = tuple(_point(each) for each in index.get(CONFERENCE, ()) if each.value.strip())
    provider = own.param("X-PROVIDER") if own else ""
    if own is None and not points:
        told = ((name, each) for name in VENDORS for each in index.get(name, ()) if each.value.strip())
        provider, points = next(
            ((VENDORS[name], (EntryPoint(unescape(each.value).strip()),)) for name, each in told), ("", ())
        )
    if own is None and not points:
        return None
    provider = provider or next((known for each in points if (known := _of_host(each.uri))), "")
    if own is None:
        return Meeting(provider, points)
    return Meeting(provider, points, own.param("X-ID"), unescape(own.value), own.param("X-SIGNATURE"))


def with_meeting(component: Component, wanted: Meeting | None) -> Component:
    """The component with exactly this meeting, or none; what vendors wrote of one goes.

    Raises InvalidData for a URI or code that no line can hold.
    """
    eol = eol_of(component)
    points = wanted.entry_points if wanted else ()
    made = set_lines(remove(component, *VENDORS), CONFERENCE, [_line(each, eol) for each in points])
    if wanted is None or wanted == Meeting(entry_points=points):
        return set_lines(made, MEETING, [])
    params = {"X-PROVIDER": wanted.provider, "X-ID": wanted.conference_id, "X-SIGNATURE": wanted.signature}
    return set_lines(made, MEETING, [line(MEETING, escape(wanted.notes), _given(params), eol=eol)])


def point_type(uri: str, features: Iterable[str]) -> str:
    """Which kind of entry point a CONFERENCE with this URI and these features (upper case) is."""
    scheme, said = scheme_of(uri), set(features)
    if scheme == "sip":
        return "sip"
    if "VIDEO" in said or (not said and scheme in ("http", "https")):
        return "video"
    if scheme == "tel" and (not said or said & {"PHONE", "AUDIO"}):
        return "phone"
    return "more"


def scheme_of(uri: str) -> str:
    """The scheme of a URI in lower case; "" for what has none."""
    head, colon, _ = uri.strip().partition(":")
    return head.lower() if colon else ""


def _point(source: Line) -> EntryPoint:
    uri = source.value.strip()
    features = [each.strip().upper() for each in source.params.get("FEATURE", ()) if each.strip()]
    codes = {name: found for name in CODES if (found := source.param(_parameter(name)))}
    said = source.param("X-TYPE").strip().lower()
    kind = said if said in ("video", "phone", "sip", "more") else point_type(uri, features)
    return EntryPoint(uri, kind, source.param("LABEL"), codes or None)


def _line(point: EntryPoint, eol: str) -> Line:
    features = _FEATURES.get(point.type, [])
    said = "" if point_type(point.uri, features) == point.type else point.type
    codes = {_parameter(name): value for name, value in (point.codes or {}).items()}
    params = {"VALUE": ["URI"], **({"FEATURE": features} if features else {})}
    return line(CONFERENCE, point.uri, params | _given({"LABEL": point.label, "X-TYPE": said, **codes}), eol=eol)


def _parameter(code: str) -> str:
    return f"X-{code.upper().replace('_', '-')}"


def _given(params: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in params.items() if value}


def _of_host(uri: str) -> str:
    try:
        host = (urlsplit(uri).hostname or "").lower()
    except ValueError:
        return ""
    return next((word for known, word in _HOSTS.items() if host == known or host.endswith(f".{known}")), "")
