"""Edits of the mirror become the least writes at Google, and Google's events come back as they were."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.google.changes import Verb, Write, changes, creation
from plugins.google.events import Setting
from plugins.google.mapping import entry
from storage.errors import InvalidData, Rejected
from storage.ical.canonical import canonical
from tests.plugins.google.resources import CALENDAR, CANCELLED, FULL, MEMBERS, MOVED, anything, events

SETTING = Setting("Europe/Berlin", {"anna@example.com"}, "key")
SERIES = "abcde12345"


def text(*resources: Mapping[str, Any]) -> str:
    """The text of what takes place."""
    found = entry(resources, CALENDAR)
    assert found is not None
    return found


def written(before: str, after: str) -> list[Write]:
    """What an edit writes."""
    return changes(before, after, SETTING, SERIES)


def edited(before: str, old: str, new: str, setting: Setting = SETTING) -> list[Write]:
    """What it writes that a piece of the text is another."""
    assert old in before
    return changes(before, before.replace(old, new, 1), setting, SERIES)


def patched(event: Any, body: Any) -> Any:
    """What a PATCH leaves (RFC 7396)."""
    if not isinstance(body, Mapping):
        return body
    kept = dict(event) if isinstance(event, Mapping) else {}
    for name, value in body.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = patched(kept.get(name), value)
    return kept


def usual(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without what Google adds by itself, and without what says nothing."""
    said = {name: value for name, value in event.items() if name not in ("id", "organizer")}
    said["reminders"] = event.get("reminders", {"useDefault": True})
    if said.get("status") == "confirmed":
        del said["status"]
    said["extendedProperties"] = {scope: found for scope, found in said.get("extendedProperties", {}).items() if found}
    return {name: value for name, value in said.items() if value not in (None, {})}


@settings(max_examples=60)
@given(events())
def test_what_google_says_goes_back_as_it_came(event: dict[str, Any]) -> None:
    (made,) = creation(text(event), SETTING)
    assert made.verb is Verb.INSERT
    assert made.body == usual(event)


@settings(max_examples=30)
@given(events())
def test_what_is_made_of_a_text_says_the_same_again(event: dict[str, Any]) -> None:
    before = text(event)
    (made,) = creation(before, SETTING)
    shown = {**made.body, "id": event["id"], "organizer": event["organizer"]}
    again = text({**shown, "status": event["status"]} if "status" in event else shown)
    mine = "X-GATEWAY-DEFAULT-REMINDERS" in before
    assert not mine or canonical(again) == canonical(before)
    assert written(before, again) == []


@settings(max_examples=100)
@given(st.data())
def test_a_patch_has_the_one_member_that_changed_and_leaves_what_was_meant(data: st.DataObject) -> None:
    event = data.draw(events())
    name = data.draw(st.sampled_from(sorted(MEMBERS)))
    value = data.draw(MEMBERS[name] if name == "reminders" else MEMBERS[name] | st.none())
    wanted = {**event, name: value}
    before, after = text(event), text(wanted)
    writes = written(before, after)
    assert len(writes) <= 1
    for write in writes:
        assert write.verb is Verb.PATCH
        assert write.event_id == SERIES
        assert write.body.keys() <= {name, "attendeesOmitted"}
        shown = text(
            patched(event, {member: each for member, each in write.body.items() if member != "attendeesOmitted"})
        )
        if "attendeesOmitted" not in write.body:
            assert written(shown, after) == []


@settings(max_examples=60)
@given(st.lists(anything(), min_size=1, max_size=2), st.lists(anything(), min_size=1, max_size=2))
def test_any_two_texts_of_google_differ_by_writes_or_are_refused(one: list[Any], other: list[Any]) -> None:
    try:
        before, after = entry(one, CALENDAR), entry(other, CALENDAR)
    except InvalidData:
        return
    if before is None or after is None:
        return
    assert written(before, before) == []
    try:
        written(before, after)
        creation(after, SETTING)
    except (InvalidData, Rejected):
        return


def test_an_idle_series_writes_nothing() -> None:
    base = text(FULL, MOVED, CANCELLED)
    assert written(base, base) == []


def test_a_new_summary_is_a_patch_of_the_summary() -> None:
    assert edited(text(FULL), "SUMMARY:Planning\\, weekly", "SUMMARY:Review") == [
        Write(Verb.PATCH, {"summary": "Review"}, event_id=SERIES)
    ]


def test_what_google_cannot_hold_writes_nothing() -> None:
    assert edited(text(FULL), "\r\nLOCATION:", "\r\nCATEGORIES:a\r\nX-OWN:b\r\nLOCATION:") == []


def test_an_answer_of_ones_own_leaves_the_other_guests_alone() -> None:
    setting = Setting("Europe/Berlin", {"ben@example.com"}, "key")
    (write,) = edited(text(FULL), "PARTSTAT=TENTATIVE", "PARTSTAT=ACCEPTED", setting)
    mine = {"email": "ben@example.com", "responseStatus": "accepted", "comment": 'says "maybe"', "additionalGuests": 2}
    assert write.body == {"attendees": [mine], "attendeesOmitted": True}


def test_another_guest_is_written_with_the_whole_list() -> None:
    (write,) = edited(text(FULL), "ATTENDEE;", "ATTENDEE:mailto:eve@example.com\r\nATTENDEE;")
    assert write.body.keys() == {"attendees"}
    assert [each.get("email") for each in write.body["attendees"]] == [
        "eve@example.com",
        *(each.get("email") for each in FULL["attendees"]),
    ]


def test_guests_of_whom_google_told_some_stay() -> None:
    event = {**FULL, "attendeesOmitted": True}
    with pytest.raises(Rejected, match="guests"):
        edited(text(event), "ATTENDEE;", "ATTENDEE:mailto:eve@example.com\r\nATTENDEE;")


def test_an_all_day_event_takes_the_place_of_a_timed_one() -> None:
    event = {name: value for name, value in FULL.items() if name not in ("recurrence", "start", "end")}
    timed = {**event, "start": FULL["start"], "end": FULL["end"]}
    whole = {**event, "start": {"date": "2025-03-03"}, "end": {"date": "2025-03-04"}}
    (write,) = written(text(timed), text(whole))
    assert write.body == {
        "start": {"date": "2025-03-03", "dateTime": None, "timeZone": None},
        "end": {"date": "2025-03-04", "dateTime": None, "timeZone": None},
    }


def test_an_exclusion_cancels_the_instance() -> None:
    base = text(FULL, CANCELLED)
    off = "\r\nEXDATE;TZID=Europe/Berlin:20250317T100000\r\nLOCATION:"
    assert edited(base, "\r\nLOCATION:", off) == [
        Write(Verb.CANCEL, {}, "20250317T090000Z", "", "2025-03-17T09:00:00Z")
    ]


def test_an_exception_that_is_excluded_is_cancelled_by_its_id() -> None:
    writes = written(text(FULL, MOVED), text(FULL, {**MOVED, "status": "cancelled"}))
    assert writes == [Write(Verb.CANCEL, {}, "20250317T090000Z", MOVED["id"], "")]


def test_an_exception_with_the_status_cancelled_is_cancelled() -> None:
    base = text(FULL, MOVED)
    head, tail = base.rsplit("STATUS:CONFIRMED", 1)
    assert written(base, f"{head}STATUS:CANCELLED{tail}") == [
        Write(Verb.CANCEL, {}, "20250317T090000Z", MOVED["id"], "")
    ]


def test_a_cancelled_instance_takes_place_again() -> None:
    writes = written(text(FULL, CANCELLED), text(FULL))
    assert writes == [Write(Verb.PATCH, {"status": "confirmed"}, "20250324T090000Z", "", "2025-03-24T09:00:00Z")]


def test_what_the_recurrence_excludes_takes_place_again_by_the_recurrence() -> None:
    (write,) = edited(text(FULL), "EXDATE;TZID=Europe/Berlin:20250310T100000\r\n", "")
    assert (write.instance, write.body) == ("", {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=8"]})


def test_a_moved_instance_is_one_write_of_its_times() -> None:
    moved = {**MOVED, "end": when_ends_after_the_first()}
    (write,) = written(text(FULL), text(FULL, moved))
    assert (write.verb, write.instance, write.original_start) == (
        Verb.PATCH,
        "20250317T090000Z",
        "2025-03-17T09:00:00Z",
    )
    assert write.body.keys() == {"start", "end"}


def when_ends_after_the_first() -> dict[str, str]:
    """An hour after the start of MOVED, by the clock that the series ends by."""
    return {"dateTime": "2025-03-17T10:00:00-04:00", "timeZone": "America/New_York"}


def test_an_edit_of_an_exception_is_a_patch_of_it_alone() -> None:
    writes = written(text(FULL, MOVED), text(FULL, {**MOVED, "location": "Garden"}))
    assert writes == [Write(Verb.PATCH, {"location": "Garden"}, "20250317T090000Z", MOVED["id"], "")]


def test_an_exception_that_is_gone_is_as_the_series_again() -> None:
    (write,) = written(text(FULL, {**MOVED, "summary": "Other"}), text(FULL))
    assert write.event_id == MOVED["id"]
    assert write.body["summary"] == "Planning, weekly"
    assert write.body["start"] == {"dateTime": "2025-03-17T10:00:00+01:00", "timeZone": "Europe/Berlin"}


def test_a_series_that_moves_takes_its_exclusions_along() -> None:
    later = {**FULL, **{name: when_later(FULL[name]) for name in ("start", "end")}}
    later["recurrence"] = ["RRULE:FREQ=WEEKLY;COUNT=8", "EXDATE;TZID=Europe/Berlin:20250310T110000"]
    (write,) = written(text(FULL), text(later))
    assert write.body.keys() == {"start", "end", "recurrence"}
    assert write.body["recurrence"] == later["recurrence"]


def when_later(at: Mapping[str, str]) -> dict[str, str]:
    """An hour later."""
    hour = int(at["dateTime"][11:13]) + 1
    return {**at, "dateTime": f"{at['dateTime'][:11]}{hour:02}{at['dateTime'][13:]}"}


def test_an_event_that_becomes_a_series_says_in_which_zone() -> None:
    solo = {name: value for name, value in FULL.items() if name != "recurrence"}
    (write,) = written(text(solo), text(FULL))
    assert write.body == {name: FULL[name] for name in ("recurrence", "start", "end")}


def test_a_new_series_is_made_first_and_then_its_exceptions() -> None:
    made, moved = creation(text(FULL, {**MOVED, "location": "Garden"}), SETTING)
    assert (made.verb, made.body["iCalUID"]) == (Verb.INSERT, "abcde12345@google.com")
    assert made.body["recurrence"] == FULL["recurrence"]
    assert made.parameters == {"conferenceDataVersion": 1, "supportsAttachments": True}
    assert (moved.verb, moved.original_start, moved.body["location"]) == (
        Verb.PATCH,
        "2025-03-17T09:00:00Z",
        "Garden",
    )


def test_what_somebody_else_organizes_is_imported() -> None:
    event = {**FULL, "organizer": {"email": "eve@example.com"}, "eventType": "focusTime"}
    (made,) = creation(text(event), SETTING)
    assert (made.verb, made.body["organizer"]) == (Verb.IMPORT, {"email": "eve@example.com"})
    assert "eventType" not in made.body


def test_an_event_of_a_type_is_made_with_what_belongs_to_it() -> None:
    mode = {"autoDeclineMode": "declineNone"}
    event = {**FULL, "eventType": "outOfOffice", "outOfOfficeProperties": mode}
    (made,) = creation(text(event), SETTING)
    assert (made.body["eventType"], made.body["outOfOfficeProperties"]) == ("outOfOffice", mode)


@pytest.mark.parametrize("own", [{"locked": True}, {"eventType": "fromGmail"}])
def test_what_google_lets_nobody_write_is_refused_with_the_reason(own: dict[str, Any]) -> None:
    base = text({**FULL, **own})
    with pytest.raises(Rejected, match="summary"):
        edited(base, "SUMMARY:", "SUMMARY:New ")
    (write,) = edited(base, "X-KEY=color;X-SCOPE=PRIVATE:green", "X-KEY=color;X-SCOPE=PRIVATE:red")
    assert write.body == {"extendedProperties": {"private": {"color": "red"}}}


def test_a_task_is_refused() -> None:
    with pytest.raises(Rejected, match="holds events"):
        written(text(FULL), text(FULL).replace(":VEVENT", ":VTODO"))


def test_an_exception_for_all_that_follow_is_refused() -> None:
    with pytest.raises(Rejected, match="all that follow"):
        edited(text(FULL, MOVED), "RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")


def test_instances_without_their_series_are_no_event_of_google() -> None:
    with pytest.raises(Rejected, match="without the series"):
        creation(text(MOVED), SETTING)


def test_an_instance_that_one_was_invited_to_is_edited_alone() -> None:
    writes = written(text(MOVED), text({**MOVED, "location": "Garden"}))
    assert writes == [Write(Verb.PATCH, {"location": "Garden"}, "20250317T090000Z", MOVED["id"], "")]
    with pytest.raises(Rejected, match="two things"):
        written(text(MOVED), text(FULL, MOVED))


def test_a_meeting_that_is_wanted_is_asked_for_under_one_name() -> None:
    plain = {name: value for name, value in FULL.items() if name not in ("conferenceData", "hangoutLink")}
    base = text(plain)
    wanted = base.replace("\r\nLOCATION:", "\r\nX-GATEWAY-MEETING;X-PROVIDER=hangoutsMeet:\r\nLOCATION:")
    (write,) = written(base, wanted)
    request = write.body["conferenceData"]["createRequest"]
    assert request["conferenceSolutionKey"] == {"type": "hangoutsMeet"}
    assert written(base, wanted) == [write]
    assert write.parameters == {"conferenceDataVersion": 1}
    pending = {**plain, "conferenceData": {"createRequest": {**request, "status": {"statusCode": "pending"}}}}
    assert written(text(pending), wanted) == []


def test_an_alarm_of_the_calendars_own_that_is_edited_is_the_events_own() -> None:
    base = text({**FULL, "reminders": {"useDefault": True}})
    (write,) = edited(base, "TRIGGER:-PT10M", "TRIGGER:-PT5M")
    assert write.body == {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}}


def test_an_alarm_that_google_cannot_hold_stays_here() -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:{}\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT"
    for trigger in ("PT5M", "-P5W"):
        assert edited(text(FULL), "END:VEVENT", alarm.format(trigger)) == []


def test_properties_that_google_would_cut_stay_here() -> None:
    for key, value in (("k" * 45, "v"), ("k", "v" * 1025)):
        assert edited(text(FULL), "\r\nLOCATION:", f"\r\nX-GATEWAY-PROP;X-KEY={key}:{value}\r\nLOCATION:") == []


def test_a_text_that_looks_like_html_is_shown_as_it_was_written() -> None:
    solo = {name: value for name, value in FULL.items() if name not in ("description", "recurrence")}
    base = text(solo)
    after = base.replace("\r\nLOCATION:", "\r\nDESCRIPTION:use <b>\\n& more\r\nLOCATION:")
    (write,) = written(base, after)
    assert write.body == {"description": "use &lt;b&gt;<br>&amp; more"}
    assert written(text({**solo, **write.body}), after) == []


def test_floating_times_are_read_in_the_calendars_zone() -> None:
    solo = {**FULL, "start": when_utc(), "end": when_utc()}
    del solo["recurrence"]
    (write,) = edited(text(solo), "DTSTART:20250303T090000Z", "DTSTART:20250303T080000")
    assert write.body == {
        "start": {"dateTime": "2025-03-03T08:00:00+01:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2025-03-03T09:00:00+01:00", "timeZone": "Europe/Berlin"},
    }


def when_utc() -> dict[str, str]:
    """Nine o'clock in UTC."""
    return {"dateTime": "2025-03-03T09:00:00Z", "timeZone": "UTC"}
