"""The proof of a chaos run: that it finds what is missing, what is too many and what is billed wrongly."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from metering.records import TABLES
from rating.account import Subscription
from rating.catalog import Catalog, parse_catalog
from rating.exact import to_text
from rating.period import Period
from tools.chaos import expected
from tools.chaos.clients import ID_BYTES
from tools.chaos.expected import Difference, UnknownMeterError
from tools.chaos.keys import Compared, accepted_events, answered_requests, compare
from tools.chaos.tally import Tally, Usage

BILLABLE = [{"column": "billable", "equals": True}]
PERIOD = Period(2026, 12)
METERS: dict[str, Any] = {
    "calls": {"aggregation": "count", "filters": BILLABLE},
    "bytes": {"aggregation": "sum", "value": "response_length", "filters": BILLABLE},
    "users": {"aggregation": "unique_count", "value": "user", "filters": BILLABLE},
    "events": {"aggregation": "count", "table": "usage-events", "event_type": "com.example.usage"},
    "tokens": {
        "aggregation": "sum",
        "table": "usage-events",
        "event_type": "com.example.tokens",
        "value": "data.value",
    },
}
USAGE = Usage(calls=10, response_bytes=700, users={0, 2}, events=4, tokens=250, token_events=3)
ON_PLAN = [Subscription("plan", date(2026, 12, 1))]


def catalog(**more: Any) -> Catalog:
    meters = {name: {"description": name, "unit": "unit", **meter} for name, meter in {**METERS, **more}.items()}
    prices = [
        {"meter": name, "price": {"model": "per_unit", "unit_amount": amount}}
        for name, amount in (("calls", "0.5"), ("bytes", "0.01"), ("users", "2"), ("events", "1"), ("tokens", "0.1"))
    ]
    version = {"name": "v1", "effective_from": "2025-01-01", "prices": prices}
    plan = {"description": "Plan", "currency": "USD", "currency_exponent": 2, "versions": [version]}
    return parse_catalog({"meters": meters, "plans": {"plan": plan}}, TABLES)


def document(**changes: Any) -> dict[str, Any]:
    bill = expected.expected_bill(catalog(), PERIOD, ON_PLAN, USAGE)
    lines = [
        {"key": line.key, "quantity": to_text(line.line.quantity), "amount": f"{line.line.amount}"}
        for line in bill.lines
    ]
    return {"lines": lines, "subtotal": f"{bill.subtotal}", "adjustments": [], **changes}


def differences(found: dict[str, Any] | None) -> list[Difference]:
    return expected.differences("t", expected.expected_bill(catalog(), PERIOD, ON_PLAN, USAGE), found)


def test_a_bill_is_what_the_clients_counted() -> None:
    bill = expected.expected_bill(catalog(), PERIOD, ON_PLAN, USAGE)
    found = {line.meter: (line.line.quantity, line.line.amount) for line in bill.lines}
    assert found == {
        "calls": (10, Decimal("5.00")),
        "bytes": (700, Decimal("7.00")),
        "users": (2, Decimal("4.00")),
        "events": (4, Decimal("4.00")),
        "tokens": (250, Decimal("25.00")),
    }
    assert bill.subtotal == Decimal("45.00")
    assert differences(document()) == []


def test_a_bill_that_is_not_says_where() -> None:
    wrong = document()
    wrong["lines"][0] |= {"quantity": "11", "amount": "5.50"}
    del wrong["lines"][4]
    assert differences(wrong) == [
        Difference("t", "2026-12-01/calls", "quantity 10, amount 5", "quantity 11, amount 5.5"),
        Difference("t", "2026-12-01/tokens", "quantity 250, amount 25", "no such line"),
    ]
    assert differences(document(subtotal="45.01")) == [Difference("t", "subtotal", "45", "45.01")]
    assert differences(document(adjustments=[{}])) == [Difference("t", "adjustments", "none", "1")]
    assert differences(None) == [Difference("t", "bill", "45.00", "no bill")]


def test_tenants_with_a_wrong_bill_are_counted_once() -> None:
    wrong = [Difference("a", "x", "1", "2"), Difference("a", "y", "1", "2")]
    assert expected.balance(wrong, 3).found == 2
    assert expected.balance([], 3).holds


def test_a_meter_that_clients_do_not_count_is_told() -> None:
    more = catalog(posts={"aggregation": "count", "filters": [{"column": "http_method", "equals": "POST"}]})
    with pytest.raises(UnknownMeterError, match="meter posts: the clients count no count of None by its filters"):
        expected.expected_bill(more, PERIOD, ON_PLAN, USAGE)


def test_the_same_keys_each_once_are_the_same() -> None:
    assert compare(iter("abc"), iter("cab")) == Compared(3, 3, 0, 0, 0)
    assert compare("abc", "cab").same


@pytest.mark.parametrize(
    ("answered", "rows", "found"),
    [
        ("abc", "ab", Compared(3, 2, 1, 0, 0, ("missing c",))),
        ("ab", "abc", Compared(2, 3, 0, 1, 0, ("unknown c",))),
        ("aab", "ab", Compared(3, 2, 0, 0, 1)),
        ("ab", "cd", Compared(2, 2, 2, 2, 0, ("unknown c", "unknown d", "missing a", "missing b"))),
    ],
)
def test_keys_that_differ_are_told(answered: str, rows: str, found: Compared) -> None:
    assert compare(answered, rows) == found
    assert not found.same


def test_what_clients_write_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "ids-1").write_bytes(b"abc".ljust(ID_BYTES) + b"0123456789abcde=")
    (tmp_path / "ids-0").write_bytes(b"")
    (tmp_path / "events-1").write_text("t\te-1\nt\te-2\n")
    assert list(answered_requests(tmp_path)) == ["abc", "0123456789abcde="]
    assert list(accepted_events(tmp_path)) == ["t\te-1", "t\te-2"]


def test_tallies_add_up_and_hand_on_what_waits() -> None:
    first = Tally({"t": replace(USAGE, users={0})}, pending={"t": [{"id": "old"}]})
    first.statuses[200] = 3
    second = Tally({"t": replace(USAGE, users={1}), "u": Usage(calls=1)}, unanswered=1, rejected=2)
    second.statuses.update({200: 1, 502: 1})
    second.pending = {"u": [{"id": "new"}]}
    first.add([second])
    assert first.usage["t"] == Usage(20, 1400, {0, 1}, 8, 500, 6)
    assert first.usage["u"] == Usage(calls=1)
    assert (first.answered, first.unanswered, first.rejected, first.waiting) == (5, 1, 2, 1)
    assert first.pending == {"u": [{"id": "new"}]}
