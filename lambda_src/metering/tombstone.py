"""Tombstones: that a record does not count, or counts again. No row of a record is ever changed or deleted for it.

A record's state at a moment is the action of its latest tombstone before that moment; of two at once, `void`. A void
record does not count however often it is delivered, until it is made to count again. Operators append tombstones
through Athena; no stream does, and no meter reads them.
"""

from metering.schema import Column

ROLE = "tombstones"
"""What the table is for, in the program; fixed for life."""

VOID = "void"
"""The action after which a record does not count."""
UNVOID = "unvoid"
"""The action after which it counts again."""

COLUMNS: tuple[Column, ...] = (
    Column("record_table", "string", required=True),
    Column("key_hash", "string", required=True),
    Column("tenant_id", "string", required=True),
    Column("record_time", "timestamptz", required=True),
    Column("voided_at", "timestamptz", required=True),
    Column("action", "string", required=True),
    Column("action_id", "string", required=True),
)
"""The table's columns, in order: the role of the record's table; the SHA-256 of its key in upper-case hexadecimal
digits, as `usage.evidence` hashes it; its tenant and time; when the action was; `void` or `unvoid`; the operator's
action, in the table of actions."""

TIME = "record_time"
"""Column by whose UTC day the rows are partitioned, so that the tombstones of a period are found in its days."""
TENANT = "tenant_id"
"""Column by which files are sorted."""
