"""Examples of what watches the program: SNS, alarms, dashboards, metric filters, and who may act on them."""

import json
from typing import Any

from tests.embedded.resource_examples.world import EXAMPLES, LOG_GROUP, QUEUE, ROLE, Example, World, allow

TOPIC = "aws:sns/topic:Topic"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
POLICY = "aws:iam/policy:Policy"


def _topic(_: World) -> Example:
    inputs = {"displayName": "Usage", "kmsMasterKeyId": "alias/one", "tags": {"a": "1"}}
    change = {"displayName": "Other", "tags": {"b": "2"}}
    return Example(inputs, change, {"name": "other", "namePrefix": "other"}, frozenset({"arn", "name", "owner"}))


def _topic_policy(world: World) -> Example:
    topic = world.make(TOPIC)[0]

    def policy(action: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": action}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Resource": topic}]})

    inputs = {"arn": topic, "policy": policy("sns:Publish")}
    return Example(inputs, inputs | {"policy": policy("sns:Subscribe")}, {"arn": "other"}, frozenset({"owner"}))


def _topic_subscription(world: World) -> Example:
    topic, queue = world.make(TOPIC)[0], world.make(QUEUE, {})[1]["arn"]
    inputs = {
        "topic": topic,
        "protocol": "sqs",
        "endpoint": queue,
        "rawMessageDelivery": True,
        "filterPolicy": json.dumps({"a": ["1"]}),
    }
    change = {key: inputs[key] for key in ("topic", "protocol", "endpoint")}
    return Example(inputs, change, {"protocol": "email"}, frozenset({"arn", "ownerId"}))


def _metric_alarm(world: World) -> Example:
    topic = world.make(TOPIC)[0]
    inputs = {
        "alarmDescription": "Rows failed.",
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 3.0,
        "datapointsToAlarm": 2.0,
        "metricName": "Failed",
        "namespace": "Examples",
        "dimensions": {"B": "2", "A": "1"},
        "period": 300.0,
        "statistic": "Sum",
        "threshold": 0.0,
        "treatMissingData": "notBreaching",
        "alarmActions": [topic],
        "okActions": [topic],
        "tags": {"a": "1"},
    }
    change = {
        "alarmDescription": "Failures per request.",
        "comparisonOperator": "LessThanThreshold",
        "evaluationPeriods": 1.0,
        "threshold": 0.5,
        "metricQueries": [_query("m1", "Failed"), _query("m2", "Count"), _ratio()],
        "tags": {"b": "2"},
    }
    return Example(inputs, change, {"name": "other"}, frozenset({"arn", "name"}))


def _query(id_: str, metric: str) -> dict[str, Any]:
    stat = {
        "metricName": metric,
        "namespace": "Examples",
        "dimensions": {"A": "1"},
        "period": 60.0,
        "stat": "Sum",
        "unit": "Count",
    }
    return {"id": id_, "metric": stat, "returnData": False}


def _ratio() -> dict[str, Any]:
    return {"id": "e1", "expression": "m1 / m2", "label": "ratio", "returnData": True}


def _composite_alarm(world: World) -> Example:
    child = world.make(ALARM)[0]
    inputs = {
        "alarmRule": f'ALARM("{child}")',
        "alarmDescription": "Data is at risk.",
        "alarmActions": [world.make(TOPIC)[0]],
        "actionsEnabled": False,
        "tags": {"a": "1"},
    }
    change = {"alarmRule": f'NOT OK("{child}")', "actionsEnabled": True, "tags": {"b": "2"}}
    return Example(inputs, change, {"alarmName": "other"}, frozenset({"arn", "alarmName"}))


def _dashboard(_: World) -> Example:
    def body(title: str) -> str:
        return json.dumps({"widgets": [{"type": "text", "properties": {"markdown": title}}]})

    inputs = {"dashboardBody": body("one")}
    computed = frozenset({"dashboardArn", "dashboardName"})
    return Example(inputs, {"dashboardBody": body("two")}, {"dashboardName": "other"}, computed)


def _log_metric_filter(world: World) -> Example:
    transformation = {"name": "Accepted", "namespace": "Examples", "value": "$.accepted", "defaultValue": "0"}
    inputs = {
        "logGroupName": world.make(LOG_GROUP)[0],
        "pattern": "{ $.accepted = * }",
        "metricTransformation": transformation | {"unit": "Count"},
    }
    per_kind = {key: value for key, value in transformation.items() if key != "defaultValue"}
    change = inputs | {
        "pattern": "{ $.accepted > 0 }",
        "metricTransformation": per_kind | {"value": "1", "dimensions": {"Kind": "$.kind"}},
    }
    return Example(inputs, change, {"logGroupName": "other", "name": "other"}, frozenset({"name"}))


def _policy(_: World) -> Example:
    inputs = {"policy": allow("s3:GetObject", "arn:aws:s3:::a/*"), "description": "one", "tags": {"a": "1"}}
    change = inputs | {"policy": allow("s3:PutObject", "arn:aws:s3:::a/*"), "tags": {"b": "2"}}
    return Example(inputs, change, {"name": "other", "path": "/other/"}, frozenset({"arn", "name", "policyId", "path"}))


def _role_policy_attachment(world: World) -> Example:
    inputs = {"role": world.make(ROLE)[0], "policyArn": world.make(POLICY)[0]}
    return Example(inputs, {}, {"policyArn": "other", "role": "other"})


EXAMPLES |= {
    TOPIC: _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": _topic_subscription,
    ALARM: _metric_alarm,
    COMPOSITE: _composite_alarm,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _log_metric_filter,
    POLICY: _policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _role_policy_attachment,
}
