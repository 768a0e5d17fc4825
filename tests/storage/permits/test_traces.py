"""Two worlds that differ only in what a token may not see look the same to it: every question, every error."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from random import Random

import pytest

from storage.errors import CalHarborError, PermitDenied
from storage.permits.asked import Contact, Question
from storage.permits.desk import Desk
from storage.store import Store
from tests.storage.permits.desks import NOW, desk, place
from tests.storage.permits.worlds import (
    EVERYWHERE,
    PEOPLE,
    Entry,
    altered,
    permit_of,
    random_entry,
    random_grant,
    write,
)

DAY = 86_400
EVENTS = 9
CONTACTS = (("ann@", ""), ("blocked.example", ""), ("", "bo"), ("x.example", "Ann"), ("example", ""), ("zed", ""))


def _questions(random: Random, numbers: Sequence[int]) -> Iterator[Question]:
    yield Question()
    yield Question(cancelled=True)
    for _ in range(12):
        start = NOW + random.randrange(-50, 50) * DAY + random.randrange(DAY)
        wide = random.random() < 0.3
        yield Question(
            NOW - 900 * DAY if wide else start,
            NOW + 900 * DAY if wide else start + random.choice([3600, DAY, 20 * DAY]),
            calendar=random.choice([None, None, *numbers, 999]),
            words=random.choice(["", "", "LUNCH", "plan", "secret budget", "nowhere", "Busy", "aum"]),
            attendees=tuple(random.sample(PEOPLE, random.choice([0, 0, 1, 2]))),
            cancelled=random.random() < 0.5,
            offset=random.choice([0, 0, 1, 3]),
            limit=random.choice([1, 2, 50]),
        )


def _told(ask: Callable[[], object]) -> object:
    """What is answered, in values or as an error."""
    try:
        return ask()
    except PermitDenied as error:
        return error.code, str(error), error.hint
    except CalHarborError as error:
        return type(error), str(error)


def _seen(desk: Desk, random: Random, ids: Sequence[str], numbers: Sequence[int]) -> list[object]:
    """All that somebody with the token can find out."""
    found: list[object] = [_told(desk.calendars)]
    found += [_told(partial(desk.events, each)) for each in _questions(random, numbers)]
    for email, name in CONTACTS:
        found.append(_told(partial(desk.by_contact, Contact(email, name, random.randrange(2)))))
    found += [_told(partial(desk.event, each)) for each in ids]
    for start, days in ((NOW, 1), (NOW - 40 * DAY, 80), (NOW - 2 * DAY, 9)):
        found.append(_told(partial(desk.busy, start, start + days * DAY)))
    return found


def _ids(entries: Sequence[Entry], known: dict[str, str]) -> list[str]:
    """The ids of all events, of instances of series, of some that are none, and of nothing."""
    found = ["0" * 32, "", *known.values()]
    for each in entries:
        for days in (0, 1, 7, 8):
            at, form = each.start + timedelta(days=days), "%Y%m%d" if each.all_day else "%Y%m%dT%H%M%SZ"
            found.append(f"{known[each.name]}_{at:{form}}")
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_hidden_thing_leaves_no_trace(store: Store, seed: int) -> None:
    random = Random(seed)
    given = random_grant(random)
    permit = permit_of(given)
    entries = [random_entry(random, f"event{n}") for n in range(EVENTS)]
    known = write(store, entries, entries)
    ids, numbers = _ids(entries, known), [place(store, "primary").n, place(store, "team").n]
    dice = random.getstate()
    before = _seen(desk(store, **given), random, ids, numbers)
    others = [altered(each, permit, random) for each in entries]
    write(store, others, entries)
    random.setstate(dice)
    assert _seen(desk(store, **given), random, ids, numbers) == before
    assert EVERYWHERE not in repr(before)
    while store.index_words(100):  # and the same where words are looked up
        pass
    random.setstate(dice)
    assert _seen(desk(store, **given), random, ids, numbers) == before
