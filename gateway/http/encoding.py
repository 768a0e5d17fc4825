"""Content codings (RFC 9110 §8.4): whether a client takes gzip."""

GZIP_FORMAT = 31
"""The `wbits` with which zlib writes gzip's format."""


def takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` names gzip with a weight above 0 (RFC 9110 §12.5.3)."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
