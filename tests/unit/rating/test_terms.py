import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.account import Subscription
from rating.failure import TermsError
from rating.form import FormError
from rating.period import Period
from rating.terms import Segment, parse_segments, segments_of
from tests.unit.rating.catalogs import parse, plan, raw, version

OCTOBER = Period(2026, 10)
PLANS = {
    "free": plan(version("v1", "2026-09-20"), version("v2", "2026-10-21")),
    "usd": plan(),
    "usd-2": plan(version("a", "2026-01-01"), version("b", "2026-10-16")),
    "eur": plan(version("v1", "2026-10-10"), currency="EUR"),
    "eur-2": plan(currency="EUR"),
}
CATALOG = parse(raw(plans=PLANS, default_plan="free"))
NO_DEFAULT = parse(raw(plans=PLANS))

Short = tuple[int, int, str, str, bool]
"""First day in October, day after the last, plan, version, on the default plan."""


def october(day: int) -> date:
    return OCTOBER.first_day + timedelta(days=day - 1)


def subscriptions(*terms: tuple[str, int, int | None]) -> list[Subscription]:
    """Return subscriptions by plan and days of October: 0 is the last day of September."""
    return [Subscription(plan, october(start), None if end is None else october(end)) for plan, start, end in terms]


def short(segments: tuple[Segment, ...]) -> list[Short]:
    assert [segment.index for segment in segments] == list(range(len(segments)))
    return [
        (
            (segment.start - OCTOBER.first_day).days + 1,
            (segment.end - OCTOBER.first_day).days + 1,
            segment.plan,
            segment.version,
            segment.on_default,
        )
        for segment in segments
    ]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param([("usd", 0, None)], [(1, 32, "usd", "v1", False)], id="one plan"),
        pytest.param([("usd", 1, 32)], [(1, 32, "usd", "v1", False)], id="exactly the period"),
        pytest.param(
            [("usd", -9, 16), ("usd-2", 16, None)],
            [(1, 16, "usd", "v1", False), (16, 32, "usd-2", "b", False)],
            id="change of plan",
        ),
        pytest.param(
            [("usd-2", 0, None)],
            [(1, 16, "usd-2", "a", False), (16, 32, "usd-2", "b", False)],
            id="new version of the plan",
        ),
        pytest.param([("usd", 0, 16), ("usd", 16, None)], [(1, 32, "usd", "v1", False)], id="same plan again"),
        pytest.param([], [(1, 21, "free", "v1", True), (21, 32, "free", "v2", True)], id="no subscription"),
        pytest.param([("usd", -60, 1), ("eur", 32, None)], [(1, 21, "free", "v1", True), (21, 32, "free", "v2", True)],
                     id="subscriptions of other periods"),
        pytest.param(
            [("free", 11, None)],
            [(1, 11, "free", "v1", True), (11, 21, "free", "v1", False), (21, 32, "free", "v2", False)],
            id="subscription to the default plan",
        ),
        pytest.param(
            [("usd", 5, 6), ("usd", 31, 32)],
            [
                (1, 5, "free", "v1", True),
                (5, 6, "usd", "v1", False),
                (6, 21, "free", "v1", True),
                (21, 31, "free", "v2", True),
                (31, 32, "usd", "v1", False),
            ],
            id="gaps are on the default plan",
        ),
        pytest.param(
            [("usd", 0, 10), ("eur", 10, 20), ("usd-2", 20, None)],
            [(1, 20, "usd", "v1", False), (20, 32, "usd-2", "b", False)],
            id="another currency waits for the next period",
        ),
        pytest.param(
            [("usd-2", 0, 10), ("eur", 10, None)],
            [(1, 16, "usd-2", "a", False), (16, 32, "usd-2", "b", False)],
            id="the plan that is kept has its new version",
        ),
        pytest.param(
            [("eur", 12, 20)],
            [(1, 12, "eur", "v1", True), (12, 20, "eur", "v1", False), (20, 32, "eur", "v1", True)],
            id="days beside a plan of another currency than the default one's",
        ),
        pytest.param(
            [("eur-2", 2, 10), ("usd", 12, 14), ("eur", 20, 22), ("usd", 25, None)],
            [
                (1, 2, "eur-2", "v1", True),
                (2, 10, "eur-2", "v1", False),
                (10, 12, "eur-2", "v1", True),
                (12, 14, "eur-2", "v1", False),
                (14, 20, "eur-2", "v1", True),
                (20, 22, "eur", "v1", False),
                (22, 25, "eur", "v1", True),
                (25, 32, "eur", "v1", False),
            ],
            id="everything at once",
        ),
        pytest.param(
            [("usd", 0, 5), ("eur", 20, None)],
            [
                (1, 5, "usd", "v1", False),
                (5, 20, "free", "v1", True),
                (20, 32, "usd", "v1", False),
            ],
            id="a gap is no subscription to keep",
        ),
    ],
)  # fmt: skip
def test_the_segments_of_a_period(terms: list[tuple[str, int, int | None]], expected: list[Short]) -> None:
    assert short(segments_of(CATALOG, subscriptions(*terms), OCTOBER)) == expected
    assert short(segments_of(CATALOG, reversed(subscriptions(*terms)), OCTOBER)) == expected


def test_without_a_default_plan_only_days_with_a_subscription_count() -> None:
    assert segments_of(NO_DEFAULT, [], OCTOBER) == ()
    terms = subscriptions(("usd", 3, 5), ("usd", 7, 8))
    assert short(segments_of(NO_DEFAULT, terms, OCTOBER)) == [(3, 5, "usd", "v1", False), (7, 8, "usd", "v1", False)]


def test_a_default_plan_holds_from_its_first_version_on() -> None:
    assert segments_of(CATALOG, [], Period(2026, 8)) == ()
    assert segments_of(CATALOG, [], Period(2026, 9)) == (
        Segment(0, date(2026, 9, 20), date(2026, 10, 1), "free", "v1", on_default=True),
    )


@pytest.mark.parametrize(
    ("plan_name", "message"),
    [
        ("gone", '^plan of the subscription must be in the catalog, got "gone"$'),
        ("eur", "^plan eur begins on 2026-10-10, got 2026-10-01$"),
    ],
)
def test_a_subscription_to_what_is_not_there_is_no_terms(plan_name: str, message: str) -> None:
    with pytest.raises(TermsError, match=message):
        segments_of(CATALOG, subscriptions((plan_name, 0, None)), OCTOBER)


def test_segments_are_kept_as_json() -> None:
    segments = segments_of(CATALOG, subscriptions(("usd", 30, None)), OCTOBER)
    kept = [segment.to_json() for segment in segments]
    assert kept[-1] == {
        "index": 2,
        "start": "2026-10-30",
        "end": "2026-11-01",
        "plan": "usd",
        "version": "v1",
        "on_default": False,
    }
    assert segments[-1].days == 2
    assert parse_segments(json.loads(json.dumps(kept))) == segments
    assert parse_segments([]) == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, ["segments: must be a list, got an object"]),
        (
            [{"plan": "usd"}],
            [
                "segments[0].index: missing, must be a number as a string",
                "segments[0].start: missing, must be a day such as 2026-10-01",
                "segments[0].end: missing, must be a day such as 2026-10-01",
                "segments[0].version: missing, must be text",
            ],
        ),
    ],
)
def test_what_are_no_segments_is_said(value: Any, expected: list[str]) -> None:
    with pytest.raises(FormError) as caught:
        parse_segments(value)
    assert list(caught.value.problems) == expected


@st.composite
def histories(draw: st.DrawFn) -> list[Subscription]:
    bounds = sorted(draw(st.lists(st.integers(10, 40), unique=True, max_size=8)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    plans = st.sampled_from(["usd", "usd-2", "eur", "eur-2", "free"])
    return subscriptions(*((draw(plans), start, end) for start, end in pairs))


def plans_by_day(history: list[Subscription]) -> list[tuple[str, bool]]:
    """Return plan and whether it is held without a subscription, told day by day."""
    days = OCTOBER.each_day()
    subscribed = [next((one.plan for one in history if one.covers(day)), None) for day in days]
    kept = next((plan_name for plan_name in subscribed if plan_name), None)
    told: list[tuple[str, bool]] = []
    for plan_name in subscribed:
        own = plan_name or "free"
        if kept and CATALOG.plans[own].currency != CATALOG.plans[kept].currency:
            own = kept
        elif plan_name:
            kept = plan_name
        told.append((own, plan_name is None))
    return told


@given(histories())
def test_segments_are_in_order_cover_the_period_and_have_one_currency(history: list[Subscription]) -> None:
    segments = segments_of(CATALOG, history, OCTOBER)
    days = [segment.start + timedelta(days=day) for segment in segments for day in range(segment.days)]
    assert days == OCTOBER.each_day()
    told = [(segment.plan, segment.on_default) for segment in segments for _ in range(segment.days)]
    assert told == plans_by_day(history)
    for segment in segments:
        inside = [segment.start + timedelta(days=day) for day in range(segment.days)]
        plan_version = CATALOG.plans[segment.plan].version_named(segment.version)
        assert plan_version
        held = CATALOG.plans[segment.plan].version_on(inside[-1]) or CATALOG.plans[segment.plan].versions[0]
        assert held == plan_version
    for before, after in pairwise(segments):
        assert before.end == after.start
        assert (before.plan, before.version, before.on_default) != (after.plan, after.version, after.on_default)
    currencies = {CATALOG.plans[segment.plan].currency for segment in segments}
    subscribed = [CATALOG.plans[one.plan].currency for one in history if one.start < OCTOBER.end_day]
    assert currencies == set((subscribed or ["USD"])[:1])
