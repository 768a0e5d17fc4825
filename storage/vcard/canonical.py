"""The canonical form of a vCard: two texts with the same contact have the same form, however they are written.

As for calendars (`storage.ical.canonical`), in doubt a difference counts. Not content, so two texts may differ in it:
- the text: line ends, folding, blank lines, whatever stands outside VCARD, case of names, types and encodings, order of
  lines, parameters and types, types in one parameter or several or bare (2.1), quoting and escaping variants, order
  inside CATEGORIES, the names of groups (`item1`), empty fields at the end of N, ADR and ORG, blanks inside base64,
  quoted-printable or not, a date with dashes or without, a line repeated word by word;
- defaults written out: VALUE as the property has it anyway or its value shows it, TYPE=internet of an EMAIL, a
  telephone number as a `tel:` URI without parameters; an empty property is an absent one;
- bookkeeping of whoever wrote last: REV, PRODID, X-RADICALE-NAME.

Content: VERSION (an upstream that converts shows a projection of what it was given), and everything else.
"""

from storage.errors import InvalidData
from storage.ical.lines import Component, Line, escape, parse, unescape
from storage.vcard import values

BOOKKEEPING = frozenset({"REV", "PRODID", "X-RADICALE-NAME", ""})
"""What changes although nobody changed anything; "" is junk and blank lines."""

DATES = frozenset({"BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "DEATHDATE"})
_STRUCTURED = frozenset({"N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP"})
_OBVIOUS_VALUES = frozenset({"uri", "url", "binary", "date", "date-time", "date-and-or-time", "text", "utc-offset"})
"""VALUEs that say no more than the value itself does, for all but telephone numbers and free-form dates."""

_TELLING = frozenset({"TEL", *DATES})
_NOT_CONTENT = frozenset({"TYPE", "ENCODING", "CHARSET", "VALUE", *values.ENCODINGS})


def canonical(text: str) -> str:
    """The form itself, to compare and to hash, never to send or to store.

    Raises InvalidData (or TooLarge) for text whose structure is broken, or that has no component at all.
    """
    found = parse(text).components()
    if not found:
        raise InvalidData("a text without any BEGIN has no contact", hint="Is this a vCard at all?")
    return "\n".join(sorted(map(_card, found)))


def _card(card: Component) -> str:
    pieces: set[str] = set()
    groups: dict[str, set[str]] = {}
    for line in values.lines_of(card):
        if line.name not in BOOKKEEPING and (said := line_form(line)):
            group = line.group.lower()
            (groups.setdefault(group, set()) if group else pieces).add(said)
    pieces.update("\n+".join(sorted(members)) for members in groups.values())
    pieces.update(_card(inner) for inner in card.components())
    return "\n".join([f"BEGIN:{card.name}", *sorted(pieces), f"END:{card.name}"])


def line_form(line: Line) -> str:
    """The form of one line; "" for one that says nothing."""
    value = value_form(line)
    return f"{line.name}{_params(line)}:{value}" if value else ""


def value_form(line: Line) -> str:
    """The form of its value alone."""
    name = line.name
    if values.encoding(line) == "b":
        return "".join(line.value.split())
    if name in DATES:
        return escape(values.date(line))
    raw = values.raw_value(line)
    if name in _STRUCTURED:
        return _structured(raw, lists=name != "ORG")
    if name == "CATEGORIES":
        return ",".join(sorted(map(escape, values.texts(line))))
    if name == "NICKNAME":
        return ",".join(map(escape, values.texts(line)))
    if name == "TEL" and _is_plain_number(line):
        return escape(values.text(line)[len("tel:") :])
    if name == "TZ":
        raw = raw.replace(":", "")
    return escape(unescape(raw).strip()) if "\\" in raw or "," in raw or ";" in raw else raw.strip()


def _structured(raw: str, *, lists: bool) -> str:
    found = []
    for field in values.split(raw, ";"):
        members = values.split(field, ",") if lists else [field]
        found.append(",".join(escape(unescape(each).strip()) for each in members))
    while found and not found[-1]:
        found.pop()
    return ";".join(found)


def _is_plain_number(line: Line) -> bool:
    """A `tel:` URI that says no more than the number (RFC 3966 §3 allows parameters behind it)."""
    value = values.text(line)
    return line.param("VALUE").lower() == "uri" and value[:4].lower() == "tel:" and ";" not in value


def parameters(line: Line) -> dict[str, str]:
    """The form of each parameter that says something, by name."""
    params = line.params
    if not params:
        return {}
    pieces: dict[str, str] = {}
    if types := {each for each in values.all_types(line) if (line.name, each) != ("EMAIL", "internet")}:
        pieces["TYPE"] = ",".join(sorted(types))
    kind = line.param("VALUE").lower()
    if kind and (kind not in _OBVIOUS_VALUES or (line.name in _TELLING and _tells(line, kind))):
        pieces["VALUE"] = kind
    for name, given in params.items():
        if name not in _NOT_CONTENT and any(given):
            pieces[name] = repr(",".join(given))
    return pieces


def _params(line: Line) -> str:
    return "".join(sorted(f";{name}={said}" for name, said in parameters(line).items())) if line.params else ""


def _tells(line: Line, kind: str) -> bool:
    if line.name == "TEL":
        return kind == "uri" and not _is_plain_number(line)
    return kind == "text"
