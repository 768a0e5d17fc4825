"""The texts of the simulation: events that differ from each other in everything that counts."""

from random import Random

WORDS = ["Standup", "Zahnarzt", "Déjeuner", "会議", "Review", "Gym", "Call", "Birthday"]


def event(uid: str, stamp: int, word: str, *, weekly: bool = False) -> str:
    """An event whose text is unmistakable: `stamp` occurs in no other text of the run."""
    rule = "RRULE:FREQ=WEEKLY;COUNT=5\r\n" if weekly else ""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//simulation//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:202601{stamp % 28 + 1:02}T100000Z\r\n{rule}"
        f"SUMMARY:{word} {stamp}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def uid_of(data: str | bytes) -> str:
    """The UID of such an event; "" of what is none."""
    return str(data).partition("UID:")[2].partition("\r\n")[0]


class Texts:
    """What both sides write. `random` is the run's, so that a seed decides the texts as well."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.stamps = 0

    def stamp(self) -> int:
        """A number that no other text of this run has."""
        self.stamps += 1
        return self.stamps

    def new(self, uid: str) -> str:
        """A text nobody has written before."""
        return event(uid, self.stamp(), self.random.choice(WORDS), weekly=self.random.random() < 0.2)
