"""The CloudFormation schema of `AWS::S3Tables::Table`, as far as it decides what Cloud Control refuses."""

from typing import Any

TYPE_NAME = "AWS::S3Tables::Table"
READ_ONLY = ("TableARN", "VersionToken", "WarehouseLocation")
CREATE_ONLY = ("IcebergMetadata", "OpenTableFormat", "StorageClassConfiguration", "TableBucketARN", "WithoutMetadata")
WRITE_ONLY = ("IcebergMetadata", "WithoutMetadata")
_REQUIRED = ("Namespace", "OpenTableFormat", "TableBucketARN", "TableName")

_STRING, _INTEGER, _BOOLEAN, _ANY = "String", "Integer", "Boolean", "Any"
_SCHEMA: dict[str, Any] = {
    "Compaction": {"Status": _STRING, "TargetFileSizeMB": _INTEGER},
    "IcebergMetadata": {
        "IcebergSchema": {
            "SchemaFieldList": [{"Id": _INTEGER, "Name": _STRING, "Type": _STRING, "Required": _BOOLEAN}],
        },
        "IcebergSchemaV2": {
            "SchemaV2FieldType": _STRING,
            "SchemaV2FieldList": [
                {"Id": _INTEGER, "Name": _STRING, "Type": _ANY, "Required": _BOOLEAN, "Doc": _STRING},
            ],
            "SchemaId": _INTEGER,
            "IdentifierFieldIds": [_INTEGER],
        },
        "IcebergPartitionSpec": {
            "SpecId": _INTEGER,
            "Fields": [{"SourceId": _INTEGER, "Transform": _STRING, "Name": _STRING, "FieldId": _INTEGER}],
        },
        "IcebergSortOrder": {
            "OrderId": _INTEGER,
            "Fields": [{"SourceId": _INTEGER, "Transform": _STRING, "Direction": _STRING, "NullOrder": _STRING}],
        },
        "TableProperties": _ANY,
    },
    "Namespace": _STRING,
    "OpenTableFormat": _STRING,
    "SnapshotManagement": {"Status": _STRING, "MaxSnapshotAgeHours": _INTEGER, "MinSnapshotsToKeep": _INTEGER},
    "StorageClassConfiguration": {"StorageClass": _STRING},
    "TableBucketARN": _STRING,
    "TableName": _STRING,
    "Tags": [{"Key": _STRING, "Value": _STRING}],
    "WithoutMetadata": _STRING,
    **dict.fromkeys(READ_ONLY, _STRING),
}
_PYTHON_TYPES: dict[str, type] = {_STRING: str, _INTEGER: int, _BOOLEAN: bool, "JSONObject": dict, "JSONArray": list}


def violations(model: Any) -> list[str]:
    """List what the schema refuses in a model, in CloudFormation's words; empty for a valid one."""
    if not isinstance(model, dict):
        return _mismatches(model, _SCHEMA, "#")
    missing = [f"#: required key [{key}] not found" for key in _REQUIRED if key not in model]
    read_only = [f"#: Encountered unsupported property [{key}]" for key in READ_ONLY if key in model]
    either = ["#: IcebergMetadata and WithoutMetadata exclude each other"] if set(WRITE_ONLY) <= set(model) else []
    if model.get("OpenTableFormat", "ICEBERG") != "ICEBERG":
        either.append(f"#/OpenTableFormat: {model['OpenTableFormat']} is not a valid enum value")
    return missing + read_only + either + _mismatches(model, _SCHEMA, "#")


def _mismatches(value: Any, schema: Any, path: str) -> list[str]:
    if schema == _ANY:
        return []
    expected: Any = _PYTHON_TYPES[_kind(schema)]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        return [f"{path}: expected type: {_kind(schema)}, found: {type(value).__name__}"]
    if isinstance(schema, list):
        return [found for index, item in enumerate(value) for found in _mismatches(item, schema[0], f"{path}/{index}")]
    if not isinstance(schema, dict):
        return []
    extraneous = [f"{path}: extraneous key [{key}] is not permitted" for key in value if key not in schema]
    known = [key for key in value if key in schema]
    return extraneous + [found for key in known for found in _mismatches(value[key], schema[key], f"{path}/{key}")]


def _kind(schema: Any) -> str:
    if isinstance(schema, str):
        return schema
    return "JSONObject" if isinstance(schema, dict) else "JSONArray"
