"""One line of a vCard taken apart, to be written anew only where something about it has changed."""

import re
from dataclasses import dataclass, field

from storage.errors import InvalidData
from storage.ical.lines import Line, line, unfold
from storage.vcard import values

_SPELLING = re.compile(r"(?:[^;:]*\.)?([^.;:]*)")

Params = dict[str, tuple[str, ...]]


@dataclass(slots=True)
class Draft:
    """`name` as the line spells it, `params` by upper-case name, the value still escaped.

    Types stand in TYPE however the line wrote them; quoted-printable is decoded. `key` is the name in upper case,
    `source` the line that it comes from, which said `was`.
    """

    group: str
    name: str
    params: Params
    value: str
    source: Line | None = None
    was: tuple[str, str, Params, str] | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.name.upper()

    def rename(self, name: str) -> None:
        """Give it another name."""
        self.name = self.key = name

    @property
    def types(self) -> tuple[str, ...]:
        """The types in lower case."""
        return tuple(each.lower() for each in self.params.get("TYPE", ()))

    def set_types(self, *wanted: str) -> None:
        """Set the types; none of them removes the parameter."""
        self.set("TYPE", *wanted)

    def set(self, name: str, *wanted: str) -> None:
        """Set a parameter to these values; none of them removes it."""
        if wanted:
            self.params[name] = wanted
        else:
            self.params.pop(name, None)

    def param(self, name: str) -> str:
        """The first value of a parameter in lower case, or ""."""
        return self.params.get(name, ("",))[0].lower()

    def raw(self, eol: str) -> str:
        """The physical text: that of the source where nothing was changed, or where it cannot be written otherwise."""
        source = self.source
        if source is not None and (self.group, self.name, self.params, self.value) == self.was:
            return source.raw if source.raw.endswith("\n") else f"{source.raw}{eol}"
        try:
            return line(self.name, self.value, self.params, eol=eol, group=self.group).raw
        except InvalidData:
            return source.raw if source is not None else ""

    def line(self, eol: str) -> Line:
        """The line written anew; with its types alone where nobody could write its other parameters."""
        try:
            return line(self.name, self.value, self.params, eol=eol, group=self.group)
        except InvalidData:
            types = {"TYPE": self.params["TYPE"]} if "TYPE" in self.params else {}
            return line(self.key, self.value, types, eol=eol, group=self.group)


def draft(source: Line) -> Draft:
    """A line taken apart."""
    found = _SPELLING.match(unfold(source.raw))
    group, name, value = source.group, found[1].strip() if found else source.name, source.value
    was = group, name, dict(source.params), value
    # Without the bare types and encodings of 2.1, which 3.0 and 4.0 write out.
    params = {each: said for each, said in source.params.items() if any(said)}
    if source.params and (types := _types(source)):
        params["TYPE"] = types
    how = values.encoding(source)
    if how == "quoted-printable":
        params.pop("ENCODING", None)
        value = values.raw_value(source).replace("\r", "").replace("\n", "\\n")
    elif how == "b":
        params["ENCODING"] = ("b",)
        value = "".join(value.split())
    params.pop("CHARSET", None)
    return Draft(group, name, params, value, source, was)


def _types(source: Line) -> tuple[str, ...]:
    """The types as written: the parameter's values, split where they were quoted as a list, and the bare ones."""
    listed = [each.strip() for said in source.params.get("TYPE", ()) for each in said.split(",")]
    known = {each.lower() for each in listed}
    return tuple(each for each in (*listed, *(t for t in values.all_types(source) if t not in known)) if each)
