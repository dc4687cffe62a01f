"""Which records of a table an operator makes void, or makes count again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from metering.tombstone import UNVOID, VOID
from usage import sql
from usage.failure import QueryTextError
from usage.sql import TableName

MOST_DAYS = 100
"""Days of records that one INSERT can have: Athena writes at most as many partitions at a time."""


@dataclass(frozen=True)
class Selection:
    """Which records of a table: some by their keys, or a tenant's between two moments, or all that one void took."""

    keys: tuple[tuple[str, ...], ...] = ()
    """Of each record the values of its table's key columns, in order."""
    tenant_id: str | None = None
    """Whose records; then between `start` and `end`."""
    action_id: str | None = None
    """Of the void that took them; alone, or besides keys or a tenant. Only what is void can be selected by it."""
    start: datetime | None = None
    """No record is older; None for any age."""
    end: datetime | None = None
    """Every record is older; None with `start` alone."""

    def check(self, table: TableName, action: str) -> None:
        """Hold the selection to its form.

        Raises:
            QueryTextError: it names no records, or by two means, or not as its table and the action need it.
        """
        if action not in {VOID, UNVOID}:
            raise QueryTextError(f"action must be {VOID} or {UNVOID}, got {action!r}")
        if not self.keys and self.tenant_id is None and self.action_id is None:
            raise QueryTextError("records must be selected by keys, by a tenant or by the action that made them void")
        if self.keys and self.tenant_id is not None:
            raise QueryTextError("records must be selected by keys or by a tenant, got both")
        if self.action_id is not None and action == VOID:
            raise QueryTextError("records to make void must be selected by keys or by a tenant, got an action")
        columns = table.records.key
        for key in self.keys:
            if len(key) != len(columns):
                named = ", ".join(columns)
                raise QueryTextError(f"key of {table.role} must have the values of {named}, got {len(key)} values")
        self._check_times()

    def of_tenant(self) -> tuple[str, datetime, datetime]:
        """Return tenant, start and end.

        Raises:
            QueryTextError: one of them is not there.
        """
        if self.tenant_id is None or self.start is None or self.end is None:
            raise QueryTextError("start and end must be given together, and with a tenant")
        return self.tenant_id, self.start, self.end

    def of_days(self, days: Iterable[date]) -> "Selection":
        """Return the selection between the first and the last of some UTC days, unless it has times, or there are none.

        What a preview of any number of days has found can so be divided by `in_parts`.
        """
        known = sorted(days)
        if self.start is not None or not known:
            return self
        start, end = (datetime.combine(day, time(), UTC) for day in (known[0], known[-1] + timedelta(days=1)))
        return replace(self, start=start, end=end)

    def in_parts(self) -> Iterator["Selection"]:
        """Yield the selection in parts that one INSERT can have; without a start it is one part, of however many days.

        Raises:
            QueryTextError: its times are not as they must be.
        """
        self._check_times()
        if self.start is None or self.end is None:
            yield self
            return
        start = self.start
        while start < self.end:
            midnight = datetime.combine(start.astimezone(UTC), time(), UTC)
            end = min(self.end, midnight + timedelta(days=MOST_DAYS))
            yield replace(self, start=start, end=end)
            start = end

    @property
    def days(self) -> int | None:
        """Number of UTC days between the times; None without."""
        if self.start is None or self.end is None:
            return None
        last = (self.end - timedelta(microseconds=1)).astimezone(UTC).date()
        return (last - self.start.astimezone(UTC).date()).days + 1

    def _check_times(self) -> None:
        if self.tenant_id is not None:
            self.of_tenant()
        if (self.start is None) != (self.end is None):
            raise QueryTextError("start and end must be given together, and with a tenant")
        if self.start is None or self.end is None:
            return
        if sql.moment(self.start) >= sql.moment(self.end):
            raise QueryTextError(f"start must be before end, got {self.start.isoformat()} and {self.end.isoformat()}")
