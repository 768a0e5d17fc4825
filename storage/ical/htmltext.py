"""The text of HTML that came as a description: for clients, and calendars, that show none (contract D45).

Tags go, entities are decoded, line breaks and the ends of blocks become line ends, what no reader sees is left out.
"""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"}
    | {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"table", "tr", "ul"}
)
_UNSEEN = frozenset({"head", "script", "style", "title", "template"})
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_AROUND_LINE_ENDS = re.compile(r" *\n *")
_MANY_LINE_ENDS = re.compile(r"\n{3,}")


def is_html(text: str) -> bool:
    """Whether a description is HTML: its first character `<` and its last `>` (contract A.11)."""
    return text.startswith("<") and text.endswith(">")


def text_of(html: str) -> str:
    """The text; "" where nothing is to be read. Never raises."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = _AROUND_LINE_ENDS.sub("\n", "".join(reader.pieces))
    return _MANY_LINE_ENDS.sub("\n\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes say nothing that is read."""
        del attrs
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br" or (tag in _BLOCKS and self.pieces and not self.pieces[-1].endswith("\n")):
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(_BLANKS.sub(" ", data))

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """`<![…` of Office: the parser of the library stops at words that it does not know."""
        return self.parse_bogus_comment(i, bool(report))
