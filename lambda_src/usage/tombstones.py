"""Tombstones as SQL: which records do not count, and which tombstones came at what time.

A record is void if the latest of its tombstones is a void one; of two at once the void one counts. A tombstone has the
record's time, by whose day the table is partitioned, so a period's tombstones are looked for in the days in which the
period's deliveries are.
"""

from datetime import datetime

from metering import tombstone
from usage import sql
from usage.sql import TableName

VOID_KEY = "void_key"
"""Column of the key's hash of a record that does not count."""

_VOIDED = f"CASE WHEN tombstones.action = {sql.text(tombstone.VOID)} THEN tombstones.voided_at END"
VOIDED_LAST = f"max(tombstones.voided_at) = max({_VOIDED})"
"""Whether rows of the table under the name `tombstones`, grouped by their record, leave it void."""


def void_keys(
    table: TableName, start: datetime | None = None, end: datetime | None = None, before: datetime | None = None
) -> str:
    """Return the SELECT of the hashes of the keys that do not count, in the column `VOID_KEY`.

    Args:
        table: whose records they are.
        start: no record is older; None for any age.
        end: every record is older; None for any age.
        before: tombstones of this moment or later do not exist; None: all do.

    Raises:
        QueryTextError: a moment has no time zone.
    """
    known = f"\n  AND voided_at < {sql.moment(before)}" if before else ""
    return (
        f"SELECT key_hash AS {VOID_KEY}\nFROM {table.tombstones_table} AS tombstones\n"
        f"WHERE {of_records(table, start, end)}{known}\n"
        f"GROUP BY key_hash\nHAVING {VOIDED_LAST}\n"
    )


def of_records(table: TableName, start: datetime | None, end: datetime | None) -> str:
    """Return the condition of tombstones of a table's records, between two moments if there are such."""
    conditions = [f"record_table = {sql.text(table.role)}"]
    conditions += [f"record_time >= {sql.moment(start)}"] if start else []
    conditions += [f"record_time < {sql.moment(end)}"] if end else []
    return " AND ".join(conditions)
