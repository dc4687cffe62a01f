from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from metering.records import TABLES
from rating.catalog import Catalog, parse_catalog
from tests.unit.rating.catalog.shipped import shipped_value
from tools import event_balance
from tools.balance import BalanceLine
from tools.event_balance import EventFigures, EventMeter
from tools.usage_events import API, STREAM, TOKENS, USAGE, Sent, plan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Figures = list[tuple[str, int | Decimal, int | Decimal]]


def _sent() -> list[Sent]:
    sent = []
    for way in (API, STREAM):
        for usages in plan("acme", way, "r", frozenset({USAGE, TOKENS}), NOW):
            for usage in usages:
                through_api = "accepted" if usage.is_good else "rejected"
                sent.append(Sent(usage, through_api if way == API else "taken"))
    return sent


WHOLE = EventFigures(rows=60, distinct_keys=48, failed=4)


def _figures(lines: list[BalanceLine]) -> Figures:
    return [(line.name, line.expected, line.found) for line in lines]


def test_a_run_in_which_all_is_found_adds_up() -> None:
    sent = _sent()
    assert (event_balance.rows_wanted(sent), event_balance.failures_wanted(sent)) == (60, 4)
    assert _figures(event_balance.balance(sent, WHOLE)) == [
        ("events", 48, 48),
        ("events again", 12, 12),
        ("bad events", 3, 3),
        ("event failures", 4, 4),
        ("event answers", 67, 67),
    ]


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        pytest.param({"rows": 59, "distinct_keys": 47}, ["events"], id="an event is missing"),
        pytest.param({"rows": 59}, ["events again"], id="a duplicate was dropped on the way"),
        pytest.param({"rows": 61}, ["events again"], id="a row is doubled"),
        pytest.param({"rows": 61, "distinct_keys": 49}, ["events"], id="a bad event is a row"),
        pytest.param({"failed": 3}, ["event failures"], id="a failure left no trace"),
    ],
)
def test_what_does_not_add_up_is_named(wrong: dict[str, int], broken: list[str]) -> None:
    lines = event_balance.balance(_sent(), replace(WHOLE, **wrong))
    assert [line.name for line in lines if not line.holds] == broken


def test_a_bad_event_that_gets_in_is_named() -> None:
    sent = [replace(one, outcome="accepted") if one.usage.way == API else one for one in _sent()]
    lines = event_balance.balance(sent, WHOLE)
    assert [line.name for line in lines if not line.holds] == ["bad events", "event answers"]


def test_a_run_without_events_has_no_lines_and_one_without_the_stream_none_of_it() -> None:
    assert event_balance.balance([], EventFigures()) == []
    through_api = [one for one in _sent() if one.usage.way == API]
    names = [line.name for line in event_balance.balance(through_api, EventFigures(30, 24, 0))]
    assert names == ["events", "events again", "bad events", "event answers"]


def _catalog(**meters: Mapping[str, Any]) -> Catalog:
    value = shipped_value()
    shown = {"description": "x", "unit": "x", "table": "usage-events"}
    value["meters"] |= {name: {**shown, **meter} for name, meter in meters.items()}
    return parse_catalog(value, TABLES)


def test_meters_are_compared_that_count_or_add_up_all_events_of_a_type() -> None:
    only_large = [{"column": "data.model", "equals": "large"}]
    catalog = _catalog(
        peak={"event_type": TOKENS, "aggregation": "max", "value": "data.value"},
        large={"event_type": TOKENS, "aggregation": "count", "filters": only_large},
    )
    assert event_balance.event_meters(catalog) == [
        EventMeter("tokens", TOKENS, "value"),
        EventMeter("usage_events", USAGE, None),
    ]


@pytest.mark.parametrize(
    ("meters", "types"),
    [
        pytest.param({}, {USAGE, TOKENS}, id="shipped"),
        pytest.param(
            {"pages": {"event_type": USAGE, "aggregation": "sum", "value": "data.pages"}}, {TOKENS}, id="needs data"
        ),
        pytest.param(
            {"net": {"event_type": TOKENS, "aggregation": "sum", "value": "data.value", "allow_negative": True}},
            {USAGE},
            id="takes what is negative",
        ),
    ],
)
def test_events_are_sent_whose_meters_take_the_good_ones_alone(meters: dict[str, Any], types: set[str]) -> None:
    assert event_balance.sendable(_catalog(**meters)) == types


def _document(tenant: str, *lines: tuple[str | None, str | None], **more: Any) -> dict[str, Any]:
    shown = [{"meter": meter, "quantity": quantity} for meter, quantity in lines]
    return {"tenant_id": tenant, "lines": shown, "evidence": {}, "currency": "USD", **more}


def test_quantities_are_added_over_segments_and_compared_where_they_are_charged() -> None:
    meters = [EventMeter("tokens", TOKENS, "value"), EventMeter("usage_events", USAGE, None)]
    documents = [
        _document("acme", ("tokens", "10.5"), (None, None), ("tokens", "1"), ("usage_events", "0"), ("api_calls", "7")),
        _document("initech", ("tokens", None)),
    ]
    billed = event_balance.billed(documents, meters)
    assert billed == {
        ("acme", "tokens"): Decimal("11.5"),
        ("acme", "usage_events"): Decimal(0),
        ("initech", "tokens"): Decimal(0),
    }
    rows = {("acme", "tokens"): Decimal("11.6"), ("globex", "tokens"): Decimal(4), ("initech", "tokens"): Decimal(2)}
    lines = event_balance.quantities(rows, billed)
    assert [(line.expected_name, line.expected, line.found) for line in lines] == [
        ("tokens of acme", Decimal("11.6"), Decimal("11.5")),
        ("tokens of initech", Decimal(2), Decimal(0)),
    ]


def test_duplicates_that_differ_are_compared_with_what_the_bills_tell() -> None:
    documents = [_document("acme", evidence={"differing_duplicates": 1}), _document("globex")]
    line = event_balance.differing(_sent(), documents)
    assert (line.expected, line.found) == (2, 1)


def test_drafts_are_compared_with_what_customers_see() -> None:
    documents = [_document("acme", total="58.31"), _document("globex", total="0.15"), _document("none", total="1")]
    answers = {
        "acme": {"bill": {"currency": "USD", "total": "58.31"}},
        "globex": {"bill": None},
    }
    lines = event_balance.so_far(documents, answers)
    assert [(line.expected_name, line.expected, line.found_name, line.found) for line in lines] == [
        ("acme's draft, USD", Decimal("58.31"), "GET /usage, USD", Decimal("58.31")),
        ("globex's draft, USD", Decimal("0.15"), "GET /usage, ", Decimal(0)),
    ]
