"""Google's description, which may be HTML, ⇄ DESCRIPTION and, where it is HTML, X-ALT-DESC beside it (contract E.1)."""

import re
from collections.abc import Iterator
from html import escape as escaped
from typing import Final

from plugins.google.members import plain
from storage.ical.htmltext import text_of
from storage.ical.lines import Component, Line, escape, line

TEXT: Final = "DESCRIPTION"
HTML: Final = "X-ALT-DESC"

_MARKED = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|font|h[1-6]|hr|html|i|img|li|ol|p|pre|s|span|strong|style|sub|sup|table|tbody"
    r"|td|th|tr|u|ul)(?:\s[^<>]*)?/?>|<!--|&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE | re.ASCII,
)


def lines(description: str) -> Iterator[Line]:
    """A description as the mirror keeps it: for people as text, and as it came where that is HTML."""
    if not _MARKED.search(description):
        if description:
            yield line(TEXT, escape(description))
        return
    if text := text_of(description):
        yield line(TEXT, escape(text))
    yield line(HTML, escape(description), {"FMTTYPE": ["text/html"]})


def told(event: Component) -> str:
    """What Google is to show: the HTML while it says the same as the text, else the text, which somebody has edited.

    Google takes every description for HTML; a text that has tags or entities in it is escaped, and comes out the same.
    """
    text = next((plain(each) for each in event.lines(TEXT)), "")
    for each in event.lines(HTML):
        html = plain(each)
        if each.param("FMTTYPE").strip().lower() == "text/html" and text_of(html).split() == text.split():
            return html
    return escaped(text, quote=False).replace("\n", "<br>") if _MARKED.search(text) else text
