"""Patches on the content-line tree: a change rewrites the lines that it means, every other line keeps its bytes.

Components are treated as values: each function gives a new component, which shares what did not change with the one
that it was given. Made text goes back with `storage.ical.lines.dump`.
"""

from collections.abc import Iterable, Mapping, Sequence

from storage.errors import InvalidData, NotFound
from storage.ical.lines import Component, Line, line, parse, unfold


def eol_of(node: Component) -> str:
    """The line end that a text uses: that of its first BEGIN line; CRLF where there is none."""
    first = node if node.begin else next(iter(node.components()), node)
    return "\n" if first.begin.endswith("\n") and not first.begin.endswith("\r\n") else "\r\n"


def set_property(
    component: Component, name: str, value: str, params: Mapping[str, Sequence[str]] | None = None
) -> Component:
    """The component with exactly one property `name`, of this value (already escaped) and these parameters.

    It stands where the first of that name stood, a new one behind the last property. A line that already says this
    keeps its bytes. Raises InvalidData for what no line can hold.
    """
    return set_lines(component, name, [line(name, value, params, eol=eol_of(component))])


def set_lines(component: Component, name: str, lines: Sequence[Line]) -> Component:
    """The component with exactly these lines of `name`, for a property that may occur several times (ATTENDEE, EXDATE).

    A line whose name, parameters and value are there already keeps its bytes and its place; the others follow the last
    of their name, in the order given.
    """
    wanted = dict(enumerate(lines))
    places: dict[object, list[int]] = {}
    for at in reversed(wanted):
        places.setdefault(_sense(wanted[at]), []).append(at)
    kept: list[Line | Component] = []
    place: int | None = None
    for child in component.children:
        if isinstance(child, Component) or child.name != name.upper():
            kept.append(child)
            continue
        place = len(kept) if place is None else place
        if known := places.get(_sense(child)):
            del wanted[known.pop()]
            kept.append(child)
            place = len(kept)
    if place is None:
        place = _behind_the_properties(kept)
    return _with_children(component, [*kept[:place], *wanted.values(), *kept[place:]])


def remove(component: Component, *names: str) -> Component:
    """The component without any property of these upper-case names."""
    children = [child for child in component.children if isinstance(child, Component) or child.name not in names]
    return _with_children(component, children)


def set_param(source: Line, name: str, values: Sequence[str]) -> Line:
    """The line with one parameter set, or removed where `values` is empty; value and other parameters stay.

    The line is written anew, with the line end and the spelling of the name that it had.
    """
    params = {key: list(each) for key, each in source.params.items() if key != name.upper() or values}
    if values:
        params[name.upper()] = list(values)
    eol = "\n" if source.raw.endswith("\n") and not source.raw.endswith("\r\n") else "\r\n"
    named = unfold(source.raw).removeprefix(f"{source.group}.")
    return line(named[: len(source.name)], source.value, params, eol=eol, group=source.group)


def set_value(source: Line, value: str) -> Line:
    """The line with another value, as it stands in the text; its parameters stay."""
    eol = "\n" if source.raw.endswith("\n") and not source.raw.endswith("\r\n") else "\r\n"
    return line(source.name, value, source.params, eol=eol, group=source.group)


def add_component(parent: Component, child: Component) -> Component:
    """The parent with one more component: behind the last of its kind, a first VTIMEZONE in front, else at the end."""
    places = [at for at, each in enumerate(parent.children) if isinstance(each, Component) and each.name == child.name]
    if places:
        place = places[-1] + 1
    elif child.name == "VTIMEZONE":
        place = _behind_the_properties(parent.children)
    else:
        place = len(parent.children)
    return _with_children(parent, [*parent.children[:place], child, *parent.children[place:]])


def replace(node: Component, old: Component, new: Component | None) -> Component:
    """The tree with the very component `old`, wherever it stands, replaced by `new` or removed.

    Raises NotFound if `old` is no part of the tree.
    """
    path = _path_to(node, old)
    replacement = new
    for parent, at in reversed(path):
        middle = [] if replacement is None else [replacement]
        replacement = _with_children(parent, [*parent.children[:at], *middle, *parent.children[at + 1 :]])
    if replacement is None:
        raise NotFound("a tree cannot lose its own root")
    return replacement


def component(name: str, children: Iterable[Line | Component], *, eol: str = "\r\n") -> Component:
    """A new component with its BEGIN and END lines."""
    return Component(name, list(children), f"BEGIN:{name}{eol}", f"END:{name}{eol}")


def component_of(text: str, *, eol: str = "\r\n") -> Component:
    """The first component of a text, its line ends turned into `eol`, to be added to another text.

    Raises InvalidData for a text that is broken or has none.
    """
    found = parse(text.replace("\r\n", "\n").replace("\n", eol)).components()
    if not found:
        raise InvalidData("a text without any BEGIN has no component")
    return found[0]


def calendar_of(tree: Component) -> Component:
    """The VCALENDAR of a tree; raises InvalidData where there is none."""
    found = tree.components("VCALENDAR")
    if not found:
        raise InvalidData("a text without VCALENDAR is no iCalendar text")
    return found[0]


def _sense(of: Line) -> object:
    """The same for two lines that say the same, however they are written."""
    return of.name, of.value, frozenset((name, tuple(values)) for name, values in of.params.items())


def _behind_the_properties(children: Sequence[Line | Component]) -> int:
    for at, child in enumerate(children):
        if isinstance(child, Component):
            return at
    return len(children)


def _with_children(component: Component, children: list[Line | Component]) -> Component:
    return Component(component.name, children, component.begin, component.end)


def _path_to(node: Component, target: Component) -> list[tuple[Component, int]]:
    """The parents of `target` with its place in each, from the top down; empty for the node itself."""
    pending: list[tuple[Component, list[tuple[Component, int]]]] = [(node, [])]
    while pending:
        here, path = pending.pop()
        if here is target:
            return path
        for at, child in enumerate(here.children):
            if isinstance(child, Component):
                pending.append((child, [*path, (here, at)]))
    raise NotFound(f"this {target.name} is no part of the tree")
