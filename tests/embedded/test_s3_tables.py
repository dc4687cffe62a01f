"""S3 Tables: what CreateTable says is what the table is, and names and deletes follow AWS's rules."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import BY_DAY, FIELDS, Lake

SORT = {
    "orderId": 1,
    "fields": [{"sourceId": 1, "transform": "identity", "direction": "asc", "nullOrder": "nulls-last"}],
}


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    return Lake.make(aws, "tables")


def create(lake: Lake, name: str, iceberg_metadata: dict[str, Any] | None, **options: Any) -> str:
    metadata = {"metadata": {"iceberg": iceberg_metadata}} if iceberg_metadata else {}
    named = {"tableBucketARN": lake.bucket_arn, "namespace": lake.namespace, "name": name}
    made = lake.client("s3tables").create_table(**{**named, "format": "ICEBERG", **metadata, **options})
    return str(made["tableARN"])


def load(lake: Lake, name: str) -> Any:
    return iceberg.load(iceberg.TableName(lake.bucket_arn, lake.namespace, name))


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_schema_partition_sort_order_and_properties_are_the_tables(lake: Lake) -> None:
    given = {"schema": {"fields": FIELDS}, "partitionSpec": BY_DAY, "writeOrder": SORT, "properties": {"a": "b"}}
    create(lake, "whole", given)
    table = load(lake, "whole")
    assert [(f.field_id, f.name, str(f.field_type), f.required) for f in table.schema().fields] == [
        (1, "key", "string", True),
        (2, "time", "timestamptz", True),
        (3, "bytes", "long", False),
        (4, "price", "decimal(10, 2)", False),
        (5, "billable", "boolean", False),
    ]
    [partition] = table.spec().fields
    assert (partition.source_id, partition.field_id, partition.name) == (2, 1000, "time_day")
    assert isinstance(partition.transform, DayTransform)
    expected = SortField(1, IdentityTransform(), direction=SortDirection.ASC, null_order=NullOrder.NULLS_LAST)
    assert table.sort_order().fields == [expected]
    assert table.properties == {"a": "b"}


def test_schema_v2_keeps_ids_nested_types_and_docs(lake: Lake) -> None:
    fields = [
        {"id": 10, "name": "id", "type": "uuid", "required": True, "doc": "the key"},
        {
            "id": 20,
            "name": "tags",
            "type": {"type": "list", "element-id": 21, "element": "string", "element-required": False},
            "required": False,
        },
    ]
    create(
        lake,
        "nested",
        {
            "schemaV2": {"type": "struct", "fields": fields, "schemaId": 0, "identifierFieldIds": [10]},
            "partitionSpec": {"fields": [{"sourceId": 10, "transform": "bucket[16]", "name": "id_bucket"}]},
        },
    )
    table = load(lake, "nested")
    assert [(f.field_id, f.name, f.doc) for f in table.schema().fields] == [(10, "id", "the key"), (20, "tags", None)]
    assert (table.schema().identifier_field_ids, table.metadata.last_column_id) == ([10], 21)
    assert table.spec().fields[0].transform == BucketTransform(16)


def test_rows_land_in_one_file_for_each_day(lake: Lake) -> None:
    create(lake, "daily", {"schema": {"fields": FIELDS}, "partitionSpec": BY_DAY})
    rows = [
        {"key": key, "time": datetime(2026, 11, day, tzinfo=UTC), "bytes": None, "price": None, "billable": None}
        for key, day in (("a", 21), ("b", 22), ("c", 22))
    ]
    lake.append(rows, table="daily")
    files = load(lake, "daily").inspect.files().to_pylist()
    assert sorted((file["partition"]["time_day"].isoformat(), file["record_count"]) for file in files) == [
        ("2026-11-21", 1),
        ("2026-11-22", 2),
    ]


INVALID = {
    "unknown type": {"schema": {"fields": [{"name": "a", "type": "varchar"}]}},
    "same id twice": {"schema": {"fields": [{"id": 1, "name": n, "type": "int"} for n in "ab"]}},
    "no field": {"schema": {"fields": []}},
    "partition of nothing": {
        "schema": {"fields": FIELDS},
        "partitionSpec": {"fields": [{"sourceId": 9, "transform": "day", "name": "x"}]},
    },
    "unknown transform": {
        "schema": {"fields": FIELDS},
        "partitionSpec": {"fields": [{"sourceId": 2, "transform": "minute", "name": "x"}]},
    },
    "sorted by nothing": {"schema": {"fields": FIELDS}, "writeOrder": {"orderId": 1, "fields": []}},
}


@pytest.mark.parametrize("name", INVALID)
def test_metadata_that_is_not_icebergs_is_refused(lake: Lake, name: str) -> None:
    assert code(create, lake=lake, name="invalid", iceberg_metadata=INVALID[name]) == "BadRequestException"
    assert code(lake.client("s3tables").get_table, **_named(lake, "invalid")) == "NotFoundException"


def test_a_tables_arn_is_its_buckets_with_an_id(lake: Lake) -> None:
    arn = create(lake, "by_arn", {"schema": {"fields": FIELDS}})
    bucket, _, identity = arn.rpartition("/table/")
    assert (bucket, str(uuid.UUID(identity))) == (lake.bucket_arn, identity)
    found = lake.client("s3tables").get_table(tableArn=arn)
    assert (found["name"], found["tableARN"], found["metadataLocation"].startswith("s3://")) == ("by_arn", arn, True)


def test_a_table_without_schema_is_no_iceberg_table_yet(lake: Lake) -> None:
    create(lake, "bare", None)
    assert "metadataLocation" not in lake.client("s3tables").get_table(**_named(lake, "bare"))
    with pytest.raises(NoSuchTableError):
        load(lake, "bare")


def test_a_table_made_anew_starts_empty(lake: Lake) -> None:
    create(lake, "again", {"schema": {"fields": FIELDS}})
    row = {"key": "a", "time": datetime(2026, 11, 22, tzinfo=UTC), "bytes": None, "price": None, "billable": None}
    lake.append([row], table="again")
    before = set(_objects(lake))
    lake.client("s3tables").delete_table(**_named(lake, "again"))
    assert set(_objects(lake)) < before
    assert [key for key in _objects(lake) if "/again/" in key] == []
    create(lake, "again", {"schema": {"fields": FIELDS}})
    assert load(lake, "again").scan().to_arrow().num_rows == 0


def test_what_is_missing_is_not_found_and_what_exists_is_a_conflict(lake: Lake) -> None:
    schema = {"schema": {"fields": FIELDS}}
    missing = f"{lake.bucket_arn}-not"
    assert code(create, lake=lake, name="t", iceberg_metadata=schema, namespace="nope") == "NotFoundException"
    assert code(create, lake=lake, name="t", iceberg_metadata=schema, tableBucketARN=missing) == "NotFoundException"
    assert code(create, lake=lake, name=lake.table, iceberg_metadata=schema) == "ConflictException"


def test_what_is_not_empty_is_not_deleted(lake: Lake) -> None:
    s3tables = lake.client("s3tables")
    namespace = {"tableBucketARN": lake.bucket_arn, "namespace": lake.namespace}
    assert code(s3tables.delete_namespace, **namespace) == "ConflictException"
    assert code(s3tables.delete_table_bucket, tableBucketARN=lake.bucket_arn) == "ConflictException"
    assert s3tables.get_namespace(**namespace)["namespace"] == [lake.namespace]


def test_what_is_empty_is_deleted(lake: Lake) -> None:
    s3tables = lake.client("s3tables")
    arn = s3tables.create_table_bucket(name=f"{lake.bucket}-empty")["arn"]
    s3tables.create_namespace(tableBucketARN=arn, namespace=["n"])
    s3tables.delete_namespace(tableBucketARN=arn, namespace="n")
    s3tables.delete_table_bucket(tableBucketARN=arn)
    assert code(s3tables.get_table_bucket, tableBucketARN=arn) == "NotFoundException"


@pytest.mark.parametrize("name", ["aws-lake", "Lake", "lake_1", "-lake", "lake-s3alias", "xn--lake"])
def test_bucket_names_follow_awss_rules(lake: Lake, name: str) -> None:
    assert code(lake.client("s3tables").create_table_bucket, name=name) == "BadRequestException"


@pytest.mark.parametrize("name", ["aws_usage", "usage-1", "Usage", "_usage"])
def test_namespaces_follow_awss_rules(lake: Lake, name: str) -> None:
    create_namespace = lake.client("s3tables").create_namespace
    assert code(create_namespace, tableBucketARN=lake.bucket_arn, namespace=[name]) == "BadRequestException"


@pytest.mark.parametrize("name", ["requests-1", "Requests", "requests_"])
def test_table_names_follow_awss_rules(lake: Lake, name: str) -> None:
    assert code(create, lake=lake, name=name, iceberg_metadata={"schema": {"fields": FIELDS}}) == "BadRequestException"


def test_a_table_bucket_is_no_bucket_of_s3(lake: Lake) -> None:
    listed = {bucket["Name"] for bucket in lake.client("s3").list_buckets()["Buckets"]}
    assert (lake.results in listed, lake.bucket in listed) == (True, False)


def test_maintenance_and_replication_answer_as_aws_does_for_none(lake: Lake) -> None:
    s3tables = lake.client("s3tables")
    maintenance = s3tables.get_table_maintenance_configuration(**_named(lake, lake.table))["configuration"]
    assert maintenance["icebergCompaction"] == {
        "status": "enabled",
        "settings": {"icebergCompaction": {"targetFileSizeMB": 512, "strategy": "auto"}},
    }
    assert code(s3tables.get_table_bucket_replication, tableBucketARN=lake.bucket_arn) == "NotFoundException"
    assert code(s3tables.get_table_replication, tableArn=lake.table_arn) == "NotFoundException"


def test_a_metadata_location_moves_with_the_right_version_token_only(lake: Lake) -> None:
    create(lake, "moved", {"schema": {"fields": FIELDS}})
    s3tables, named = lake.client("s3tables"), _named(lake, "moved")
    found = s3tables.get_table_metadata_location(**named)
    bucket, _, key = found["metadataLocation"].removeprefix("s3://").partition("/")
    copy = {"Bucket": bucket, "Key": "copied.metadata.json"}
    lake.client("s3").copy_object(CopySource={"Bucket": bucket, "Key": key}, **copy)
    location = f"s3://{bucket}/copied.metadata.json"
    update = s3tables.update_table_metadata_location
    assert code(update, **named, versionToken="stale", metadataLocation=location) == "ConflictException"
    update(**named, versionToken=found["versionToken"], metadataLocation=location)
    assert load(lake, "moved").metadata_location == location


def test_a_role_reaches_what_its_policy_names(lake: Lake) -> None:
    granted = [
        {"Effect": "Allow", "Action": "s3tables:GetTable", "Resource": lake.table_arn},
        {"Effect": "Allow", "Action": "s3tables:ListTables", "Resource": lake.bucket_arn},
    ]
    s3tables = lake.role(granted).client("s3tables")
    assert s3tables.get_table(**_named(lake, lake.table))["name"] == lake.table
    assert s3tables.get_table(tableArn=lake.table_arn)["name"] == lake.table
    assert {table["name"] for table in s3tables.list_tables(tableBucketARN=lake.bucket_arn)["tables"]} >= {lake.table}
    create(lake, "other", {"schema": {"fields": FIELDS}})
    assert code(s3tables.get_table, **_named(lake, "other")).startswith("AccessDenied")
    assert code(s3tables.delete_table, **_named(lake, lake.table)).startswith("AccessDenied")


def _named(lake: Lake, name: str) -> dict[str, str]:
    return {"tableBucketARN": lake.bucket_arn, "namespace": lake.namespace, "name": name}


def _objects(lake: Lake) -> list[str]:
    pages = lake.client("s3").get_paginator("list_objects_v2").paginate(Bucket=lake.bucket)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
