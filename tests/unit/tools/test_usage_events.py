from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tools import usage_events
from tools.usage_events import API, STREAM, TOKENS, USAGE, Sent, plan

NOW = datetime(2026, 11, 23, 12, 30, 15, 999_999, tzinfo=UTC)
SECOND = NOW.replace(microsecond=0)
BOTH = frozenset({USAGE, TOKENS})


def test_the_api_gets_good_events_and_bad_ones_and_then_some_of_the_good_ones_again() -> None:
    first, again = plan("acme", API, "run-1", BOTH, NOW)
    assert Counter((one.kind, one.type, one.is_good) for one in first) == {
        ("good", USAGE, True): 12,
        ("good", TOKENS, True): 12,
        ("unknown type", "com.example.unknown", False): 1,
        ("negative quantity", TOKENS, False): 1,
        ("an hour ahead", USAGE, False): 1,
    }
    assert len({one.key for one in first}) == len(first)
    assert {one.source for one in [*first, *again]} == {"https://example.com/run-1/api"}
    assert {one.time for one in first if one.is_good} == {SECOND}
    assert [one.time for one in first if one.kind == "an hour ahead"] == [SECOND + timedelta(hours=1)]
    originals = {one.key: one for one in first}
    assert [(one.kind, one.data == originals[one.key].data, one.time, one.is_good) for one in again] == [
        *[("sent again", True, SECOND, True)] * 5,
        ("sent again with other data", False, SECOND, True),
    ]


def test_the_stream_gets_an_event_without_a_time_as_well() -> None:
    first, _ = plan("acme", STREAM, "run-1", BOTH, NOW)
    assert [(one.kind, one.time) for one in first if not one.is_good] == [
        ("unknown type", SECOND),
        ("negative quantity", SECOND),
        ("an hour ahead", SECOND + timedelta(hours=1)),
        ("no time", None),
    ]
    assert {one.source for one in first} == {"https://example.com/run-1/stream"}


def test_tokens_differ_by_tenant_and_have_digits_after_the_point() -> None:
    values = {
        tenant: sum(one.data["value"] for one in plan(tenant, API, "r", BOTH, NOW)[0] if one.data and one.is_good)
        for tenant in ("acme", "globex")
    }
    assert values == {"acme": Decimal("666481.2"), "globex": Decimal("666721.2")}


@pytest.mark.parametrize(
    ("types", "kinds"),
    [
        (frozenset[str](), {"unknown type"}),
        (frozenset({USAGE}), {"good", "unknown type", "an hour ahead", "sent again"}),
        (
            frozenset({TOKENS}),
            {"good", "unknown type", "negative quantity", "sent again", "sent again with other data"},
        ),
    ],
)
def test_only_events_that_the_catalog_counts_are_good(types: frozenset[str], kinds: set[str]) -> None:
    first, again = plan("acme", API, "r", types, NOW)
    assert {one.kind for one in [*first, *again]} == kinds
    assert {one.type for one in first if one.is_good} == types


def test_outcomes_are_summed_up_by_way_and_kind_with_a_reason() -> None:
    first, again = plan("acme", API, "r", BOTH, NOW)
    stream, _ = plan("acme", STREAM, "r", BOTH, NOW)
    sent = [
        *(Sent(one, "accepted") if one.is_good else Sent(one, "rejected", f"{one.kind}!") for one in first),
        *(Sent(one, "accepted") for one in again[:4]),
        Sent(again[4], "not known: HTTP 500"),
        Sent(stream[-1], "taken"),
    ]
    assert usage_events.kinds(sent) == [
        (API, "good", 24, "accepted: 24"),
        (API, "unknown type", 1, "rejected: 1 (unknown type!)"),
        (API, "negative quantity", 1, "rejected: 1 (negative quantity!)"),
        (API, "an hour ahead", 1, "rejected: 1 (an hour ahead!)"),
        (API, "sent again", 5, "accepted: 4, not known: HTTP 500: 1"),
        (STREAM, "no time", 1, "taken: 1"),
    ]
    assert [one.as_it_should_be for one in sent[-2:]] == [False, True]


@pytest.mark.parametrize(
    ("kind", "outcome", "right"),
    [
        ("good", "accepted", True),
        ("good", "rejected", False),
        ("unknown type", "rejected", True),
        ("unknown type", "accepted", False),
    ],
)
def test_what_an_event_must_meet(kind: str, outcome: str, right: bool) -> None:
    first, _ = plan("acme", API, "r", BOTH, NOW)
    [usage, *_] = [one for one in first if one.kind == kind]
    assert Sent(usage, outcome).as_it_should_be is right
