"""Moments as text, in UTC to the second: `2026-11-01T06:00:00Z`. Texts sort as the moments do."""

from datetime import UTC, datetime
from typing import Any


def parse_moment(value: Any, what: str = "moment") -> datetime:
    """Return the moment that a text stands for; fractions of a second are cut off.

    Raises:
        ValueError: it is no ISO text with a time zone; the message begins with `what`.
    """
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be a moment such as 2026-11-01T06:00:00Z, got {value!r}") from error
    if moment.tzinfo is None:
        raise ValueError(f"{what} must have a time zone, got {value!r}")
    return moment.astimezone(UTC).replace(microsecond=0)


def moment_text(moment: datetime) -> str:
    """Return the text of a moment."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
