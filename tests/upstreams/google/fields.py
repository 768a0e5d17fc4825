"""Partial answers: the parameter `fields`, such as `items(id,start/dateTime),nextPageToken`."""

from typing import Any

from tests.upstreams.google.refusal import invalid

Json = dict[str, Any]


def partial(answer: Json, selector: str) -> Json:
    """What of an answer the selector names."""
    wanted, rest = _parsed(selector)
    if rest:
        raise invalid(f"Invalid field selection {rest}", "fields")
    return dict(_picked(answer, wanted))


def _parsed(text: str) -> tuple[Json, str]:
    """`a/b,c(d,e)` as nested names, up to a closing bracket or the end; and what is left of the text."""
    found: Json = {}
    while text:
        length = next((place for place, sign in enumerate(text) if sign in "(),/"), len(text))
        name, text = text[:length], text[length:]
        if not name:
            raise invalid("Invalid field selection", "fields")
        inner: Json = {}
        path = found.setdefault(name, inner)
        while text.startswith("/"):
            length = next((place for place, sign in enumerate(text[1:], 1) if sign in "(),/"), len(text))
            path = path.setdefault(text[1:length], {})
            text = text[length:]
        if text.startswith("("):
            below, text = _parsed(text[1:])
            path.update(below)
            if not text.startswith(")"):
                raise invalid("Invalid field selection", "fields")
            text = text[1:]
        if not text.startswith(","):
            break
        text = text[1:]
    return found, text


def _picked(value: Any, wanted: Json) -> Any:
    if isinstance(value, list):
        return [_picked(each, wanted) for each in value]
    if not wanted or not isinstance(value, dict):
        return value
    names: Json = dict.fromkeys(value, wanted["*"]) if "*" in wanted else wanted
    return {name: _picked(value[name], names[name]) for name in names if name in value}
