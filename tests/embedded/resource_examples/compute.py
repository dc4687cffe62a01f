"""Examples of what runs, and what it may do: Lambda, IAM, CloudWatch Logs."""

import io
import zipfile

from tests.embedded.resource_examples.world import EXAMPLES, FUNCTION, LOG_GROUP, ROLE, Example, World, allow, trust


def archive(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(zipfile.ZipInfo("index.py"), code)
    return buffer.getvalue()


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


EXAMPLES |= {
    ROLE: _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    FUNCTION: _function,
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/permission:Permission": _permission,
    LOG_GROUP: _log_group,
    "aws:cloudwatch/logStream:LogStream": _log_stream,
}
