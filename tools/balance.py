"""The balance of a run: what was sent against what is found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class BalanceLine:
    """Two figures that must be equal."""

    name: str
    expected_name: str
    expected: int | Decimal
    found_name: str
    found: int | Decimal

    @property
    def holds(self) -> bool:
        """Whether the two figures are equal."""
        return self.expected == self.found


@dataclass(frozen=True)
class Figures:
    """What a run counted.

    Attributes:
        sent: requests sent.
        unanswered: requests without an answer that names their id.
        unexpected: answers with another status than the request should get.
        rows, distinct_keys: what the table has of them.
        malformed_put, malformed_found: malformed records taken by the stream, and found in the error bucket.
    """

    sent: int
    unanswered: int
    unexpected: int
    rows: int
    distinct_keys: int
    malformed_put: int
    malformed_found: int


def balance(figures: Figures) -> Sequence[BalanceLine]:
    """Lay out the figures as pairs that must be equal."""
    return (
        BalanceLine("delivery", "requests sent", figures.sent, "rows in the table", figures.rows),
        BalanceLine("no duplicates", "rows", figures.rows, "distinct keys", figures.distinct_keys),
        BalanceLine(
            "failures",
            "malformed records put",
            figures.malformed_put,
            "malformed records in the error bucket",
            figures.malformed_found,
        ),
        BalanceLine("answers", "requests sent", figures.sent, "answered with an id", figures.sent - figures.unanswered),
        BalanceLine(
            "statuses", "requests sent", figures.sent, "with the right status", figures.sent - figures.unexpected
        ),
    )
