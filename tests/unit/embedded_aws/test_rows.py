import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    UUIDType,
)

from embedded_aws.firehose.rows import BadRowError, row

TYPES: dict[str, Any] = {
    "boolean": BooleanType(),
    "int": IntegerType(),
    "long": LongType(),
    "float": FloatType(),
    "double": DoubleType(),
    "decimal": DecimalType(9, 2),
    "date": DateType(),
    "timestamp": TimestampType(),
    "timestamptz": TimestamptzType(),
    "string": StringType(),
    "uuid": UUIDType(),
}
AT = dt.datetime(2024, 9, 4, 18, 56, 15, 114000, tzinfo=dt.UTC)
MICROS = 1_725_476_175_114_000


def schema(kind: str, *, required: bool = False) -> Schema:
    return Schema(NestedField(1, "value", TYPES[kind], required=required))


def convert(kind: str, literal: str) -> Any:
    """The column's value of a record whose JSON has this literal."""
    return row(schema(kind), f'{{"value": {literal}}}'.encode())["value"]


@pytest.mark.parametrize(
    ("kind", "literal", "value"),
    [
        ("boolean", "true", True),
        ("boolean", '"false"', False),
        ("boolean", '"TRUE"', True),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("int", "7", 7),
        ("int", '"-7"', -7),
        ("int", "7.0", 7),
        ("int", str(2**31 - 1), 2**31 - 1),
        ("int", str(-(2**31)), -(2**31)),
        ("long", f'"{2**63 - 1}"', 2**63 - 1),
        ("long", str(-(2**63)), -(2**63)),
        ("float", "0.5", 0.5),
        ("float", '"1e3"', 1000.0),
        ("double", "1", 1.0),
        ("double", '".5"', 0.5),
        ("decimal", "1234567.89", Decimal("1234567.89")),
        ("decimal", '"12.3"', Decimal("12.30")),
        ("decimal", "0", Decimal("0.00")),
        ("decimal", "0.10", Decimal("0.10")),
        ("date", "1", dt.date(1970, 1, 2)),
        ("date", '"2026-01-02"', dt.date(2026, 1, 2)),
        ("timestamptz", str(MICROS), AT),
        ("timestamptz", '"2024-09-04T18:56:15.114Z"', AT),
        ("timestamptz", '"2024-09-04T18:56:15.114"', AT),
        ("timestamptz", '"2024-09-04T20:56:15.114+02:00"', AT),
        ("timestamptz", '"2024-09-04T18:56:15.114000999Z"', AT),
        ("timestamp", str(MICROS), AT.replace(tzinfo=None)),
        ("timestamp", '"2024-09-04T18:56:15.114"', AT.replace(tzinfo=None)),
        ("timestamp", '"2024-09-04T18:56:15.114Z"', AT.replace(tzinfo=None)),
        ("timestamp", '"2024-09-04T20:56:15.114+02:00"', AT.replace(tzinfo=None)),
        ("string", '"text"', "text"),
        ("string", "200", "200"),
        ("string", "1.50", "1.50"),
        ("string", "true", "true"),
        ("uuid", f'"{uuid.UUID(int=42)}"', uuid.UUID(int=42).bytes),
    ],
)
def test_a_value_that_fits_is_converted(kind: str, literal: str, value: Any) -> None:
    found = convert(kind, literal)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "literal"),
    [
        ("boolean", '"yes"'),
        ("boolean", "2"),
        ("boolean", "1.5"),
        ("int", "true"),
        ("int", "7.5"),
        ("int", '"7.0"'),
        ("int", '"1_000"'),
        ("int", '" 7"'),
        ("int", r'"\u0667"'),
        ("int", str(2**31)),
        ("int", str(-(2**31) - 1)),
        ("int", "1e999999999"),
        ("int", "[]"),
        ("long", str(2**63)),
        ("long", '""'),
        ("float", "1e39"),
        ("float", '"nan"'),
        ("double", "1e999"),
        ("double", '"Infinity"'),
        ("double", "{}"),
        ("decimal", "0.001"),
        ("decimal", "12345678.9"),
        ("decimal", "1e999999999"),
        ("decimal", '"ten"'),
        ("date", '"02.01.2026"'),
        ("date", '"2026-02-30"'),
        ("date", "99999999999"),
        ("date", "1.0"),
        ("timestamptz", '"2024-W36-3T18:56:15"'),
        ("timestamptz", '"2024-09-04 18:56:15"'),
        ("timestamptz", '"2024-09-04"'),
        ("timestamptz", '"2024-13-04T18:56:15"'),
        ("timestamptz", '"2024-09-04T18:56:15+9:000"'),
        ("timestamptz", "99999999999999999999"),
        ("timestamptz", "true"),
        ("timestamptz", "1.5"),
        ("string", '{"nested": 1}'),
        ("string", "[1]"),
        ("string", r'"\ud800"'),
        ("uuid", '"42"'),
        ("uuid", "42"),
    ],
)
def test_a_value_that_does_not_fit_fails_by_its_column(kind: str, literal: str) -> None:
    with pytest.raises(BadRowError, match=r"^column value: ") as caught:
        convert(kind, literal)
    assert caught.value.code == "Iceberg.SchemaTypeMismatch"


def test_a_column_of_another_type_is_refused_by_its_type() -> None:
    listed = Schema(NestedField(1, "value", ListType(2, IntegerType()), required=False))
    with pytest.raises(BadRowError, match=r"column value: the embedded Firehose writes no list<int>"):
        row(listed, b'{"value": [1]}')


@pytest.mark.parametrize("record", [b"{}", b'{"value": null}', b'{"VALUE": 1}'])
def test_a_missing_value_is_null_unless_it_is_required(record: bytes) -> None:
    assert row(schema("int"), record) == {"value": None}
    with pytest.raises(BadRowError, match="required column value has no value") as caught:
        row(schema("int", required=True), record)
    assert caught.value.code == "Iceberg.MissingColumnWithinRecord"


def test_keys_that_are_no_columns_are_skipped() -> None:
    assert row(schema("int"), b'{"other": {"value": 2}, "value": 1}\n') == {"value": 1}


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"no json",
        b"[1]",
        b'"text"',
        b"null",
        b'{"value": 1}{"value": 2}',
        b'{"value": NaN}',
        b'{"value": -Infinity}',
        b'{"value": 1e99999999999999999999}',
        b"\xff",
        b"[" * 100_000,
        b'{"value": ' + b"9" * 5000 + b"}",
    ],
    ids=range(12),
)
def test_what_is_not_one_json_object_is_malformed(record: bytes) -> None:
    with pytest.raises(BadRowError, match=r"^not one JSON object: ") as caught:
        row(schema("int"), record)
    assert caught.value.code == "Iceberg.MalformedRecord"


@given(st.binary())
def test_any_bytes_are_a_row_or_refused(data: bytes) -> None:
    try:
        found = row(schema("string"), data)
    except BadRowError:
        return
    assert set(found) == {"value"}


@settings(deadline=None)  # the first conversion takes long
@given(
    st.sampled_from(sorted(TYPES)),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3),
)
def test_any_json_value_is_a_row_that_arrow_takes_or_refused(kind: str, value: Any) -> None:
    wanted = schema(kind)
    try:
        found = row(wanted, json.dumps({"value": value}).encode())
    except BadRowError:
        return
    assert pa.Table.from_pylist([found], schema=wanted.as_arrow()).num_rows == 1
