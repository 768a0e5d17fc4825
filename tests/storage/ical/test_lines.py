"""The content-line tree: lossless for any text, honest about structure, quick on hostile input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidData, TooLarge
from storage.ical.lines import Line, dump, escape, fold, line, parse, unescape, unfold

_PIECES = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "begin:vevent",
        "END:VEVENT",
        "END:VCALENDAR",
        "BEG\r\n IN:VALARM",
        "END:VAL\n\tARM",
        "SUMMARY:Grüße",
        'ATTENDEE;CN="a:b;c,d":mailto:x',
        'X;Y="open:z',
        "\r\n",
        "\n",
        "\r",
        "\n ",
        "\r\n\t",
        "\ufeff",
        ":",
        ";",
        ",",
        '"',
        "^",
        "=",
        "\u2028",
        "\x0b",
        "\x85",
        "item1.TEL;HOME:1",
    ]
)
_TEXTS = st.lists(_PIECES | st.text(max_size=8)).map("".join)


def _one(text: str) -> Line:
    child = parse(text).children[0]
    assert isinstance(child, Line)
    return child


@given(_TEXTS)
def test_any_text_survives_unless_its_structure_is_broken(text: str) -> None:
    try:
        tree = parse(text)
    except InvalidData:
        return
    assert dump(tree) == text


@given(st.text())
def test_one_folded_line_of_any_text_survives_as_one_line(text: str) -> None:
    folded = "X-ANY:" + text.replace("\n", "\n ")
    tree = parse(folded)
    assert (dump(tree), len(tree.children)) == (folded, 1)


@given(_TEXTS)
def test_every_view_of_every_line_can_be_read(text: str) -> None:
    try:
        tree = parse(text)
    except InvalidData:
        return
    for child in tree.children:
        if isinstance(child, Line):
            assert isinstance(child.value, str)
            assert all(isinstance(each, str) for values in child.params.values() for each in values)
            assert child.name == child.name.upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\r\n\r\n",
        "junk before\nBEGIN:VCALENDAR\r\nVERSION:2.0\nEND:VCALENDAR\r\njunk after",
        "\ufeffBEGIN:VCALENDAR\r\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\r\n\r\nSUMMARY:a\rb\r\nDESCRIPTION:x\r\n\t y\r\n \r\n\r\nEND:VCALENDAR",
    ],
)
def test_odd_texts_survive(text: str) -> None:
    assert dump(parse(text)) == text


def test_the_byte_order_mark_does_not_hide_the_first_component() -> None:
    assert [each.name for each in parse("\ufeffBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n").components()] == ["VCALENDAR"]


@pytest.mark.parametrize(
    "folded", ["SUM\r\n MARY:a b", "SUMMARY:a\n\t b", "S\r\n \r\n UMMARY\n :a b", "summary:a b\r\r\n"]
)
def test_folds_anywhere_are_undone_for_reading(folded: str) -> None:
    assert (_one(folded).name, _one(folded).value) == ("SUMMARY", "a b")


@pytest.mark.parametrize(
    ("text", "params", "value"),
    [
        ("A:b;c=d:e", {}, "b;c=d:e"),
        ("A;X=1;y=2,3:v", {"X": ("1",), "Y": ("2", "3")}, "v"),
        ('A;CN="Doe; Jane: x, y";B=c:mailto:j@x', {"CN": ("Doe; Jane: x, y",), "B": ("c",)}, "mailto:j@x"),
        ('A;M="mailto:a","mailto:b":v', {"M": ("mailto:a", "mailto:b")}, "v"),
        ("A;CN=a^nb^'c^'^^d^x:v", {"CN": ('a\nb"c"^d^x',)}, "v"),
        ("A;T=x;T=y:v", {"T": ("x", "y")}, "v"),
        ("TEL;HOME:1", {"HOME": ("",)}, "1"),
        ('A;CN="open:v', {"CN": ("open",)}, "v"),
        ('A;CN=Bob "B:" C:v', {"CN": ("Bob B: C",)}, "v"),
        ('A;X=1:say "hi"', {"X": ("1",)}, 'say "hi"'),
        ("A;X=1", {"X": ("1",)}, ""),
        ("A;;X=1;:v", {"X": ("1",)}, "v"),
        ("A;TZID=tzone://Microsoft/Utc:2026", {"TZID": ("tzone://Microsoft/Utc",)}, "2026"),
        ("A;X=1://v", {"X": ("1",)}, "//v"),
    ],
)
def test_parameters_are_read(text: str, params: dict[str, tuple[str, ...]], value: str) -> None:
    assert (dict(_one(text).params), _one(text).value) == (params, value)


def test_group_and_name_of_a_vcard_line() -> None:
    read = _one("item1.x-ABLabel:_$!<Other>!$_\r\n")
    assert (read.group, read.name, read.value) == ("item1", "X-ABLABEL", "_$!<Other>!$_")
    assert _one("TEL:1").group == ""


def test_junk_has_no_name_and_keeps_its_text() -> None:
    assert [(_one(each).name, _one(each).value) for each in ("no colon\r\n", "\r\n", ": x")] == [
        ("", "no colon"),
        ("", ""),
        ("", ": x"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A:b\r\nEND:VEVENT\r\n", "line 2"),
        ("BEGIN:VCALENDAR\nX:y\n z\nEND:VEVENT\n", "line 4"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "VEVENT is never closed"),
        ("BEGIN:\r\nEND:\r\n", "line 1"),
    ],
)
def test_broken_structure_is_named_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        parse(text)


@pytest.mark.parametrize("text", ["BEGIN:A\n" * 100_000, "BEGIN:A\nEND:A\n" * 50_001, "BEGIN:A\n" * 33])
def test_hostile_nesting_is_refused(text: str) -> None:
    with pytest.raises(TooLarge):
        parse(text)


def test_component_lookups() -> None:
    event = parse("BEGIN:vevent\nSUMMARY:a\nsummary:b\nBEGIN:SUMMARY\nEND:SUMMARY\nEND:VEVENT\n").components("VEVENT")[
        0
    ]
    assert [each.value for each in event.lines("SUMMARY")] == ["a", "b"]
    assert (event.first("SUMMARY"), event.first("UID")) == (event.children[0], None)
    assert [each.name for each in event.components()] == ["SUMMARY"]


def test_a_new_line_is_folded_quoted_and_encoded() -> None:
    made = line("ATTENDEE", "mailto:a@x", {"CN": ['Jane "J", x'], "MEMBER": ["mailto:a", "b"]})
    assert made.raw == 'ATTENDEE;CN="Jane ^\'J^\', x";MEMBER="mailto:a",b:mailto:a@x\r\n'
    assert line("TEL", "1", group="item1", eol="\n").raw == "item1.TEL:1\n"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(["\r\n", "\n"]))
def test_folding_keeps_within_75_octets_and_is_undone_exactly(text: str, eol: str) -> None:
    value = escape(text).replace("\x00", "")
    made = line("DESCRIPTION", value, eol=eol)
    assert all(len(each.encode()) <= 75 for each in made.raw.removesuffix(eol).split(eol))
    assert _one(made.raw).value == value
    assert unfold(fold(value.strip("\r\n"), eol)) == value.strip("\r\n")


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z-]{0,8}", fullmatch=True), st.lists(st.text(min_size=1), min_size=1)))
def test_parameters_survive_writing(params: dict[str, list[str]]) -> None:
    clean = {
        key: [each.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n") or "x" for each in values]
        for key, values in params.items()
    }
    read = _one(line("X-A", "v", clean).raw)
    assert {key: list(values) for key, values in read.params.items()} == clean
    assert read.value == "v"


@given(st.text())
def test_text_values_survive_escaping(text: str) -> None:
    assert unescape(escape(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


def test_lenient_escapes_are_understood() -> None:
    assert unescape(r"a\Nb\:c\"d\x\\n") == 'a\nb:c"d\\x\\n'


@pytest.mark.parametrize(("name", "value"), [("SUMMARY", "a\nEND:VEVENT"), ("A B", "x"), ("", "x"), ("X", "\x00")])
def test_what_no_line_can_hold_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidData):
        line(name, value)


def test_a_parameter_name_cannot_smuggle() -> None:
    with pytest.raises(InvalidData):
        line("X", "y", {"A;B": ["c"]})
