from typing import Any

import pytest

from embedded_aws.cloud_control.schema import violations

VALID: dict[str, Any] = {
    "TableBucketARN": "arn:aws:s3tables:us-east-1:000000000000:bucket/lake",
    "Namespace": "usage",
    "TableName": "requests",
    "OpenTableFormat": "ICEBERG",
    "IcebergMetadata": {
        "IcebergSchemaV2": {
            "SchemaV2FieldType": "struct",
            "SchemaV2FieldList": [{"Id": 1, "Name": "a", "Type": {"type": "list"}, "Required": True}],
        },
        "IcebergPartitionSpec": {"Fields": [{"SourceId": 1, "Transform": "day", "Name": "a_day"}]},
    },
    "Tags": [{"Key": "a", "Value": "b"}],
}

INVALID: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown property": ({"Nope": 1}, ["#: extraneous key [Nope] is not permitted"]),
    "unknown nested property": (
        {"Compaction": {"Size": 1}},
        ["#/Compaction: extraneous key [Size] is not permitted"],
    ),
    "wrong type": (
        {"Compaction": {"TargetFileSizeMB": "128"}},
        ["#/Compaction/TargetFileSizeMB: expected type: Integer, found: str"],
    ),
    "a boolean for an integer": (
        {"Compaction": {"TargetFileSizeMB": True}},
        ["#/Compaction/TargetFileSizeMB: expected type: Integer, found: bool"],
    ),
    "no list": ({"Tags": {"a": "b"}}, ["#/Tags: expected type: JSONArray, found: dict"]),
    "in a list": ({"Tags": [{"Key": 1}]}, ["#/Tags/0/Key: expected type: String, found: int"]),
    "read-only": ({"TableARN": "arn"}, ["#: Encountered unsupported property [TableARN]"]),
    "another format": ({"OpenTableFormat": "DELTA"}, ["#/OpenTableFormat: DELTA is not a valid enum value"]),
    "metadata and none": ({"WithoutMetadata": "Yes"}, ["#: IcebergMetadata and WithoutMetadata exclude each other"]),
}


def test_a_whole_model_is_valid() -> None:
    assert violations(VALID) == []


@pytest.mark.parametrize("name", INVALID)
def test_what_the_schema_refuses_is_named(name: str) -> None:
    changes, expected = INVALID[name]
    assert violations({**VALID, **changes}) == expected


def test_all_that_is_missing_is_named_at_once() -> None:
    assert violations({}) == [
        "#: required key [Namespace] not found",
        "#: required key [OpenTableFormat] not found",
        "#: required key [TableBucketARN] not found",
        "#: required key [TableName] not found",
    ]


def test_a_model_is_an_object() -> None:
    assert violations([]) == ["#: expected type: JSONObject, found: list"]
