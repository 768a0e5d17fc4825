"""Reads `DAV:multistatus` answers (RFC 4918 §13) piece by piece, and `DAV:error` bodies (§16).

An answer counts only when it was read to its end: cut-off XML, another root element or a document type declaration
raise `UntrustedAnswer`, so that nobody can mistake half a listing for a short one. Names are spelled
`namespace local`, with a blank between them.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Never
from xml.parsers import expat

from storage import ids
from storage.errors import UntrustedAnswer

DAV: Final = "DAV: "
CALDAV: Final = "urn:ietf:params:xml:ns:caldav "
CARDDAV: Final = "urn:ietf:params:xml:ns:carddav "
CALENDARSERVER: Final = "http://calendarserver.org/ns/ "
APPLE: Final = "http://apple.com/ns/ical/ "
OURS: Final = f"{ids.NAMESPACE} "

_MAX_DEPTH = 64


class Element:
    """One XML element; `text` is its own character data, without that of its children."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []

    def first(self, tag: str) -> "Element | None":
        """The first child called `tag`, or None."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def hrefs(self) -> list[str]:
        """The texts of the `DAV:href` children."""
        return [child.text.strip() for child in self.children if child.tag == "DAV: href"]

    def tags(self) -> list[str]:
        """The names of the children."""
        return [child.tag for child in self.children]


class Response:
    """One `DAV:response`: `status` is 0 where only propstats speak; `props` holds what was found (2xx).

    `failed` gives the status of the other properties, `errors` the names inside `DAV:error`.
    """

    __slots__ = ("errors", "failed", "href", "props", "status")

    def __init__(self, element: Element) -> None:
        self.href = ""
        self.status = 0
        self.props: dict[str, Element] = {}
        self.failed: dict[str, int] = {}
        self.errors: list[str] = []
        for child in element.children:
            if child.tag == "DAV: propstat":
                self._propstat(child)
            elif child.tag == "DAV: href":
                self.href = self.href or child.text.strip()
            elif child.tag == "DAV: status":
                self.status = _status(child.text)
            elif child.tag == "DAV: error":
                self.errors += child.tags()

    def _propstat(self, propstat: Element) -> None:
        status, found = 200, []
        for child in propstat.children:
            if child.tag == "DAV: prop":
                found = child.children
            elif child.tag == "DAV: status":
                status = _status(child.text)
            elif child.tag == "DAV: error":
                self.errors += child.tags()
        if 200 <= status < 300:
            for prop in found:
                self.props[prop.tag] = prop
        else:
            for prop in found:
                self.failed[prop.tag] = status

    def text(self, tag: str) -> str:
        """The text of a property, stripped; empty where the server has none."""
        prop = self.props.get(tag)
        return prop.text.strip() if prop is not None else ""

    def children(self, tag: str) -> list[Element]:
        """The elements inside a property; empty where the server has none."""
        prop = self.props.get(tag)
        return prop.children if prop is not None else []


def _status(line: str) -> int:
    """The code of an HTTP status line; 0 where it cannot be read."""
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdigit() else 0


class Multistatus:
    """An iterable over the responses in `chunks`; `what` names the request in error messages, `url` is who answered.

    `token` is the `DAV:sync-token` of the whole answer, known once everything was iterated. Iterate once.
    """

    def __init__(self, chunks: Iterable[bytes], what: str, url: str = "") -> None:
        self.token = ""
        self.url = url
        self._chunks = chunks
        self._what = what

    def __iter__(self) -> Iterator[Response]:
        for element in _top_level(self._chunks, "DAV: multistatus", self._what):
            if element.tag == "DAV: response":
                yield Response(element)
            elif element.tag == "DAV: sync-token":
                self.token = element.text.strip()


def preconditions(body: bytes) -> list[Element]:
    """The elements inside a `DAV:error` body; empty where the body is something else."""
    try:
        return list(_top_level([body], "DAV: error", "error"))
    except UntrustedAnswer:
        return []


def schedule_responses(body: bytes, what: str) -> Iterator[Element]:
    """The responses of a `schedule-response` (RFC 6638 §10.2); raises `UntrustedAnswer` where it is something else."""
    for element in _top_level([body], f"{CALDAV}schedule-response", what):
        if element.tag == f"{CALDAV}response":
            yield element


def _top_level(chunks: Iterable[bytes], root: str, what: str) -> Iterator[Element]:
    """Each child of the root element as soon as it is complete; raises `UntrustedAnswer` as the module says."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 65536
    stack: list[Element] = []
    ready: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes)
        depth = len(stack)
        if depth > 1:
            stack[-1].children.append(element)
            if depth > _MAX_DEPTH:
                raise UntrustedAnswer(f"{what}: the answer's XML is nested too deeply")
        elif depth == 0 and name != root:
            raise UntrustedAnswer(f"{what}: the answer is <{name.rpartition(' ')[2]}>, not what was asked for")
        stack.append(element)

    def end(_name: str) -> None:
        element = stack.pop()
        if len(stack) == 1:
            ready.append(element)

    def text(data: str) -> None:
        stack[-1].text += data

    def doctype(*_declaration: object) -> Never:
        raise UntrustedAnswer(f"{what}: the answer's XML declares a document type or entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        begun = False
        for chunk in chunks:
            if not begun:
                chunk = chunk.lstrip()  # some servers put a blank line before the XML declaration
                begun = bool(chunk)
            parser.Parse(chunk, False)
            yield from ready
            ready.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UntrustedAnswer(f"{what}: the answer is not whole XML ({error})") from error
    yield from ready
