"""What an Iceberg table is like now, and how that differs from its definition."""

import gzip
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlparse

from components._ensure._provider import Client

ATHENA_TYPES = {
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "date": "date",
    "timestamp": "timestamp",
    "string": "string",
    "binary": "binary",
}
"""Iceberg types that Athena's `ADD COLUMNS` can make, by the names it gives them; decimals come on top."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Comparison:
    """How a table differs from its definition."""

    addable: list[dict[str, Any]]
    """Columns of the definition that the table lacks and that can be added in place."""
    differences: list[str]
    """Everything else, one sentence each."""


def athena_type(iceberg_type: str) -> str | None:
    """Return the type's name in Athena's `ADD COLUMNS`; None if that statement cannot make it."""
    return iceberg_type if iceberg_type.startswith("decimal(") else ATHENA_TYPES.get(iceberg_type)


def read_table(s3tables: Client, s3: Client, props: dict[str, Any]) -> dict[str, Any] | None:
    """Return the table's `columns`, `partition` and `sort` as its current metadata file has them; None: no such table.

    Args:
        s3tables: client in the stack's account and region.
        s3: client likewise; reading the file needs `s3tables:GetTableData`.
        props: `table_bucket_arn`, `namespace` and `table_name`.
    """
    try:
        location = s3tables.get_table_metadata_location(
            tableBucketARN=props["table_bucket_arn"], namespace=props["namespace"], name=props["table_name"]
        )
    except s3tables.exceptions.NotFoundException:
        return None
    file = urlparse(location["metadataLocation"])
    content = s3.get_object(Bucket=file.netloc, Key=file.path.removeprefix("/"))["Body"].read()
    return parse_metadata(json.loads(gzip.decompress(content) if content.startswith(_GZIP) else content))


def parse_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the current columns, partition fields and sort fields of an Iceberg metadata file (format 2)."""
    fields = _current(metadata["schemas"], "schema-id", metadata["current-schema-id"])["fields"]
    names = {field["id"]: field["name"] for field in fields}
    partitions = _current(metadata["partition-specs"], "spec-id", metadata["default-spec-id"])["fields"]
    orders = _current(metadata["sort-orders"], "order-id", metadata["default-sort-order-id"])["fields"]
    return {
        "columns": [{"name": f["name"], "type": f["type"], "required": f["required"]} for f in fields],
        "partition": [f"{p['transform']}({names.get(p['source-id'])})" for p in partitions],
        "sort": [f"{names.get(o['source-id'])} {o['direction']}" for o in orders],
    }


def compare(definition: dict[str, Any], table: dict[str, Any]) -> Comparison:
    """Hold a table against its definition, by their `columns`, `partition` and `sort`; column order does not count."""
    wanted = {column["name"]: column for column in definition["columns"]}
    there = {column["name"]: column for column in table["columns"]}
    addable: list[dict[str, Any]] = []
    differences = [f"column {name} is in the table but not in its definition" for name in there if name not in wanted]
    for name, column in wanted.items():
        if name in there:
            differences += _column_differences(there[name], column)
        elif column["required"]:
            differences.append(f"column {name} is new and required: only optional columns can be added to a table")
        elif athena_type(column["type"]) is None:
            differences.append(f"column {name} is new and of type {column['type']}, which Athena cannot add to a table")
        else:
            addable.append(column)
    differences += [
        f"the table's {key} is {table[key]}, its definition says {definition[key]}"
        for key in ("partition", "sort")
        if table[key] != definition[key]
    ]
    return Comparison(addable, differences)


def _column_differences(there: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"column {wanted['name']} has {key} {there[key]!r} in the table, {wanted[key]!r} in its definition"
        for key in ("type", "required")
        if there[key] != wanted[key]
    ]


def _current(items: list[dict[str, Any]], key: str, value: int) -> dict[str, Any]:
    return next(item for item in items if item[key] == value)
