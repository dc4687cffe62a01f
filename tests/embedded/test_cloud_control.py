"""Cloud Control makes the real table of `AWS::S3Tables::Table`, and nothing else."""

import json
import uuid
from typing import Any

import pytest
from pyiceberg.transforms import DayTransform

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake
from tests.embedded.cloud_control_kit import METADATA, TYPE, create, error, model, read


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    return Lake.make(aws, "control")


def test_create_makes_the_real_table_with_partition_and_sort_order(lake: Lake) -> None:
    event = create(lake, model(lake, "made"))
    assert (event["Operation"], event["OperationStatus"], event["TypeName"]) == ("CREATE", "SUCCESS", TYPE)
    found = lake.client("s3tables").get_table(tableBucketARN=lake.bucket_arn, namespace=lake.namespace, name="made")
    assert event["Identifier"] == found["tableARN"]
    table = iceberg.load(iceberg.TableName(lake.bucket_arn, lake.namespace, "made"))
    assert [(f.field_id, f.name, str(f.field_type), f.required) for f in table.schema().fields] == [
        (1, "id", "string", True),
        (2, "at", "timestamptz", True),
    ]
    [partition], [sort] = table.spec().fields, table.sort_order().fields
    assert (partition.name, partition.source_id, isinstance(partition.transform, DayTransform)) == ("at_day", 2, True)
    assert (sort.source_id, str(sort.transform), sort.direction.value, sort.null_order.value) == (
        *(1, "identity", "asc", "nulls-last"),
    )
    assert table.properties == {"write.format.default": "parquet"}


def test_get_fills_what_is_read_only_and_keeps_what_is_write_only(lake: Lake) -> None:
    event = create(lake, model(lake, "read", Tags=[{"Key": "a", "Value": "b"}]))
    found = lake.client("s3tables").get_table(tableBucketARN=lake.bucket_arn, namespace=lake.namespace, name="read")
    assert read(lake, event["Identifier"]) == json.loads(event["ResourceModel"]) == {
        "TableARN": found["tableARN"],
        "VersionToken": found["versionToken"],
        "WarehouseLocation": found["warehouseLocation"],
        "TableBucketARN": lake.bucket_arn,
        "Namespace": lake.namespace,
        "TableName": "read",
        "OpenTableFormat": "ICEBERG",
        "StorageClassConfiguration": {"StorageClass": "STANDARD"},
        "Compaction": {"Status": "enabled", "TargetFileSizeMB": 512},
        "SnapshotManagement": {"Status": "enabled", "MaxSnapshotAgeHours": 120, "MinSnapshotsToKeep": 1},
        "Tags": [{"Key": "a", "Value": "b"}],
    }  # fmt: skip


def test_maintenance_is_what_s3_tables_says(lake: Lake) -> None:
    event = create(
        lake,
        model(
            lake,
            "maintained",
            Compaction={"Status": "enabled", "TargetFileSizeMB": 128},
            SnapshotManagement={"Status": "disabled", "MaxSnapshotAgeHours": 48, "MinSnapshotsToKeep": 5},
        ),
    )
    named = {"tableBucketARN": lake.bucket_arn, "namespace": lake.namespace, "name": "maintained"}
    found = lake.client("s3tables").get_table_maintenance_configuration(**named)
    assert (found["tableARN"], found["configuration"]) == (
        event["Identifier"],
        {
            "icebergCompaction": {
                "status": "enabled",
                "settings": {"icebergCompaction": {"targetFileSizeMB": 128, "strategy": "auto"}},
            },
            "icebergSnapshotManagement": {
                "status": "disabled",
                "settings": {"icebergSnapshotManagement": {"minSnapshotsToKeep": 5, "maxSnapshotAgeHours": 48}},
            },
        },
    )


def test_a_second_create_fails_as_already_existing(lake: Lake) -> None:
    first = create(lake, model(lake, "twice"))
    second = create(lake, model(lake, "twice"))
    assert (second["OperationStatus"], second["ErrorCode"]) == ("FAILED", "AlreadyExists")
    assert "Identifier" not in second
    assert read(lake, first["Identifier"])["TableName"] == "twice"


def test_a_client_token_makes_a_request_once(lake: Lake) -> None:
    token = uuid.uuid4().hex
    first = create(lake, model(lake, "once"), ClientToken=token)
    assert create(lake, model(lake, "once"), ClientToken=token) == first
    again = {"TypeName": TYPE, "DesiredState": json.dumps(model(lake, "other")), "ClientToken": token}
    assert error(lake.client("cloudcontrol").create_resource, **again)[0] == "ClientTokenConflictException"


def test_delete_takes_the_table_with_it(lake: Lake) -> None:
    control, identifier = lake.client("cloudcontrol"), create(lake, model(lake, "gone"))["Identifier"]
    event = control.delete_resource(TypeName=TYPE, Identifier=identifier)["ProgressEvent"]
    assert (event["Operation"], event["OperationStatus"]) == ("DELETE", "SUCCESS")
    names = {table["name"] for table in lake.client("s3tables").list_tables(tableBucketARN=lake.bucket_arn)["tables"]}
    assert "gone" not in names
    assert error(control.get_resource, TypeName=TYPE, Identifier=identifier)[0] == "ResourceNotFoundException"
    patch = '[{"op": "remove", "path": "/Tags"}]'
    missing = {"TypeName": TYPE, "Identifier": identifier, "PatchDocument": patch}
    assert error(control.update_resource, **missing)[0] == "ResourceNotFoundException"
    again = control.delete_resource(TypeName=TYPE, Identifier=identifier)["ProgressEvent"]
    assert (again["OperationStatus"], again["ErrorCode"]) == ("FAILED", "NotFound")


def test_list_gives_the_tables_that_s3_tables_has(lake: Lake) -> None:
    identifier = create(lake, model(lake, "listed"))["Identifier"]
    found = lake.client("cloudcontrol").list_resources(
        TypeName=TYPE, ResourceModel=json.dumps({"TableBucketARN": lake.bucket_arn})
    )["ResourceDescriptions"]
    assert {identifier, lake.table_arn} <= {item["Identifier"] for item in found}


@pytest.mark.parametrize("type_name", ["AWS::S3::Bucket", "AWS::S3Tables::TableBucket", "Nope::Nope::Nope"])
def test_every_other_type_is_unsupported_and_leaves_nothing(lake: Lake, type_name: str) -> None:
    control = lake.client("cloudcontrol")
    desired = json.dumps({"BucketName": "phantom"})
    for call, arguments in (
        (control.create_resource, {"DesiredState": desired}),
        (control.get_resource, {"Identifier": "phantom"}),
        (control.update_resource, {"Identifier": "phantom", "PatchDocument": "[]"}),
        (control.delete_resource, {"Identifier": "phantom"}),
        (control.list_resources, {}),
    ):
        assert error(call, TypeName=type_name, **arguments)[0] == "UnsupportedTypeException"


def test_a_model_that_the_schema_refuses_makes_nothing(lake: Lake) -> None:
    control = lake.client("cloudcontrol")
    desired = json.dumps({**model(lake, "invalid"), "Nope": 1})
    expected = ("ValidationException", "Model validation failed (#: extraneous key [Nope] is not permitted)")
    assert error(control.create_resource, TypeName=TYPE, DesiredState=desired) == expected
    assert error(control.create_resource, TypeName=TYPE, DesiredState="{")[0] == "InvalidRequestException"


def _bad_metadata() -> dict[str, Any]:
    return {**METADATA, "IcebergPartitionSpec": {"Fields": [{"SourceId": 9, "Transform": "day", "Name": "x"}]}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"IcebergMetadata": _bad_metadata()}, "InvalidRequest"),
        ({"TableName": "Not-Valid"}, "InvalidRequest"),
        ({"Compaction": {"Status": "enabled", "TargetFileSizeMB": 32}}, "InvalidRequest"),
        ({"Compaction": {"Status": "on"}}, "InvalidRequest"),
        ({"Namespace": "nope"}, "NotFound"),
    ],
)
def test_what_s3_tables_refuses_fails_the_request(lake: Lake, changes: dict[str, Any], code: str) -> None:
    event = create(lake, {**model(lake, "refused"), **changes})
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", code)
    assert event["StatusMessage"]


def test_an_unknown_request_token_is_not_found(lake: Lake) -> None:
    status = lake.client("cloudcontrol").get_resource_request_status
    assert error(status, RequestToken="nope")[0] == "RequestTokenNotFoundException"


def test_a_creator_needs_s3_tables_permissions_too(lake: Lake) -> None:
    only_control = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    control = lake.role([only_control]).client("cloudcontrol")
    event = control.create_resource(TypeName=TYPE, DesiredState=json.dumps(model(lake, "denied")))["ProgressEvent"]
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "AccessDenied")
    assert "is not authorized to perform: s3tables:CreateTable on resource: " in event["StatusMessage"]
