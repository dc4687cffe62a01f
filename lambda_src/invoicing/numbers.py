"""Numbers of invoices and credit notes: a series of its own for each prefix and year."""

import re

_PREFIX = re.compile(r"[A-Z0-9]([A-Z0-9-]{0,18}[A-Z0-9])?")


def invoice_number(prefix: str, year: int, n: int) -> str:
    """Return the n-th number of a series: `INV-2026-000001`; credit notes have a prefix of their own.

    Args:
        prefix: of the series: 1 to 20 capital letters, digits and hyphens inside.
        year: of the issue date, UTC.
        n: from 1; above 999,999 the number gets longer.

    Raises:
        ValueError: prefix, year or n is out of range.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"the prefix of a number must be 1 to 20 capital letters, digits or hyphens between them, got {prefix!r}"
        )
    if not 1 <= year <= 9999:  # noqa: PLR2004 - what a date can have
        raise ValueError(f"the year of a number must be 1 to 9999, got {year}")
    if n < 1:
        raise ValueError(f"numbers of a series begin at 1, got {n}")
    return f"{prefix}-{year:04}-{n:06}"
