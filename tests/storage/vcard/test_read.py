"""The reader of vCards: records of all versions, the quirks of real writers, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidData
from storage.ical.lines import dump, escape, parse
from storage.model import Kind
from storage.records import ContactRecord
from storage.vcard.read import read
from tests.storage.vcard.cards import FULL, TEXT, card


def record(text: str) -> ContactRecord:
    found = read(text).contact
    assert found is not None
    return found


def one(value: str, *types: str, preferred: bool = False, label: str = "") -> dict[str, Any]:
    return {"value": value, "types": list(types), "preferred": preferred, "label": label}


def person(value: str, *types: str, label: str = "", text: bool = True) -> dict[str, Any]:
    return {**one(value, *types, label=label), "text": text}


def post(
    name: str, department: str = "", title: str = "", location: str = "", *types: str, label: str = ""
) -> dict[str, Any]:
    said = {"name": name, "department": department, "title": title, "location": location}
    return {**said, "types": list(types), "preferred": False, "label": label}


def test_everything_a_list_of_contacts_shows() -> None:
    content = read(FULL)
    assert (content.kind, content.uid, content.components) == (Kind.CONTACT, "one", ())
    assert record(FULL) == ContactRecord(
        version="3.0",
        full_name="Ada Lovelace",
        family_name="Lovelace",
        given_name="Ada",
        additional_names="Augusta Byron",
        prefix="Lady",
        nickname="Countess, Ada",
        organisation="Analytical Engines",
        department="Programming",
        title="Programmer",
        note="First line\nsecond, with a comma",
        birthday="1815-12-10",
        anniversary="1835-07-08",
        revised="2024-01-02T03:04:05Z",
        photo=True,
        emails=(
            one("ada@example.org", "home", preferred=True),
            one("engine@example.org", label="Engine"),
        ),
        phones=(one("+44 1234", "cell"), one("+44 5678", "work", "voice")),
        addresses=(
            {
                "box": "",
                "extended": "",
                "street": "12 St James, Square",
                "city": "London",
                "region": "",
                "code": "SW1",
                "country": "UK",
                "types": ["home"],
                "preferred": False,
                "label": "",
            },
        ),
        organizations=(post("Analytical Engines", "Programming", "Programmer"),),
        urls=(one("https://example.org/~ada:8080/"),),
        categories=("Friends", "Maths"),
    )


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("BDAY:18151210", "birthday", "1815-12-10"),
        ("BDAY:--1210", "birthday", "--12-10"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604;VALUE=date:1604-12-10", "birthday", "--12-10"),
        ("BDAY:19531015T231000Z", "birthday", "1953-10-15T23:10:00Z"),
        ("BDAY;VALUE=text:circa 1800", "birthday", "circa 1800"),
        ("BDAY:1953", "birthday", "1953"),
        ("BDAY:1953-10-15Tnoon", "birthday", "1953-10-15Tnoon"),
        ("KIND:Group", "kind", "group"),
        ("X-ADDRESSBOOKSERVER-KIND:group", "kind", "group"),
        ("MEMBER:urn:uuid:a", "members", ("urn:uuid:a",)),
        ("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a", "members", ("urn:uuid:a",)),
        (
            'TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555',
            "phones",
            (one("+1-555", "voice", "home", preferred=True),),
        ),
        ("TEL;HOME;VOICE:1", "phones", (one("1", "home", "voice"),)),
        ("TEL;PREF;WORK:1", "phones", (one("1", "work", preferred=True),)),
        ("EMAIL:", "emails", ()),
        ("NOTE;ENCODING=QUOTED-PRINTABLE:f=C3=BC=\r\nnf=0D=0Azeilen: http://x", "note", "fünf\nzeilen: http://x"),
        ("NOTE;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:f=FCr", "note", "für"),
        ("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=NOPE:f=FCr", "note", "für"),
        ("GENDER:F", "gender", "F"),
        ("RELATED;TYPE=spouse;VALUE=text:William", "relations", (person("William", "spouse"),)),
        ("RELATED;TYPE=spouse:William: King", "relations", (person("William: King", "spouse"),)),
        ("RELATED:urn:uuid:a", "relations", (person("urn:uuid:a", text=False),)),
        ("RELATED;VALUE=text:urn:uuid:a", "relations", (person("urn:uuid:a"),)),
        ("a.X-ABRELATEDNAMES:Anna\r\na.X-ABLabel:_$!<Mother>!$_", "relations", (person("Anna", label="Mother"),)),
        ("X-INITIALS:A.L.", "initials", "A.L."),
        ("CREATED:20220705T093412Z", "created", "2022-07-05T09:34:12Z"),
        ("REV:2022-07-05T09:34:12+02:00", "revised", "2022-07-05T07:34:12Z"),
        ("REV:2022-07-05", "revised", "2022-07-05T00:00:00Z"),
        ("REV:0001-01-01T00:00:00+01:00", "revised", ""),
        ("REV:yesterday", "revised", ""),
        ("IMPP;X-SERVICE-TYPE=Jabber:xmpp:a@b,c", "messengers", (one("xmpp:a@b,c"),)),
        ("ORG:A\\, B;;", "organisation", "A, B"),
    ],
)
def test_forms_of_all_versions(line: str, field: str, expected: object) -> None:
    assert getattr(record(card(line)), field) == expected


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["N:Lovelace;Ada;;Lady;OBE"], "Lady Ada Lovelace OBE"),
        (["ORG:Engines"], "Engines"),
        (["NICKNAME:Ada"], "Ada"),
        (["EMAIL:a@example.org"], "a@example.org"),
        (["TEL:1"], "1"),
        ([], ""),
    ],
)
def test_a_card_without_fn_is_called_something(lines: list[str], name: str) -> None:
    assert record(card(*lines, fn="")).full_name == name


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["TITLE:Boss"], [post("", title="Boss")]),
        (["ORG:A", "TITLE:x", "ORG:B;Sales;North", "TITLE:y"], [post("A", title="x"), post("B", "Sales, North", "y")]),
        (["b.TITLE:y", "ORG:A", "b.ORG:B", "TITLE:x"], [post("A", title="x"), post("B", title="y")]),
        (["a.ORG:A", "a.X-ABLabel:Club", "TITLE:x"], [post("A", title="x", label="Club")]),
        (["a.ORG;TYPE=school:A", "A.X-LOCATION:Here"], [post("A", "", "", "Here", "school")]),
        (["TITLE:x", "ORG:A", "TITLE:y", "X-LOCATION:p"], [post("A", title="x", location="p"), post("", title="y")]),
        (["ORG:", "TITLE:", "X-LOCATION:p"], [post("", location="p")]),
        (["ORG:;Sales"], [post("", "Sales")]),
    ],
)
def test_a_title_belongs_to_an_organization(lines: list[str], expected: list[dict[str, Any]]) -> None:
    assert list(record(card(*lines)).organizations) == expected


def test_a_photo_whose_lines_are_not_folded() -> None:
    text = card("PHOTO;BASE64;JPEG:/9j/", "AAAA", "BBBB=", "", "NOTE:after")
    assert record(text).photo
    assert record(text).note == "after"
    assert dump(parse(text)) == text


def test_the_preferred_line_speaks_for_the_card() -> None:
    assert record(card("TITLE;PREF=2:B", "TITLE;PREF=1:A")).title == "A"
    assert record(card("FN;PREF=1:Best", fn="Other")).full_name == "Best"


def test_a_card_without_uid_is_read() -> None:
    assert read(card(uid="")).uid == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no component"),
        (card() + card(), "2 components"),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "VCALENDAR"),
        ("BEGIN:VCARD\r\nFN:x\r\n", "never closed"),
        (card("NOTE:\0"), "NUL"),
    ],
)
def test_what_is_no_vcard_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidData, match=said):
        read(text)


@given(TEXT, TEXT, st.sampled_from(["2.1", "3.0", "4.0"]))
def test_any_text_is_read_and_written_back(name: str, note: str, version: str) -> None:
    text = card(f"NOTE:{escape(note)}", fn=escape(name) or "x", version=version)
    assert dump(parse(text)) == text
    assert record(text).note == note.strip()


@given(st.lists(st.text("AaB=;:,.\"'\\^é -", max_size=20), max_size=6))
def test_no_line_makes_the_reader_fail(lines: list[str]) -> None:
    text = card(*lines)
    assert dump(parse(text)) == text
    assert record(text).full_name
