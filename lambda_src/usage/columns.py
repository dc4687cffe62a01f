"""The columns of a usage query's answer, known alike to the query that makes them and to the reader.

An answer has one row for each tenant and segment with all its rows, and one more for each group of a meter with
`group_by`. Which of them a row is, its `level` says: a bit for each dimension, set if the row does not tell its values
apart, as Trino's `grouping` gives it. Only the row with all bits set has the evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from rating.catalog.meters import Meter
from rating.period import Period
from usage.failure import QueryTextError

TENANT = "tenant_id"
SEGMENT = "segment"
LEVEL = "level"
DAYS_PREFIX = "rows_per_day_of_"
KEY_SUMS = "key_sums"
"""The sums of the parts of the keys' hashes, with blanks between them."""
DIFFERING = "differing"
"""The number of records that were delivered again with something else in them."""
ROWS = "rows"
LATE_COLUMNS = (TENANT, ROWS)
"""The columns of the answer about late rows."""


@dataclass(frozen=True)
class UsageColumns:
    """What columns there are for some meters; all meters read one table."""

    meters: Mapping[str, Meter]

    def check(self, role: str) -> None:
        """Hold the meters to the table that is read.

        Raises:
            QueryTextError: a meter is of another table.
        """
        for meter in self.meters.values():
            if meter.table != role:
                raise QueryTextError(f"meter {meter.name} must be of the table {role} that is read, got {meter.table}")

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Columns by which a meter is grouped, each once."""
        return tuple(dict.fromkeys(column for meter in self.meters.values() for column in meter.group_by))

    @property
    def whole_level(self) -> int:
        """The level of a row that has all rows of a segment."""
        return (1 << len(self.dimensions)) - 1

    def level(self, meter: Meter) -> int:
        """Return the level of the rows that are a meter's groups; the whole one if it has none."""
        bits = {name: 1 << position for position, name in enumerate(reversed(self.dimensions))}
        return self.whole_level - sum(bits[column] for column in meter.group_by)

    @cached_property
    def levels(self) -> dict[int, tuple[str, ...]]:
        """Level -> the dimensions whose values its rows tell apart; the whole one first."""
        grouped = {self.level(meter): meter.group_by for meter in self.meters.values()}
        return {self.whole_level: (), **grouped}

    def names(self, period: Period) -> list[str]:
        """Return the header of an answer about a period."""
        measured = [name for meter in self.meters for name in (quantity_name(meter), events_name(meter))]
        dimensions = [dimension_name(column) for column in self.dimensions]
        return [TENANT, SEGMENT, LEVEL, *dimensions, *measured, days_name(period), KEY_SUMS, DIFFERING]


def dimension_name(column: str) -> str:
    """Return the name of the column with the values of a dimension."""
    return f"by_{column}"


def quantity_name(meter: str) -> str:
    """Return the name of the column with a meter's quantity."""
    return f"quantity_{meter}"


def events_name(meter: str) -> str:
    """Return the name of the column with the number of rows behind a meter's quantity."""
    return f"events_{meter}"


def days_name(period: Period) -> str:
    """Return the name of the column with the numbers of rows of a period's days, in order, with blanks between them."""
    return f"{DAYS_PREFIX}{period}"
