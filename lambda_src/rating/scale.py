"""Scale figures to a part of the period and remember each, for the line's details."""

from decimal import Decimal

from rating.exact import scale_figure
from rating.line import Proration, ScaledFigure


class Scale:
    """Days of a segment out of the days of its period.

    Raises:
        ValueError: the segment is empty, or longer than the period.
    """

    def __init__(self, days: int, of_days: int) -> None:
        if not 0 < days <= of_days:
            raise ValueError(f"a segment must have 1 to {of_days} days, those of its period, got {days}")
        self.days = days
        self.of_days = of_days
        self._figures: list[ScaledFigure] = []

    def figure(self, path: str, figure: Decimal) -> Decimal:
        """Return a figure scaled; the whole period's is left as it is."""
        if self.days == self.of_days:
            return figure
        scaled = scale_figure(figure, self.days, self.of_days)
        self._figures.append(ScaledFigure(path, figure, scaled))
        return scaled

    def optional(self, path: str, figure: Decimal | None) -> Decimal | None:
        """Return a figure scaled, or None if there is none."""
        return None if figure is None else self.figure(path, figure)

    def proration(self) -> Proration:
        """Return what was scaled, in the order in which it was."""
        return Proration(self.days, self.of_days, tuple(self._figures))
