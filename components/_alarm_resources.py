"""Alarms as CloudWatch's resources, each made of its definition."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components._alarms import AT_RISK, Alarm, at_risk_description, description
from components._metrics import Metric

RESULT = "result"
"""Id of the expression among an alarm's queries."""


def metric_alarm(
    name: str, alarm: Alarm, *, deployment: str, topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """Make an alarm that tells a topic when it goes off and when it is over.

    Args:
        name: what the logical name begins with.
        alarm: its definition.
        deployment: whose alarm it is, in its words.
        topic_arn: ARN of the topic.
        opts: options of the alarm.
    """
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{alarm.role}",
        alarm_description=description(alarm, deployment),
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        evaluation_periods=alarm.of,
        datapoints_to_alarm=alarm.at_least,
        treat_missing_data=alarm.missing,
        warm_up_configuration=(
            {"warm_up_period_duration_in_minutes": alarm.warm_up_minutes} if alarm.warm_up_minutes else None
        ),
        metric_queries=[*_queries(alarm), _result(alarm)] if alarm.expression else None,
        **({} if alarm.expression else _plain(alarm)),
        opts=opts,
    )


def at_risk_alarm(
    name: str,
    alarms: Mapping[str, aws.cloudwatch.MetricAlarm],
    *,
    deployment: str,
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.CompositeAlarm:
    """Make the alarm that goes off when any of the alarms does, and is over when all are.

    Args:
        name: what the logical name begins with.
        alarms: the alarms, which exist before this one and go after it, since it names them.
        deployment: what its own name begins with: CloudWatch wants one that is unique in account and region.
        topic_arn: ARN of the topic.
        opts: options of the alarm.
    """
    rule = pulumi.Output.all(*(alarm.name for alarm in alarms.values())).apply(_any_of)
    return aws.cloudwatch.CompositeAlarm(
        f"{name}-{AT_RISK}",
        alarm_name=f"{deployment}-{AT_RISK}",
        alarm_description=at_risk_description(deployment),
        alarm_rule=rule,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        opts=opts,
    )


def _any_of(names: Sequence[str]) -> str:
    return " OR ".join(f'ALARM("{name}")' for name in names)


def _plain(alarm: Alarm) -> dict[str, Any]:
    """Return the arguments of an alarm that looks at one metric as it is."""
    (metric,) = alarm.metrics.values()
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions) or None,
        "statistic": metric.statistic,
        "period": alarm.period,
    }


def _queries(alarm: Alarm) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]:
    return [{"id": key, "metric": _of_query(metric, alarm.period)} for key, metric in alarm.metrics.items()]


def _of_query(metric: Metric, period: int) -> aws.cloudwatch.MetricAlarmMetricQueryMetricArgsDict:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "stat": metric.statistic,
        "period": period,
    }


def _result(alarm: Alarm) -> aws.cloudwatch.MetricAlarmMetricQueryArgsDict:
    return {"id": RESULT, "expression": alarm.expression, "label": alarm.role, "return_data": True}
