"""Usage events: meters over them, random deliveries, and deliveries of one's own making."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from metering.records import TABLES, USAGE_EVENTS
from rating.catalog import parse_catalog
from rating.period import Period
from tests.embedded.plain_usage import Plain, Row

WINDOW_DAYS = 3
OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)
CUTOFF = datetime(2026, 11, 2, 3, 0, 0, 123456, tzinfo=UTC)
FOREVER = datetime(2030, 1, 1, tzinfo=UTC)
TOKENS = "com.example.tokens"
TENANTS = ("acme", "o'brien", "two\nlines, or\r\n3", "租户-😀")
_MILLISECOND, _MICROSECOND, _DAY = timedelta(milliseconds=1), timedelta(microseconds=1), timedelta(days=1)
_TIMES = (
    OCTOBER.start,
    OCTOBER.start - _MICROSECOND,
    OCTOBER.start - WINDOW_DAYS * _DAY,
    OCTOBER.start - WINDOW_DAYS * _DAY - _MICROSECOND,
    datetime(2026, 10, 14, 12, tzinfo=UTC),
    datetime(2026, 10, 15, tzinfo=UTC),
    NOVEMBER.start - _MILLISECOND,
    NOVEMBER.start,
    NOVEMBER.start + WINDOW_DAYS * _DAY - _MICROSECOND,
    NOVEMBER.start + WINDOW_DAYS * _DAY,
)
_VALUES = (
    *("0.1", "0.2", "-5", "7", "1e3", "123456789012345.123456789012", "0.000000000001", "1.500", "0.0000000000005"),
    *('"0.3"', '"1e-3"', '"1_0"', '" 1"', '"NaN"', '"words"', '""', "true", "false", "null", "[1]", '{"a":1}', "1e40"),
)
_MODELS = ('"small"', '"o\'brien"', '"租户, \\n\\"2\\""', '""', "5", "5.0", "true", "null", '{"a":"small"}')


def _meters(**meters: dict[str, Any]) -> dict[str, Any]:
    over = {"description": "x", "unit": "x", "table": USAGE_EVENTS.role, "event_type": TOKENS}
    plan = {
        "description": "x",
        "currency": "USD",
        "currency_exponent": 2,
        "versions": [{"name": "v1", "effective_from": "2026-01-01"}],
    }
    return {"meters": {name: {**over, **meter} for name, meter in meters.items()}, "plans": {"p": plan}}


METERS = parse_catalog(
    _meters(
        tokens={"aggregation": "sum", "value": "data.value", "group_by": ["data.model"], "allow_negative": True},
        others={"aggregation": "count", "event_type": "com.example.usage", "group_by": ["subject", "data.model"]},
        models={"aggregation": "unique_count", "value": "data.model"},
        subjects={
            "aggregation": "unique_count",
            "value": "subject",
            "filters": [{"column": "data.value", "in": ["7"]}],
        },
        peak={"aggregation": "max", "value": "data.value", "allow_negative": True},
        last={"aggregation": "latest", "value": "data.value", "allow_negative": True, "group_by": ["data.model"]},
        small={
            "aggregation": "count",
            "filters": [
                {"column": "data.value", "less_than": "0.3"},
                {"column": "data.value", "greater_than_or_equal": "-5"},
                {"column": "data.model", "not_in": ["5", "o'brien"]},
            ],
        },
        free={
            "aggregation": "sum",
            "value": "data.value",
            "filters": [{"column": "data.model", "in": ["true", "5.0"]}, {"column": "subject", "not_equals": "s1"}],
        },
    ),
    TABLES,
).meters


def plain(period: Period, cutoff: datetime) -> Plain:
    """Usage without SQL."""
    return Plain(METERS, USAGE_EVENTS, period, cutoff, WINDOW_DAYS)


def moment(text: str) -> datetime:
    """A moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(tenant_id: str, key: str, time: str, value: str | None = None, **columns: Any) -> Row:
    """One delivery, that arrives a second after its time."""
    at = moment(time)
    data = None if value is None else f'{{"model":"small","value":{value}}}'
    row = {"tenant_id": tenant_id, "source": "/app", "id": key, "type": TOKENS, "time": at}
    return {**row, "ingested_at": at + timedelta(seconds=1), "subject": None, "data": data, **columns}


def deliveries(number: int, seed: int = 5) -> list[Row]:
    """Deliveries of random events: most once, some again, with another time or other data, before and after the cutoff.

    Sources and ids are few, so that those of two tenants are often the same.
    """
    chosen = random.Random(seed)  # noqa: S311 - no secret
    rows = []
    for index in range(number):
        row = {
            "tenant_id": chosen.choice(TENANTS),
            "source": chosen.choice(("/a", "/a1", "é")),
            "id": f"{index // 3}",
            **_content(chosen),
        }
        first = row["time"] + timedelta(seconds=chosen.randrange(-300, 90_000), microseconds=index)
        for again in range(chosen.choice((1, 1, 1, 2, 3))):
            changed = chosen.choice((row, row, {**row, **_content(chosen)}))
            delay = chosen.choice((timedelta(), _MICROSECOND, _DAY, 20 * _DAY)) if again else timedelta()
            rows.append({**changed, "ingested_at": first + delay})
    chosen.shuffle(rows)
    return rows


def _content(chosen: random.Random) -> dict[str, Any]:
    members = {"value": chosen.choice(_VALUES), "model": chosen.choice(_MODELS)}
    kept = [f"{json.dumps(name)}:{text}" for name, text in members.items() if chosen.random() < 0.9]
    return {
        "type": chosen.choice((TOKENS, TOKENS, TOKENS, "com.example.usage", "com.example.unknown")),
        "time": chosen.choice(_TIMES),
        "subject": chosen.choice((None, "", "s1", "s2")),
        "data": chosen.choice((None, "[1]", *[f"{{{','.join(kept)}}}"] * 8)),
    }
