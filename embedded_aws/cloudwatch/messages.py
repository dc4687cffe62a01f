"""What alarms say when their state changes: to SNS, to EventBridge, and to who reads the reason."""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import botocore.session

from embedded_aws.cloudwatch import moment
from embedded_aws.cloudwatch.verdict import COMPARISONS, INSUFFICIENT_DATA, Rule, Verdict

_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}

Alarm = Mapping[str, Any]


@functools.cache
def region_name(region: str) -> str:
    """Give a Region's name for people, such as `US East (N. Virginia)`."""
    for partition in botocore.session.get_session().get_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


def subject(alarm: Alarm, state: str, region: str) -> str:
    """Give the subject of an alarm's notification."""
    return f'{state}: "{alarm["AlarmName"]}" in {region_name(region)}'[:100]


def notification(alarm: Alarm, old: str, new: str, reason: str, scope: tuple[str, str]) -> str:
    """Give the body of an alarm's notification, in the JSON form of CloudWatch.

    Args:
        alarm: the alarm.
        old: its state before.
        new: its state now.
        reason: why.
        scope: account and Region.
    """
    account, region = scope
    head = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": moment.text(moment.of(alarm["AlarmConfigurationUpdatedTimestamp"])),
        "NewStateValue": new,
        "NewStateReason": reason,
        "StateChangeTime": moment.text(moment.now()),
        "Region": region_name(region),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old,
        **{key: alarm.get(key, []) for key in ("OKActions", "AlarmActions", "InsufficientDataActions")},
    }
    if "AlarmRule" in alarm:
        return json.dumps(head | {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": _children(alarm)})
    return json.dumps(head | {"Trigger": _trigger(alarm)})


def event(alarm: Alarm, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Give the detail of EventBridge's `CloudWatch Alarm State Change`.

    Args:
        alarm: the alarm.
        old: its state before: `value`, `reason`, `timestamp`.
        new: its state now, likewise.
    """
    configuration: dict[str, Any] = {"description": alarm.get("AlarmDescription", "")}
    if "AlarmRule" in alarm:
        configuration |= {"alarmRule": alarm["AlarmRule"]}
    else:
        configuration |= {"metrics": _metrics_of_event(alarm)}
    return {"alarmName": alarm["AlarmName"], "state": new, "previousState": old, "configuration": configuration}


def reason(rule: Rule, found: Sequence[float | None], times: Sequence[int], verdict: Verdict) -> str:
    """Say why an alarm is in its state, in the words of CloudWatch.

    Args:
        rule: the alarm's.
        found: the data points of the range.
        times: their times, in seconds since 1970.
        verdict: what was found.
    """
    if verdict.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_counted(verdict.filled)} {'was' if verdict.filled == 1 else 'were'} unknown."
    words = COMPARISONS[rule.comparison][0]
    if not verdict.evaluated:
        kind = _TREATED.get(rule.treatment, rule.treatment)
        return (
            f"Threshold Crossed: no datapoints were received for {verdict.filled} period"
            f"{'' if verdict.filled == 1 else 's'} and {_counted(verdict.filled, 'missing ')} "
            f"{'was' if verdict.filled == 1 else 'were'} treated as [{kind}]."
        )
    shown = [(found[position], times[position]) for position in reversed(verdict.evaluated)]
    breaching = sum(rule.breaches(value) for value, _ in shown if value is not None)
    number = breaching if verdict.state == "ALARM" else len(shown) - breaching
    listed = ", ".join(f"{value} ({moment.of(time):%d/%m/%y %H:%M:%S})" for value, time in shown)
    negated = "" if verdict.state == "ALARM" else "not "
    verb = "was" if number == 1 else "were"
    return (
        f"Threshold Crossed: {number} out of the last {_counted(len(shown))} [{listed}] {verb} {negated}{words} the "
        f"threshold ({rule.threshold}) (minimum {_counted(rule.to_alarm)} for OK -> ALARM transition)."
    )


def _counted(number: int, kind: str = "") -> str:
    return f"{number} {kind}datapoint{'' if number == 1 else 's'}"


def _trigger(alarm: Alarm) -> dict[str, Any]:
    rule = {
        "EvaluationPeriods": int(alarm["EvaluationPeriods"]),
        "DatapointsToAlarm": int(alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": float(alarm["Threshold"]),
        "TreatMissingData": alarm.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
    if alarm.get("Metrics"):
        return rule | {"Metrics": [_query(query) for query in alarm["Metrics"]]}
    extended = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {
            "StatisticType": "Statistic",
            "Statistic": str(alarm.get("Statistic", "")).upper(),
        }
    )
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": _dimensions(alarm.get("Dimensions", [])),
        "Period": int(alarm["Period"]),
        **rule,
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(query)
    if "MetricStat" in query:
        metric = query["MetricStat"]["Metric"]
        named = {**metric, "Dimensions": _dimensions(metric.get("Dimensions", []))}
        shown["MetricStat"] = {**query["MetricStat"], "Metric": named}
    return {"ReturnData": True, **shown}


def _dimensions(pairs: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"value": pair["Value"], "name": pair["Name"]} for pair in pairs]


def _children(alarm: Alarm) -> list[dict[str, Any]]:
    told = json.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms", [])
    return [
        {"Arn": one["arn"], "State": {"Value": one["state"]["value"], "Timestamp": one["state"]["timestamp"]}}
        for one in told
    ]


def _metrics_of_event(alarm: Alarm) -> list[dict[str, Any]]:
    if not alarm.get("Metrics"):
        named = {pair["Name"]: pair["Value"] for pair in alarm.get("Dimensions", [])}
        metric = {"namespace": alarm["Namespace"], "name": alarm["MetricName"], "dimensions": named}
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        stat = {"metric": metric, "period": int(alarm["Period"]), "stat": statistic}
        return [{"id": "m1", "metricStat": stat, "returnData": True}]
    shown = []
    for query in alarm["Metrics"]:
        one: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
        if "Expression" in query:
            one["expression"] = query["Expression"]
        else:
            stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
            named = {pair["Name"]: pair["Value"] for pair in metric.get("Dimensions", [])}
            of = {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": named}
            one["metricStat"] = {"metric": of, "period": int(stat["Period"]), "stat": stat["Stat"]}
        shown.append(one)
    return shown
