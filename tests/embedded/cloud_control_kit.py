"""Requests to Cloud Control for tables of S3 Tables."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.athena_kit import Lake

TYPE = "AWS::S3Tables::Table"
METADATA = {
    "IcebergSchema": {
        "SchemaFieldList": [
            {"Id": 1, "Name": "id", "Type": "string", "Required": True},
            {"Id": 2, "Name": "at", "Type": "timestamptz", "Required": True},
        ]
    },
    "IcebergPartitionSpec": {"Fields": [{"SourceId": 2, "Transform": "day", "Name": "at_day"}]},
    "IcebergSortOrder": {
        "OrderId": 1,
        "Fields": [{"SourceId": 1, "Transform": "identity", "Direction": "asc", "NullOrder": "nulls-last"}],
    },
    "TableProperties": {"write.format.default": "parquet"},
}


def model(lake: Lake, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "TableBucketARN": lake.bucket_arn,
        "Namespace": lake.namespace,
        "TableName": name,
        "OpenTableFormat": "ICEBERG",
        "IcebergMetadata": METADATA,
        **changes,
    }


def create(lake: Lake, desired: Any, **options: Any) -> dict[str, Any]:
    control = lake.client("cloudcontrol")
    event = control.create_resource(TypeName=TYPE, DesiredState=json.dumps(desired), **options)["ProgressEvent"]
    found: dict[str, Any] = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    assert found == event
    return found


def read(lake: Lake, identifier: str) -> dict[str, Any]:
    found = lake.client("cloudcontrol").get_resource(TypeName=TYPE, Identifier=identifier)["ResourceDescription"]
    assert found["Identifier"] == identifier
    properties: dict[str, Any] = json.loads(found["Properties"])
    return properties


def update(lake: Lake, identifier: str, *operations: dict[str, Any]) -> dict[str, Any]:
    patch = json.dumps(operations)
    control = lake.client("cloudcontrol")
    event: dict[str, Any] = control.update_resource(TypeName=TYPE, Identifier=identifier, PatchDocument=patch)[
        "ProgressEvent"
    ]
    return event


def error(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    found = caught.value.response["Error"]
    return found["Code"], found["Message"]
