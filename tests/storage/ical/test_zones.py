"""What a TZID means: IANA names in every spelling, Windows names, and the VTIMEZONEs of files."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage.errors import InvalidData
from storage.ical import zones
from storage.ical.lines import Component, parse
from storage.ical.rulezone import RuleZone, read_zone

CUSTOM = """BEGIN:VTIMEZONE
TZID:{tzid}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
{more}END:VTIMEZONE
"""


def calendar(tzid: str, more: str = "", zone: str = CUSTOM) -> Component:
    return parse(f"BEGIN:VCALENDAR\n{zone.format(tzid=tzid, more=more)}END:VCALENDAR\n")


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/BERLIN", "Europe/Berlin"),
        ('"Europe/Berlin"', "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("/mozilla.org/20070129_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/softwarestudio.org/Olson_20011030_5/Africa/Abidjan", "Africa/Abidjan"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("UTC", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_names_of_every_origin_are_understood(tzid: str, name: str) -> None:
    zone = zones.resolve(tzid, None)
    assert zones.zone_name(tzid, None) == name
    assert zone == (UTC if name == "UTC" else ZoneInfo(name))


UNKNOWN = """Middle Earth/Shire|/|../../etc/passwd|localtime|posixrules|Customized Time Zone|UTC+99:00
(UTC+99:00) Nowhere|(UTC+05:00) Berlin"""


@pytest.mark.parametrize("tzid", ["", *UNKNOWN.replace("\n", "|").split("|")])
def test_what_nobody_knows_is_none_and_keeps_its_name(tzid: str) -> None:
    assert zones.resolve(tzid, None) is None
    assert zones.zone_name(tzid, None) == tzid


def test_fixed_offsets_are_zones() -> None:
    zone = zones.resolve("GMT-0530", None)
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(hours=-5, minutes=-30)


@pytest.mark.parametrize("tzid", ["Customized Time Zone", "tzone://Microsoft/Custom", "My own"])
def test_the_timezone_of_the_file_decides_where_the_name_says_nothing(tzid: str) -> None:
    root = calendar(tzid)
    zone = zones.resolve(tzid, root)
    assert isinstance(zone, RuleZone)
    assert zones.zone_name(tzid, root) == tzid
    assert zones.resolve(tzid, root) is zone
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=2)


def test_a_known_name_wins_over_the_timezone_of_the_file() -> None:
    assert zones.resolve("Asia/Kolkata", calendar("Asia/Kolkata")) == ZoneInfo("Asia/Kolkata")
    assert zones.resolve("India Standard Time", calendar("India Standard Time")) == ZoneInfo("Asia/Kolkata")


def test_the_location_that_a_timezone_names_counts() -> None:
    root = calendar("x", "X-LIC-LOCATION:Asia/Tokyo\n")
    assert zones.resolve("x", root) == ZoneInfo("Asia/Tokyo")
    assert zones.zone_name("x", root) == "Asia/Tokyo"


def test_a_rule_zone_agrees_with_the_standard_library_around_every_change() -> None:
    zone, berlin = zones.resolve("x", calendar("x")), ZoneInfo("Europe/Berlin")
    assert zone is not None
    for year in (2000, 2015, 2026, 2027):
        for month, day in ((3, 25), (10, 25), (7, 1), (1, 1)):
            first = datetime(year, month, day, tzinfo=UTC)
            for step in range(7 * 48):
                moment = first + timedelta(minutes=30 * step)
                own, other = moment.astimezone(zone), moment.astimezone(berlin)
                assert (own.replace(tzinfo=None), own.fold) == (other.replace(tzinfo=None), other.fold)
                for fold in (0, 1):
                    local = moment.replace(fold=fold)
                    assert local.replace(tzinfo=zone).utcoffset() == local.replace(tzinfo=berlin).utcoffset()


@pytest.mark.parametrize(
    "rule",
    [
        "DTSTART:yesterday\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200",
        "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+9999\nTZOFFSETTO:noon",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=NEVER",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=SECONDLY",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=0",
        "DTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=0",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYMONTH=13",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=XX",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ",
        "DTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRDATE:x",
    ],
)
def test_a_broken_timezone_is_no_zone(rule: str) -> None:
    block = f"BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\n{rule}\nEND:STANDARD\nEND:VTIMEZONE\n"
    root = calendar("x", zone=block)
    assert zones.resolve("x", root) is None
    assert zones.zone_name("x", root) == "x"


def test_a_timezone_without_rules_is_no_zone() -> None:
    assert read_zone("BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE\n") is None
    assert read_zone("not even a component") is None


def test_exchange_zones_of_the_year_one_are_understood() -> None:
    text = CUSTOM.format(tzid="x", more="").replace("1601", "0001")
    zone = read_zone(text)
    assert zone is not None
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=2)


WRITTEN = """Europe/Berlin America/New_York America/Santiago Australia/Lord_Howe Pacific/Apia Asia/Kolkata UTC
Africa/Casablanca Africa/Monrovia Asia/Gaza America/Sao_Paulo Europe/Dublin"""


@pytest.mark.parametrize("name", WRITTEN.split())
def test_a_written_timezone_means_the_same_zone(name: str) -> None:
    zone, real = read_zone(zones.vtimezone(name)), ZoneInfo(name)
    assert zone is not None
    pick = random.Random(name)
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1970, 2038))
    for _ in range(1500):
        moment = datetime.fromtimestamp(pick.randrange(first, last), UTC)
        assert moment.astimezone(zone).replace(tzinfo=None) == moment.astimezone(real).replace(tzinfo=None)
        assert moment.astimezone(zone).tzname() == moment.astimezone(real).tzname()


def test_a_written_timezone_goes_on_after_2037() -> None:
    zone, real = read_zone(zones.vtimezone("Europe/Berlin")), ZoneInfo("Europe/Berlin")
    assert zone is not None
    for month in range(1, 13):
        moment = datetime(2090, month, 28, tzinfo=UTC)
        assert moment.astimezone(zone).utcoffset() == moment.astimezone(real).utcoffset()


def test_a_timezone_is_written_under_its_iana_name_in_short_lines() -> None:
    text = zones.vtimezone("W. Europe Standard Time")
    assert text.startswith("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n")
    assert text.endswith("END:VTIMEZONE\r\n")
    assert max(map(len, text.split("\r\n"))) <= 75
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" in text


def test_no_timezone_is_written_for_what_is_no_zone() -> None:
    with pytest.raises(InvalidData, match="Shire"):
        zones.vtimezone("Middle Earth/Shire")
