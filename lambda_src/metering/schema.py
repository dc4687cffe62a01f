"""Vocabulary of an Iceberg table's schema."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of an Iceberg table."""

    name: str
    """Lower-case name; Glue and Athena know no other case."""
    type: str
    """Iceberg primitive type, e.g. `string`, `int`, `long`, `boolean`, `timestamptz`."""
    required: bool
    """Whether a row without a value is refused."""
