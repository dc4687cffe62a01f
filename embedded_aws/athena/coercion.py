"""Which types Trino puts into a column of another one on INSERT: those that lose nothing, and no others."""

import re

from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
)

from embedded_aws.athena.errors import QueryError

_DUCKDB: dict[type[IcebergType], str] = {
    BinaryType: "BLOB",
    BooleanType: "BOOLEAN",
    DateType: "DATE",
    DoubleType: "DOUBLE",
    FloatType: "FLOAT",
    IntegerType: "INTEGER",
    LongType: "BIGINT",
    StringType: "VARCHAR",
    TimestampType: "TIMESTAMP",
    TimestamptzType: "TIMESTAMP WITH TIME ZONE",
}
_TRINO = {
    "BLOB": "varbinary",
    "FLOAT": "real",
    "NULL": "unknown",
    "TIMESTAMP": "timestamp(6)",
    "TIMESTAMP WITH TIME ZONE": "timestamp(6) with time zone",
}
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
"""Integer types and the digits of the decimal that holds any value of each."""
_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_WIDER: dict[str, set[str]] = {
    "INTEGER": {"TINYINT", "SMALLINT"},
    "BIGINT": {"TINYINT", "SMALLINT", "INTEGER"},
    "FLOAT": {*_DIGITS, "DECIMAL"},
    "DOUBLE": {*_DIGITS, "DECIMAL", "FLOAT"},
    "TIMESTAMP": {"DATE"},
    "TIMESTAMP WITH TIME ZONE": {"DATE", "TIMESTAMP"},
}
"""What each type takes besides itself."""


def duckdb_type(kind: IcebergType) -> str:
    """Name a column's type as DuckDB does.

    Raises:
        QueryError: it is a type that the embedded AWS does not write.
    """
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if type(kind) not in _DUCKDB:
        raise QueryError("NOT_SUPPORTED", f"the embedded AWS inserts no {kind}")
    return _DUCKDB[type(kind)]


def trino_type(duckdb: str) -> str:
    """Name a type of DuckDB as Trino does."""
    plain = duckdb.strip('"')
    return _TRINO.get(plain, plain.lower().replace(" ", "") if plain.startswith("DECIMAL") else plain.lower())


def coerces(found: str, target: IcebergType) -> bool:
    """Tell whether Trino puts a value into a column without being asked to.

    Args:
        found: the value's type, as DuckDB names it.
        target: the column's.
    """
    plain, wanted = found.strip('"'), duckdb_type(target)
    if plain in {"NULL", wanted}:
        return True
    decimal = _DECIMAL.fullmatch(plain)
    if isinstance(target, DecimalType):
        digits, scale = (int(decimal[1]), int(decimal[2])) if decimal else (_DIGITS.get(plain, 99), 0)
        return scale <= target.scale and digits - scale <= target.precision - target.scale
    return ("DECIMAL" if decimal else plain) in _WIDER.get(wanted, set())
