"""The sample address book: a dozen people of several scripts, a company and a group, in vCard 3.0 and 4.0."""

from base64 import b64encode
from datetime import date
from struct import pack
from zlib import compress, crc32

from gateway.demo.writing import component, listing, raw, text

_TEAM = ("anna", "bob", "yuki", "layla")


def entries(today: date) -> dict[str, str]:
    """Resource name → text. Only ages depend on `today`: everybody gets older."""
    return dict((*_team(today.year), *_family(today.year), *_places()))


def _card(key: str, name: str, parts: tuple[str, str], *lines: str, version: str = "3.0") -> tuple[str, str]:
    """A card with a structured name of family and given name; 4.0 has no need of N (RFC 6350 §6.2.2)."""
    family, given = parts
    head = (raw("VERSION", version), raw("UID", uid(key)), text("FN", name))
    names = (raw("N", f"{family};{given};;;"),) if family or given or version == "3.0" else ()
    return f"{key}.vcf", component("VCARD", *head, *names, *lines)


def uid(key: str) -> str:
    """The UID of the card with this key; a UUID, because members of groups are named by such (RFC 6350 §6.6.5)."""
    return f"5a3ca1e0-0000-4000-8000-{key.encode().hex()[:12]:0<12}"


def _team(year: int) -> list[tuple[str, str]]:
    return [
        _card(
            "anna", "Anna Müller", ("Müller", "Anna"),
            raw("ORG", "Seezeichen GmbH;Entwicklung"), text("TITLE", "Leiterin"),
            raw("EMAIL", "anna@team.example", TYPE=("INTERNET", "WORK", "pref")),
            raw("TEL", "+49 30 901820", TYPE=("WORK", "VOICE")), raw("TEL", "+49 170 5550123", TYPE="CELL"),
            raw("ADR", ";;Hafenstraße 7;Hamburg;;20459;Deutschland", TYPE="WORK"),
            raw("BDAY", f"{year - 41}-03-14"), listing("CATEGORIES", "Kollegen", "Segeln"), _photo(46, 139, 87),
        ),
        _card(
            "bob", "Bob O'Neill", ("O'Neill", "Bob"), text("NICKNAME", "Bobby"),
            raw("EMAIL", "bob@team.example", TYPE=("INTERNET", "WORK")), raw("TEL", "+1 212 555 0187", TYPE="CELL"),
            raw("item1.URL", "https://bob.example/~oneill?a=1,2"), raw("item1.X-ABLabel", "_$!<HomePage>!$_"),
            raw("X-SOCIALPROFILE", "https://social.example/@bob,work", TYPE="mastodon"),
        ),
        _card(
            "yuki", "佐藤 雪", ("佐藤", "雪"),
            raw("X-PHONETIC-FIRST-NAME", "ゆき"), raw("X-PHONETIC-LAST-NAME", "さとう"),
            raw("EMAIL", "yuki@team.example", TYPE="work", PREF="1"),
            raw("TEL", "tel:+81-3-5550-1234", VALUE="uri", TYPE=("work", "voice")),
            raw("GEO", "geo:35.6762,139.6503"), raw("LANG", "ja", PREF="1"), raw("BDAY", "--0803"), version="4.0",
        ),
        _card(
            "layla", "ليلى حدّاد", ("حدّاد", "ليلى"), raw("EMAIL", "layla@team.example", TYPE="work"),
            raw("IMPP", "xmpp:layla@team.example", PREF="1"), raw("ANNIVERSARY", f"{year - 6}0521"), raw("GENDER", "F"),
            text("NOTE", "Ruft lieber an.\nErreichbar ab 10 Uhr; donnerstags nicht."), version="4.0",
        ),
        _card(
            "team", "Team", ("Team", ""), raw("X-ADDRESSBOOKSERVER-KIND", "group"),
            *(raw("X-ADDRESSBOOKSERVER-MEMBER", f"urn:uuid:{uid(key)}") for key in _TEAM),
        ),
    ]  # fmt: skip


def _family(year: int) -> list[tuple[str, str]]:
    return [
        _card(
            "oma", "Oma Irmgard", ("Schröder", "Irmgard"), raw("TEL", "+49 461 55501", TYPE=("HOME", "VOICE")),
            raw("BDAY", f"{year - 88}-12-01"), raw("ADR", ";;Am Deich 3;Husum;;25813;Deutschland", TYPE="HOME"),
            text("NOTE", "Sonntags um elf anrufen."), listing("CATEGORIES", "Familie"),
        ),
        _card(
            "jose", "José Ángel Núñez", ("Núñez", "José"), raw("TEL", "+34 600 555 018", TYPE="CELL"),
            raw("BDAY", "1604-02-29", VALUE="date", X_APPLE_OMIT_YEAR="1604"), listing("CATEGORIES", "Familie"),
        ),
        _card(
            "zoe", "Ζωή Παππά", ("Παππά", "Ζωή"), raw("EMAIL", "zoe@home.example", TYPE=("INTERNET", "HOME")),
            raw("item1.TEL", "+30 210 5550 192"), raw("item1.X-ABLabel", "Sommer"),
            raw("RELATED", "Oma Irmgard", TYPE="friend", VALUE="text"),
        ),
        _card(
            "igor", "Игорь Соколов", ("Соколов", "Игорь"), raw("TEL", "+7 812 555-01-44", TYPE=("HOME", "FAX")),
            raw("X-ABSHOWAS", "PERSON"), text("NOTE", "Шахматы по средам ♟"),
        ),
    ]  # fmt: skip


def _places() -> list[tuple[str, str]]:
    return [
        _card(
            "dentist", "Zahnarztpraxis Dr. Weiß", ("", ""), raw("KIND", "org"), raw("ORG", "Zahnarztpraxis Dr. Weiß"),
            raw("TEL", "+49 30 555 02 02", TYPE=("work", "voice"), PREF="1"),
            raw("ADR", ";;Lindenallee 12, 2. OG;Berlin;;10115;Deutschland", TYPE="work"),
            raw("URL", "https://weiss.example/termine"), version="4.0",
        ),
        _card(
            "taxi", "Taxi ☎", ("", ""), raw("TEL", "+49 30 443322", TYPE=("WORK", "VOICE", "pref")),
        ),
        _card(
            "library", "Bibliothek", ("", ""), raw("ORG", "Stadtbibliothek;Ausleihe;"), raw("X-ABSHOWAS", "COMPANY"),
            raw("EMAIL", "ausleihe@bibliothek.example", TYPE=("INTERNET", "WORK")),
            raw("URL", "https://bibliothek.example/"),
        ),
    ]  # fmt: skip


def _photo(red: int, green: int, blue: int) -> str:
    """A picture of one colour, 16 by 16, as PNG."""
    rows = b"".join(b"\0" + bytes((red, green, blue)) * 16 for _ in range(16))
    chunks = ((b"IHDR", pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)), (b"IDAT", compress(rows, 9)), (b"IEND", b""))
    body = b"".join(pack(">I", len(data)) + name + data + pack(">I", crc32(name + data)) for name, data in chunks)
    return raw("PHOTO", b64encode(b"\x89PNG\r\n\x1a\n" + body).decode(), ENCODING="b", TYPE="PNG")
