"""The desk: the one way by which doors that fence their callers reach the mirror (Access, MCP)."""

from storage.permits.reading import DeskReader


class Desk(DeskReader):
    """All that one token may ask and do. Build one for each request: `Desk(store, token)`.

    Reads are `DeskReader`'s: `calendars`, `calendar`, `events`, `by_contact`, `event`, `busy`, `email`, `restrictions`,
    and `permit.allows(operation)` says what to offer. Errors are `PermitDenied`, whose `code` is what to answer with.
    """
