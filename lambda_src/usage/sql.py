"""Text of Trino's SQL, as Athena's engine version 3 reads it: names, literals, and the table that is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property

from metering.records import API_REQUESTS, TABLES, RecordTable
from usage.failure import QueryTextError

_BIGINT = range(-(2**63), 2**63)
_DECIMAL_DIGITS = 38
_DECIMAL = re.compile(r"decimal\([0-9]+, ?([0-9]+)\)")


@dataclass(frozen=True)
class TableName:
    """A table of records by its name in Athena; as text, the full quoted name, `"catalog"."database"."table"`."""

    catalog: str
    database: str
    name: str
    role: str = API_REQUESTS.role
    """What the table is for: one of `metering.records.TABLES`."""
    tombstones: str = field(kw_only=True)
    """Name of the table, in the same database, that says which of its records do not count."""

    def __str__(self) -> str:
        return self._in_full(self.name)

    @property
    def tombstones_table(self) -> str:
        """The full quoted name of the table of tombstones."""
        return self._in_full(self.tombstones)

    @property
    def records(self) -> RecordTable:
        """What the table's columns mean.

        Raises:
            QueryTextError: there is no table of this role.
        """
        if self.role not in TABLES:
            raise QueryTextError(f"role of a table must be one of {', '.join(TABLES)}, got {self.role!r}")
        return TABLES[self.role]

    @cached_property
    def types(self) -> dict[str, str]:
        """The columns' Iceberg types, by name."""
        return {column.name: column.type for column in self.records.columns}

    def _in_full(self, name: str) -> str:
        return ".".join(identifier(part) for part in (self.catalog, self.database, name))


def identifier(name: str) -> str:
    """Return a name in quotes: `user` is a reserved word, and a table bucket's name has a slash and hyphens."""
    return '"' + name.replace('"', '""') + '"'


def identifiers(names: Iterable[str]) -> list[str]:
    """Return names in quotes."""
    return [identifier(name) for name in names]


def text(value: str) -> str:
    """Return a text literal; nothing but the quote has a meaning in one."""
    return "'" + value.replace("'", "''") + "'"


def day(value: date) -> str:
    """Return a literal of type date."""
    return f"DATE '{value.isoformat()}'"


def moment(value: datetime) -> str:
    """Return a literal of type timestamp(6) with time zone, in UTC.

    Raises:
        QueryTextError: the moment has no time zone.
    """
    if value.tzinfo is None:
        raise QueryTextError(f"moment must have a time zone, got {value.isoformat()}")
    in_utc = value.astimezone(UTC).replace(tzinfo=None)
    return f"TIMESTAMP '{in_utc.isoformat(' ', 'microseconds')} UTC'"


def literal(value: str | bool | Decimal) -> str:
    """Return the literal of a filter's value.

    Raises:
        QueryTextError: the number has more digits than a decimal of Trino.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return text(value) if isinstance(value, str) else _number(value)


def _number(value: Decimal) -> str:
    written = f"{value:f}"
    if value == value.to_integral_value() and int(value) in _BIGINT:
        return str(int(value))
    if "." not in written:
        written += ".0"  # without a point it would be a bigint, which has no such number
    if sum(character.isdigit() for character in written) > _DECIMAL_DIGITS:
        raise QueryTextError(f"number must have at most {_DECIMAL_DIGITS} digits, got {value}")
    return written


def exact_type(column_type: str) -> str:
    """Return the widest decimal that holds a sum of a column's values to the last digit.

    Args:
        column_type: Iceberg type of the column.

    Raises:
        QueryTextError: the column's values are no exact numbers.
    """
    if column_type in {"int", "long"}:
        return f"decimal({_DECIMAL_DIGITS}, 0)"
    if found := _DECIMAL.fullmatch(column_type):
        return f"decimal({_DECIMAL_DIGITS}, {found[1]})"
    raise QueryTextError(f"column to add up must be of whole or decimal numbers, got one of type {column_type}")
