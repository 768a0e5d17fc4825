"""What Radicale's own code still wants of its backends: that they exist.

Everything that reads or writes calendars is answered by our handlers, so these objects hold no data. Radicale carries
every request as nobody's: who asks was verified before, and knowing it would only make Radicale look for a principal
that is none of its business. It sees paths percent-encoded: its checks then never meet a character that they refuse.
"""
# mypy: disallow-subclassing-any=False

from radicale import auth, rights, storage


class FrameAuth(auth.BaseAuth):
    """Knows nobody, and is never asked: no request that Radicale sees carries a login."""


class FrameRights(rights.BaseRights):
    """Grants nothing, and is never asked: every decision is our handlers'."""


class FrameStorage(storage.BaseStorage):
    """A storage in which nothing is."""

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True
