"""Questions to the tables, answered by Athena. Rows are counted as they are there; usage is without what is void."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from metering.records import API_REQUESTS, USAGE_EVENTS, RecordTable
from rating.exact import to_text
from tools.event_balance import EventMeter
from tools.outputs import StackOutputs
from usage.evidence import key_hash_sql
from usage.sql import TableName
from usage.tombstones import VOID_KEY, void_keys

POLL_SECONDS = 0.25
MOST_IDS = 5000
"""How many requests one query can name; keeps it well below Athena's 256 KiB."""


class QueryFailedError(RuntimeError):
    """Athena did not answer a query; the message is Athena's."""


@dataclass(frozen=True)
class TenantUsage:
    """One line of the usage table; `tenant` is None for requests that belong to nobody."""

    tenant: str | None
    requests: int
    billable: int
    users: int
    response_bytes: int


@dataclass(frozen=True)
class RowCount:
    """How many rows there are, and how many keys they have."""

    rows: int
    distinct_keys: int


class Lake:
    """The table of a stack, seen through its Athena workgroup."""

    def __init__(self, outputs: StackOutputs) -> None:
        self._outputs = outputs
        self._athena: Any = outputs.session().client("athena")

    def count(self, ids: Sequence[str] | None, since: datetime) -> RowCount:
        """Count rows.

        Args:
            ids: of these requests only; None counts the whole table.
            since: no request is older; spares Athena the older days' files.
        """
        [answer] = self.query(_COUNT.format(table=self._outputs.table, condition=_condition(ids, since)))
        return RowCount(_integer(answer["n"]), _integer(answer["k"]))

    def usage(self, ids: Sequence[str] | None, since: datetime) -> list[TenantUsage]:
        """Sum usage per tenant, each request that is not void once; sorted by tenant, nobody's requests last."""
        told = {"condition": _condition(ids, since), "void": self._void(API_REQUESTS)}
        rows = self.query(_USAGE.format(table=self._outputs.table, **told))
        usages = [
            TenantUsage(row["tenant_id"], *(_integer(row[name]) for name in ("n", "billable", "users", "bytes")))
            for row in rows
        ]
        return sorted(usages, key=lambda usage: (usage.tenant is None, usage.tenant or ""))

    def billable(self, since: datetime, until: datetime, before: datetime) -> dict[str, int]:
        """Count the billable requests per tenant that are not void, each once.

        Args:
            since: no request is older.
            until: every request is older.
            before: only rows that had arrived, and records that were void, by then.
        """
        times = {"since": _time(since), "until": _time(until), "before": _time(before)}
        sql = _BILLABLE.format(table=self._outputs.table, **times, void=self._void(API_REQUESTS, before))
        return {str(row["tenant_id"]): _integer(row["n"]) for row in self.query(sql)}

    def count_events(self, sources: Sequence[str] | None, since: datetime) -> RowCount:
        """Count rows of usage events.

        Args:
            sources: of these CloudEvents sources only; None counts the whole table.
            since: no event is older.
        """
        condition = f"WHERE time >= {_time(since - timedelta(hours=1))}"
        if sources is not None:
            condition += f" AND source IN ({', '.join(map(_quoted, sources))})"
        [answer] = self.query(_COUNT_EVENTS.format(table=self._outputs.events_table, condition=condition))
        return RowCount(_integer(answer["n"]), _integer(answer["k"]))

    def quantities(
        self, meters: Sequence[EventMeter], since: datetime, until: datetime, before: datetime
    ) -> dict[tuple[str, str], Decimal]:
        """Count or add up usage events per tenant and meter, each event that is not void once.

        Args:
            meters: what is asked for.
            since: no event is older.
            until: every event is older.
            before: only rows that had arrived, and records that were void, by then.
        """
        found: dict[tuple[str, str], Decimal] = {}
        for meter in meters:
            value = "1" if meter.member is None else _MEMBER.format(member=_quoted(f"$.{meter.member}"))
            rows = self.query(
                _QUANTITIES.format(
                    table=self._outputs.events_table,
                    type=_quoted(meter.event_type),
                    value=value,
                    since=_time(since),
                    until=_time(until),
                    before=_time(before),
                    void=self._void(USAGE_EVENTS, before),
                )
            )
            found |= {(str(row["tenant_id"]), meter.name): Decimal(to_text(Decimal(str(row["q"])))) for row in rows}
        return found

    def _void(self, records: RecordTable, before: datetime | None = None) -> str:
        """Return the join with a table's void records, of whose keys `void_key` is null where one counts."""
        outputs = self._outputs
        names = {API_REQUESTS.role: outputs.table_name, USAGE_EVENTS.role: outputs.usage_events_table_name}
        table = TableName(
            outputs.athena_catalog,
            outputs.database_name,
            names[records.role],
            records.role,
            tombstones=outputs.tombstones_table_name,
        )
        keys = void_keys(table, before=before)
        return f"LEFT JOIN ({keys}) AS voided ON {VOID_KEY} = {key_hash_sql(records.key)}"

    def query(self, sql: str) -> list[dict[str, str | None]]:
        """Run a SELECT and give its rows, by column name; every value is Athena's text, None for null.

        Raises:
            QueryFailedError: Athena could not run it.
        """
        started = self._athena.start_query_execution(QueryString=sql, WorkGroup=self._outputs.athena_workgroup)
        execution = started["QueryExecutionId"]
        while True:
            status = self._athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]
            if status["State"] in {"FAILED", "CANCELLED"}:
                raise QueryFailedError(f"{status.get('StateChangeReason', status['State'])}\nin: {sql[:500]}")
            if status["State"] == "SUCCEEDED":
                break
            time.sleep(POLL_SECONDS)
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution)
        lines = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        names = [cell["VarCharValue"] for cell in lines[0]]
        return [dict(zip(names, (cell.get("VarCharValue") for cell in line), strict=True)) for line in lines[1:]]


def _condition(ids: Sequence[str] | None, since: datetime) -> str:
    # Two clocks: the gateway's wrote the row, ours says `since`.
    recent = f"WHERE request_time >= {_time(since - timedelta(hours=1))}"
    if ids is None:
        return recent
    if not 0 < len(ids) <= MOST_IDS:
        raise ValueError(f"ids: 1 to {MOST_IDS} fit into one query, got {len(ids)}")
    return f"{recent} AND extended_request_id IN ({', '.join(map(_quoted, ids))})"


def _time(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC'"


def _integer(text: str | None) -> int:
    if text is None:
        raise ValueError("a count came back as null")
    return int(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_COUNT = "SELECT count(*) AS n, count(DISTINCT extended_request_id) AS k FROM {table} {condition}"
_USAGE = """\
SELECT tenant_id, count(*) AS n, count_if(billable) AS billable, count(DISTINCT "user") AS users,
       coalesce(sum(response_length), 0) AS bytes
FROM (
    SELECT tenant_id, billable, "user", response_length, extended_request_id,
           row_number() OVER (PARTITION BY extended_request_id ORDER BY ingested_at) AS copy
    FROM {table} {condition}
) AS copies
{void}
WHERE copy = 1 AND void_key IS NULL
GROUP BY tenant_id"""
_BILLABLE = """\
SELECT tenant_id, count_if(billable) AS n
FROM (
    SELECT tenant_id, billable, extended_request_id,
           row_number() OVER (PARTITION BY extended_request_id ORDER BY ingested_at) AS copy
    FROM {table} WHERE request_time >= {since} AND request_time < {until} AND ingested_at < {before}
) AS copies
{void}
WHERE copy = 1 AND tenant_id IS NOT NULL AND void_key IS NULL
GROUP BY tenant_id
ORDER BY tenant_id"""

_COUNT_EVENTS = """\
SELECT count(*) AS n, count(CASE WHEN copy = 1 THEN 1 END) AS k
FROM (
    SELECT row_number() OVER (PARTITION BY tenant_id, source, id ORDER BY ingested_at) AS copy
    FROM {table} {condition}
)"""
_MEMBER = "CAST(json_extract_scalar(data, {member}) AS decimal(38, 12))"
_QUANTITIES = """\
SELECT tenant_id, sum({value}) AS q
FROM (
    SELECT tenant_id, source, id, type, time, data,
           row_number() OVER (PARTITION BY tenant_id, source, id ORDER BY ingested_at) AS copy
    FROM {table} WHERE ingested_at < {before}
) AS copies
{void}
WHERE copy = 1 AND void_key IS NULL AND type = {type} AND time >= {since} AND time < {until}
GROUP BY tenant_id"""
