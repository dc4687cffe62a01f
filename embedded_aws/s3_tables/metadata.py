"""The first Iceberg metadata of a table, from what CreateTable was given.

ministack numbers the fields itself and drops partition spec, sort order and properties; a table made that way would
accept every row and prune nothing.
"""

import re
import time
from typing import Any

from embedded_aws import hooks

_S3TABLES = hooks.use("ministack.services.s3tables", "_iceberg_field_type")
_TRANSFORM = re.compile(r"identity|void|year|month|day|hour|(bucket|truncate)\[[1-9][0-9]*\]")
_FIRST_PARTITION_FIELD = 1000
_NESTED_IDS = ("id", "element-id", "key-id", "value-id")


class InvalidMetadataError(ValueError):
    """Metadata that AWS refuses; the message names what is wrong."""


def first_metadata(iceberg: dict[str, Any], *, location: str, table_uuid: str) -> dict[str, Any]:
    """Build the table metadata (Iceberg format version 2) of a table without rows.

    Args:
        iceberg: `metadata.iceberg` of CreateTable: `schema` or `schemaV2`, `partitionSpec`, `writeOrder`, `properties`.
        location: `s3://…` under which the table's files lie.
        table_uuid: the table's id in the table format.

    Raises:
        InvalidMetadataError: no schema or two, a type, id or transform that Iceberg does not have.
    """
    schema = _schema(iceberg)
    ids = {field["id"] for field in schema["fields"]}
    if len(ids) != len(schema["fields"]):
        raise InvalidMetadataError("schema: two fields have the same id")
    spec = _partition_spec(iceberg.get("partitionSpec"), ids)
    order = _sort_order(iceberg.get("writeOrder"), ids)
    return {
        "format-version": 2,
        "table-uuid": table_uuid,
        "location": location,
        "last-sequence-number": 0,
        "last-updated-ms": int(time.time() * 1000),
        "last-column-id": _highest_id(schema),
        "current-schema-id": schema["schema-id"],
        "schemas": [schema],
        "default-spec-id": spec["spec-id"],
        "partition-specs": [spec],
        "last-partition-id": max([_FIRST_PARTITION_FIELD - 1, *(field["field-id"] for field in spec["fields"])]),
        "default-sort-order-id": order["order-id"],
        "sort-orders": [order],
        "properties": dict(iceberg.get("properties") or {}),
        "current-snapshot-id": -1,
        "refs": {},
        "snapshots": [],
        "statistics": [],
        "snapshot-log": [],
        "metadata-log": [],
    }


def _schema(iceberg: dict[str, Any]) -> dict[str, Any]:
    given = [iceberg[key] for key in ("schema", "schemaV2") if iceberg.get(key)]
    if len(given) != 1:
        raise InvalidMetadataError("metadata.iceberg: exactly one of schema and schemaV2 is required")
    schema, fields = given[0], given[0].get("fields") or []
    if not fields:
        raise InvalidMetadataError("schema: at least one field is required")
    made: dict[str, Any] = {
        "type": "struct",
        "schema-id": schema.get("schema-id", schema.get("schemaId", 0)),
        "fields": [_field(position, field) for position, field in enumerate(fields, start=1)],
    }
    identifiers = schema.get("identifier-field-ids", schema.get("identifierFieldIds"))
    if identifiers:
        made["identifier-field-ids"] = list(identifiers)
    return made


def _field(position: int, field: dict[str, Any]) -> dict[str, Any]:
    try:
        kind = _S3TABLES._iceberg_field_type(field.get("type"))
    except ValueError as error:
        raise InvalidMetadataError(f"field {field.get('name')!r}: {field.get('type')!r} is no Iceberg type") from error
    made = {
        "id": field.get("id", position),
        "name": field["name"],
        "required": bool(field.get("required", False)),
        "type": kind,
    }
    return {**made, "doc": field["doc"]} if field.get("doc") else made


def _partition_spec(spec: dict[str, Any] | None, ids: set[int]) -> dict[str, Any]:
    fields = []
    for offset, field in enumerate((spec or {}).get("fields") or []):
        fields.append(
            {
                "source-id": _source(field, ids, "partitionSpec"),
                "field-id": field.get("field-id", field.get("fieldId", _FIRST_PARTITION_FIELD + offset)),
                "name": field["name"],
                "transform": _transform(field, "partitionSpec"),
            }
        )
    return {"spec-id": (spec or {}).get("spec-id", (spec or {}).get("specId", 0)), "fields": fields}


def _sort_order(order: dict[str, Any] | None, ids: set[int]) -> dict[str, Any]:
    fields = [
        {
            "source-id": _source(field, ids, "writeOrder"),
            "transform": _transform(field, "writeOrder"),
            "direction": field["direction"],
            "null-order": field.get("null-order", field.get("nullOrder")),
        }
        for field in (order or {}).get("fields") or []
    ]
    order_id = (order or {}).get("order-id", (order or {}).get("orderId", 0))
    if bool(order_id) != bool(fields):
        raise InvalidMetadataError(f"writeOrder: order-id {order_id} with {len(fields)} fields; 0 means unsorted")
    return {"order-id": order_id, "fields": fields}


def _source(field: dict[str, Any], ids: set[int], where: str) -> int:
    source: int = field.get("source-id", field.get("sourceId", -1))
    if source not in ids:
        raise InvalidMetadataError(f"{where}: source-id {source} is no field of the schema")
    return source


def _transform(field: dict[str, Any], where: str) -> str:
    transform = str(field.get("transform", ""))
    if not _TRANSFORM.fullmatch(transform):
        raise InvalidMetadataError(f"{where}: {transform!r} is no Iceberg transform")
    return transform


def _highest_id(node: Any) -> int:
    """Give the highest field id in a schema, nested ones included: the next column's id is one above."""
    if isinstance(node, list):
        return max((_highest_id(item) for item in node), default=0)
    if not isinstance(node, dict):
        return 0
    own: list[int] = [node[key] for key in _NESTED_IDS if isinstance(node.get(key), int)]
    return max([0, *own, *(_highest_id(value) for value in node.values())])
