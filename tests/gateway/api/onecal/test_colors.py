"""Colours of events: as they were sent, and by their names for other programs (contract C.2, E.1)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.api.onecal.colors import name_of, shown
from tests.contract.onecal import Json, OneCal, expected
from tests.gateway.api.contract_here import Here

EVENT: Json = {"title": "t", "start": {"dateTime": "2025-08-13T10:00:00Z"}}


def test_a_colour_stays_as_it_was_sent_and_has_a_name_elsewhere(here: Here, alice: OneCal) -> None:
    made = expected(alice("POST", json={**EVENT, "customColor": "#FF0010"}), 201)
    assert made["customColor"] == "#FF0010"
    entry = here.store.entry(made["id"])
    assert "\r\nCOLOR:red\r\n" in entry.text
    here.put(101, entry.text.replace("COLOR:red", "COLOR:Teal"), entry.href)
    assert alice.get(f"/{made['id']}")["customColor"] == "#008080", "another program gave it another one"
    cleared = expected(alice("PUT", f"/{made['id']}", json={"customColor": None}), 200)
    assert "customColor" not in cleared
    entry = here.store.entry(made["id"])
    assert "COLOR" not in entry.text.upper().replace("CUSTOMCOLOR", "")


@given(st.integers(0, 0xFFFFFF))
@settings(max_examples=50)
def test_a_kept_colour_is_shown_beside_its_name(number: int) -> None:
    color = f"#{number:06x}"
    assert shown(color, name_of(color)) == shown(color, "") == color
    assert shown(None, name_of(shown("", name_of(color)))) == shown(None, name_of(color))


def test_what_is_no_colour() -> None:
    assert [shown(None, name) for name in ("", "nothing", "#12345", "turquoise;")] == [""] * 4
    assert shown(7, "#A1B2C3") == "#a1b2c3"
