"""What a meter measured of a tenant in a period, in all and by day, and its largest groups alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rating.bill import Quantity
from usage.failure import ResultError
from usage.largest import Dimensions, Largest


@dataclass(frozen=True)
class GroupDays:
    """The part of a meter's quantity that has certain values in the dimensions."""

    dimensions: Dimensions
    quantity: Quantity
    """In the whole period."""
    by_day: Mapping[date, Quantity]
    """UTC day -> quantity; only days with rows that count."""


@dataclass(frozen=True)
class MeterDays:
    """What a meter measured."""

    quantity: Quantity
    """In the whole period."""
    by_day: Mapping[date, Quantity]
    """UTC day -> quantity; only days with rows that count."""
    groups: tuple[GroupDays, ...]
    """The largest, the largest first; none if the meter has no `group_by`."""
    groups_omitted: int = 0
    """How many smaller groups there are besides."""


class Month:
    """What a meter measured of a tenant, as it is read: the whole period's rows first, then those of days."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._quantity: Quantity | None = None
        self._by_day: dict[date, Quantity] = {}
        self._largest = Largest()
        self._days: dict[Dimensions, dict[date, Quantity]] | None = None

    def add(self, dimensions: Dimensions | None, quantity: Quantity) -> None:
        """Add the quantity of the whole period, of a group if there are dimensions."""
        if dimensions is not None:
            self._largest.add(dimensions, quantity)
        elif self._quantity is None:
            self._quantity = quantity
        else:
            raise ResultError(f"{self._what} must be there once, got it again")

    def add_day(self, dimensions: Dimensions | None, day: date, quantity: Quantity) -> None:
        """Add the quantity of a day, of a group if there are dimensions; not if the group is left out."""
        by_day = self._by_day if dimensions is None else self._by_day_of(dimensions)
        if by_day is None:
            return
        if day in by_day:
            raise ResultError(f"{self._what} must be there once, got {day} again")
        by_day[day] = quantity

    def measured(self) -> MeterDays:
        """Return all that was read."""
        if self._quantity is None:
            raise ResultError(f"{self._what} must have a row of the whole period wherever it has another")
        days = self._days or {}
        groups = tuple(
            GroupDays(dimensions, quantity, days.get(dimensions, {}))
            for dimensions, quantity in self._largest.kept().items()
        )
        return MeterDays(self._quantity, self._by_day, groups, self._largest.omitted)

    def _by_day_of(self, dimensions: Dimensions) -> dict[date, Quantity] | None:
        if self._days is None:
            self._days = {kept: {} for kept in self._largest.kept()}
        by_day = self._days.get(dimensions)
        if by_day is None and not self._largest.omitted:
            raise ResultError(f"{self._what} must have a row of the whole period wherever it has another")
        return by_day
