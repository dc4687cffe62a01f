"""Firehose delivery streams into Iceberg tables."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, InputError, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"
_WAIT_SECONDS = 60
_LOGGING: Shape = {"enabled": "Enabled", "logGroupName": "LogGroupName", "logStreamName": "LogStreamName"}
_S3: Shape = {
    "bucketArn": "BucketARN",
    "roleArn": "RoleARN",
    "prefix": "Prefix",
    "errorOutputPrefix": "ErrorOutputPrefix",
    "bufferingSize": "BufferingHints.SizeInMBs",
    "bufferingInterval": "BufferingHints.IntervalInSeconds",
    "compressionFormat": "CompressionFormat",
    "kmsKeyArn": "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN",
    "cloudwatchLoggingOptions": ("CloudWatchLoggingOptions", _LOGGING),
}
_PROCESSOR: Shape = {
    "type": "Type",
    "parameters": ("Parameters", {"parameterName": "ParameterName", "parameterValue": "ParameterValue"}),
}
_ICEBERG: Shape = {
    "catalogArn": "CatalogConfiguration.CatalogARN",
    "roleArn": "RoleARN",
    "appendOnly": "AppendOnly",
    "bufferingSize": "BufferingHints.SizeInMBs",
    "bufferingInterval": "BufferingHints.IntervalInSeconds",
    "retryDuration": "RetryOptions.DurationInSeconds",
    "s3BackupMode": "S3BackupMode",
    "cloudwatchLoggingOptions": ("CloudWatchLoggingOptions", _LOGGING),
    "processingConfiguration": (
        "ProcessingConfiguration",
        {"enabled": "Enabled", "processors": ("Processors", _PROCESSOR)},
    ),
    "destinationTableConfigurations": (
        "DestinationTableConfigurationList",
        {
            "databaseName": "DestinationDatabaseName",
            "tableName": "DestinationTableName",
            "uniqueKeys": "UniqueKeys",
            "s3ErrorOutputPrefix": "S3ErrorOutputPrefix",
        },
    ),
    "s3Configuration": ("S3Configuration", _S3),
}


class FirehoseDeliveryStream(Creator):
    """`aws.kinesis.FirehoseDeliveryStream` with the destination `iceberg`; its id is its ARN."""

    pulumi_type = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
    shape: ClassVar[Shape] = {
        "name": "DeliveryStreamName",
        "destination": "destination",
        "icebergConfiguration": ("IcebergDestinationConfiguration", _ICEBERG),
        "serverSideEncryption": ("encryption", {"enabled": "Enabled", "keyType": "KeyType", "keyArn": "KeyARN"}),
        "tags": "Tags",
    }
    replace_on = frozenset(
        {
            "name",
            "destination",
            "icebergConfiguration.catalogArn",
            "icebergConfiguration.appendOnly",
            "icebergConfiguration.destinationTableConfigurations",
        }
    )
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        if args["destination"] != "iceberg":
            raise InputError(f"{self.pulumi_type} {name}: destination must be iceberg, got {args['destination']}")
        firehose = client(session, "firehose")
        arn = firehose.create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="DirectPut",
            IcebergDestinationConfiguration=args["IcebergDestinationConfiguration"],
            **({"Tags": tags(args["Tags"])} if args.get("Tags") else {}),
        )["DeliveryStreamARN"]
        self._wait(firehose, name)
        self._encrypt(firehose, name, {}, args.get("encryption", {}))
        return str(arn)

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the stream as Firehose describes it."""
        firehose, name = client(session, "firehose"), id_.rsplit("/", 1)[-1]
        answer = found(firehose.describe_delivery_stream, _GONE, DeliveryStreamName=name)
        if answer is None:
            return None
        stream = answer["DeliveryStreamDescription"]
        destination = stream["Destinations"][0]
        iceberg = destination["IcebergDestinationDescription"]
        encryption = stream.get("DeliveryStreamEncryptionConfiguration", {})
        enabled = encryption.get("Status") == "ENABLED"
        return {
            "name": name,
            "arn": stream["DeliveryStreamARN"],
            "destination": "iceberg",
            "destinationId": destination["DestinationId"],
            "versionId": stream["VersionId"],
            "region": session.region_name,
            "icebergConfiguration": from_aws(
                _ICEBERG, {**iceberg, "S3Configuration": iceberg.get("S3DestinationDescription")}
            ),
            "serverSideEncryption": {"enabled": enabled}
            | ({"keyType": encryption.get("KeyType", "AWS_OWNED_CMK")} if enabled else {})
            | ({"keyArn": encryption["KeyARN"]} if encryption.get("KeyARN") else {}),
            **tag_outputs(firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        firehose, name = client(session, "firehose"), id_.rsplit("/", 1)[-1]
        wanted = dict(args["IcebergDestinationConfiguration"])
        now = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        firehose.update_destination(
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId=now["VersionId"],
            DestinationId=now["Destinations"][0]["DestinationId"],
            IcebergDestinationUpdate=wanted,
        )
        self._encrypt(firehose, name, olds.get("serverSideEncryption", {}), args.get("encryption", {}))
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=tags(changed)),
            lambda gone: firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the stream and wait until it is gone."""
        firehose, name = client(session, "firehose"), id_.rsplit("/", 1)[-1]
        found(firehose.delete_delivery_stream, _GONE, DeliveryStreamName=name)
        deadline = time.monotonic() + _WAIT_SECONDS
        while found(firehose.describe_delivery_stream, _GONE, DeliveryStreamName=name) is not None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is not deleted after {_WAIT_SECONDS} s")
            time.sleep(0.1)

    def _encrypt(self, firehose: Any, name: str, olds: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        if wanted.get("Enabled"):
            key = {"KeyType": "AWS_OWNED_CMK"} | {key: wanted[key] for key in ("KeyType", "KeyARN") if key in wanted}
            firehose.start_delivery_stream_encryption(
                DeliveryStreamName=name, DeliveryStreamEncryptionConfigurationInput=key
            )
        elif olds.get("enabled"):
            firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)

    def _wait(self, firehose: Any, name: str) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            stream = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
            if stream["DeliveryStreamStatus"] == "ACTIVE":
                return
            if stream["DeliveryStreamStatus"] != "CREATING" or time.monotonic() > deadline:
                raise InputError(
                    f"{self.pulumi_type} {name}: is {stream['DeliveryStreamStatus']}, not ACTIVE: {stream}"
                )
            time.sleep(0.1)


CREATORS: tuple[Creator, ...] = (FirehoseDeliveryStream(),)
