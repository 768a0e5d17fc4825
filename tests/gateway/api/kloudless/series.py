"""Series of events for the tests of lists, and what a list says."""

from tests.gateway.api.contract_here import Json
from tests.storage.texts import event


def daily(more: str = "", *, rule: str = "FREQ=DAILY;COUNT=10", uid: str = "series") -> str:
    """Ten days of an hour at ten, from 2019-04-10 on."""
    return event(uid, start=":20190410T100000Z", end=":20190410T110000Z", summary="S", more=f"RRULE:{rule}\r\n{more}")


def override(key: str, start: str, end: str, *, summary: str = "Moved", uid: str = "series", params: str = "") -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID{params}:{key}\r\nDTSTART:{start}\r\n"
        f"DTEND:{end}\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    )


def with_overrides(series: str, *overrides: str) -> str:
    return series.replace("END:VCALENDAR", "".join(overrides) + "END:VCALENDAR")


def ids(found: Json) -> list[str]:
    return [each["id"] for each in found["objects"]]


def starts(found: Json) -> list[str]:
    return [each["start"] for each in found["objects"]]
