"""A vCard in another version: 3.0 (RFC 2426) to 4.0 (RFC 6350, appendix A of which lists the differences), and back.

Only the lines that mean something else in the other version are written anew. What the other version has no name for
keeps its own, which both allow (`iana-token`, `x-name`), or gets the one that Apple and others gave it in 3.0; so a
card that goes to the other version and back says what it said. Cards of version 2.1 can be converted, nothing to 2.1.

| 3.0 | 4.0 |
|---|---|
| `TYPE=pref` | `PREF=1` |
| `X-ADDRESSBOOKSERVER-KIND`, `X-ADDRESSBOOKSERVER-MEMBER`, `X-ANNIVERSARY`, `X-GENDER` | the same without `X-…-` |
| `PHOTO;ENCODING=b;TYPE=JPEG:…`, also LOGO, SOUND, KEY | `PHOTO:data:image/jpeg;base64,…` |
| `PHOTO;VALUE=uri;TYPE=GIF:http…` | `PHOTO;MEDIATYPE=image/gif:http…` |
| `LABEL` next to an ADR of the same types | `ADR;LABEL=` |
| `SORT-STRING` | `N;SORT-AS=` |
| `GEO:1.5;2.5`, `TZ:-05:00`, `BDAY:1985-04-12` | `GEO:geo:1.5,2.5`, `TZ;VALUE=utc-offset:-0500`, `BDAY:19850412` |
| `BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12` | `BDAY:--0412` |
| `TEL:+1` | `TEL;VALUE=uri:tel:+1` is read, never written |
"""

import re
from base64 import b64decode
from collections.abc import Iterable
from typing import Final

from storage.ical.lines import Component, dump, escape, parse, unescape
from storage.vcard import values
from storage.vcard.canonical import DATES
from storage.vcard.draft import Draft, draft
from storage.vcard.read import card_of

NAMES: Final = {
    "X-ADDRESSBOOKSERVER-KIND": "KIND",
    "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER",
    "X-ANNIVERSARY": "ANNIVERSARY",
    "X-GENDER": "GENDER",
}
"""What 4.0 calls what 3.0 calls so."""

_OLD_NAMES: Final = {new: old for old, new in NAMES.items()}
_PREFERABLE: Final = frozenset({"ADR", "EMAIL", "IMPP", "LABEL", "TEL", "URL"})
_MEDIA: Final = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
_FORMATS: Final = {"jpg": "jpeg", "pgp": "pgp-keys", "x509": "pkix-cert"}
_OLD_FORMATS: Final = {"pgp-keys": "PGP", "pkix-cert": "X509"}
_MAGIC: Final = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"), (b"GIF8", "gif"), (b"BM", "bmp"))
_UNKNOWN: Final = "octet-stream"
_DATA: Final = re.compile(r"data:([a-z]+)/([a-z0-9.+-]+);base64,([A-Za-z0-9+/=\s]*)", re.IGNORECASE)
_OFFSET: Final = re.compile(r"([+-]\d{2}):?(\d{2})")
_OLD_GEO: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*;\s*(-?\d+(?:\.\d+)?)\s*")
_GEO: Final = re.compile(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_SEX: Final = re.compile(r"[MFONU]?(;.*)?", re.DOTALL)
_DATE: Final = re.compile(r"(\d{4}|--)-?(\d{2})-(\d{2})(T.*)?")
_STAMP: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2}):?(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?")
_NO_YEAR: Final = "1604"


def convert(text: str, version: str) -> str:
    """The card in version `3.0` or `4.0`; unchanged where it has that version. Raises InvalidData for other texts."""
    tree = parse(text)
    card = card_of(tree)
    if version_of(card) == version:
        return text
    eol = "\n" if card.begin.endswith("\n") and not card.begin.endswith("\r\n") else "\r\n"
    drafts = [draft(line) for line in values.lines_of(card) if line.name not in ("VERSION", "")]
    drafts = _to_new(drafts) if version == "4.0" else _to_old(drafts)
    head = [_closed(card.begin, eol), f"VERSION:{version}{eol}"]
    inner = [_closed(dump(each), eol) for each in card.components()]
    return "".join([*head, *(each.raw(eol) for each in drafts), *inner, _closed(card.end, eol)])


def version_of(card: Component) -> str:
    """The version that a card names, "" where it names none."""
    line = card.first("VERSION")
    return values.text(line) if line else ""


# -- to 4.0 -----------------------------------------------------------------------------------------------------------


def _to_new(drafts: list[Draft]) -> list[Draft]:
    drafts = _without_labels(_without_sort_string(drafts))
    for each in drafts:
        if each.key in _PREFERABLE and "pref" in each.types:
            each.set_types(*(t for t in each.params["TYPE"] if t.lower() != "pref"))
            if not each.param("PREF"):
                each.set("PREF", "1")
        if each.key == "EMAIL" and "internet" in each.types:
            each.set_types(*(t for t in each.params["TYPE"] if t.lower() != "internet"))
        if each.key in _MEDIA:
            _new_media(each)
        elif each.key == "GEO" and (found := _OLD_GEO.fullmatch(unescape(each.value))):
            each.value = f"geo:{found[1]},{found[2]}"
        elif each.key == "TZ":
            _new_zone(each)
        elif each.key in DATES:
            _new_date(each)
        elif each.key == "REV" and (found := _STAMP.fullmatch(each.value.strip())):
            year, month, day, hour, minute, second, zone = found.groups()
            each.value = f"{year}{month}{day}T{hour}{minute}{second}{(zone or '').replace(':', '')}"
        if each.key in NAMES and (each.key != "X-GENDER" or _SEX.fullmatch(each.value)):
            each.rename(NAMES[each.key])
    return drafts


def _new_media(each: Draft) -> None:
    main = _MEDIA[each.key]
    formats = [t for t in each.types if t not in ("home", "work", "pref")]
    rest = [t for t in each.params.get("TYPE", ()) if t.lower() not in formats[:1]]
    subtype = _FORMATS.get(formats[0], formats[0]) if formats else ""
    if each.param("ENCODING") == "b":
        each.set("ENCODING")
        each.set("VALUE")
        each.set_types(*rest)
        each.value = f"data:{main}/{subtype or _sniffed(each.value)};base64,{each.value}"
    elif each.param("VALUE") in ("uri", "url"):
        each.set("VALUE")
        if subtype:
            each.set_types(*rest)
            each.set("MEDIATYPE", f"{main}/{subtype}")


def _sniffed(encoded: str) -> str:
    """What a picture without a type is, by its first octets."""
    try:
        start = b64decode(encoded[:16])
    except ValueError:
        return _UNKNOWN
    return next((name for magic, name in _MAGIC if start.startswith(magic)), _UNKNOWN)


def _new_zone(each: Draft) -> None:
    found = _OFFSET.fullmatch(each.value.strip())
    if found:
        each.value = f"{found[1]}{found[2]}"
        each.set("VALUE", "utc-offset")
    elif each.param("VALUE") == "text":
        each.set("VALUE")


def _new_date(each: Draft) -> None:
    if each.source is None or each.param("VALUE") == "text":
        return
    if found := _DATE.fullmatch(values.date(each.source)):
        year, month, day, time = found.groups()
        each.value = f"{year}{month}{day}{(time or '').replace(':', '')}"
        each.set("VALUE")
        if year == "--":
            each.set("X-APPLE-OMIT-YEAR")


def _without_sort_string(drafts: list[Draft]) -> list[Draft]:
    """SORT-STRING becomes the SORT-AS of N, where there is an N without one."""
    sort = next((each for each in drafts if each.key == "SORT-STRING"), None)
    name = next((each for each in drafts if each.key == "N" and "SORT-AS" not in each.params), None)
    if sort is None or name is None or not sort.value:
        return drafts
    name.set("SORT-AS", unescape(sort.value))
    return [each for each in drafts if each is not sort]


def _without_labels(drafts: list[Draft]) -> list[Draft]:
    """Each LABEL becomes the parameter of an ADR with the same types and group, where there is one."""
    addresses: dict[tuple[frozenset[str], str], list[Draft]] = {}
    for each in reversed(drafts):
        if each.key == "ADR" and "LABEL" not in each.params:
            addresses.setdefault(_place(each), []).append(each)
    kept = []
    for each in drafts:
        fitting = addresses.get(_place(each)) if each.key == "LABEL" and each.value else None
        if fitting:
            fitting.pop().set("LABEL", unescape(each.value))
        else:
            kept.append(each)
    return kept


def _place(each: Draft) -> tuple[frozenset[str], str]:
    return frozenset(each.types), each.group.lower()


# -- to 3.0 -----------------------------------------------------------------------------------------------------------


def _to_old(drafts: list[Draft]) -> list[Draft]:
    _prefer(drafts)
    added: list[Draft] = []
    for each in drafts:
        if each.key in _MEDIA:
            _old_media(each)
        elif each.key == "GEO" and (found := _GEO.fullmatch(each.value.strip())):
            each.value = f"{found[1]};{found[2]}"
            each.set("VALUE")
        elif each.key == "TZ":
            _old_zone(each)
        elif each.key in DATES:
            _old_date(each)
        elif each.key == "TEL" and each.param("VALUE") == "uri" and _is_plain(each.value):
            each.value = each.value[len("tel:") :]
            each.set("VALUE")
        elif each.key == "N" and "SORT-AS" in each.params:
            added.append(Draft(each.group, "SORT-STRING", {}, escape(",".join(each.params.pop("SORT-AS")))))
        elif each.key == "ADR" and "LABEL" in each.params:
            text = escape(",".join(each.params.pop("LABEL")))
            types = {"TYPE": each.params["TYPE"]} if "TYPE" in each.params else {}
            added.append(Draft(each.group, "LABEL", types, text))
        if each.key in _OLD_NAMES:
            each.rename(_OLD_NAMES[each.key])
    if not any(each.key == "N" for each in drafts):
        added.append(Draft("", "N", {}, ";;;;"))  # RFC 2426 §3.1.2 demands one
    return [*drafts, *added]


def _prefer(drafts: Iterable[Draft]) -> None:
    """What is preferred most of its name gets the type `pref`; PREF stays where it says more than that."""
    ranks: dict[str, int] = {}
    ranked = [each for each in drafts if each.key in _PREFERABLE and each.source is not None and each.param("PREF")]
    for each in ranked:
        if each.source is not None:
            ranks[each.key] = min(ranks.get(each.key, values.NOT_PREFERRED), values.preference(each.source))
    for each in ranked:
        if each.source is not None and values.preference(each.source) == ranks[each.key] != values.NOT_PREFERRED:
            each.set_types(*each.params.get("TYPE", ()), "pref")
            if ranks[each.key] == 1:
                each.set("PREF")


def _old_media(each: Draft) -> None:
    main = _MEDIA[each.key]
    found = _DATA.fullmatch(each.value.strip())
    types = each.params.get("TYPE", ())
    if found and found[1].lower() == main:
        each.value = "".join(found[3].split())
        each.set("VALUE")
        each.set("ENCODING", "b")
        each.set_types(*_old_format(found[2]), *types)
    elif each.param("ENCODING") != "b" and each.value:
        each.set("VALUE", "uri")
        media, _, subtype = each.param("MEDIATYPE").partition("/")
        if media == main and subtype:
            each.set("MEDIATYPE")
            each.set_types(*_old_format(subtype), *types)


def _old_format(subtype: str) -> tuple[str, ...]:
    lower = subtype.lower()
    return () if lower == _UNKNOWN else (_OLD_FORMATS.get(lower, subtype.upper()),)


def _old_zone(each: Draft) -> None:
    found = _OFFSET.fullmatch(each.value.strip())
    if found:
        each.value = f"{found[1]}:{found[2]}"
        each.set("VALUE")
    elif each.param("VALUE") != "uri":
        each.set("VALUE", "text")


def _old_date(each: Draft) -> None:
    if each.source is None or each.param("VALUE") == "text":
        return
    if found := _DATE.fullmatch(values.date(each.source)):
        year, month, day, time = found.groups()
        if year == "--" and not time:
            each.set("VALUE", "date")
            each.set("X-APPLE-OMIT-YEAR", _NO_YEAR)
            year = _NO_YEAR
        elif year == "--":
            return
        else:
            each.set("VALUE")
        each.value = f"{year}-{month}-{day}{time or ''}"


def _is_plain(value: str) -> bool:
    return value[:4].lower() == "tel:" and ";" not in value


def _closed(text: str, eol: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}{eol}"
