"""A month of two tenants in both tables, with duplicates, a change of plan and late rows; and lines counted by hand."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rating.exact import to_text

TENANT, OTHER = "o'brien & söhne", "acme"
BILLED = [{"column": "billable", "equals": True}]
TOKENS = {"table": "usage-events", "event_type": "com.example.tokens"}
METERS: dict[str, dict[str, Any]] = {
    "calls": {"aggregation": "count", "filters": BILLED, "group_by": ["http_method", "status"]},
    "bytes": {"aggregation": "sum", "value": "response_length", "filters": BILLED, "group_by": ["user"]},
    "users": {"aggregation": "unique_count", "value": "user"},
    "slowest": {"aggregation": "max", "value": "response_latency_ms", "group_by": ["http_method"]},
    "stored": {"aggregation": "latest", "value": "response_length"},
    "tokens": {"aggregation": "sum", "value": "data.value", "group_by": ["data.model"], **TOKENS},
    "models": {"aggregation": "unique_count", "value": "data.model", **TOKENS},
    "events": {"aggregation": "count", "table": "usage-events", "event_type": "com.example.usage"},
}


def _plan(unit_amount: str, *meters: str) -> dict[str, Any]:
    prices = [{"meter": name, "price": {"model": "per_unit", "unit_amount": unit_amount}} for name in meters]
    version = {"name": "v1", "effective_from": "2025-01-01", "recurring_fee": "30", "prices": prices}
    return {"description": "Plan", "currency": "USD", "currency_exponent": 2, "versions": [version]}


CATALOG = {
    "meters": {name: {"description": name.title(), "unit": "unit", **meter} for name, meter in METERS.items()},
    "plans": {"team": _plan("0.01", *METERS), "pro": _plan("0.02", *METERS), "lite": _plan("0.03", "calls", "tokens")},
}


DAYS = (1, 10, 11, 30)
"""Few, for each is a file; the plan changes between the second and the third."""


def _arrived(moment: datetime, late: bool) -> datetime:
    return datetime(2026, 10, 20, tzinfo=UTC) if late else moment + timedelta(minutes=1)


def requests() -> list[dict[str, Any]]:
    """Requests of September: some twice, some late, some that nobody pays for, and a few of the month after."""
    rows = []
    for number in range(60):
        time = datetime(2026, 9, DAYS[number // 2 % 4], number % 24, 30, tzinfo=UTC)
        row = {
            "extended_request_id": f"key-{number}",
            "request_id": f"id-{number}",
            "request_time": time if number else datetime(2026, 10, 1, tzinfo=UTC),
            "ingested_at": _arrived(time, late=number % 17 == 5),
            "tenant_id": OTHER if number % 5 == 4 else TENANT,
            "user": (None, "ann", "bob, ltd", '"quoted"')[number % 4],
            "http_method": (None, "GET", "POST")[number % 3],
            "status": 200 + number % 2,
            "response_length": None if number % 7 == 3 else 10**15 + number,
            "response_latency_ms": None if number % 6 == 1 else number,
            "billable": number % 8 != 2,
        }
        rows += [row] if number % 4 else [row, {**row, "ingested_at": row["ingested_at"] + timedelta(hours=2)}]
    return rows


def events() -> list[dict[str, Any]]:
    """Usage events of September: some again in another month, some late, some without a model or with an empty one."""
    rows = []
    for number in range(40):
        time = datetime(2026, 9, DAYS[number // 3 % 4], 23, 59, 59, tzinfo=UTC)
        model = (None, "", "large", "small =SUM(A1)")[number % 4]
        data = {"value": f"{number}.{number:03}1", **({} if model is None else {"model": model})}
        row = {
            "tenant_id": OTHER if number % 9 == 8 else TENANT,
            "source": "/chat",
            "id": f"event-{number // 2}" if number % 10 == 1 else f"single-{number}",
            "type": "com.example.usage" if number % 5 == 3 else "com.example.tokens",
            "time": time,
            "ingested_at": _arrived(time, late=number % 13 == 6),
            "subject": None,
            "data": json.dumps(data),
        }
        again = {**row, "time": datetime(2026, 10, 2, tzinfo=UTC), "ingested_at": row["ingested_at"] + timedelta(1)}
        before = {**row, "time": datetime(2026, 8, 31, tzinfo=UTC), "ingested_at": time - timedelta(hours=1)}
        rows += [[row], [row, again], [row, again], [row, before]][number % 4]
    return rows


def shown(meter: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the API is to show of a line whose rows these are, as they were downloaded."""
    groups: dict[tuple[str | None, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(tuple(_field(row, name) or None for name in meter.get("group_by", ())), []).append(row)
    by_values = sorted(groups.items(), key=lambda one: [(value is not None, value or "") for value in one[0]])
    ordered = sorted(by_values, key=lambda one: -Decimal(_quantity(meter, one[1])))
    return {
        "quantity": _quantity(meter, rows),
        "events": len(rows),
        "by_day": _by_day(meter, rows),
        "by_dimension": [
            {
                "dimensions": dict(zip(meter["group_by"], values, strict=True)),
                "quantity": _quantity(meter, group),
                "events": len(group),
                "by_day": _by_day(meter, group),
            }
            for values, group in ordered
            if meter.get("group_by")
        ],
    }


def _by_day(meter: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    days: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        days.setdefault((row.get("request_time") or row["time"])[:10], []).append(row)
    return [{"day": day, "quantity": _quantity(meter, of_day)} for day, of_day in sorted(days.items())]


def _field(row: Mapping[str, str], name: str) -> str | None:
    if not name.startswith("data."):
        return row[name]
    value: str | None = json.loads(row["data"]).get(name.removeprefix("data."))
    return value


def _quantity(meter: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> str:
    """Measure rows that are in the order of time."""
    if meter["aggregation"] == "count":
        return str(len(rows))
    values = [_field(row, meter["value"]) or "" for row in rows]
    if meter["aggregation"] == "unique_count":
        return str(len(set(values)))
    made: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
        "sum": lambda numbers: sum(numbers, Decimal(0)),
        "max": max,
        "latest": lambda numbers: numbers[-1],
    }
    return to_text(made[meter["aggregation"]]([Decimal(value) for value in values])) if values else "0"
