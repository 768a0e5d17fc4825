"""The lossless content-line tree of iCalendar and vCard text: `dump(parse(text))` is `text`, byte for byte.

RFC 5545 §3.1 (content lines, folding), RFC 6868 (caret encoding in parameters), RFC 6350 §3.3 (groups). A line keeps
its physical text; name, value and parameters are views of it, worked out when asked for. Nothing here knows what a
property means, and nothing recurses, so hostile nesting costs one pass.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from storage.errors import InvalidData, TooLarge
from storage.memo import remembered

MAX_DEPTH = 32
MAX_COMPONENTS = 50_000
_FOLD_OCTETS = 75
_LOGICAL = re.compile(r"((?:([A-Za-z0-9_.-]+)(?=[;:]))?[^\n]*+(?:\n[ \t][^\n]*+)*+\n?)")
_NAME = re.compile(r"([A-Za-z0-9_.-]+)(?=[;:])")
_FOLD = re.compile(r"\r{0,2}\n[ \t]")
_BEFORE_COLON = re.compile(r'(?:"[^"]*+"|[^":])*+(?=:)')
_PARAMETER = re.compile(r'(?:[^";]++|"[^"]*+"|"(?![^"]*"))++')
_PARAMETER_VALUE = re.compile(r'(?:[^",]++|"[^"]*+"|"(?![^"]*"))++')
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_-]+")
_CARET = re.compile(r"\^(['n^])")
_CARET_MEANS = {"n": "\n", "'": '"', "^": "^"}
_ESCAPED = re.compile(r'\\([\\;,:"nN])')
_UNWRITABLE = re.compile("[\x00\r\n]")


class Line:
    """One content line: `raw` is its physical text with folds and line end(s), `name` upper-case without the group.

    Blank lines and junk have the name "" and their text as the value.
    """

    __slots__ = ("_head", "_params", "_value", "name", "raw")
    _head: str
    _params: Mapping[str, tuple[str, ...]] | None
    _value: str | None

    def __init__(self, raw: str, name: str) -> None:
        self.raw = raw
        self.name = name
        self._value = self._params = None

    def __repr__(self) -> str:
        return f"Line({self.raw!r})"

    @property
    def value(self) -> str:
        """The value, unfolded and still escaped; line ends and stray carriage returns before them are not part."""
        value = self._value
        return self._split() if value is None else value

    @property
    def params(self) -> Mapping[str, tuple[str, ...]]:
        """The parameters by upper-case name: values without their quotes, RFC 6868 decoded, repeated names joined."""
        params = self._params
        if params is None:
            if self._value is None:
                self._split()
            head = self._head
            params = self._params = _parse_params(head)
        return params

    @property
    def group(self) -> str:
        """The vCard group before the name (`item1` in `item1.TEL`), as written, or ""."""
        found = _NAME.match(unfold(self.raw)) if self.name else None
        return found[1].rpartition(".")[0] if found else ""

    def param(self, name: str) -> str:
        """The first value of a parameter, by upper-case name, or ""."""
        values = self.params.get(name)
        return values[0] if values else ""

    def _split(self) -> str:
        """Work out the value, and the text of the parameters."""
        text = unfold(self.raw)
        self._head = ""
        self._value = text
        if not self.name:
            return text
        start = len(self.name)
        mark = text[start : start + 1]
        if mark not in (":", ";"):  # there is a group before the name
            found = _NAME.match(text)
            if found is None:
                return text
            start = found.end()
            mark = text[start]
        if mark == ":":
            self._value = text = text[start + 1 :]
            return text
        colon = text.find(":", start)
        if text.find('"', start, colon) >= 0:
            outside = _BEFORE_COLON.match(text, start)
            colon = outside.end() if outside else colon
        if text.startswith("://", colon) and ":" in text[colon + 1 :]:
            # TZID=tzone://Microsoft/Utc and ALTREP=http://… come without the quotes that RFC 5545 §3.2 demands
            colon = text.index(":", colon + 1)
        colon = len(text) if colon < 0 else colon
        self._head = text[start + 1 : colon]
        self._value = text = text[colon + 1 :]
        return text


class Component:
    """What stands between a BEGIN and its END: lines and components in file order, with the raw lines of both ends."""

    __slots__ = ("begin", "children", "end", "name")

    def __init__(self, name: str, children: list["Line | Component"], begin: str = "", end: str = "") -> None:
        self.name = name
        self.children = children
        self.begin = begin
        self.end = end

    def __repr__(self) -> str:
        return f"Component({self.name!r}, {len(self.children)} children)"

    def lines(self, name: str) -> list[Line]:
        """The component's own lines of this upper-case name, in file order."""
        return [child for child in self.children if child.name == name and isinstance(child, Line)]

    def first(self, name: str) -> Line | None:
        """The component's first own line of this upper-case name."""
        for child in self.children:
            if child.name == name and isinstance(child, Line):
                return child
        return None

    def components(self, name: str | None = None) -> list["Component"]:
        """The direct sub-components, all or of one upper-case name, in file order."""
        return [
            child for child in self.children if isinstance(child, Component) and (name is None or child.name == name)
        ]


def parse(text: str) -> Component:
    """The tree of `text` under a synthetic root whose name, begin and end are empty.

    Line ends may be LF, CRLF or mixed, the last may be missing; text around the components stays as lines of the root.
    Raises InvalidData with the line number for an END without its BEGIN or a BEGIN without its END, and TooLarge for
    nesting deeper than MAX_DEPTH or more than MAX_COMPONENTS components.
    """
    root = Component("", [])
    here = root
    parents: list[Component] = []
    opened = 0
    skip = 0
    if text.startswith("\ufeff"):
        root.children.append(Line("\ufeff", ""))
        skip = 1
    found: list[tuple[str, str]] = _LOGICAL.findall(text, skip)
    for number, (raw, name) in enumerate(found):
        if name:
            name = name.upper()
            if "." in name:
                name = name.rpartition(".")[2]
        elif not raw:
            break
        else:
            name = _name_across_folds(raw)
        if name == "BEGIN":
            opened += 1
            parents.append(here)
            here = _open(raw, found, number, len(parents), opened)
            parents[-1].children.append(here)
        elif name == "END":
            if not parents or _component_name(raw, name) != here.name:
                raise _unbalanced(raw, here.name, found, number)
            here.end = raw
            here = parents.pop()
        else:
            here.children.append(Line(raw, name))
    if parents:
        raise InvalidData(f"BEGIN:{here.name} is never closed by END:{here.name}", hint="The text may be cut off.")
    return root


def dump(node: Component) -> str:
    """The text of a tree, exactly as its lines hold it."""
    pieces = [node.begin]
    pending: list[tuple[Component, Iterator[Line | Component]]] = [(node, iter(node.children))]
    while pending:
        component, children = pending[-1]
        for child in children:
            if isinstance(child, Line):
                pieces.append(child.raw)
            else:
                pieces.append(child.begin)
                pending.append((child, iter(child.children)))
                break
        else:
            pieces.append(component.end)
            pending.pop()
    return "".join(pieces)


def line(
    name: str, value: str, params: Mapping[str, Sequence[str]] | None = None, *, eol: str = "\r\n", group: str = ""
) -> Line:
    """A new content line, folded at 75 octets and never inside a character.

    `value` is written as it stands (a TEXT value goes through `escape` before); parameter values are quoted and
    RFC 6868 encoded where they need it. Raises InvalidData for a name, parameter name or value that no line can hold.
    """
    pieces = [f"{group}.{name}" if group else name]
    for key, values in (params or {}).items():
        if not _PARAMETER_NAME.fullmatch(key):
            raise InvalidData(f"{key[:40]!r} is not a parameter name")
        pieces.append(f"{key}={','.join(_encode_param(each) for each in values)}")
    head = ";".join(pieces)
    text = f"{head}:{value}"
    if not _NAME.match(text) or _UNWRITABLE.search(text):
        raise InvalidData(f"the property {name[:40]!r} holds a line break or NUL, or its name is not a property name")
    return Line(fold(text, eol) + eol, name.upper())


def fold(text: str, eol: str = "\r\n") -> str:
    """`text` with a fold wherever a physical line would exceed 75 octets of UTF-8, never inside a character."""
    if text.isascii():
        if len(text) <= _FOLD_OCTETS:
            return text
        step = _FOLD_OCTETS - 1
        rest = [text[at : at + step] for at in range(_FOLD_OCTETS, len(text), step)]
        return f"{eol} ".join([text[:_FOLD_OCTETS], *rest])
    pieces: list[str] = []
    start = used = 0
    for at, character in enumerate(text):
        size = len(character.encode("utf-8", "surrogatepass"))
        if used + size > _FOLD_OCTETS:
            pieces.append(text[start:at])
            start, used = at, 1
        used += size
    pieces.append(text[start:])
    return f"{eol} ".join(pieces)


def unfold(raw: str) -> str:
    """The logical line of physical text: folds and the line end removed (RFC 5545 §3.1)."""
    at = raw.find("\n")
    if 0 <= at < len(raw) - 1:
        # Nearly every fold is CRLF and a blank, for which `replace` takes a third of the time.
        plain = raw.replace("\r\n ", "") if "\r\r" not in raw else raw
        raw = _FOLD.sub("", raw) if "\n" in plain[:-1] else plain
    return raw.rstrip("\r\n")


def closed(text: str) -> str:
    """The text with a line end behind its last line, which may have none."""
    return text if text.endswith("\n") else f"{text}\r\n"


def unescape(value: str) -> str:
    r"""The text meant by a TEXT value (RFC 5545 §3.3.11); `\:` and `\"`, which some producers write, count as well."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def escape(value: str) -> str:
    r"""`value` as a TEXT value (RFC 5545 §3.3.11); every kind of line break becomes `\n`."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        if plain in value:
            value = value.replace(plain, escaped)
    return value


def _name_across_folds(raw: str) -> str:
    """The name of a line whose first fold comes before the end of the name; "" for junk."""
    if "\n" not in raw[:-1]:
        return ""
    found = _NAME.match(unfold(raw))
    return found[1].upper().rpartition(".")[2] if found else ""


def _component_name(raw: str, name: str) -> str:
    """What a BEGIN or END line names, upper-case."""
    head, _, rest = raw.partition(":")
    if len(head) != len(name) or "\n" in rest[:-1]:  # parameters, a group, folds: nobody writes them
        rest = Line(raw, name).value
    return rest.strip().upper()


def _open(raw: str, found: list[tuple[str, str]], number: int, depth: int, opened: int) -> Component:
    if depth > MAX_DEPTH or opened > MAX_COMPONENTS:
        limit = f"nested deeper than {MAX_DEPTH}" if depth > MAX_DEPTH else f"more than {MAX_COMPONENTS}"
        raise TooLarge(f"line {_line_number(found, number)}: components {limit}")
    name = _component_name(raw, "BEGIN")
    if not name:
        raise InvalidData(f"line {_line_number(found, number)}: BEGIN without a component name")
    return Component(name, [], raw)


def _unbalanced(raw: str, open_name: str, found: list[tuple[str, str]], number: int) -> InvalidData:
    inside = f"inside {open_name}" if open_name else "without a BEGIN"
    return InvalidData(
        f"line {_line_number(found, number)}: {unfold(raw)[:60]!r} {inside}",
        hint="The text may be cut off.",
    )


def _line_number(found: list[tuple[str, str]], number: int) -> int:
    return 1 + sum(raw.count("\n") for raw, _ in found[:number])


@remembered(texts=2048, longest=200)
def _parse_params(head: str) -> Mapping[str, tuple[str, ...]]:
    """The parameters between name and value. From entry to entry they come again: the same zones, the same people."""
    quoted = '"' in head
    params: dict[str, tuple[str, ...]] = {}
    for part in _PARAMETER.findall(head) if quoted else head.split(";"):
        name, _, text = part.partition("=")
        if '"' in text:
            values = tuple(each.replace('"', "") for each in _PARAMETER_VALUE.findall(text))
        else:
            values = tuple(text.split(",")) if "," in text else (text,)
        if "^" in text:
            values = tuple(_CARET.sub(lambda found: _CARET_MEANS[found[1]], each) for each in values)
        name = name.strip().upper()
        if name:
            params[name] = params[name] + values if name in params else values
    return params


def _encode_param(value: str) -> str:
    for plain, encoded in (("^", "^^"), ("\r\n", "^n"), ("\n", "^n"), ("\r", "^n"), ('"', "^'")):
        if plain in value:
            value = value.replace(plain, encoded)
    return f'"{value}"' if any(character in value for character in ",:;") else value
