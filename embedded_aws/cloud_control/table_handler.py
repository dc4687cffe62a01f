"""What Cloud Control does to a table of S3 Tables, by S3 Tables' own operations."""

import json
from typing import Any

from embedded_aws import hooks
from embedded_aws.s3_tables import tables

_S3TABLES = hooks.use(
    "ministack.services.s3tables",
    "_TABLE_MAINTENANCE_DEFAULTS",
    "_delete_table",
    "_maintenance_view",
    "_rename_table",
    "_tables",
)
_ERROR_CODES = {
    "ConflictException": "AlreadyExists",
    "NotFoundException": "NotFound",
    "BadRequestException": "InvalidRequest",
}
_STATUSES = ("enabled", "disabled")
_LIMITS = {
    "TargetFileSizeMB": (64, 512),
    "MaxSnapshotAgeHours": (1, 2**31 - 1),
    "MinSnapshotsToKeep": (1, 2**31 - 1),
}
_MAINTENANCE = {
    "Compaction": ("icebergCompaction", {"TargetFileSizeMB": "targetFileSizeMB"}),
    "SnapshotManagement": (
        "icebergSnapshotManagement",
        {"MaxSnapshotAgeHours": "maxSnapshotAgeHours", "MinSnapshotsToKeep": "minSnapshotsToKeep"},
    ),
}
"""Property -> type of maintenance and, per leaf, the name in S3 Tables' settings."""


class HandlerError(Exception):
    """A request that the resource's handler fails: one of Cloud Control's HandlerErrorCodes and the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def create(model: dict[str, Any]) -> str:
    """Make the table that a model describes.

    Returns:
        Its identifier, the table's ARN.

    Raises:
        HandlerError: S3 Tables refuses it, or a table of that name exists.
    """
    _check_maintenance(model)
    request: dict[str, Any] = {"name": model["TableName"], "format": model["OpenTableFormat"]}
    if "IcebergMetadata" in model:
        request["metadata"] = {"iceberg": _iceberg(model["IcebergMetadata"])}
    if "StorageClassConfiguration" in model:
        request["storageClassConfiguration"] = {"storageClass": model["StorageClassConfiguration"]["StorageClass"]}
    answer = _answer(tables.create_table(model["TableBucketARN"], model["Namespace"], request))
    table = tables.find(answer["tableARN"])
    if table is not None:
        _configure(table, model)
    return str(answer["tableARN"])


def read(table_arn: str) -> dict[str, Any]:
    """Give a table's model, without what is write-only.

    Raises:
        HandlerError: there is no such table.
    """
    table = _existing(table_arn)
    maintenance = _S3TABLES._maintenance_view(_S3TABLES._TABLE_MAINTENANCE_DEFAULTS, table.get("_maintenance"))
    model = {
        "TableARN": table["tableARN"],
        "TableBucketARN": table["tableBucketARN"],
        "Namespace": table["namespace"][0],
        "TableName": table["name"],
        "OpenTableFormat": table["format"],
        "VersionToken": table["versionToken"],
        "WarehouseLocation": table["warehouseLocation"],
        "StorageClassConfiguration": {
            "StorageClass": (table.get("_storageClass") or {}).get("storageClass", "STANDARD")
        },
    }
    for name, (kind, leaves) in _MAINTENANCE.items():
        settings = maintenance[kind]["settings"][kind]
        model[name] = {"Status": maintenance[kind]["status"], **{leaf: settings[key] for leaf, key in leaves.items()}}
    if table["_tags"]:
        model["Tags"] = [{"Key": key, "Value": value} for key, value in table["_tags"].items()]
    return model


def update(table_arn: str, model: dict[str, Any]) -> None:
    """Bring a table to a model whose create-only properties are unchanged.

    Raises:
        HandlerError: there is no such table, or S3 Tables refuses the change.
    """
    table = _existing(table_arn)
    _check_maintenance(model)
    namespace, name = table["namespace"][0], table["name"]
    if (namespace, name) != (model["Namespace"], model["TableName"]):
        renamed = {"newNamespaceName": model["Namespace"], "newName": model["TableName"]}
        _answer(_S3TABLES._rename_table(table, namespace, name, renamed))
    _configure(table, model)


def delete(table_arn: str) -> None:
    """Delete a table and its rows.

    Raises:
        HandlerError: there is no such table.
    """
    table = _existing(table_arn)
    _answer(_S3TABLES._delete_table(table["tableBucketARN"], table["namespace"][0], table["name"]))


def table_arns(model: dict[str, Any]) -> list[str]:
    """List the tables of this account and Region, those of one bucket or namespace if the model names it."""
    return [
        table["tableARN"]
        for table in _S3TABLES._tables.values()
        if model.get("TableBucketARN") in (None, table["tableBucketARN"])
        and model.get("Namespace") in (None, table["namespace"][0])
    ]


def _existing(table_arn: str) -> dict[str, Any]:
    table = tables.find(table_arn)
    if table is None:
        raise HandlerError(
            "NotFound", f"Resource of type 'AWS::S3Tables::Table' with identifier '{table_arn}' was not found."
        )
    return table


def _answer(answer: tables.Answer) -> dict[str, Any]:
    status, _, body = answer
    content: dict[str, Any] = json.loads(body or b"{}")
    if status < 300:  # noqa: PLR2004 - HTTP: the call succeeded
        return content
    raise HandlerError(_ERROR_CODES.get(content["__type"], "GeneralServiceException"), content["message"])


def _check_maintenance(model: dict[str, Any]) -> None:
    for name in _MAINTENANCE:
        for leaf, value in model.get(name, {}).items():
            if leaf == "Status" and value not in _STATUSES:
                raise HandlerError("InvalidRequest", f"{name}.Status: {value!r} is not one of {', '.join(_STATUSES)}")
            low, high = _LIMITS.get(leaf, (0, 0))
            if leaf in _LIMITS and not low <= value <= high:
                raise HandlerError("InvalidRequest", f"{name}.{leaf}: {value} is not in {low}..{high}")


def _configure(table: dict[str, Any], model: dict[str, Any]) -> None:
    """Set maintenance and tags; what the model does not name is AWS's default."""
    table["_maintenance"] = {}
    for name, (kind, leaves) in _MAINTENANCE.items():
        if name in model:
            given = model[name]
            settings = {key: given[leaf] for leaf, key in leaves.items() if leaf in given}
            status = {"status": given["Status"]} if "Status" in given else {}
            table["_maintenance"][kind] = {**status, "settings": {kind: settings}}
    table["_tags"] = {tag["Key"]: tag["Value"] for tag in model.get("Tags", [])}


def _iceberg(given: dict[str, Any]) -> dict[str, Any]:
    """Put CloudFormation's Iceberg metadata into the form of S3 Tables' own API."""
    made: dict[str, Any] = {"properties": given.get("TableProperties") or {}}
    if "IcebergSchema" in given:
        fields = given["IcebergSchema"].get("SchemaFieldList", [])
        made["schema"] = {"fields": [_uncapitalized(field) for field in fields]}
    if "IcebergSchemaV2" in given:
        schema = given["IcebergSchemaV2"]
        made["schemaV2"] = {
            "type": schema.get("SchemaV2FieldType"),
            "fields": [_uncapitalized(field) for field in schema.get("SchemaV2FieldList", [])],
            "schemaId": schema.get("SchemaId", 0),
            "identifierFieldIds": schema.get("IdentifierFieldIds", []),
        }
    for name, key in (("IcebergPartitionSpec", "partitionSpec"), ("IcebergSortOrder", "writeOrder")):
        if name in given:
            spec = _uncapitalized(given[name])
            made[key] = {**spec, "fields": [_uncapitalized(field) for field in spec.get("fields", [])]}
    return made


def _uncapitalized(item: dict[str, Any]) -> dict[str, Any]:
    return {key[0].lower() + key[1:]: value for key, value in item.items()}
