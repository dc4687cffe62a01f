import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from embedded_aws.athena import answers
from embedded_aws.athena.values import Column, column, text, texts

TEXTS: list[tuple[Any, str | None]] = [
    (None, None),
    (True, "true"),
    (7, "7"),
    (Decimal("1.50"), "1.50"),
    (Decimal("1E+2"), "100"),
    (0.0, "0.0"),
    (-0.001, "-0.001"),
    (0.0009, "9.0E-4"),
    (9999999.0, "9999999.0"),
    (10000000.0, "1.0E7"),
    (-1.25e30, "-1.25E30"),
    (float("nan"), "NaN"),
    (float("-inf"), "-Infinity"),
    (dt.date(2026, 1, 2), "2026-01-02"),
    (dt.datetime(2026, 1, 2, 3, 4, 5, 6000), "2026-01-02 03:04:05.006"),  # noqa: DTZ001 - a timestamp without zone
    (dt.datetime(2026, 1, 2, 3, 4, 5, 6), "2026-01-02 03:04:05.000006"),  # noqa: DTZ001 - a timestamp without zone
    (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "2026-01-02 03:04:05.000000 UTC"),
    ([1, None, "x"], "[1, null, x]"),
    ({"a": 1, "b": None}, "{a=1, b=null}"),
    (b"ab", "61 62"),
    (dt.timedelta(days=1, hours=2, milliseconds=3), "1 02:00:00.003"),
]


@pytest.mark.parametrize(("value", "expected"), TEXTS, ids=[repr(value) for value, _ in TEXTS])
def test_a_value_is_written_as_athena_does(value: Any, expected: str | None) -> None:
    assert text(value) == expected


def test_a_wall_clock_time_is_written_with_its_zone() -> None:
    assert text(dt.datetime(2026, 1, 2, 3), "Asia/Seoul") == "2026-01-02 03:00:00.000000 Asia/Seoul"  # noqa: DTZ001


COLUMNS = {
    "BIGINT": Column("c", "bigint", 19, 0),
    "VARCHAR": Column("c", "varchar", 2147483647, 0),
    "DECIMAL(38,2)": Column("c", "decimal", 38, 2),
    "TIMESTAMP WITH TIME ZONE": Column("c", "timestamp with time zone", 3, 0),
    "TIMESTAMP": Column("c", "timestamp", 3, 0),
    "INTEGER[]": Column("c", "array", 0, 0),
    "STRUCT(a INTEGER)": Column("c", "row", 0, 0),
    "MAP(VARCHAR, INTEGER)": Column("c", "map", 0, 0),
    '"NULL"': Column("c", "unknown", 0, 0),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_is_described_as_athena_does(kind: str) -> None:
    assert column("c", kind, None) == COLUMNS[kind]


def test_a_column_is_written_as_each_of_its_values_is() -> None:
    columns: dict[str, list[Any]] = {
        "VARCHAR": ["a", "", None],
        "BIGINT": [-7, 2**62, None],
        "HUGEINT": [2**100, None],
        "DECIMAL(38,0)": [Decimal("1E+2"), None],
        "DECIMAL(38,9)": [Decimal("0E-9"), Decimal("-1.500000000"), None],
        "BOOLEAN": [True, False, None],
        "DATE": [dt.date(2026, 1, 2), None],
    }
    for kind, values in columns.items():
        assert list(texts(values, kind, None)) == [text(value) for value in values], kind


def test_a_result_file_quotes_all_but_null() -> None:
    written = answers.write(["a", "b"], [[['say "x", y', None]], [["", "1"], [None, None]]])
    assert written == b'"a","b"\n"say ""x"", y",\n"","1"\n,\n'


def test_a_statement_without_a_result_leaves_an_empty_file() -> None:
    assert answers.write([], []) == b""
    assert list(answers.read(b"")) == []


def test_a_result_file_is_read_back_from_any_row_on() -> None:
    rows: list[answers.Row] = [["a", "b"], ['"', None], ["", "é,\n\r\n"], [None, None], ['""', "\\"]]
    content = answers.write(["x", "y"], [rows])
    found = list(answers.read(content))
    assert [row for row, _ in found] == [["x", "y"], *rows]
    for number, (_, after) in enumerate(found, start=1):
        assert list(answers.read(content, after)) == found[number:]
