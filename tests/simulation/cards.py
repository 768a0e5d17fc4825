"""The contacts of the simulation: vCards 3.0 and 4.0 that differ from each other in everything that counts."""

from storage.vcard.convert import convert

SINGLE = ("FN", "NOTE", "TITLE", "X-SIMULATED")
SEVERAL = ("TEL", "EMAIL", "URL", "NICKNAME", "CATEGORIES")


def card(uid: str, stamp: int, word: str) -> str:
    """A contact whose text is unmistakable: `stamp` occurs in no other text of the run, and decides the version."""
    return (
        f"BEGIN:VCARD\r\nVERSION:{'3.0' if stamp % 2 else '4.0'}\r\nPRODID:-//test//simulation//EN\r\nUID:{uid}\r\n"
        f"FN:{word} {stamp}\r\nN:Somebody;;;;\r\nEND:VCARD\r\n"
    )


def is_card(text: str) -> bool:
    """Whether this is a contact."""
    return text.startswith("BEGIN:VCARD")


def one_version(text: str) -> str:
    """A contact in version 4.0, whatever version a side keeps it in; every other text as it is."""
    return convert(text, "4.0") if is_card(text) else text
