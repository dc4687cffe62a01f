"""Making records void, and making them count again: the SQL that appends their tombstones, and that of what it will do.

A record that is in the wanted state already gets no tombstone, so that doing it again does nothing. What is made void
is found by the SQL that counts. Nothing here says who may do it; texts come into the SQL as literals.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from metering import tombstone
from usage import evidence, sql
from usage.counted import KEY_HASH, CountedBetween
from usage.failure import QueryTextError
from usage.selection import MOST_DAYS, Selection
from usage.spans import LONGEST_QUERY
from usage.sql import TableName, identifier
from usage.tombstones import VOID_KEY, VOIDED_LAST, of_records

DAY, RECORDS = "day", "records"
PREVIEW_COLUMNS = (tombstone.TENANT, DAY, RECORDS)
"""Header of a preview's answer: tenant, UTC day of the records' time, and how many would change."""

_TICK = timedelta(microseconds=1)
_ITEMS = ",\n  "
_COLUMNS = ", ".join(column.name for column in tombstone.COLUMNS)


def void_query(table: TableName, selection: Selection, *, voided_at: datetime, action_id: str, window_days: int) -> str:
    """Return the INSERT of a tombstone for each record of a selection that counts.

    Args:
        table: whose records they are.
        selection: by keys or by a tenant; of not more days than `Selection.in_parts` gives.
        voided_at: the time of the action, at which the query is run: rows and tombstones of later moments do not exist
            for it. A query that is run again with the same time adds nothing.
        action_id: of the operator's action.
        window_days: as of `usage.counted.Counted`: the catalog's duplicate window.

    Raises:
        QueryTextError: the selection is not of its form, or does not fit into a query.
    """
    _check_days(selection)
    found = _found(table, selection, tombstone.VOID, voided_at, window_days)
    return _insert(table, found, tombstone.VOID, voided_at, action_id)


def unvoid_query(table: TableName, selection: Selection, *, voided_at: datetime, action_id: str) -> str:
    """Return the INSERT of a tombstone for each record of a selection that is void, after which it counts again.

    Arguments and errors as of `void_query`; the selection may also be by the action that made the records void.
    """
    _check_days(selection)
    found = _found(table, selection, tombstone.UNVOID, voided_at, 0)
    return _insert(table, found, tombstone.UNVOID, voided_at, action_id)


def preview_query(table: TableName, selection: Selection, *, as_of: datetime, action: str, window_days: int) -> str:
    """Return the query for how many records an action would change, by tenant and day; its columns `PREVIEW_COLUMNS`.

    Args:
        table: whose records they are.
        selection: as of the action, of any number of days.
        as_of: the time that the action would have.
        action: `void` or `unvoid`.
        window_days: as of `void_query`.

    Raises:
        QueryTextError: the selection is not of its form, or does not fit into a query.
    """
    found, day = _found(table, selection, action, as_of, window_days), f"date({tombstone.TIME})"
    return _fitting(
        f"SELECT\n  {tombstone.TENANT},\n  {day} AS {DAY},\n  count(*) AS {RECORDS}\nFROM (\n{found}) AS found\n"
        f"GROUP BY {tombstone.TENANT}, {day}\nORDER BY 1, 2"
    )


def _check_days(selection: Selection) -> None:
    if (selection.days or 0) > MOST_DAYS:
        raise QueryTextError(f"start and end must span at most {MOST_DAYS} days at a time, got {selection.days}")


def _insert(table: TableName, found: str, action: str, voided_at: datetime, action_id: str) -> str:
    values = {
        "record_table": sql.text(table.role),
        "voided_at": sql.moment(voided_at),
        "action": sql.text(action),
        "action_id": sql.text(action_id),
    }
    selected = _ITEMS.join(values.get(column.name, column.name) for column in tombstone.COLUMNS)
    return _fitting(
        f"INSERT INTO {table.tombstones_table} ({_COLUMNS})\nSELECT\n  {selected}\nFROM (\n{found}) AS found"
    )


def _found(table: TableName, selection: Selection, action: str, at: datetime, window_days: int) -> str:
    """Return the SELECT of what an action would change: a key's hash, tenant and time of each tombstone to append."""
    selection.check(table, action)
    before = at + _TICK  # what is of the very moment is there, so that the same action finds what it did
    if action == tombstone.UNVOID:
        return _void(table, selection, before)
    return _of_keys(table, selection, before) if selection.keys else _of_tenant(table, selection, before, window_days)


def _of_tenant(table: TableName, selection: Selection, before: datetime, window_days: int) -> str:
    """Return the records that count, as a bill would count them, of a tenant between two moments."""
    records, (tenant_id, start, end) = table.records, selection.of_tenant()
    # A literal, for it reaches the scan, which leaves out other tenants' files.
    own = f"JOIN (VALUES (1)) AS own (one) ON records.{identifier(records.tenant)} = {sql.text(tenant_id)}\n"
    counted = CountedBetween(table, start, end, before, window_days).sql(tenants=own)
    return (
        f"SELECT\n  {KEY_HASH},\n  {identifier(records.tenant)} AS {tombstone.TENANT},\n"
        f"  {identifier(records.time)} AS {tombstone.TIME}\nFROM (\n{counted}) AS records\n"
    )


def _of_keys(table: TableName, selection: Selection, before: datetime) -> str:
    """Return the deliveries of some keys that are not void, one of each key and UTC day.

    Deliveries of one key are of one day, unless whoever sends them says another time: then every period in which the
    key could count must find a tombstone in its days.
    """
    records = table.records
    time, tenant = identifier(records.time), identifier(records.tenant)
    named = zip(records.key, zip(*selection.keys, strict=True), strict=True)
    conditions = [
        *(f"{identifier(name)} IN ({_texts(values)})" for name, values in named),  # leaves out files
        f"{identifier(records.ingested_at)} < {sql.moment(before)}",
        f"{tenant} IS NOT NULL",
        *([f"{time} >= {sql.moment(selection.start)}"] if selection.start else []),
        *([f"{time} < {sql.moment(selection.end)}"] if selection.end else []),
    ]
    delivered = (
        f"SELECT\n  {evidence.key_hash_sql(records.key)} AS {KEY_HASH},\n  {tenant} AS {tombstone.TENANT},\n"
        f"  {time} AS {tombstone.TIME}\nFROM {table}\nWHERE {_joined(conditions)}\n"
    )
    day = f"date(tombstones.{tombstone.TIME})"
    void = (
        f"SELECT {KEY_HASH} AS {VOID_KEY}, {day} AS void_day\nFROM {table.tombstones_table} AS tombstones\n"
        f"WHERE {of_records(table, selection.start, selection.end)}\n  AND voided_at < {sql.moment(before)}\n"
        f"GROUP BY {KEY_HASH}, {day}\nHAVING {VOIDED_LAST}\n"
    )
    return (
        f"SELECT\n  {KEY_HASH},\n  {tombstone.TENANT},\n  min({tombstone.TIME}) AS {tombstone.TIME}\n"
        f"FROM (\n{delivered}) AS delivered\n"
        f"LEFT JOIN (\n{void}) AS voided\n  ON {VOID_KEY} = {KEY_HASH} AND void_day = date({tombstone.TIME})\n"
        f"WHERE {VOID_KEY} IS NULL AND {KEY_HASH} IN ({_hashes(selection)})\n"
        f"GROUP BY {KEY_HASH}, {tombstone.TENANT}, date({tombstone.TIME})\n"
    )


def _void(table: TableName, selection: Selection, before: datetime) -> str:
    """Return the void records of a selection, as their tombstones tell of them."""
    conditions = [
        of_records(table, selection.start, selection.end),
        f"voided_at < {sql.moment(before)}",
        *([f"{tombstone.TENANT} = {sql.text(selection.tenant_id)}"] if selection.tenant_id is not None else []),
        *([f"{KEY_HASH} IN ({_hashes(selection)})"] if selection.keys else []),
    ]
    having = [VOIDED_LAST]
    if selection.action_id is not None:
        own = f"CASE WHEN tombstones.action_id = {sql.text(selection.action_id)} THEN tombstones.voided_at END"
        having.append(f"max(tombstones.voided_at) = max({own})")
    columns = (KEY_HASH, tombstone.TENANT, tombstone.TIME)
    return (
        f"SELECT\n  {_ITEMS.join(columns)}\nFROM {table.tombstones_table} AS tombstones\n"
        f"WHERE {_joined(conditions)}\nGROUP BY {', '.join(columns)}\nHAVING {_joined(having)}\n"
    )


def _hashes(selection: Selection) -> str:
    return _texts(evidence.key_hash(key) for key in selection.keys)


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(sql.text, dict.fromkeys(values)))


def _joined(conditions: Iterable[str]) -> str:
    return "\n  AND ".join(conditions)


def _fitting(query: str) -> str:
    size = len(query.encode())
    if size >= LONGEST_QUERY:
        raise QueryTextError(f"keys must fit into a query of {LONGEST_QUERY} bytes, got {size}: select fewer at a time")
    return query
