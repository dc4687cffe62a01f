"""What all answers of usage queries have in common: lines of text, ordered by tenant, with figures of meters."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Self

from rating.bill import NOTHING, Quantity
from rating.catalog.meters import Meter
from usage.columns import dimension_name, events_name, quantity_name
from usage.failure import ResultError
from usage.largest import Dimensions

_COUNT = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TENANT = 0
"""Position in a row."""

Row = Sequence[str]
"""The texts of one line; an empty one is null."""


def check_header(header: Row, expected: Row) -> None:
    """Hold an answer to the columns that its query has.

    Raises:
        ResultError: it has others.
    """
    if list(header) != list(expected):
        raise ResultError(f"columns must be {', '.join(expected)}, got {', '.join(header)}")


def checked(header: Row, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows.

    Raises:
        ResultError: one is longer or shorter than the header.
    """
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ResultError(f"row {number} must have {len(header)} values, got {len(row)}")
        yield row


def by_tenant(header: Row, rows: Iterable[Row]) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield each tenant, which is the first of a row's values, with its rows.

    Raises:
        ResultError: a row is longer or shorter than the header, or they are not ordered by tenant.
    """
    before: str | None = None
    for tenant_id, of_tenant in groupby(checked(header, rows), key=itemgetter(_TENANT)):
        if not tenant_id or (before is not None and tenant_id <= before):
            raise ResultError(f"rows must be ordered by tenant, got {tenant_id!r} after {before!r}")
        before = tenant_id
        yield tenant_id, of_tenant


def read_count(text: str, name: str) -> int:
    """Return the count that a text stands for.

    Raises:
        ResultError: it stands for none; the message names the column.
    """
    if not _COUNT.fullmatch(text):
        raise ResultError(f"column {name} must hold a count, got {text!r}")
    return int(text)


@dataclass(frozen=True)
class Measure:
    """Where a meter's figures are in a row."""

    name: str
    quantity: int
    """Position; that of the number of rows behind it is the next."""
    dimensions: tuple[tuple[str, int], ...]
    """Column by which the meter is grouped, and its position."""

    @classmethod
    def of(cls, meter: Meter, positions: Mapping[str, int]) -> Self:
        """Return where a meter's figures are, by the positions of all columns."""
        dimensions = tuple((column, positions[dimension_name(column)]) for column in meter.group_by)
        return cls(meter.name, positions[quantity_name(meter.name)], dimensions)

    def read(self, row: Row) -> Quantity:
        """Return the quantity that a row has.

        Raises:
            ResultError: it has none, though rows are behind it.
        """
        text, events = row[self.quantity], read_count(row[self.quantity + 1], events_name(self.name))
        if not text and not events:
            return NOTHING
        if not _NUMBER.fullmatch(text):
            column = quantity_name(self.name)
            raise ResultError(f"column {column} must hold a number, made of {events} rows, got {text!r}")
        return Quantity(Decimal(text.rstrip("0").rstrip(".") if "." in text else text), events)

    def dimensions_of(self, row: Row) -> Dimensions:
        """Return the values that a row has in the dimensions."""
        return tuple((column, row[at] or None) for column, at in self.dimensions)
