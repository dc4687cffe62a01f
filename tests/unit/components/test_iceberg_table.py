"""What a table is like now, read from its metadata, and how that differs from its definition."""

from typing import Any

import pytest

from components._ensure.iceberg_table import Comparison, compare, parse_metadata, read_table
from tests.unit.components.table_kit import AT, PROPS, SIZE, TABLE, WHO, Aws, metadata


def test_metadata_is_read_as_the_table_is_now() -> None:
    assert parse_metadata(metadata(AT, WHO)) == TABLE


@pytest.mark.parametrize("compressed", [False, True])
def test_a_tables_metadata_file_is_found_and_read(aws: Aws, compressed: bool) -> None:
    aws.has_table(AT, WHO, compressed=compressed)
    assert read_table(aws.client("s3tables"), aws.client("s3"), PROPS) == TABLE


def test_a_table_that_is_not_there_is_none(aws: Aws) -> None:
    aws.has_no_table()
    assert read_table(aws.client("s3tables"), aws.client("s3"), PROPS) is None


def definition(*columns: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**TABLE, "columns": list(columns), **changes}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (definition(AT, WHO), Comparison([], [])),
        (definition(WHO, AT), Comparison([], [])),
        (definition(AT, WHO, SIZE), Comparison([SIZE], [])),
        (definition(SIZE, AT, WHO), Comparison([SIZE], [])),
        (definition(AT), Comparison([], ["column who is in the table but not in its definition"])),
        (
            definition(AT, WHO, {**SIZE, "required": True}),
            Comparison([], ["column size is new and required: only optional columns can be added to a table"]),
        ),
        (
            definition(AT, WHO, {"name": "end", "type": "timestamptz", "required": False}),
            Comparison([], ["column end is new and of type timestamptz, which Athena cannot add to a table"]),
        ),
        (
            definition(AT, {**WHO, "type": "int"}),
            Comparison([], ["column who has type 'string' in the table, 'int' in its definition"]),
        ),
        (
            definition(AT, {**WHO, "required": True}),
            Comparison([], ["column who has required False in the table, True in its definition"]),
        ),
        (
            definition(AT, WHO, partition=["day(who)"]),
            Comparison([], ["the table's partition is ['day(at)'], its definition says ['day(who)']"]),
        ),
        (
            definition(AT, WHO, sort=[]),
            Comparison([], ["the table's sort is ['who asc'], its definition says []"]),
        ),
    ],
    ids=[
        "same",
        "reordered",
        "added",
        "added-first",
        "removed",
        "added-required",
        "added-not-addable",
        "type",
        "required",
        "partition",
        "sort",
    ],
)
def test_a_table_is_held_against_its_definition(wanted: dict[str, Any], expected: Comparison) -> None:
    assert compare(wanted, TABLE) == expected
