"""The policy by itself: contact rules, how much is shown, windows, writes; against naive restatements of D.3."""

from itertools import product
from json import dumps
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import PermitDenied, StoreError
from storage.model import Token, TokenKind
from storage.permits.permit import (
    ALL_FIELDS,
    ALL_OPERATIONS,
    DAY,
    Field,
    Linked,
    MasterLevel,
    Operation,
    Permit,
    Rule,
    RuleLevel,
    RuleType,
)
from storage.permits.policy import (
    People,
    Sight,
    Wish,
    check_operations,
    check_write,
    no_event,
    overlaps,
    sight,
    wholly_inside,
)
from tests.storage.permits.desks import grant, naive_level

OWN = ("alice@example.com", "Team@Example.com")
PRINCIPALS = {"/dav/bob/": ("bob@blocked.example", "bob@fine.example")}

names = st.sampled_from(["ann", "bob", "Bob", "zoë", "o'neil"])
domains = st.sampled_from(
    ["blocked.example", "BLOCKED.example", "bloc\u212aed.example", "sub.blocked.example", "x.example"]
)
addresses = st.builds("{}@{}".format, names, domains) | st.sampled_from([*OWN, "ALICE@example.com"])
persons = st.builds(lambda each: {"email": each, "uri": f"mailto:{each}", "name": "N"}, addresses) | st.sampled_from(
    [
        {"email": "", "uri": "/dav/bob/", "name": "Bob"},
        {"email": "", "uri": "/dav/nobody/", "name": ""},
        {"email": "", "uri": "urn:uuid:1", "name": ""},
    ]
)
rules = st.lists(
    st.builds(
        lambda level, name, priority: Rule(
            level,
            RuleType.ALL if not name else RuleType.EMAIL if "@" in name else RuleType.DOMAIN,
            name.lower(),
            priority,
        ),
        st.sampled_from(RuleLevel),
        st.just("") | addresses | domains,
        st.integers(-1, 2),
    ),
    max_size=6,
).map(tuple)


@given(rules, st.lists(addresses, max_size=4))
def test_the_strictest_level_of_the_people_counts(rules: tuple[Rule, ...], some: list[str]) -> None:
    expected = min((naive_level(rules, each, OWN) for each in some), default=RuleLevel.FULL)
    people = People(rules, OWN)
    assert people.of_addresses(some) == expected
    assert people.of_addresses(f" MAILTO:{each.upper()} " for each in some) == min(
        (naive_level(rules, each.upper(), OWN) for each in some), default=RuleLevel.FULL
    )
    assert People(tuple(reversed(rules)), OWN).of_addresses(some) == expected


@given(rules, st.lists(persons, max_size=4), st.none() | persons)
def test_stored_people_are_judged_as_people(
    rules: tuple[Rule, ...], some: list[dict[str, str]], organizer: dict[str, str] | None
) -> None:
    people = People(rules, OWN, PRINCIPALS)
    everybody = [*some, *([organizer] if organizer else [])]
    stored = (
        dumps(some, ensure_ascii=False).encode(),
        dumps(organizer, ensure_ascii=False).encode() if organizer else None,
    )
    assert people.of_json(*stored) == people.of_people(everybody)
    assert people.of_json(*stored) == min(map(people.of_people, ([each] for each in everybody)), default=RuleLevel.FULL)


def test_a_principal_of_this_server_is_all_that_its_addresses_are() -> None:
    people = People((Rule(RuleLevel.BLOCK, RuleType.DOMAIN, "blocked.example"),), OWN, PRINCIPALS)
    person = b'{"email": "", "uri": "/dav/bob", "name": ""}'
    assert people.of_json(b"[]", person) is RuleLevel.BLOCK
    assert people.of_json(b"[%s]" % person.replace(b"bob", b"ann"), None) is RuleLevel.FULL


def test_domains_match_exactly_and_the_address_beats_the_domain() -> None:
    people = People(
        (
            Rule(RuleLevel.BLOCK, RuleType.DOMAIN, "blocked.example"),
            Rule(RuleLevel.READ, RuleType.EMAIL, "a@blocked.example"),
        )
    )
    assert people.of_address("b@BLOCKED.example.") is RuleLevel.BLOCK
    assert people.of_address("b@sub.blocked.example") is RuleLevel.FULL
    assert people.of_address("b@notblocked.example") is RuleLevel.FULL
    assert people.of_address("a@blocked.example") is RuleLevel.READ


@pytest.mark.parametrize(
    ("level", "people", "taken", "expected"),
    [
        (MasterLevel.FULL, RuleLevel.FULL, False, Sight.FULL),
        (MasterLevel.FULL, RuleLevel.READ, False, Sight.FULL),
        (MasterLevel.VIEW, RuleLevel.FULL, True, Sight.FULL),
        (MasterLevel.FILTERED, RuleLevel.READ, True, Sight.FILTERED),
        (MasterLevel.FILTERED, RuleLevel.BUSY, True, Sight.BUSY),
        (MasterLevel.FULL, RuleLevel.BUSY, True, Sight.BUSY),
        (MasterLevel.FULL, RuleLevel.BUSY, False, Sight.HIDDEN),
        (MasterLevel.BUSY, RuleLevel.FULL, True, Sight.BUSY),
        (MasterLevel.BUSY, RuleLevel.FULL, False, Sight.HIDDEN),
    ],
)
def test_how_much_is_shown(level: MasterLevel, people: RuleLevel, *, taken: bool, expected: Sight) -> None:
    assert sight(Permit(level=level), people, taken=taken) is expected


def test_what_is_blocked_is_hidden_at_every_level_and_nothing_shows_more_than_its_level() -> None:
    for level, taken in product(MasterLevel, (True, False)):
        seen = [sight(Permit(level=level), people, taken=taken) for people in RuleLevel]
        assert seen[0] is Sight.HIDDEN
        assert seen == sorted(seen)


moments = st.integers(-50, 50)


@given(moments, st.integers(0, 20), st.none() | moments, st.none() | moments)
def test_a_span_holds_what_ends_behind_its_start_and_starts_before_its_end(
    start: int, length: int, first: int | None, last: int | None
) -> None:
    end = start + length
    expected = (first is None or end > first or start == end == first) and (last is None or start < last)
    assert overlaps(start, end, first, last) == expected
    if first is not None and last is not None and first < last and length:
        assert expected == any(first <= second < last for second in range(start, end))


@given(moments, st.none() | st.integers(1, 20), st.none() | st.integers(0, 3), st.none() | st.integers(0, 3), moments)
def test_what_lies_wholly_inside_can_be_seen(
    start: int, days: int | None, past: int | None, future: int | None, now: int
) -> None:
    span = start * DAY, None if days is None else (start + days) * DAY
    permit = Permit(past_days=past, future_days=future)
    inside = wholly_inside(span, permit, now * DAY)
    if future is None:
        assert inside == (past is None or start >= now - past)
    elif days is None:
        assert not inside
    if inside:
        assert overlaps(span[0], span[1] or 10**9, *permit.window(now * DAY))


FINE = Wish(frozenset({Operation.TITLE}), spans=((0, 60),))


@pytest.mark.parametrize("level", [each for each in MasterLevel if each is not MasterLevel.FULL])
def test_only_full_access_writes(level: MasterLevel) -> None:
    for operations in (ALL_OPERATIONS, frozenset({Operation.RESPOND}), frozenset()):
        with pytest.raises(PermitDenied) as refused:
            check_operations(Permit(level=level), operations)
        assert refused.value.code == "ACCESS_DENIED"
    assert not Permit(level=level).writes


@given(st.frozensets(st.sampled_from(Operation)), st.frozensets(st.sampled_from(Operation)))
def test_what_is_not_allowed_is_refused(allowed: frozenset[Operation], touched: frozenset[Operation]) -> None:
    permit = Permit(level=MasterLevel.FULL, operations=allowed)
    if touched <= allowed:
        check_write(permit, Wish(touched), 0)
    else:
        with pytest.raises(PermitDenied) as refused:
            check_write(permit, Wish(touched), 0)
        assert refused.value.code == "ACCESS_DENIED"
    assert permit.writes == bool(allowed)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (FINE, None),
        (Wish(FINE.operations, spans=((-DAY, DAY),)), None),
        (Wish(FINE.operations, spans=((-DAY - 1, DAY),)), "TIMEFRAME_DENIED"),
        (Wish(FINE.operations, spans=((-DAY, DAY + 1),)), "TIMEFRAME_DENIED"),
        (Wish(FINE.operations, spans=((0, None),)), "TIMEFRAME_DENIED"),
        (Wish(FINE.operations, spans=((0, 60), (5 * DAY, 6 * DAY))), "TIMEFRAME_DENIED"),
        (Wish(FINE.operations, RuleLevel.BLOCK, spans=((-9 * DAY, 0),)), "EVENT_NOT_FOUND"),
        (Wish(FINE.operations, RuleLevel.BUSY, spans=((0, 60),)), "ACCESS_DENIED"),
        (Wish(FINE.operations, RuleLevel.READ, spans=((0, 60),)), "ACCESS_DENIED"),
        (Wish(FINE.operations, invited=RuleLevel.BLOCK), "ACCESS_DENIED"),
        (Wish(FINE.operations, invited=RuleLevel.READ), "ACCESS_DENIED"),
    ],
)
def test_writes_stay_inside_the_window_and_away_from_these_people(wish: Wish, code: str | None) -> None:
    permit = Permit(level=MasterLevel.FULL, past_days=1, future_days=1)
    if code is None:
        check_write(permit, wish, 0)
        return
    with pytest.raises(PermitDenied) as refused:
        check_write(permit, wish, 0)
    assert refused.value.code == code


def test_what_is_hidden_is_refused_in_the_words_for_what_is_not_there() -> None:
    with pytest.raises(PermitDenied) as refused:
        check_write(Permit(level=MasterLevel.FULL), Wish(frozenset(), RuleLevel.BLOCK), 0)
    assert (str(refused.value), refused.value.hint) == (str(no_event()), no_event().hint)


def _token(kind: TokenKind, account: int | None = None, **given: Any) -> Token:
    return Token("t", "t", kind, account, "", grant(**given) if kind is TokenKind.ACCESS else {})


def test_a_permit_is_what_the_grant_says() -> None:
    permit = Permit.of(
        _token(
            TokenKind.ACCESS,
            calendars=["101/primary", "102/*"],
            level="view_filtered",
            fields=["title", "join_url"],
            operations=["edit_title"],
            past_days=3,
            rules=[["block", "domain", "Blocked.Example", 2], ["read", "all", "", 0]],
        )
    )
    assert permit == Permit(
        (Linked(101, "primary"), Linked(102, "*")),
        MasterLevel.FILTERED,
        frozenset({Field.TITLE, Field.JOIN_URL}),
        frozenset({Operation.TITLE}),
        3,
        None,
        (Rule(RuleLevel.BLOCK, RuleType.DOMAIN, "blocked.example", 2), Rule(RuleLevel.READ, RuleType.ALL)),
    )
    assert permit.visible == permit.fields
    assert not permit.allows(Operation.TITLE)
    everything = Permit.of(_token(TokenKind.ACCESS, fields=["all", "title"]))
    assert (everything.fields, everything.operations) == (ALL_FIELDS, ALL_OPERATIONS)
    assert all(everything.allows(each) for each in Operation)


def test_other_tokens_open_their_account_or_every_account() -> None:
    assert Permit.of(_token(TokenKind.ACCOUNT, 101)) == Permit((Linked(101),), MasterLevel.FULL)
    assert Permit.of(_token(TokenKind.APP)) == Permit(None, MasterLevel.FULL)


@pytest.mark.parametrize(
    "given",
    [
        {"level": "everything"},
        {"operations": ["fly"]},
        {"fields": ["soul"]},
        {"rules": [["allow", "all", "", 0]]},
        {"rules": [["block", "all"]]},
        {"calendars": ["alice/primary"]},
    ],
)
def test_a_grant_that_nobody_understands_opens_nothing(given: dict[str, Any]) -> None:
    with pytest.raises(StoreError):
        Permit.of(_token(TokenKind.ACCESS, **given))
    with pytest.raises(StoreError):
        Permit.of(Token("t", "t", TokenKind.ACCESS, None, ""))
