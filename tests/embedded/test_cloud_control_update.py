"""UpdateResource changes what CloudFormation's schema lets change, in place."""

import json
from typing import Any

import pytest

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake
from tests.embedded.cloud_control_kit import METADATA, TYPE, create, error, model, read, update


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    return Lake.make(aws, "control-update")


def test_update_changes_maintenance_and_tags(lake: Lake) -> None:
    identifier = create(lake, model(lake, "changed", Tags=[{"Key": "a", "Value": "b"}]))["Identifier"]
    event = update(
        lake,
        identifier,
        {"op": "replace", "path": "/Compaction", "value": {"Status": "disabled", "TargetFileSizeMB": 64}},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "c", "Value": "d"}},
    )
    assert (event["Operation"], event["OperationStatus"]) == ("UPDATE", "SUCCESS")
    found = read(lake, identifier)
    assert found["Compaction"] == {"Status": "disabled", "TargetFileSizeMB": 64}
    assert found["Tags"] == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
    tags = lake.client("s3tables").list_tags_for_resource(resourceArn=identifier)["tags"]
    assert tags == {"a": "b", "c": "d"}


def test_update_renames_in_place_with_the_rows(lake: Lake) -> None:
    identifier = create(lake, model(lake, "before"))["Identifier"]
    event = update(lake, identifier, {"op": "replace", "path": "/TableName", "value": "after"})
    assert (event["OperationStatus"], read(lake, identifier)["TableName"]) == ("SUCCESS", "after")
    assert iceberg.load(iceberg.TableName(lake.bucket_arn, lake.namespace, "after")).schema().fields[0].name == "id"


@pytest.mark.parametrize(
    ("name", "value", "code", "kind"),
    [
        (
            "TableBucketARN",
            "arn:aws:s3tables:us-east-1:000000000000:bucket/other",
            "NotUpdatableException",
            "createOnly",
        ),
        ("IcebergMetadata", METADATA, "NotUpdatableException", "createOnly"),
        ("VersionToken", "x", "ValidationException", "readOnly"),
    ],
)
def test_what_is_fixed_is_not_updated(lake: Lake, name: str, value: Any, code: str, kind: str) -> None:
    identifier = create(lake, model(lake, f"fixed_{name.lower()}"))["Identifier"]
    patch = json.dumps([{"op": "add", "path": f"/{name}", "value": value}])
    update_resource = lake.client("cloudcontrol").update_resource
    assert error(update_resource, TypeName=TYPE, Identifier=identifier, PatchDocument=patch) == (
        code,
        f"Invalid patch update: {kind}Properties [/properties/{name}] cannot be updated",
    )
