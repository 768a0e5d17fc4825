"""The desk: the one way by which doors that fence their callers reach the mirror (Access, MCP)."""

from storage.permits.writing import DeskWriter


class Desk(DeskWriter):
    """All that one token may ask and do. Build one for each request: `Desk(store, token)`.

    Reads are `DeskReader`'s: `calendars`, `calendar`, `events`, `by_contact`, `event`, `busy`, `email`, `restrictions`,
    and `permit.allows(operation)` says what to offer. Writes are `DeskWriter`'s: `create`, `update`, `delete` and
    `respond`, with the origin of the change and whether others are told; `writable` says whether one would be allowed.
    Errors are `PermitDenied`, whose `code` is what to answer with.
    """
