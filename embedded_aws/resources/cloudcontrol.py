"""Types of the aws-native provider, which makes everything through Cloud Control."""

import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found
from embedded_aws.resources._creator import Creator, InputError, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_WAIT_SECONDS = 60
_SORT_FIELD: Shape = {
    "sourceId": "SourceId",
    "transform": "Transform",
    "direction": "Direction",
    "nullOrder": "NullOrder",
}
_PARTITION_FIELD: Shape = {"sourceId": "SourceId", "fieldId": "FieldId", "transform": "Transform", "name": "Name"}
_V2_FIELD: Shape = {"id": "Id", "name": "Name", "type": "Type", "required": "Required", "doc": "Doc"}
_ICEBERG: Shape = {
    "icebergSchema": (
        "IcebergSchema",
        {"schemaFieldList": ("SchemaFieldList", {"id": "Id", "name": "Name", "type": "Type", "required": "Required"})},
    ),
    "icebergSchemaV2": (
        "IcebergSchemaV2",
        {
            "schemaV2FieldType": "SchemaV2FieldType",
            "schemaV2FieldList": ("SchemaV2FieldList", _V2_FIELD),
            "schemaId": "SchemaId",
            "identifierFieldIds": "IdentifierFieldIds",
        },
    ),
    "icebergPartitionSpec": ("IcebergPartitionSpec", {"specId": "SpecId", "fields": ("Fields", _PARTITION_FIELD)}),
    "icebergSortOrder": ("IcebergSortOrder", {"orderId": "OrderId", "fields": ("Fields", _SORT_FIELD)}),
    "tableProperties": "TableProperties",
}


class Table(Creator):
    """`aws_native.s3tables.Table`; its id is Cloud Control's identifier, the table's ARN.

    As with every aws-native resource, a replacement deletes the old one first.
    """

    pulumi_type = "aws-native:s3tables:Table"
    type_name = "AWS::S3Tables::Table"
    shape: ClassVar[Shape] = {
        "tableBucketArn": "TableBucketARN",
        "namespace": "Namespace",
        "tableName": "TableName",
        "openTableFormat": "OpenTableFormat",
        "icebergMetadata": ("IcebergMetadata", _ICEBERG),
        "withoutMetadata": "WithoutMetadata",
        "compaction": ("Compaction", {"status": "Status", "targetFileSizeMb": "TargetFileSizeMB"}),
        "snapshotManagement": (
            "SnapshotManagement",
            {
                "status": "Status",
                "maxSnapshotAgeHours": "MaxSnapshotAgeHours",
                "minSnapshotsToKeep": "MinSnapshotsToKeep",
            },
        ),
        "storageClassConfiguration": ("StorageClassConfiguration", {"storageClass": "StorageClass"}),
        "tags": ("Tags", {"key": "Key", "value": "Value"}),
    }
    kept = frozenset({"icebergMetadata", "withoutMetadata"})
    replace_on = frozenset(
        {"icebergMetadata", "openTableFormat", "storageClassConfiguration", "tableBucketArn", "withoutMetadata"}
    )
    delete_before_replace = True

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - see below
        # No auto-name: it would hold a hyphen, which S3 Tables does not allow in a table's name.
        answer = client(session, "cloudcontrol").create_resource(TypeName=self.type_name, DesiredState=json.dumps(args))
        return str(self._done(session, answer)["Identifier"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the table's properties; what defines its schema is write-only in Cloud Control."""
        properties = self._properties(session, id_)
        if properties is None:
            return None
        known = {"tableArn": "TableARN", "versionToken": "VersionToken", "warehouseLocation": "WarehouseLocation"}
        return from_aws(known, properties) | from_aws(self.shape, properties)

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - compares with what is
        now = self._properties(session, id_) or {}
        # A setting that was taken out of the program stays as it is, but tags are a set that is wanted as a whole.
        wanted = {"Tags": []} | args if now.get("Tags") else args
        patch = [
            {"op": "replace" if key in now else "add", "path": f"/{key}", "value": value}
            for key, value in wanted.items()
            if now.get(key) != value and key not in ("IcebergMetadata", "WithoutMetadata")
        ]
        if patch:
            answer = client(session, "cloudcontrol").update_resource(
                TypeName=self.type_name, Identifier=id_, PatchDocument=json.dumps(patch)
            )
            self._done(session, answer)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the table with its rows."""
        control = client(session, "cloudcontrol")
        if self._properties(session, id_) is not None:
            self._done(session, control.delete_resource(TypeName=self.type_name, Identifier=id_))

    def _properties(self, session: boto3.Session, id_: str) -> dict[str, Any] | None:
        get = client(session, "cloudcontrol").get_resource
        answer = found(get, "ResourceNotFoundException", TypeName=self.type_name, Identifier=id_)
        return json.loads(answer["ResourceDescription"]["Properties"]) if answer else None

    def _done(self, session: boto3.Session, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Poll a request until Cloud Control has carried it out."""
        event: dict[str, Any] = answer["ProgressEvent"]
        deadline = time.monotonic() + _WAIT_SECONDS
        while event["OperationStatus"] in ("PENDING", "IN_PROGRESS") and time.monotonic() < deadline:
            time.sleep(0.05)
            status = client(session, "cloudcontrol").get_resource_request_status
            event = status(RequestToken=event["RequestToken"])["ProgressEvent"]
        if event["OperationStatus"] != "SUCCESS":
            raise InputError(
                f"{self.pulumi_type}: Cloud Control's {event.get('Operation')} ended {event['OperationStatus']}: "
                f"{event.get('ErrorCode')}: {event.get('StatusMessage')}"
            )
        return event


CREATORS: tuple[Creator, ...] = (Table(),)
