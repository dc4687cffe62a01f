"""How the texts of a command line are read."""

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

from rating.exact import parse_number, show
from rating.period import Period, parse_day

T = TypeVar("T")


def moment(text: str) -> datetime:
    """Read a time such as `2026-11-01T06:00:00Z`.

    Raises:
        argparse.ArgumentTypeError: it is none, or has no time zone.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"must be a time with its zone, such as 2026-11-01T06:00:00Z, got {show(text)}"
        )
    return value.astimezone(UTC)


def day(text: str) -> date:
    """Read a day such as `2026-11-01`.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _read(parse_day, text)


def period(text: str) -> Period:
    """Read a month such as `2026-11`.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _read(Period.parse, text)


def percentage(text: str) -> Decimal:
    """Read a number such as `19` or `7.5`.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    return _read(parse_number, text)


def seconds(text: str) -> float:
    """Read a number of seconds such as `120` or `0.5`.

    Raises:
        argparse.ArgumentTypeError: it is none, or below 0.
    """
    number = _read(parse_number, text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, got {show(text)}")
    return float(number)


def some_text(text: str) -> str:
    """Read a text that says something.

    Raises:
        argparse.ArgumentTypeError: it is empty or blank.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
