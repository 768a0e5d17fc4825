"""What a vCard's lines say: texts decoded, structured values split, types and preference, in versions 2.1, 3.0 and 4.0.

RFC 6350 §3 and §4 (4.0), RFC 2426 §4 and §5 (3.0), versit vCard 2.1 §2. The quirks of real writers are repaired here,
for reading only:
- `TEL;HOME;VOICE:` (2.1, and some that claim 3.0): a parameter without `=` is a type, or an encoding;
- `NOTE;ENCODING=QUOTED-PRINTABLE:` with soft line breaks: the lines behind a `=` belong to it although not folded;
- `PHOTO;ENCODING=BASE64:` whose lines are not indented (old phones), or end in a blank line (2.1);
- `EMAIL;type="home,work"`: a quoted list of types is a list;
- `item1.X-ABLabel:_$!<HomePage>!$_` (Apple): the label of whatever else is in the group.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime
from quopri import decodestring

from storage.ical.lines import Component, Line, unescape, unfold

ENCODINGS = frozenset({"7BIT", "8BIT", "BASE64", "B", "QUOTED-PRINTABLE"})
NOT_PREFERRED = 101
"""The rank of what nobody prefers: behind every PREF (RFC 6350 §5.3: 1 to 100)."""

_SEPARATORS = {";": re.compile(r"\\.|;", re.DOTALL), ",": re.compile(r"\\.|,", re.DOTALL)}
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_ENCODED = re.compile("ENCODING=|BASE64|QUOTED-PRINTABLE", re.IGNORECASE)
_GLANCE = 1000
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_DAY = re.compile(r"--(\d{2})-?(\d{2})")
_TIME = re.compile(r"T(\d{2}):?(\d{2})(?::?(\d{2}))?(?:[.,]\d+)?(Z|[+-]\d{2}(?::?\d{2})?)?")


def lines_of(card: Component) -> list[Line]:
    """The card's own lines, each whole: what a soft line break or a missing indent tore off is part of its line."""
    lines = [child for child in card.children if isinstance(child, Line)]
    found: list[Line] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        # Nearly every line is told by a glance at its beginning, without taking it apart.
        how = encoding(line) if _ENCODED.search(line.raw, 0, _GLANCE) else ""
        pieces = [unfold(line.raw)] if how else []
        while how and at < len(lines) and _goes_on(pieces[-1], lines[at], how):
            if how == "quoted-printable":
                pieces[-1] = pieces[-1][:-1]
            pieces.append(unfold(lines[at].raw))
            at += 1
        found.append(Line("".join(pieces), line.name) if len(pieces) > 1 else line)
    return found


def encoding(line: Line) -> str:
    """`b`, `quoted-printable`, or "" for a value that is written as it is."""
    params = line.params
    if not params:
        return ""
    named = line.param("ENCODING").upper() or next((name for name in params if name in ENCODINGS), "")
    return {"B": "b", "BASE64": "b", "QUOTED-PRINTABLE": "quoted-printable"}.get(named, "")


def types(line: Line) -> tuple[str, ...]:
    """The types in lower case, each once, `pref` not among them (RFC 6350 §5.6; `preference` tells it)."""
    return tuple(each for each in all_types(line) if each != "pref")


def all_types(line: Line) -> tuple[str, ...]:
    """The types in lower case, each once, as they are written: `pref` too."""
    params = line.params
    if not params:
        return ()
    listed = [each.strip().lower() for value in params.get("TYPE", ()) for each in value.split(",")]
    bare = [name.lower() for name, values in params.items() if not any(values) and name not in ENCODINGS]
    return tuple(dict.fromkeys(each for each in (*listed, *bare) if each and each != "type"))


def preference(line: Line) -> int:
    """1 (most) to 100 as PREF says, 1 for the type `pref` (RFC 2426), else `NOT_PREFERRED`."""
    said = line.param("PREF").strip()
    if said.isascii() and said.isdecimal() and 1 <= int(said[:4]) <= 100:
        return int(said)
    return 1 if "pref" in all_types(line) else NOT_PREFERRED


def raw_value(line: Line) -> str:
    """The value, still escaped; decoded where it is quoted-printable (in its CHARSET, else UTF-8, else Latin 1)."""
    if encoding(line) != "quoted-printable":
        return line.value
    data = decodestring(line.value.encode("utf-8", "surrogatepass"))
    for charset in (line.param("CHARSET") or "utf-8", "utf-8"):
        try:
            return data.decode(charset).replace("\r\n", "\n")
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1").replace("\r\n", "\n")


def text(line: Line) -> str:
    """The value as one text."""
    return unescape(raw_value(line)).strip()


def split(value: str, separator: str) -> list[str]:
    """A value cut at each `;` or `,` that is not escaped; the pieces stay escaped."""
    if "\\" not in value:
        return value.split(separator)
    pieces = []
    start = 0
    for found in _SEPARATORS[separator].finditer(value):
        if found[0] == separator:
            pieces.append(value[start : found.start()])
            start = found.end()
    return [*pieces, value[start:]]


def joined(pieces: Sequence[str]) -> str:
    """The structured value of these escaped pieces; a lone backslash at the end of one does not escape what follows."""
    ends = (len(piece) - len(piece.rstrip("\\")) for piece in pieces)
    return ";".join(f"{piece}\\" if end % 2 else piece for piece, end in zip(pieces, ends, strict=True))


def fields(line: Line, count: int) -> list[str]:
    """The texts of a structured value (N, ADR, ORG), at least `count`; several of one field are joined by blanks.

    A comma of ORG is part of its text (RFC 6350 §6.6.4 has no lists there).
    """
    found = []
    for each in split(raw_value(line), ";"):
        values = [each] if line.name == "ORG" else split(each, ",")
        found.append(" ".join(text for value in values if (text := unescape(value).strip())))
    return [*found, *[""] * (count - len(found))]


def texts(line: Line) -> list[str]:
    """The texts of a list (CATEGORIES, NICKNAME), each once."""
    listed = [unescape(each).strip() for each in split(raw_value(line), ",")]
    return list(dict.fromkeys(each for each in listed if each))


def binary(line: Line) -> bytes | None:
    """The octets of a base64 value; None for any other value."""
    if encoding(line) != "b":
        return None
    try:
        return b64decode("".join(line.value.split()), validate=True)
    except binascii.Error:
        return None


def date(line: Line) -> str:
    """A BDAY or ANNIVERSARY as `YYYY-MM-DD` or `--MM-DD`, with `THH:MM[:SS]` and its zone where it has them.

    Every other form is as written. Apple writes a day without a year in the year that `X-APPLE-OMIT-YEAR` names.
    """
    value = text(line)
    if line.param("VALUE").lower() == "text":
        return value
    day, mark, time = value.upper().partition("T")
    clock = _TIME.fullmatch(mark + time) if mark else None
    suffix = _clock(clock) if clock else ""
    if mark and not clock:
        return value
    if found := _DATE.fullmatch(day):
        year, month, of_month = found.groups()
        if line.param("X-APPLE-OMIT-YEAR") == year:
            return f"--{month}-{of_month}"
        return f"{year}-{month}-{of_month}{suffix}"
    found = _DAY.fullmatch(day)
    return f"--{found[1]}-{found[2]}{suffix}" if found else value


def moment(line: Line) -> str:
    """A REV or CREATED as `YYYY-MM-DDTHH:MM:SSZ`; "" for what is no moment. Without a zone it is UTC."""
    try:
        said = datetime.fromisoformat(text(line).upper())
    except ValueError:
        return ""
    try:
        said = said.astimezone(UTC) if said.tzinfo else said
    except OverflowError:
        return ""
    return said.strftime("%Y-%m-%dT%H:%M:%SZ") if said.year >= 1000 else ""


def label(value: str) -> str:
    """The words of an Apple label: those of its own list come as `_$!<HomePage>!$_`."""
    found = _APPLE_LABEL.fullmatch(value)
    return found[1] if found else value


def labels(lines: Sequence[Line]) -> dict[str, str]:
    """Group (lower case) → the label that `X-ABLabel` gives to what is in it."""
    return {line.group.lower(): label(text(line)) for line in lines if line.name == "X-ABLABEL" and line.group}


def _clock(found: re.Match[str]) -> str:
    hour, minute, second, zone = found.groups()
    return f"T{hour}:{minute}{f':{second}' if second else ''}{zone or ''}"


def _goes_on(piece: str, after: Line, how: str) -> bool:
    """Whether the line `after` is the rest of what `piece` begins."""
    if how == "quoted-printable":
        return piece.endswith("=")
    return not after.name and bool(after.value.strip()) and _BASE64.fullmatch(after.value) is not None
