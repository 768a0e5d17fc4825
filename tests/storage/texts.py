"""Small calendar texts for the tests of the store."""


def event(
    uid: str = "one@example.org",
    *,
    start: str = ":20261121T100000Z",
    end: str = ":20261121T110000Z",
    summary: str = "Standup",
    more: str = "",
) -> str:
    """One VEVENT; `start` and `end` begin with `:` or with parameters, `more` is further lines."""
    ending = f"DTEND{end}\r\n" if end else ""
    return calendar(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART{start}\r\n{ending}"
        f"SUMMARY:{summary}\r\n{more}END:VEVENT\r\n"
    )


def todo(uid: str = "task@example.org", *, summary: str = "Taxes", more: str = "") -> str:
    """One VTODO with these further lines."""
    return calendar(f"BEGIN:VTODO\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:{summary}\r\n{more}END:VTODO\r\n")


def journal(uid: str = "diary@example.org", *, more: str = "") -> str:
    """One VJOURNAL with these further lines."""
    return calendar(f"BEGIN:VJOURNAL\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{more}END:VJOURNAL\r\n")


def calendar(components: str) -> str:
    """A VCALENDAR around them."""
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n{components}END:VCALENDAR\r\n"
