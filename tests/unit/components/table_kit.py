"""Stubbed clients of every service that a table needs, and a table to need them."""

import gzip
import io
import json
from typing import Any

import boto3
from botocore.response import StreamingBody
from botocore.stub import Stubber

AT = {"name": "at", "type": "timestamptz", "required": True}
WHO = {"name": "who", "type": "string", "required": False}
SIZE = {"name": "size", "type": "long", "required": False}
TABLE = {"columns": [AT, WHO], "partition": ["day(at)"], "sort": ["who asc"]}
PLACE = {
    "table_bucket_arn": "arn:aws:s3tables:us-east-1:123456789012:bucket/lake",
    "namespace": "ns",
    "table_name": "t",
    "athena_catalog": "s3tablescatalog/lake",
    "athena_workgroup": "w",
    "region": "us-east-1",
}
PROPS: dict[str, Any] = {**PLACE, **TABLE}
VISIBLE = {"catalog_id": "1:s3tablescatalog/lake", "namespace": "ns", "table_name": "t", "region": "us-east-1"}
SEEN = {"CatalogId": "1:s3tablescatalog/lake", "DatabaseName": "ns", "Name": "t"}


def metadata(*columns: dict[str, Any]) -> dict[str, Any]:
    """Return a metadata file of the table, with an older schema besides the current one."""
    fields = [{"id": number, **column} for number, column in enumerate(columns, start=1)]
    return {
        "current-schema-id": 1,
        "schemas": [{"schema-id": 0, "fields": []}, {"schema-id": 1, "fields": fields}],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": [{"source-id": 1, "transform": "day", "name": "at_day"}]}],
        "default-sort-order-id": 1,
        "sort-orders": [
            {"order-id": 0, "fields": []},
            {
                "order-id": 1,
                "fields": [{"source-id": 2, "transform": "identity", "direction": "asc", "null-order": "nulls-first"}],
            },
        ],
    }


class Aws:
    """Stubbed clients of every service that a table needs."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        services = ("athena", "glue", "s3", "s3tables")
        self.stubs = {service: Stubber(boto3.client(service, "us-east-1", **keys)) for service in services}
        for stub in self.stubs.values():
            stub.activate()

    def client(self, service: str, _props: dict[str, Any] | None = None) -> Any:
        return self.stubs[service].client

    def has_table(self, *columns: dict[str, Any], compressed: bool = False) -> None:
        location = {"tableBucketARN": PLACE["table_bucket_arn"], "namespace": "ns", "name": "t"}
        answer = {
            "versionToken": "v",
            "metadataLocation": "s3://warehouse/metadata/1.json",
            "warehouseLocation": "s3://w",
        }
        self.stubs["s3tables"].add_response("get_table_metadata_location", answer, location)
        content = json.dumps(metadata(*columns)).encode()
        content = gzip.compress(content) if compressed else content
        body = StreamingBody(io.BytesIO(content), len(content))
        self.stubs["s3"].add_response("get_object", {"Body": body}, {"Bucket": "warehouse", "Key": "metadata/1.json"})

    def has_no_table(self) -> None:
        self.stubs["s3tables"].add_client_error("get_table_metadata_location", "NotFoundException")

    def runs(self, statement: str, *states: str, reason: str = "") -> None:
        request = {
            "QueryString": statement,
            "QueryExecutionContext": {"Catalog": "s3tablescatalog/lake", "Database": "ns"},
            "WorkGroup": "w",
        }
        self.stubs["athena"].add_response("start_query_execution", {"QueryExecutionId": "q"}, request)
        for state in states:
            status = {"State": state, **({"StateChangeReason": reason} if reason else {})}
            answer = {"QueryExecution": {"Status": status}}
            self.stubs["athena"].add_response("get_query_execution", answer, {"QueryExecutionId": "q"})


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
