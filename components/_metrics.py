"""The metrics that alarms and the dashboard look at, each with the dimensions that its service gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

FIREHOSE = "AWS/Firehose"
LAMBDA = "AWS/Lambda"
API_GATEWAY = "AWS/ApiGateway"
SQS = "AWS/SQS"
ATHENA = "AWS/Athena"

NAMESPACE_PREFIX = "SaasMetering/"
"""Of this product's own metrics: each deployment has a namespace of its own."""


@dataclass(frozen=True)
class Metric:
    """One metric and how its values of a period become one."""

    namespace: pulumi.Input[str]
    name: str
    statistic: str
    label: str
    """What the dashboard calls it."""
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """A metric without dimensions is another one than the sum over all of them."""


def own_namespace(reconciliation_table_name: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the namespace of a deployment's own metrics."""
    return pulumi.Output.concat(NAMESPACE_PREFIX, reconciliation_table_name)


def firehose(name: str, statistic: str, label: str, *, stream: pulumi.Input[str]) -> Metric:
    """Return a metric of a stream."""
    return Metric(FIREHOSE, name, statistic, label, {"DeliveryStreamName": stream})


def function(name: str, statistic: str, label: str, *, function: pulumi.Input[str]) -> Metric:
    """Return a metric of a function, over all its versions and aliases."""
    return Metric(LAMBDA, name, statistic, label, {"FunctionName": function})


def api(name: str, statistic: str, label: str, *, api: pulumi.Input[str], stage: pulumi.Input[str]) -> Metric:
    """Return a metric of a stage of a REST API."""
    return Metric(API_GATEWAY, name, statistic, label, {"ApiName": api, "Stage": stage})


def queue(name: str, statistic: str, label: str, *, queue: pulumi.Input[str]) -> Metric:
    """Return a metric of a queue."""
    return Metric(SQS, name, statistic, label, {"QueueName": queue})


def athena(name: str, statistic: str, label: str, *, workgroup: pulumi.Input[str], state: str) -> Metric:
    """Return a metric of a workgroup's queries that read or insert rows and ended in a state."""
    return Metric(ATHENA, name, statistic, label, {"QueryState": state, "QueryType": "DML", "WorkGroup": workgroup})


def of_source(namespace: pulumi.Input[str], name: str, statistic: str, label: str, *, source: str) -> Metric:
    """Return a metric that the reconciler puts for a source of records, by the role of the table they end in."""
    return Metric(namespace, name, statistic, label, {"Source": source})
