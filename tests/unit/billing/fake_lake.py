"""A lake in memory that answers the queries of `usage` for a catalog that counts billable rows, and nothing else."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256

from billing.lake import Answer, QueryError
from metering.records import API_REQUESTS
from metering.tombstone import VOID
from rating.catalog import Catalog, Meter
from rating.period import Period
from usage.columns import (
    DIFFERING,
    KEY_SUMS,
    LATE_COLUMNS,
    LEVEL,
    SEGMENT,
    TENANT,
    UsageColumns,
    days_name,
    events_name,
    quantity_name,
)
from usage.daily import DailyColumns
from usage.evidence import PARTS, key_text
from usage.sql import TableName

_MOMENT = r"TIMESTAMP '([^']+) UTC'"
_BOUNDS = re.compile(rf'"request_time" >= {_MOMENT} .*?"ingested_at" < {_MOMENT}', re.DOTALL)
_VOIDED = re.compile(rf'"tombstones"\nWHERE record_time >= {_MOMENT} .*?\n  AND voided_at < {_MOMENT}\nGROUP')
_LATE = re.compile(rf'AS records\nWHERE "ingested_at" >= {_MOMENT}')
_TENANT = re.compile(r"\('((?:[^']|'')*)', (\d+)\)")
_SPAN = re.compile(r"\((\d+), (\d+), DATE '([^']+)', DATE '([^']+)'\)")


@dataclass(frozen=True)
class Row:
    """One delivery of a request."""

    key: str
    tenant_id: str
    time: datetime
    ingested_at: datetime


@dataclass(frozen=True)
class Tombstone:
    """That a request does not count, or counts again."""

    key: str
    tenant_id: str
    time: datetime
    voided_at: datetime
    action: str = VOID


@dataclass
class FakeLake:
    """Rows, tombstones, and the ids of the queries asked; `failing` makes the next ones fail for that reason."""

    catalogs: Mapping[str, Catalog]
    rows: list[Row] = field(default_factory=list)
    tombstones: list[Tombstone] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    failing: str = ""
    roles: tuple[str, ...] = (API_REQUESTS.role,)
    pause: Callable[[], None] = lambda: None
    answers: dict[tuple[str, int, int], Answer] = field(default_factory=dict)
    """What was answered, by query and number of rows and tombstones: copies of a world share it."""

    def tables(self) -> list[TableName]:
        return [TableName("catalog", "database", "requests", role, tombstones="tombstones") for role in self.roles]

    def ask(self, sql: str) -> Callable[[], Answer]:
        answer = self.query(sql)
        return lambda: answer

    def query(self, sql: str) -> Answer:
        self.pause()
        self.asked.append(sql)
        query_id = f"query-{sha256(sql.encode()).hexdigest()[:8]}"
        if self.failing:
            raise QueryError(f"query {query_id} failed: {self.failing}")
        key = (sql, len(self.rows), len(self.tombstones))
        if key not in self.answers:
            found = self._answer(query_id, sql)
            self.answers[key] = Answer(query_id, found.header, list(found.rows))  # type: ignore[arg-type]
        known = self.answers[key]
        return Answer(query_id, known.header, iter(known.rows))

    def _answer(self, query_id: str, sql: str) -> Answer:
        if voided := _VOIDED.search(sql):
            start, cutoff = _moment(voided[1]), _moment(voided[2])
            period = Period.of(start)
            return _late(
                query_id,
                [one.tenant_id for one in self.tombstones if one.voided_at < cutoff and period == Period.of(one.time)],
            )
        bounds = _BOUNDS.search(sql)
        assert bounds
        period, cutoff = Period.of(_moment(bounds[1])), _moment(bounds[2])
        first: dict[str, Row] = {}
        for row in sorted(self.rows, key=lambda row: row.ingested_at):
            first.setdefault(row.key, row)
        stones = [stone for stone in self.tombstones if stone.voided_at < cutoff and period == Period.of(stone.time)]
        void = _void_keys(stones)
        rows = [
            row
            for row in first.values()
            if row.ingested_at < cutoff and period == Period.of(row.time) and row.key not in void
        ]
        if late := _LATE.search(sql):
            since = _moment(late[1])
            tenants = [row.tenant_id for row in rows if row.ingested_at >= since]
            return _late(query_id, [*tenants, *(stone.tenant_id for stone in stones if stone.voided_at >= since)])
        if "GROUPING SETS ((tenant_id), (tenant_id, day)" in sql:
            return self._daily(query_id, sql, rows)
        patterns = {name.replace("''", "'"): int(pattern) for name, pattern in _TENANT.findall(sql)}
        spans = [
            (int(pattern), int(index), *map(date.fromisoformat, days)) for pattern, index, *days in _SPAN.findall(sql)
        ]
        segments: dict[tuple[str, int], list[Row]] = {}
        for row in rows:
            if "AS tenants (tenant, pattern)" not in sql:
                segments.setdefault((row.tenant_id, 0), []).append(row)
            for pattern, index, start, end in spans:
                if patterns.get(row.tenant_id) == pattern and start <= row.time.date() < end:
                    segments.setdefault((row.tenant_id, index), []).append(row)
        return self._usage(query_id, sql, period, segments)

    def _meters(self, sql: str) -> Mapping[str, Meter]:
        return next(
            catalog.meters
            for catalog in self.catalogs.values()
            if all(f'"{quantity_name(name)}"' in sql for name in catalog.meters)
        )

    def _daily(self, query_id: str, sql: str, rows: list[Row]) -> Answer:
        meters = self._meters(sql)
        columns = DailyColumns(meters)
        counts: Counter[tuple[str, int, str]] = Counter()
        for row in rows:
            counts[row.tenant_id, columns.all_days, ""] += 1
            counts[row.tenant_id, 0, row.time.date().isoformat()] += 1
        answers = [[*map(str, key), *(str(count) for _ in meters for _ in range(2))] for key, count in counts.items()]
        by_level = sorted(answers, key=lambda row: (row[0], -int(row[1]), row[2]))
        return Answer(query_id, columns.names(), iter(by_level))

    def _usage(self, query_id: str, sql: str, period: Period, segments: Mapping[tuple[str, int], list[Row]]) -> Answer:
        meters = self._meters(sql)
        columns = UsageColumns(meters)
        header, answers = columns.names(period), []
        for (tenant_id, index), rows in sorted(segments.items()):
            values = {TENANT: tenant_id, SEGMENT: str(index), LEVEL: str(columns.whole_level)}
            for name in meters:
                values |= {quantity_name(name): str(len(rows)), events_name(name): str(len(rows))}
            counts = [sum(row.time.date() == day for row in rows) for day in period.each_day()]
            values[days_name(period)] = " ".join(map(str, counts))
            hashes = [sha256(key_text([row.key]).encode()).hexdigest() for row in rows]
            sums = [sum(int(one[start - 1 : start - 1 + digits], 16) for one in hashes) for start, digits in PARTS]
            values |= {KEY_SUMS: " ".join(map(str, sums)), DIFFERING: "0"}
            answers.append([values[name] for name in header])
        return Answer(query_id, header, iter(answers))


def _late(query_id: str, tenants: list[str]) -> Answer:
    counts = [[tenant, str(count)] for tenant, count in sorted(Counter(tenants).items())]
    return Answer(query_id, list(LATE_COLUMNS), iter(counts))


def _void_keys(stones: list[Tombstone]) -> set[str]:
    """Give the keys whose latest tombstone is a void one; of two at once it is."""
    latest: dict[str, Tombstone] = {}
    for stone in sorted(stones, key=lambda stone: (stone.voided_at, stone.action == VOID)):
        latest[stone.key] = stone
    return {key for key, stone in latest.items() if stone.action == VOID}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
