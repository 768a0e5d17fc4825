"""What went wrong inside a tool, in words with which a model can do better: a result, and not an error of the protocol.

Nothing that was read from a calendar ever stands in such words.
"""


class Fault(Exception):
    """A call that cannot be done as it was asked. `code` as in contract D.1, where one fits."""

    def __init__(self, message: str, *, code: str = "VALIDATION_ERROR", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
