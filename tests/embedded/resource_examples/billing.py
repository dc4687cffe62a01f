"""Examples of what billing needs: DynamoDB, SQS, what makes functions run by themselves, schedules."""

import json
from typing import Any

from tests.embedded.resource_examples.world import EXAMPLES, FUNCTION, QUEUE, ROLE, Example, World, allow, trust


def _table(_: World) -> Example:
    inputs = {
        "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
        "hashKey": "pk",
        "rangeKey": "sk",
        "billingMode": "PAY_PER_REQUEST",
        "deletionProtectionEnabled": True,
        "pointInTimeRecovery": {"enabled": True},
        "serverSideEncryption": {"enabled": True},
        "ttl": {"attributeName": "expires", "enabled": True},
        "tags": {"a": "1"},
    }
    change = inputs | {
        "deletionProtectionEnabled": False,
        "pointInTimeRecovery": {"enabled": False},
        "tableClass": "STANDARD_INFREQUENT_ACCESS",
        "ttl": {"attributeName": "until", "enabled": True},
        "tags": {"b": "2"},
    }
    return Example(inputs, change, {"rangeKey": "other", "name": "another"}, frozenset({"arn", "name"}))


def _queue(world: World) -> Example:
    dead_letters = world.make(QUEUE, {"name": f"{world.name}-dead"})[1]["arn"]

    def redrive(count: int) -> str:
        return json.dumps({"deadLetterTargetArn": dead_letters, "maxReceiveCount": count})

    inputs = {
        "visibilityTimeoutSeconds": 720.0,
        "messageRetentionSeconds": 1_209_600.0,
        "redrivePolicy": redrive(5),
        "sqsManagedSseEnabled": True,
        "tags": {"a": "1"},
    }
    change = inputs | {"visibilityTimeoutSeconds": 30.0, "redrivePolicy": redrive(3), "tags": {"b": "2"}}
    computed = frozenset({"arn", "name", "url", "maxMessageSize"})
    return Example(inputs, change, {"name": "another", "namePrefix": "another"}, computed)


def _queue_policy(world: World) -> Example:
    url, queue = world.make(QUEUE, {})

    def policy(action: str) -> str:
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": queue["arn"]}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Condition": insecure}]})

    inputs = {"queueUrl": url, "policy": policy("sqs:ReceiveMessage")}
    return Example(inputs, inputs | {"policy": policy("sqs:SendMessage")}, {"queueUrl": "another"})


def _live_alias(world: World) -> dict[str, Any]:
    function = world.make(FUNCTION)[1]
    inputs = {"name": "live", "functionName": function["name"], "functionVersion": function["version"]}
    return world.make("aws:lambda/alias:Alias", inputs)[1]


def _mapping(world: World) -> Example:
    alias = _live_alias(world)
    source = world.make(QUEUE, {"visibilityTimeoutSeconds": 60.0})[1]["arn"]
    role = world.role_of(alias["functionName"])
    world.make("aws:iam/rolePolicy:RolePolicy", {"role": role, "policy": allow("sqs:*", source)})
    inputs = {
        "eventSourceArn": source,
        "functionName": alias["arn"],
        "batchSize": 1.0,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 2.0},
        "tags": {"a": "1"},
    }
    change = inputs | {"enabled": False, "batchSize": 5.0, "scalingConfig": {"maximumConcurrency": 3.0}}
    computed = frozenset({"arn", "uuid", "functionArn", "state", "lastModified"})
    return Example(inputs, change | {"tags": {"b": "2"}}, {"eventSourceArn": "another"}, computed)


def _invoke_config(world: World) -> Example:
    alias = _live_alias(world)
    failed, succeeded = (world.make(QUEUE, {"name": f"{world.name}-{kind}"})[1]["arn"] for kind in ("failed", "done"))
    role = world.role_of(alias["functionName"])
    world.make("aws:iam/rolePolicy:RolePolicy", {"role": role, "policy": allow("sqs:SendMessage", "*")})
    inputs = {
        "functionName": alias["functionName"],
        "qualifier": "live",
        "maximumRetryAttempts": 1.0,
        "maximumEventAgeInSeconds": 3600.0,
        "destinationConfig": {"onFailure": {"destination": failed}},
    }
    change = inputs | {
        "maximumRetryAttempts": 0.0,
        "destinationConfig": {"onFailure": {"destination": succeeded}, "onSuccess": {"destination": succeeded}},
    }
    return Example(inputs, change, {"qualifier": "other", "functionName": "other"})


def _schedule(world: World) -> Example:
    alias = _live_alias(world)
    role = world.make(ROLE, {"assumeRolePolicy": trust("scheduler.amazonaws.com")})
    policies = allow("lambda:InvokeFunction", alias["arn"])
    world.make("aws:iam/rolePolicy:RolePolicy", {"role": role[0], "policy": policies})
    group = world.make("aws:scheduler/scheduleGroup:ScheduleGroup", {})[0]
    target = {
        "arn": alias["arn"],
        "roleArn": role[1]["arn"],
        "input": json.dumps({"scheduled_time": "<aws.scheduler.scheduled-time>"}),
        "retryPolicy": {"maximumRetryAttempts": 3.0, "maximumEventAgeInSeconds": 3600.0},
        "deadLetterConfig": {"arn": world.make(QUEUE, {})[1]["arn"]},
    }
    inputs = {
        "groupName": group,
        "scheduleExpression": "cron(0 6 * * ? *)",
        "scheduleExpressionTimezone": "UTC",
        "flexibleTimeWindow": {"mode": "OFF"},
        "description": "daily",
        "target": target,
        "state": "ENABLED",
    }
    change = inputs | {
        "scheduleExpression": "rate(1 day)",
        "state": "DISABLED",
        "target": target | {"retryPolicy": {"maximumRetryAttempts": 0.0, "maximumEventAgeInSeconds": 60.0}},
    }
    return Example(inputs, change, {"groupName": "other", "name": "other"}, frozenset({"arn", "name"}))


def _schedule_group(_: World) -> Example:
    computed = frozenset({"arn", "name", "state", "creationDate", "lastModificationDate"})
    return Example({"tags": {"a": "1"}}, {"tags": {"b": "2"}}, {"name": "other", "namePrefix": "other"}, computed)


EXAMPLES |= {
    "aws:dynamodb/table:Table": _table,
    QUEUE: _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _queue_policy,
    "aws:lambda/eventSourceMapping:EventSourceMapping": _mapping,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _invoke_config,
    "aws:scheduler/schedule:Schedule": _schedule,
    "aws:scheduler/scheduleGroup:ScheduleGroup": _schedule_group,
}
