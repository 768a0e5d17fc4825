"""The texts of the simulation, new and edited, and its events: they differ from each other in all that counts."""

from random import Random

from tests.simulation import cards

WORDS = ["Standup", "Zahnarzt", "Déjeuner", "会議", "Review", "Gym", "Call", "Birthday"]


ME, GUEST = "mailto:me@example.org", "mailto:guest@example.org"
_ANSWERS = ("NEEDS-ACTION", "ACCEPTED", "DECLINED")


def people(uid: str, stamp: int) -> str:
    """Whom an event is a meeting of: of nobody, of mine with a guest, or, as its UID decides, one that I answer."""
    if stamp % 3 == 1:
        return ""
    if uid.endswith(("1", "3", "5", "7")):
        return f"ORGANIZER:{GUEST}\r\nATTENDEE;PARTSTAT={_ANSWERS[stamp // 3 % 3]}:{ME}\r\n"
    return f"ORGANIZER:{ME}\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:{GUEST}\r\n"


def event(uid: str, stamp: int, word: str, *, weekly: bool = False, who: str = "") -> str:
    """An event whose text is unmistakable: `stamp` occurs in no other text of the run."""
    rule = "RRULE:FREQ=WEEKLY;COUNT=5\r\n" if weekly else ""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//simulation//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:202601{stamp % 28 + 1:02}T100000Z\r\n{rule}"
        f"SUMMARY:{word} {stamp}\r\n{who}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def uid_of(data: str | bytes) -> str:
    """The UID of such an event; "" of what is none."""
    return str(data).partition("UID:")[2].partition("\r\n")[0]


SINGLE = ("SUMMARY", "LOCATION", "DESCRIPTION", "URL", "X-SIMULATED")
SEVERAL = ("COMMENT", "CONTACT", "CATEGORIES")


class Texts:
    """What both sides write. `random` is the run's, so that a seed decides the texts as well."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.stamps = 0

    def stamp(self) -> int:
        """A number that no other text of this run has."""
        self.stamps += 1
        return self.stamps

    def edited(self, text: str) -> str:
        """The text with one property changed; sometimes another text altogether."""
        if self.random.random() < 0.3 or ("SUMMARY:" not in text and not cards.is_card(text)):
            return self.new(uid_of(text), card=cards.is_card(text))
        return self.retouched(text)

    def retouched(self, text: str) -> str:
        """The text with one property changed, added or removed."""
        card = cards.is_card(text)
        single, several = (cards.SINGLE, cards.SEVERAL) if card else (SINGLE, SEVERAL)
        name = self.random.choice([*single, *several])
        types = self.random.choice(["", ";TYPE=HOME", ";TYPE=WORK"]) if name in ("TEL", "EMAIL") else ""
        said = f"{name}{types}:{self.random.choice(WORDS)} {self.stamp()}"
        lines = text.split("\r\n")
        there = [line for line in lines if line.startswith((f"{name}:", f"{name};"))]
        if name in single or self.random.random() < 0.3:
            lines = [line for line in lines if line not in there[:1]]
        if name not in ("SUMMARY", "URL", "FN") and there and self.random.random() < 0.2:
            return "\r\n".join(lines)
        end = "END:VCARD" if card else "END:VEVENT"
        return "\r\n".join(lines).replace(end, f"{said}\r\n{end}")

    def new(self, uid: str, *, card: bool = False) -> str:
        """A text nobody has written before: an event, or a contact."""
        stamp, word = self.stamp(), self.random.choice(WORDS)
        if card:
            return cards.card(uid, stamp, word)
        return event(uid, stamp, word, weekly=self.random.random() < 0.2, who=people(uid, stamp))
