from typing import Any

import pytest

from metering.records import TABLES
from rating.catalog import Catalog, parse_catalog
from tools import bills

BILLABLE = [{"column": "billable", "equals": True}]


def _catalog(**meters: Any) -> Catalog:
    shown = {name: {"description": name, "unit": "call", **meter} for name, meter in meters.items()}
    version = {"name": "v1", "effective_from": "2025-01-01", "prices": []}
    plan = {"description": "Free", "currency": "USD", "currency_exponent": 2, "versions": [version]}
    value = {"meters": shown, "plans": {"free": plan}}
    return parse_catalog(value, TABLES)


def _line(meter: str | None, quantity: str) -> dict[str, Any]:
    return {"meter": meter, "quantity": quantity}


def _document(tenant: str, month: str, *lines: dict[str, Any], adjustments: Any = ()) -> dict[str, Any]:
    return {"tenant_id": tenant, "period": {"id": month}, "lines": lines, "adjustments": list(adjustments)}


def test_the_meter_of_calls_counts_billable_requests_and_nothing_else() -> None:
    catalog = _catalog(
        bytes={"aggregation": "sum", "value": "response_length", "filters": BILLABLE},
        calls={"aggregation": "count", "filters": BILLABLE},
        gets={"aggregation": "count", "filters": [*BILLABLE, {"column": "http_method", "equals": "GET"}]},
        requests={"aggregation": "count"},
    )
    assert bills.calls_meter(catalog) == "calls"


def test_a_catalog_without_such_a_meter_is_told() -> None:
    with pytest.raises(bills.NoCallsMeterError, match="no meter that counts where billable is true"):
        bills.calls_meter(_catalog(requests={"aggregation": "count"}))


def test_calls_are_counted_over_segments_and_adjustments() -> None:
    late = {
        "period": "2026-08",
        "lines": [
            {"meter": "calls", "was": {"quantity": "80"}, "now": {"quantity": "105"}},
            {"meter": "calls", "was": {"quantity": None}, "now": {"quantity": "3"}},
            {"meter": "bytes", "was": {"quantity": "1"}, "now": {"quantity": "2"}},
        ],
    }
    documents = [
        _document("acme", "2026-09", _line("calls", "30"), _line("calls", "12"), _line("bytes", "7"), _line(None, "1")),
        _document("globex", "2026-08", _line("calls", "80")),
        _document("globex", "2026-09", _line("calls", "5"), adjustments=[late]),
    ]
    assert bills.billed_calls(documents, "calls") == {
        ("2026-08", "globex"): 108,
        ("2026-09", "acme"): 42,
        ("2026-09", "globex"): 5,
    }


def test_rows_and_calls_of_one_month_are_balanced_by_tenant_and_in_total() -> None:
    lines = bills.balance({("2026-08", "acme"): 7, ("2026-08", "idle"): 0}, {("2026-08", "globex"): 2})
    assert [(line.expected_name, line.expected, line.found, line.holds) for line in lines] == [
        ("billable rows of acme", 7, 0, False),
        ("billable rows of globex", 0, 2, False),
        ("billable rows", 7, 2, False),
    ]


def test_over_several_months_each_line_says_which() -> None:
    rows = {("2026-08", "acme"): 7, ("2026-09", "acme"): 3}
    lines = bills.balance(rows, rows)
    assert [(line.expected_name, line.found, line.holds) for line in lines] == [
        ("billable rows of acme in 2026-08", 7, True),
        ("billable rows of acme in 2026-09", 3, True),
        ("billable rows", 10, True),
    ]
