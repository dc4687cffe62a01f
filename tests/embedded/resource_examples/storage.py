"""Examples of what stores and delivers: S3, S3 Tables, Athena, Firehose."""

import json
from typing import Any

import boto3

from tests.embedded.resource_examples.world import (
    BUCKET,
    EXAMPLES,
    NAMESPACE,
    ROLE,
    TABLE,
    TABLE_BUCKET,
    WORKGROUP,
    Example,
    World,
    allow,
    trust,
)


def _bucket(_: World) -> Example:
    return Example(
        {"forceDestroy": True, "tags": {"a": "1"}},
        {"forceDestroy": True, "tags": {"b": "2"}},
        {"bucket": "another-name", "objectLockEnabled": True},
        frozenset({"arn", "bucket", "bucketRegionalDomainName"}),
    )


def _versioning(world: World) -> Example:
    bucket = world.make(BUCKET)[0]
    inputs = {"bucket": bucket, "versioningConfiguration": {"status": "Enabled"}}
    change = {"bucket": bucket, "versioningConfiguration": {"status": "Suspended"}}
    return Example(inputs, change, {"bucket": "another"})


def _access_block(world: World) -> Example:
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    inputs = {"bucket": world.make(BUCKET)[0], **dict.fromkeys(flags, True)}
    return Example(inputs, {**inputs, "blockPublicAcls": False}, {"bucket": "another"})


def _ownership(world: World) -> Example:
    bucket = world.make(BUCKET)[0]
    inputs = {"bucket": bucket, "rule": {"objectOwnership": "BucketOwnerEnforced"}}
    return Example(
        inputs, {"bucket": bucket, "rule": {"objectOwnership": "BucketOwnerPreferred"}}, {"bucket": "another"}
    )


def _encryption(world: World) -> Example:
    def rules(algorithm: str, **more: Any) -> list[dict[str, Any]]:
        return [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm}, **more}]

    bucket = world.make(BUCKET)[0]
    return Example(
        {"bucket": bucket, "rules": rules("AES256")},
        {"bucket": bucket, "rules": rules("aws:kms", bucketKeyEnabled=True)},
        {"bucket": "another"},
    )


def _lifecycle(world: World) -> Example:
    def rules(days: int) -> list[dict[str, Any]]:
        expire = {"id": "expire", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": days}}
        old = {"id": "old", "status": "Enabled", "filter": {"prefix": "b/"}}
        return [
            expire | {"abortIncompleteMultipartUpload": {"daysAfterInitiation": 1}},
            old | {"noncurrentVersionExpiration": {"noncurrentDays": days, "newerNoncurrentVersions": 3}},
        ]

    bucket = world.make(BUCKET)[0]
    return Example(
        {"bucket": bucket, "rules": rules(30)}, {"bucket": bucket, "rules": rules(31)}, {"bucket": "another"}
    )


def _bucket_policy(world: World) -> Example:
    def policy(action: str) -> str:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": action,
            "Resource": outputs["arn"] + "/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    bucket, outputs = world.make(BUCKET)
    return Example(
        {"bucket": bucket, "policy": policy("s3:GetObject")},
        {"bucket": bucket, "policy": policy("s3:PutObject")},
        {"bucket": "another"},
    )


def _table_bucket(world: World) -> Example:
    def removal(days: float) -> dict[str, Any]:
        settings = {"unreferencedDays": days, "nonCurrentDays": 10.0}
        return {"icebergUnreferencedFileRemoval": {"status": "enabled", "settings": settings}}

    inputs = {"name": f"{world.name}-tables", "forceDestroy": True, "maintenanceConfiguration": removal(3.0)}
    change = inputs | {"maintenanceConfiguration": removal(4.0)}
    return Example(inputs, change, {"name": "another"}, frozenset({"arn", "ownerAccountId", "createdAt"}))


def _namespace(world: World) -> Example:
    inputs = {"tableBucketArn": world.make(TABLE_BUCKET)[0], "namespace": "metering"}
    return Example(inputs, {}, {"namespace": "another"}, frozenset({"createdAt", "ownerAccountId"}))


def _table(world: World) -> Example:
    bucket = world.make(NAMESPACE)[1]["tableBucketArn"]
    fields = [
        {"id": 1.0, "name": "id", "type": "string", "required": True},
        {"id": 2.0, "name": "at", "type": "timestamptz", "required": True},
    ]
    day = {"sourceId": 2.0, "transform": "day", "name": "at_day", "fieldId": 1000.0}
    order = {"sourceId": 1.0, "transform": "identity", "direction": "asc", "nullOrder": "nulls-last"}
    inputs = {
        "tableBucketArn": bucket,
        "namespace": "metering",
        "tableName": "requests",
        "openTableFormat": "ICEBERG",
        "icebergMetadata": {
            "icebergSchema": {"schemaFieldList": fields},
            "icebergPartitionSpec": {"specId": 0.0, "fields": [day]},
            "icebergSortOrder": {"orderId": 1.0, "fields": [order]},
        },
        "snapshotManagement": {"status": "enabled", "maxSnapshotAgeHours": 120.0, "minSnapshotsToKeep": 1.0},
    }
    change = inputs | {
        "snapshotManagement": {"status": "enabled", "maxSnapshotAgeHours": 240.0, "minSnapshotsToKeep": 1.0}
    }
    return Example(inputs, change, {"icebergMetadata": {}}, frozenset({"tableArn", "warehouseLocation"}))


def _workgroup(world: World) -> Example:
    def configuration(cutoff: float) -> dict[str, Any]:
        encryption = {"encryptionOption": "SSE_S3"}
        results = {"outputLocation": f"s3://{bucket}/results/", "encryptionConfiguration": encryption}
        return {
            "enforceWorkgroupConfiguration": True,
            "bytesScannedCutoffPerQuery": cutoff,
            "resultConfiguration": results,
            "engineVersion": {"selectedEngineVersion": "Athena engine version 3"},
        }

    bucket = world.make(BUCKET)[0]
    inputs = {"forceDestroy": True, "configuration": configuration(10_000_000.0), "description": "one"}
    change = inputs | {"configuration": configuration(20_000_000.0), "description": "two"}
    return Example(inputs, change, {"name": "another"}, frozenset({"arn", "name"}))


def _named_query(world: World) -> Example:
    inputs = {"database": "metering", "query": "SELECT 1", "workgroup": world.make(WORKGROUP)[0]}
    return Example(inputs, {}, {"query": "SELECT 2"}, frozenset({"name"}))


def _stream(world: World) -> Example:
    table = world.make(TABLE)[1]
    bucket = table["tableBucketArn"].rsplit("/", 1)[-1]
    account, region = table["tableBucketArn"].split(":")[4], table["tableBucketArn"].split(":")[3]
    role_id, role = world.make(ROLE, {"assumeRolePolicy": trust("firehose.amazonaws.com")})
    world.make("aws:iam/rolePolicy:RolePolicy", {"role": role_id, "policy": allow("*", "*")})
    errors = world.make(BUCKET)[1]["arn"]
    ensure_catalog(world.session, region, account)
    iceberg = {
        "catalogArn": f"arn:aws:glue:{region}:{account}:catalog/s3tablescatalog/{bucket}",
        "roleArn": role["arn"],
        "appendOnly": True,
        "bufferingInterval": 5.0,
        "bufferingSize": 1.0,
        "s3BackupMode": "FailedDataOnly",
        "destinationTableConfigurations": [{"databaseName": "metering", "tableName": "requests"}],
        "s3Configuration": {
            "bucketArn": errors,
            "roleArn": role["arn"],
            "errorOutputPrefix": "errors/!{firehose:error-output-type}/",
        },
    }
    inputs = {
        "name": f"amazon-apigateway-{world.name}",
        "destination": "iceberg",
        "icebergConfiguration": iceberg,
        "serverSideEncryption": {"enabled": True, "keyType": "AWS_OWNED_CMK"},
        "tags": {"a": "1"},
    }
    change = inputs | {"icebergConfiguration": iceberg | {"bufferingInterval": 6.0}, "tags": {"b": "2"}}
    replaced = {"icebergConfiguration": iceberg | {"appendOnly": False}}
    return Example(inputs, change, replaced, frozenset({"arn", "destinationId", "versionId"}))


def ensure_catalog(session: boto3.Session, region: str, account: str) -> None:
    glue = session.client("glue")
    if any(catalog["Name"] == "s3tablescatalog" for catalog in glue.get_catalogs()["CatalogList"]):
        return
    federated = {"Identifier": f"arn:aws:s3tables:{region}:{account}:bucket/*", "ConnectionName": "aws:s3tables"}
    permissions = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
    glue.create_catalog(
        Name="s3tablescatalog",
        CatalogInput={
            "FederatedCatalog": federated,
            "CreateDatabaseDefaultPermissions": permissions,
            "CreateTableDefaultPermissions": permissions,
        },
    )


EXAMPLES |= {
    BUCKET: _bucket,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _access_block,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _ownership,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _encryption,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _lifecycle,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    "aws:s3/bucketVersioning:BucketVersioning": _versioning,
    TABLE_BUCKET: _table_bucket,
    NAMESPACE: _namespace,
    TABLE: _table,
    WORKGROUP: _workgroup,
    "aws:athena/namedQuery:NamedQuery": _named_query,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _stream,
}
