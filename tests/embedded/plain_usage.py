"""Usage of rows by the plain meaning of the meters: in Python, without SQL."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from metering.records import RecordTable
from rating.bill import Group, Quantity, SegmentUsage
from rating.catalog.columns import member_of
from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from rating.period import Period
from usage.evidence import Evidence, digest_of
from usage.results import TenantUsage
from usage.spans import Span

Row = dict[str, Any]

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Plain:
    """Rows of one table measured."""

    meters: Mapping[str, Meter]
    records: RecordTable
    period: Period
    cutoff: Any
    window_days: int = 0

    def counted(self, rows: Iterable[Row]) -> list[Row]:
        """The rows of the period that count, each record's earliest, with `differs`."""
        window = timedelta(days=self.window_days)
        deliveries: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            is_there = row["ingested_at"] < self.cutoff and row[self.records.tenant] is not None
            if is_there and self.period.start - window <= row[self.records.time] < self.period.end + window:
                deliveries.setdefault(self._key(row), []).append(row)
        first = []
        for of_record in deliveries.values():
            contents = {
                tuple((name, value) for name, value in row.items() if name != "ingested_at") for row in of_record
            }
            earliest = min(of_record, key=self._place)
            if self.period.start <= earliest[self.records.time] < self.period.end:
                first.append({**earliest, "differs": len(contents) > 1 and self.records.time_is_callers})
        return first

    def measured(self, rows: Iterable[Row], spans: Sequence[Span] | None = None) -> list[TenantUsage]:
        """What each tenant used in the period, or in its spans."""
        by_segment: dict[str, dict[int, list[Row]]] = {}
        for row in self.counted(rows):
            for index in self._segments(row, spans):
                by_segment.setdefault(row["tenant_id"], {}).setdefault(index, []).append(row)
        return [
            TenantUsage(
                tenant_id,
                {index: self._usage(found) for index, found in sorted(segments.items())},
                {index: self._evidence(found) for index, found in sorted(segments.items())},
            )
            for tenant_id, segments in sorted(by_segment.items())
        ]

    def _place(self, row: Row) -> tuple[Any, ...]:
        """By arrival, then by time and by whatever else is in the row."""
        others = [name for name in row if name not in {*self.records.key, self.records.time, "ingested_at"}]
        return (row["ingested_at"], row[self.records.time], *((row[name] is None, row[name]) for name in others))

    def _key(self, row: Row) -> tuple[str, ...]:
        return tuple(row[column] for column in self.records.key)

    def _segments(self, row: Row, spans: Sequence[Span] | None) -> list[int]:
        if spans is None:
            return [0]
        day = row[self.records.time].date()
        return [span.index for span in spans if span.tenant_id == row["tenant_id"] and span.start <= day < span.end]

    def _usage(self, rows: list[Row]) -> SegmentUsage:
        return SegmentUsage(
            len(rows),
            {name: self._quantity(meter, rows) for name, meter in self.meters.items()},
            {name: self._groups(meter, rows) for name, meter in self.meters.items() if meter.group_by},
        )

    def _groups(self, meter: Meter, rows: list[Row]) -> tuple[Group, ...]:
        by_values: dict[tuple[str | None, ...], list[Row]] = {}
        for row in rows:
            by_values.setdefault(tuple(_text(_field(row, name)) for name in meter.group_by), []).append(row)
        return tuple(
            Group(tuple(zip(meter.group_by, values, strict=True)), quantity)
            for values, found in sorted(by_values.items(), key=lambda item: [(v is not None, v or "") for v in item[0]])
            if (quantity := self._quantity(meter, found)).events
        )

    def _quantity(self, meter: Meter, rows: list[Row]) -> Quantity:
        counted = [
            row
            for row in rows
            if meter.event_type in {None, row.get("type")}
            and all(_holds(condition, row) for condition in meter.filters)
        ]
        if meter.value is None:
            return Quantity(Decimal(len(counted)), len(counted))
        found = [(row, _value(row, meter)) for row in counted]
        with_value = [(row, value) for row, value in found if value is not None]
        values = [value for _, value in with_value]
        in_time = sorted(with_value, key=lambda pair: (pair[0][self.records.time], self._key(pair[0])))
        aggregates: dict[str, Callable[[], Any]] = {
            "sum": lambda: sum(values),
            "max": lambda: max(values, default=0),
            "unique_count": lambda: len(set(values)),
            "latest": lambda: in_time[-1][1] if in_time else 0,
        }
        return Quantity(Decimal(aggregates[meter.aggregation]()), len(values))

    def _evidence(self, rows: list[Row]) -> Evidence:
        per_day = Counter(row[self.records.time].date() for row in rows)
        differing = sum(row["differs"] for row in rows)
        return Evidence(dict(sorted(per_day.items())), digest_of(map(self._key, rows)), differing)


def _value(row: Row, meter: Meter) -> Any:
    value = _field(row, meter.value or "")
    return _number(value) if meter.value_member else value


def _field(row: Row, name: str) -> Any:
    """A column as it is; a member of the data as text."""
    member = member_of(name)
    if member is None:
        return row[name]
    data = json.loads(row["data"], parse_float=str, parse_int=str) if row["data"] else None
    found = data.get(member) if isinstance(data, dict) else None
    return None if isinstance(found, dict | list) else str(found).lower() if isinstance(found, bool) else found


def _number(text: str | None) -> Decimal | None:
    if text is None or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text).quantize(Decimal("1e-12"), context=_EXACT)
    return number if abs(number) < 10**26 else None


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)[:256]


def _holds(condition: Filter, row: Mapping[str, Any]) -> bool:
    value, values = _field(dict(row), condition.column), condition.values
    if condition.compares and member_of(condition.column):
        value = _number(value)
    if value is None:
        return condition.operator in {"not_equals", "not_in"}
    tests: dict[str, Callable[[], bool]] = {
        "equals": lambda: value == values[0],
        "not_equals": lambda: value != values[0],
        "in": lambda: value in values,
        "not_in": lambda: value not in values,
        "greater_than": lambda: value > values[0],
        "greater_than_or_equal": lambda: value >= values[0],
        "less_than": lambda: value < values[0],
        "less_than_or_equal": lambda: value <= values[0],
    }
    return tests[condition.operator]()
