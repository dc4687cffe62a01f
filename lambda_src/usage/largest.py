"""The groups that are told apart of a meter: the largest, however many values its dimensions have.

Customers choose the values of some dimensions, so there may be as many groups as rows. The quantity of all is known
without them.
"""

from collections.abc import Mapping
from decimal import Decimal

from rating.bill import Quantity
from usage.failure import ResultError

MOST_GROUPS = 1000
"""How many groups of a meter are told apart, in a segment of a bill, a month or a line.

Bills have them: counted again with another figure, one that leaves out groups would differ.
"""

Dimensions = tuple[tuple[str, str | None], ...]
"""Column and value, in the order of the meter's `group_by`."""


class Largest:
    """The largest groups of one meter, out of all in any order; memory holds twice as many as are kept."""

    def __init__(self) -> None:
        self._found: dict[Dimensions, Quantity] = {}
        self._omitted = 0

    @property
    def omitted(self) -> int:
        """How many smaller groups there are besides."""
        return self._omitted + max(len(self._found) - MOST_GROUPS, 0)

    def add(self, dimensions: Dimensions, quantity: Quantity) -> None:
        """Add a group.

        Raises:
            ResultError: it is among the largest already.
        """
        if dimensions in self._found:
            raise ResultError(f"a group must be there once, got {dimensions} again")
        self._found[dimensions] = quantity
        if len(self._found) >= 2 * MOST_GROUPS:
            self._leave_out()

    def kept(self) -> Mapping[Dimensions, Quantity]:
        """Return the largest groups of all that were added, the largest first."""
        self._leave_out()
        return self._found

    def _leave_out(self) -> None:
        self._omitted = self.omitted
        ordered = sorted(self._found.items(), key=lambda group: rank(group[0], group[1].value))
        self._found = dict(ordered[:MOST_GROUPS])


def rank(dimensions: Dimensions, quantity: Decimal) -> tuple[Decimal, list[tuple[bool, str]]]:
    """Return what groups are ordered by: the largest first, those of equal quantity by their values, null first.

    Queries that leave out groups order them in the same way.
    """
    return quantity.copy_negate(), in_order(dimensions)


def in_order(dimensions: Dimensions) -> list[tuple[bool, str]]:
    """Return what groups are ordered by if their quantities do not matter: their values, null first."""
    return [(value is not None, value or "") for _, value in dimensions]
