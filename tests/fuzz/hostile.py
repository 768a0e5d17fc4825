"""Requests that no honest client sends: paths, headers, documents and calendar data bent and broken, by Hypothesis."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tests.fuzz import corpus

_VALUE = re.compile(rb'[a-z]="([^"]*)"')
Text = st.SearchStrategy[str]
Bytes = st.SearchStrategy[bytes]


@dataclass(frozen=True)
class Hostile:
    """One request. `path` and header values are as on the wire."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: str | None = "alice"
    chunks: int = 1


def requests() -> st.SearchStrategy[list[Hostile]]:
    """A few requests that follow each other: what one has written, the next one meets."""
    kinds = st.one_of(_writing(), _meaning(), _meaning(), _reading(), _any())
    return st.lists(kinds, min_size=1, max_size=12)


def _any() -> st.SearchStrategy[Hostile]:
    return st.builds(
        Hostile,
        method=st.sampled_from(corpus.METHODS),
        path=_paths(),
        headers=_headers(),
        body=st.one_of(st.just(b""), _documents(), _data(), st.binary(max_size=200)),
        user=st.sampled_from(["alice", "alice", "alice", "bob", None]),
        chunks=st.integers(1, 3),
    )


def _writing() -> st.SearchStrategy[Hostile]:
    return st.builds(
        Hostile,
        method=st.just("PUT"),
        path=st.sampled_from(corpus.ENTRIES),
        headers=st.one_of(st.just({}), _headers()),
        body=_data(),
    )


def _meaning() -> st.SearchStrategy[Hostile]:
    """A request as a client would send it, with some words of its document exchanged."""

    def built(which: tuple[str, str, bytes]) -> st.SearchStrategy[Hostile]:
        method, path, document = which
        headers = {"Depth": "1", "Content-Type": "application/xml", "Host": "h"}
        return _reworded(document).map(lambda body: Hostile(method, path, headers, body))

    return st.sampled_from(corpus.MATCHED).flatmap(built)


def _reading() -> st.SearchStrategy[Hostile]:
    return st.builds(
        Hostile,
        method=st.sampled_from(["REPORT", "REPORT", "PROPFIND", "PROPPATCH", "MKCALENDAR", "MKCOL", "POST"]),
        path=st.one_of(st.sampled_from(corpus.OWN), st.sampled_from(corpus.OWN), st.sampled_from(corpus.FOLDERS)),
        headers=st.one_of(st.just({"Depth": "1", "Content-Type": "application/xml"}), _headers()),
        body=_documents(),
    )


def _paths() -> Text:
    known = st.sampled_from(corpus.FOLDERS + corpus.ENTRIES)
    pieces = st.one_of(
        st.sampled_from(corpus.PATH_PIECES),
        st.text(max_size=8).map(lambda text: "".join(f"%{octet:02X}" for octet in text.encode("utf-8", "replace"))),
    )
    bent = st.builds(lambda path, piece, at: path[: at % (len(path) + 1)] + piece, known, pieces, st.integers(0, 40))
    joined = st.lists(pieces, max_size=5).map(lambda found: "/dav/" + "/".join(found))
    return st.one_of(known, known, bent, joined)


def _headers() -> st.SearchStrategy[dict[str, str]]:
    free = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=60)

    def pair(name: str) -> st.SearchStrategy[tuple[str, str]]:
        return st.tuples(st.just(name), st.one_of(st.sampled_from(corpus.HEADERS[name]), free))

    return st.lists(st.sampled_from(sorted(corpus.HEADERS)).flatmap(pair), max_size=5).map(dict)


def _documents() -> Bytes:
    return st.one_of(
        st.sampled_from(corpus.DOCUMENTS).flatmap(_reworded),
        st.sampled_from(corpus.DOCUMENTS).flatmap(_reworded),
        st.sampled_from(corpus.DOCUMENTS).flatmap(_mutated),
        _elements().map(lambda text: text.encode("utf-8", "replace")),
        st.sampled_from(corpus.BOMBS),
    )


def _elements() -> Text:
    """A tree of known names that means nothing, with the attributes and texts that such elements have elsewhere."""
    name = st.sampled_from(corpus.NAMES)
    free = st.one_of(st.sampled_from(corpus.VALUES), st.text(max_size=12))
    attributes = st.lists(st.tuples(st.sampled_from(corpus.ATTRIBUTES), free), max_size=2)

    def element(which: str, given: Sequence[tuple[str, str]], inner: Sequence[str]) -> str:
        written = "".join(f" {key}={quoteattr(text)}" for key, text in dict(given).items())
        return f"<{which}{written}>{''.join(inner)}</{which}>"

    tree = st.recursive(
        free.map(escape),
        lambda inner: st.builds(element, name, attributes, st.lists(inner, max_size=4)),
        max_leaves=25,
    )
    root = st.builds(element, st.sampled_from(corpus.ROOTS), attributes, st.lists(tree, max_size=4))
    return root.map(lambda text: text.replace(">", f" {corpus.DECLARATIONS}>", 1).replace("/ xmlns", " xmlns", 1))


def _data() -> Bytes:
    return st.one_of(
        st.sampled_from(corpus.DATA).flatmap(_mutated),
        _components().map(lambda text: text.encode("utf-8", "replace")),
        st.sampled_from(corpus.DATA),
    )


def _components() -> Text:
    """A calendar of known properties in any order with the values of others."""
    value = st.one_of(st.sampled_from(corpus.PROPERTY_VALUES), st.text(max_size=20))
    line = st.builds(
        lambda name, parameter, text: f"{name}{parameter}:{text}",
        st.sampled_from(corpus.PROPERTIES),
        st.sampled_from(corpus.PARAMETERS),
        value,
    )
    component = st.builds(
        lambda name, lines: "\r\n".join([f"BEGIN:{name}", *lines, f"END:{name}"]),
        st.sampled_from(corpus.COMPONENTS),
        st.lists(line, max_size=8),
    )
    whole = st.lists(st.one_of(component, line), max_size=4)
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    return st.builds(
        lambda parts, uid: (
            f"{head}BEGIN:VEVENT\r\nUID:{uid}\r\n" + "\r\n".join(parts) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ),
        whole,
        st.sampled_from(["a", "b", "twin"]),
    )


def _reworded(seed: bytes) -> Bytes:
    """A good document in which up to three attributes have the values of others: well-formed, perhaps meaningless."""
    places = [found.span(1) for found in _VALUE.finditer(seed) if b"://" not in found[1]]
    if not places:
        return st.just(seed)
    word = st.one_of(st.sampled_from(corpus.VALUES), st.text(max_size=9)).map(
        lambda text: escape(text, {'"': "&quot;"}).encode("utf-8", "replace")
    )
    changes = st.lists(st.tuples(st.sampled_from(places), word), max_size=3, unique_by=lambda change: change[0])

    def replaced(chosen: Sequence[tuple[tuple[int, int], bytes]]) -> bytes:
        text = seed
        for (start, end), new in sorted(chosen, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    return changes.map(replaced)


def _mutated(seed: bytes) -> Bytes:
    """A good text with up to four wounds: cut, doubled, overwritten, or with a token of another place in it."""
    size = len(seed)
    wound = st.tuples(
        st.sampled_from(["cut", "double", "overwrite", "insert", "swap"]),
        st.integers(0, size),
        st.integers(0, 40),
        st.one_of(st.sampled_from(corpus.TOKENS), st.binary(max_size=6)),
    )
    return st.lists(wound, max_size=4).map(lambda wounds: _wounded(seed, wounds))


def _wounded(seed: bytes, wounds: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    text = seed
    for kind, at, length, token in wounds:
        before, part, after = text[:at], text[at : at + length], text[at + length :]
        match kind:
            case "cut":
                text = before + after
            case "double":
                text = before + part + part + after
            case "overwrite":
                text = before + token + after
            case "insert":
                text = before + token + part + after
            case _:
                text = after + before + part
    return text
