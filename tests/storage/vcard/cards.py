"""Small vCards for tests, and strategies that write the same contact in many ways."""

from hypothesis import strategies as st

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\x85"), max_size=24)


def card(*lines: str, uid: str = "one", version: str = "3.0", fn: str = "Ada Lovelace") -> str:
    """A vCard with these further lines; an empty `uid` or `fn` leaves the property out."""
    head = ["BEGIN:VCARD", f"VERSION:{version}", *([f"UID:{uid}"] if uid else []), *([f"FN:{fn}"] if fn else [])]
    return "\r\n".join([*head, *lines, "END:VCARD", ""])


FULL = card(
    "N:Lovelace;Ada;Augusta,Byron;Lady;",
    "NICKNAME:Countess,Ada",
    "ORG:Analytical Engines;Programming;",
    "TITLE:Programmer",
    "EMAIL;TYPE=INTERNET,HOME,pref:ada@example.org",
    "item1.EMAIL;TYPE=INTERNET:engine@example.org",
    "item1.X-ABLabel:_$!<Engine>!$_",
    "TEL;TYPE=cell:+44 1234",
    "TEL;TYPE=WORK;TYPE=VOICE:+44 5678",
    "ADR;TYPE=home:;;12 St James\\, Square;London;;SW1;UK",
    "URL:https://example.org/~ada:8080/",
    "BDAY:1815-12-10",
    "X-ANNIVERSARY:1835-07-08",
    "CATEGORIES:Friends,Maths",
    "NOTE:First line\\nsecond\\, with a comma",
    "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=",
    "GEO:51.5;-0.13",
    "TZ:-05:00",
    "REV:2024-01-02T03:04:05Z",
)
