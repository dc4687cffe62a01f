"""For every type that can be created: inputs, a change in place, and what it needs around it."""

import io
import itertools
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from embedded_aws.resources import CREATORS

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Example:
    inputs: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    """Inputs that change in place; empty where every change replaces."""
    replaces: dict[str, Any] = field(default_factory=dict)
    """Inputs whose change replaces."""
    computed: frozenset[str] = frozenset()
    """Outputs beyond the inputs that must have a value."""


class World:
    """Makes what an example needs, and takes it down again, last first."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self.number = next(_numbers)
        self._made: list[tuple[str, str, dict[str, Any]]] = []

    def make(self, token: str, inputs: Mapping[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        given = example(self, token).inputs if inputs is None else dict(inputs)
        id_, outputs = CREATORS[token].create(self.session, self.name, given)
        self._made.append((token, id_, outputs))
        return id_, outputs

    @property
    def name(self) -> str:
        return f"example{self.number}"

    def close(self) -> None:
        for token, id_, outputs in reversed(self._made):
            CREATORS[token].delete(self.session, id_, outputs)


def example(world: World, token: str) -> Example:
    return EXAMPLES[token](world)


def archive(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(zipfile.ZipInfo("index.py"), code)
    return buffer.getvalue()


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
FUNCTION = "aws:lambda/function:Function"
API = "aws:apigateway/restApi:RestApi"
RESOURCE = "aws:apigateway/resource:Resource"
METHOD = "aws:apigateway/method:Method"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
STAGE = "aws:apigateway/stage:Stage"
POOL = "aws:cognito/userPool:UserPool"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TABLE_BUCKET = "aws:s3tables/tableBucket:TableBucket"
NAMESPACE = "aws:s3tables/namespace:Namespace"
TABLE = "aws-native:s3tables:Table"
WORKGROUP = "aws:athena/workgroup:Workgroup"


def _bucket(_: World) -> Example:
    return Example(
        {"forceDestroy": True, "tags": {"a": "1"}},
        {"forceDestroy": True, "tags": {"b": "2"}},
        {"bucket": "another-name"},
        frozenset({"arn", "bucket", "bucketRegionalDomainName"}),
    )


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
        return [expire | {"abortIncompleteMultipartUpload": {"daysAfterInitiation": 1}}]

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


def _role(_: World) -> Example:
    inputs = {"assumeRolePolicy": trust("lambda.amazonaws.com"), "description": "one", "tags": {"a": "1"}}
    change = inputs | {"assumeRolePolicy": trust("firehose.amazonaws.com"), "description": "two", "tags": {"b": "2"}}
    return Example(inputs, change, {"name": "another"}, frozenset({"arn", "name", "uniqueId", "createDate"}))


def _role_policy(world: World) -> Example:
    role = world.make(ROLE)[0]
    return Example(
        {"role": role, "policy": allow("s3:GetObject", "arn:aws:s3:::a/*")},
        {"role": role, "policy": allow("s3:PutObject", "arn:aws:s3:::a/*")},
        {"role": "another"},
        frozenset({"name"}),
    )


def _function(world: World) -> Example:
    role = world.make(ROLE)[1]["arn"]
    group = world.make(LOG_GROUP)[0]
    inputs = {
        "role": role,
        "code": archive("def handler(event, context): return 1"),
        "handler": "index.handler",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "memorySize": 128.0,
        "timeout": 10.0,
        "publish": True,
        "environment": {"variables": {"A": "1"}},
        "loggingConfig": {"logFormat": "JSON", "logGroup": group, "applicationLogLevel": "INFO"},
    }
    change = inputs | {
        "code": archive("def handler(event, context): return 2"),
        "timeout": 20.0,
        "environment": {"variables": {"A": "2"}},
    }
    computed = frozenset({"arn", "name", "invokeArn", "qualifiedArn", "version", "codeSha256", "lastModified"})
    return Example(inputs, change, {"name": "another"}, computed)


def _alias(world: World) -> Example:
    function = world.make(FUNCTION)[1]
    inputs = {"name": "live", "functionName": function["name"], "functionVersion": function["version"]}
    change = inputs | {"functionVersion": "$LATEST", "description": "newest"}
    return Example(inputs, change, {"name": "other"}, frozenset({"arn", "invokeArn"}))


def _permission(world: World) -> Example:
    function = world.make(FUNCTION)[1]["name"]
    alias = {"name": "live", "functionName": function, "functionVersion": "1"}
    world.make("aws:lambda/alias:Alias", alias)
    inputs = {
        "action": "lambda:InvokeFunction",
        "function": function,
        "principal": "apigateway.amazonaws.com",
        "qualifier": "live",
        "sourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc/*/GET/path",
    }
    return Example(inputs, {}, {"sourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc/*/GET/other"})


def _log_group(world: World) -> Example:
    inputs = {"namePrefix": f"/aws/lambda/{world.name}-", "retentionInDays": 30.0, "tags": {"a": "1"}}
    change = inputs | {"retentionInDays": 7.0, "tags": {"b": "2"}}
    return Example(inputs, change, {"namePrefix": "other"}, frozenset({"arn", "name"}))


def _log_stream(world: World) -> Example:
    inputs = {"logGroupName": world.make(LOG_GROUP)[0], "name": "DestinationDelivery"}
    return Example(inputs, {}, {"name": "other"}, frozenset({"arn"}))


def _pool(_: World) -> Example:
    schema = {
        "name": "tenant_id",
        "attributeDataType": "String",
        "mutable": True,
        "stringAttributeConstraints": {"minLength": "1", "maxLength": "128"},
    }
    inputs = {
        "usernameAttributes": ["email"],
        "autoVerifiedAttributes": ["email"],
        "schemas": [schema],
        "adminCreateUserConfig": {"allowAdminCreateUserOnly": False},
        "passwordPolicy": {"minimumLength": 12.0, "requireSymbols": True},
        "accountRecoverySetting": {"recoveryMechanisms": [{"name": "verified_email", "priority": 1.0}]},
        "deletionProtection": "INACTIVE",
    }
    change = inputs | {"adminCreateUserConfig": {"allowAdminCreateUserOnly": True}}
    return Example(inputs, change, {"usernameAttributes": ["phone_number"]}, frozenset({"arn", "endpoint", "name"}))


def _client(world: World) -> Example:
    inputs = {
        "userPoolId": world.make(POOL)[0],
        "explicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "readAttributes": ["email", "custom:tenant_id"],
        "writeAttributes": ["email"],
        "idTokenValidity": 60.0,
        "tokenValidityUnits": {"idToken": "minutes"},
        "preventUserExistenceErrors": "ENABLED",
    }
    return Example(inputs, inputs | {"idTokenValidity": 30.0}, {"userPoolId": "another"}, frozenset({"name"}))


def _api(_: World) -> Example:
    inputs = {
        "description": "one",
        "endpointConfiguration": {"types": "REGIONAL"},
        "binaryMediaTypes": ["image/png"],
        "tags": {"a": "1"},
    }
    change = {
        "description": "two",
        "endpointConfiguration": {"types": "EDGE"},
        "binaryMediaTypes": ["image/gif"],
        "disableExecuteApiEndpoint": True,
        "tags": {"b": "2"},
    }
    return Example(inputs, change, {}, frozenset({"arn", "executionArn", "rootResourceId", "name"}))


def _authorizer(world: World) -> Example:
    inputs = {
        "restApi": world.make(API)[0],
        "type": "COGNITO_USER_POOLS",
        "providerArns": [world.make(POOL)[1]["arn"]],
        "identitySource": "method.request.header.Authorization",
    }
    change = inputs | {"authorizerResultTtlInSeconds": 0.0, "providerArns": [world.make(POOL)[1]["arn"]]}
    return Example(inputs, change, {"restApi": "another"}, frozenset({"arn", "name"}))


def _validator(world: World) -> Example:
    inputs = {"restApi": world.make(API)[0], "validateRequestParameters": True}
    return Example(inputs, inputs | {"validateRequestBody": True}, {"restApi": "another"}, frozenset({"name"}))


def _response(world: World) -> Example:
    inputs = {
        "restApiId": world.make(API)[0],
        "responseType": "UNAUTHORIZED",
        "statusCode": "401",
        "responseTemplates": {"application/json": '{"message":$context.error.messageString}'},
    }
    change = inputs | {"responseParameters": {"gatewayresponse.header.WWW-Authenticate": "'Bearer'"}}
    return Example(inputs, change, {"responseType": "THROTTLED"})


def _resource(world: World) -> Example:
    id_, api = world.make(API)
    inputs = {"restApi": id_, "parentId": api["rootResourceId"], "pathPart": "random"}
    return Example(inputs, inputs | {"pathPart": "other"}, {"restApi": "another"}, frozenset({"path"}))


def _method(world: World) -> Example:
    resource = world.make(RESOURCE)[1] | {"id": world._made[-1][1]}
    inputs = {
        "restApi": resource["restApi"],
        "resourceId": resource["id"],
        "httpMethod": "GET",
        "authorization": "NONE",
        "requestParameters": {"method.request.querystring.len": False},
    }
    change = inputs | {
        "authorization": "AWS_IAM",
        "apiKeyRequired": True,
        "requestParameters": {"method.request.querystring.num": True},
    }
    return Example(inputs, change, {"httpMethod": "POST"})


def _integration(world: World) -> Example:
    method = world.make(METHOD)[1]
    function = world.make(FUNCTION)[1]
    inputs = {
        **{key: method[key] for key in ("restApi", "resourceId", "httpMethod")},
        "type": "AWS_PROXY",
        "integrationHttpMethod": "POST",
        "uri": function["invokeArn"],
    }
    return Example(inputs, inputs | {"timeoutMilliseconds": 5000.0}, {"type": "MOCK"})


def _deployment(world: World) -> Example:
    _, method = world.make(METHOD)
    mock = {key: method[key] for key in ("restApi", "resourceId", "httpMethod")} | {"type": "MOCK"}
    world.make("aws:apigateway/integration:Integration", mock)
    inputs = {"restApi": method["restApi"], "triggers": {"redeployment": "abc"}}
    return Example(
        inputs, inputs | {"description": "two"}, {"triggers": {"redeployment": "def"}}, frozenset({"createdDate"})
    )


def _stage(world: World) -> Example:
    id_, deployment = world.make(DEPLOYMENT)
    inputs = {"restApi": deployment["restApi"], "deployment": id_, "stageName": "a-b", "variables": {"a": "1"}}
    inputs["tags"] = {"a": "1"}
    change = inputs | {"variables": {"b": "2"}, "xrayTracingEnabled": True, "tags": {"b": "2"}}
    return Example(inputs, change, {"stageName": "other"}, frozenset({"arn", "executionArn", "invokeUrl"}))


def _method_settings(world: World) -> Example:
    stage = world.make(STAGE)[1]
    inputs = {
        "restApi": stage["restApi"],
        "stageName": stage["stageName"],
        "methodPath": "*/*",
        "settings": {"throttlingRateLimit": 10.5, "throttlingBurstLimit": 20.0},
    }
    return Example(inputs, inputs | {"settings": {"throttlingRateLimit": 1.0}}, {"methodPath": "a/GET"})


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


EXAMPLES: dict[str, Callable[[World], Example]] = {
    BUCKET: _bucket,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _access_block,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _ownership,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _encryption,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _lifecycle,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
    ROLE: _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    FUNCTION: _function,
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/permission:Permission": _permission,
    LOG_GROUP: _log_group,
    "aws:cloudwatch/logStream:LogStream": _log_stream,
    POOL: _pool,
    "aws:cognito/userPoolClient:UserPoolClient": _client,
    API: _api,
    "aws:apigateway/authorizer:Authorizer": _authorizer,
    "aws:apigateway/requestValidator:RequestValidator": _validator,
    "aws:apigateway/response:Response": _response,
    RESOURCE: _resource,
    METHOD: _method,
    "aws:apigateway/integration:Integration": _integration,
    DEPLOYMENT: _deployment,
    STAGE: _stage,
    "aws:apigateway/methodSettings:MethodSettings": _method_settings,
    TABLE_BUCKET: _table_bucket,
    NAMESPACE: _namespace,
    TABLE: _table,
    WORKGROUP: _workgroup,
    "aws:athena/namedQuery:NamedQuery": _named_query,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _stream,
}
