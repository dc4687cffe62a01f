"""CloudWatch alarms, metric and composite."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_ACTIONS: Shape = {
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "alarmDescription": "AlarmDescription",
    "insufficientDataActions": "InsufficientDataActions",
    "okActions": "OKActions",
}
_STAT: Shape = {
    "metricName": "Metric.MetricName",
    "namespace": "Metric.Namespace",
    "dimensions": "Metric.Dimensions",
    "period": "Period",
    "stat": "Stat",
    "unit": "Unit",
}
_QUERY: Shape = {
    "id": "Id",
    "accountId": "AccountId",
    "expression": "Expression",
    "label": "Label",
    "period": "Period",
    "returnData": "ReturnData",
    "metric": ("MetricStat", _STAT),
}
_WARM_UP: Shape = {
    "warmUpPeriodDurationInMinutes": "WarmUpPeriodDurationInMinutes",
    "onlyStartEvaluatingAfterWarmUpPeriodEnds": "OnlyStartEvaluatingAfterWarmUpPeriodEnds",
}


class MetricAlarm(Creator):
    """`aws.cloudwatch.MetricAlarm`, of one metric or of an expression; its id is its name."""

    pulumi_type = "aws:cloudwatch/metricAlarm:MetricAlarm"
    shape: ClassVar[Shape] = {
        **_ACTIONS,
        "name": "AlarmName",
        "comparisonOperator": "ComparisonOperator",
        "datapointsToAlarm": "DatapointsToAlarm",
        "dimensions": "Dimensions",
        "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
        "evaluationPeriods": "EvaluationPeriods",
        "extendedStatistic": "ExtendedStatistic",
        "metricName": "MetricName",
        "metricQueries": ("Metrics", _QUERY),
        "namespace": "Namespace",
        "period": "Period",
        "statistic": "Statistic",
        "tags": "Tags",
        "threshold": "Threshold",
        "treatMissingData": "TreatMissingData",
        "unit": "Unit",
        "warmUpConfiguration": ("WarmUpConfiguration", _WARM_UP),
    }
    replace_on = frozenset({"name"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        client(session, "cloudwatch").put_metric_alarm(**_parameters(name, args), Tags=tags(args.get("Tags", {})))
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the alarm's definition; its state is none of it."""
        found = client(session, "cloudwatch").describe_alarms(AlarmNames=[id_], AlarmTypes=["MetricAlarm"])
        if not found["MetricAlarms"]:
            return None
        alarm = found["MetricAlarms"][0]
        read = _filled({key: value for key, value in from_aws(self.shape, alarm).items() if key != "dimensions"})
        for query, described in zip(read.get("metricQueries", []), alarm.get("Metrics", []), strict=True):
            if named := _named(described.get("MetricStat", {}).get("Metric", {}).get("Dimensions", [])):
                query["metric"]["dimensions"] = named
        return {
            "treatMissingData": "missing",
            **read,
            **({"dimensions": named} if (named := _named(alarm.get("Dimensions", []))) else {}),
            **_facts(session, alarm),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        client(session, "cloudwatch").put_metric_alarm(**_parameters(id_, args))
        _retag(session, olds, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the alarm."""
        client(session, "cloudwatch").delete_alarms(AlarmNames=[id_])


class CompositeAlarm(Creator):
    """`aws.cloudwatch.CompositeAlarm`; its id is its name."""

    pulumi_type = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    shape: ClassVar[Shape] = {**_ACTIONS, "alarmName": "AlarmName", "alarmRule": "AlarmRule", "tags": "Tags"}
    replace_on = frozenset({"alarmName"})
    named_by = "alarmName"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        given = {**args, "AlarmName": name, "Tags": tags(args.get("Tags", {}))}
        client(session, "cloudwatch").put_composite_alarm(**given)
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the alarm's definition; its state is none of it."""
        found = client(session, "cloudwatch").describe_alarms(AlarmNames=[id_], AlarmTypes=["CompositeAlarm"])
        if not found["CompositeAlarms"]:
            return None
        alarm = found["CompositeAlarms"][0]
        return {**_filled(from_aws(self.shape, alarm)), **_facts(session, alarm)}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        given = {key: value for key, value in args.items() if key != "Tags"}
        client(session, "cloudwatch").put_composite_alarm(**{**given, "AlarmName": id_})
        _retag(session, olds, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the alarm."""
        client(session, "cloudwatch").delete_alarms(AlarmNames=[id_])


def _parameters(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Give PutMetricAlarm's parameters without tags, which it takes only from a new alarm."""
    given = {key: value for key, value in args.items() if key != "Tags"} | {"AlarmName": name}
    if "Dimensions" in given:
        given["Dimensions"] = _pairs(given["Dimensions"])
    for query in given.get("Metrics", []):
        query.setdefault("ReturnData", False)  # as pulumi-aws says, where CloudWatch by itself would say true
        metric = query.get("MetricStat", {}).get("Metric", {})
        if "Dimensions" in metric:
            metric["Dimensions"] = _pairs(metric["Dimensions"])
    return given


def _retag(session: boto3.Session, olds: Mapping[str, Any], args: Mapping[str, Any]) -> None:
    cloudwatch, arn = client(session, "cloudwatch"), olds["arn"]
    retag(
        olds,
        args.get("Tags", {}),
        lambda changed: cloudwatch.tag_resource(ResourceARN=arn, Tags=tags(changed)),
        lambda gone: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=gone),
    )


def _facts(session: boto3.Session, alarm: Mapping[str, Any]) -> Outputs:
    arn = alarm["AlarmArn"]
    tagged = client(session, "cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {"arn": arn, "region": session.region_name, **tag_outputs(tagged)}


def _filled(properties: Outputs) -> Outputs:
    """Drop what is empty: pulumi-aws has no empty lists and texts of alarms."""
    return {key: value for key, value in properties.items() if value not in ("", [])}


def _pairs(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def _named(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs}


CREATORS: tuple[Creator, ...] = (MetricAlarm(), CompositeAlarm())
