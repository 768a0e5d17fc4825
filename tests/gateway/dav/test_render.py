"""The pure pieces: hrefs, character data and fragments come back as they were, errors have their status and body."""

from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dav import body, errors, names, render
from gateway.dav.places import decode
from gateway.dav.request import Answer, Request
from gateway.dav.text_match import Match, TextFilter, holds
from storage import errors as tree

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))
LEGAL = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff", whitelist_characters="\t\n\r")
)
PROPERTY = "{urn:x}p"
NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
NAMESPACE = st.sampled_from(["", "DAV:", "urn:x", names.CALDAV, 'urn:"quoted"&<'])


@given(st.lists(TEXT.filter(lambda text: text not in ("", ".", "..")), max_size=4))
def test_every_name_survives_an_href(segments: list[str]) -> None:
    path = "/".join(map(render.segment, segments))
    assert decode(f"/{path}/") == (tuple(segments), True)
    assert path.isascii()
    assert not set(path) & set("&<>\"' ?#\n")


def answered(text: str) -> Answer:
    """A multistatus with the text as a property."""
    row = render.rows({PROPERTY: names.text}, render.Wanted((PROPERTY,)))
    return render.multistatus([row("/x", text)])


@given(LEGAL)
def test_every_legal_text_survives_an_answer(text: str) -> None:
    answer = answered(text)
    assert fromstring(answer.body).findtext(f".//{PROPERTY}") == text


@given(TEXT)
def test_no_text_makes_an_answer_that_is_no_xml(text: str) -> None:
    answer = answered(text)
    assert fromstring(answer.body).find(f".//{PROPERTY}") is not None


def elements() -> st.SearchStrategy[Element]:
    def made(namespace: str, local: str, text: str, attributes: dict[str, str], children: list[Element]) -> Element:
        element = Element(f"{{{namespace}}}{local}" if namespace else local, attributes)
        element.text = text
        for child in children:
            child.tail = text
            element.append(child)
        return element

    attributes = st.dictionaries(st.builds(lambda n: f"{{urn:a}}{n}", NAME) | NAME, LEGAL, max_size=2)
    leaf = st.builds(made, NAMESPACE, NAME, LEGAL, attributes, st.just([]))
    return st.recursive(
        leaf,
        lambda inner: st.builds(made, NAMESPACE, NAME, LEGAL, attributes, st.lists(inner, max_size=2)),
        max_leaves=5,
    )


def shape(element: Element) -> object:
    children = [(shape(child), child.tail or "") for child in element]
    attributes = {key: " ".join(value.split()) for key, value in element.attrib.items()}
    return element.tag, element.text or "", attributes, children


@given(elements())
def test_a_fragment_is_the_element_again(element: Element) -> None:
    again = fromstring(errors.legal(f'<r xmlns="DAV:">{body.fragment(element)}</r>'))
    assert shape(again[0]) == shape(element)


@given(LEGAL, LEGAL, st.sampled_from(list(Match)), st.sampled_from(["i;octet", "i;ascii-casemap", "i;unicode-casemap"]))
def test_negation_turns_every_match_around(value: str, text: str, match: Match, collation: str) -> None:
    assert holds(value, TextFilter(text, collation, match, False)) is not holds(
        value, TextFilter(text, collation, match, True)
    )
    assert holds(value, TextFilter(value, collation, Match.EQUALS, False))


@pytest.mark.parametrize(
    ("error", "status", "condition"),
    [
        (tree.StoreFull("x"), 507, "quota-not-exceeded"),
        (tree.StoreBusy("x"), 503, ""),
        (tree.StoreError("x"), 503, ""),
        (tree.CursorExpired("x"), 403, "valid-sync-token"),
        (tree.TooLarge("x"), 403, "max-resource-size"),
        (tree.InvalidData("x"), 403, "valid-calendar-data"),
        (tree.UnsupportedKind("x"), 403, "supported-calendar-component"),
        (tree.AccessDenied("x"), 403, ""),
        (tree.Unreachable("x"), 502, ""),
    ],
)
def test_errors_have_a_status_a_condition_and_a_sentence(
    error: tree.CalHarborError, status: int, condition: str
) -> None:
    answer = errors.answer(error)
    root = fromstring(answer.body)
    assert answer.status == status
    assert root.findtext(f"{{{names.OURS}}}message") == "x"
    found = {names.split(child.tag)[1] for child in root} - {"message"}
    assert found == ({condition} if condition else set())
    assert ("Retry-After" in answer.headers) is (status == 503)


@pytest.mark.parametrize(
    ("header", "match", "none_match"),
    [
        ("*", {"*"}, {"*"}),
        ('"a", W/"b" ,"c,d"', {"a", "c,d"}, {"a", "b", "c,d"}),
        ("bare", {"bare"}, {"bare"}),
        ("", set(), set()),
        ('"*"', set(), set()),
    ],
)
def test_lists_of_entity_tags(header: str, match: set[str], none_match: set[str]) -> None:
    request = Request("GET", (), True, {"if-match": header, "if-none-match": header}, b"", "u", "u")
    assert request.if_match == frozenset(match)
    assert request.if_none_match == frozenset(none_match)
    assert Request("GET", (), True, {}, b"", "u", "u").if_match is None
