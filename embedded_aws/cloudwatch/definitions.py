"""PutMetricAlarm: what makes a metric alarm, and what of it CloudWatch refuses."""

from collections.abc import Mapping
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.cloudwatch import distributions, verdict
from embedded_aws.cloudwatch.queries import Queries, QueryError
from embedded_aws.cloudwatch.store import MINUTE

_CLOUDWATCH = hooks.use("ministack.services.cloudwatch", "_alarms", "_composite_alarms", "_resource_tags")
_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region")

DAY: Final = 86_400
_SINGLE: Final = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_KEPT: Final = (
    "AlarmName",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "MetricName",
    "Metrics",
    "Namespace",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
    "Unit",
    "WarmUpConfiguration",
)
_UNSUPPORTED: Final = (
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "ThresholdMetricId",
)
_ACTIONS: Final = ("AlarmActions", "OKActions", "InsufficientDataActions")
_STATE: Final = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
_WARM_UP_MINUTES: Final = (1, 2880)
MOST_ACTIONS: Final = 5
WARMING_SINCE: Final = "_warming_since"
"""Key of when an alarm began to warm up, in seconds since 1970; None once it has ended. It is never shown."""

Alarm = dict[str, Any]


class AlarmError(ValueError):
    """An alarm that CloudWatch does not take; `code` is its error code."""

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code = code


def arn_of(name: str) -> str:
    """Give the ARN of an alarm."""
    return f"arn:aws:cloudwatch:{_RESPONSES.get_region()}:{_RESPONSES.get_account_id()}:alarm:{name}"


def rule_of(alarm: Mapping[str, Any]) -> verdict.Rule:
    """Give an alarm's rule."""
    periods = int(alarm["EvaluationPeriods"])
    return verdict.Rule(
        comparison=alarm["ComparisonOperator"],
        threshold=float(alarm["Threshold"]),
        periods=periods,
        to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        treatment=alarm.get("TreatMissingData") or "missing",
    )


def queries_of(alarm: Mapping[str, Any]) -> tuple[Queries, str, int]:
    """Give an alarm's queries, the id of the one that it watches, and its period in seconds.

    Raises:
        QueryError: they cannot be evaluated.
    """
    if not alarm.get("Metrics"):
        metric = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions") if key in alarm}
        stat = {"Metric": metric, "Period": alarm["Period"], "Stat": _statistic(alarm)}
        unit = {"Unit": alarm["Unit"]} if alarm.get("Unit") else {}
        return Queries([{"Id": "m1", "MetricStat": stat | unit}]), "m1", int(alarm["Period"])
    queries = Queries(alarm["Metrics"])
    watched = queries.returned()
    if len(watched) != 1:
        raise QueryError(f"Exactly one element of the metrics list must return data, not {len(watched)}.")
    period = queries.period(watched[0]["Id"]) or queries.period() or MINUTE
    return queries, watched[0]["Id"], period


def warming(alarm: Alarm, data_points: int, now: float) -> bool:
    """Whether an alarm still warms up: it is not evaluated, until enough data has come or the time is over.

    Args:
        alarm: what it says of its warm-up is kept in it.
        data_points: real ones in the range that is looked at.
        now: seconds since 1970.
    """
    since, configured = alarm.get(WARMING_SINCE), alarm.get("WarmUpConfiguration")
    if since is None or not configured:
        return False
    early = not configured.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds")
    over = now >= since + int(configured["WarmUpPeriodDurationInMinutes"]) * MINUTE
    if over or (early and data_points >= int(alarm["EvaluationPeriods"])):
        alarm[WARMING_SINCE] = None
    return alarm[WARMING_SINCE] is not None


def put(request: Mapping[str, Any], now: int) -> tuple[Alarm, bool]:
    """Store an alarm as PutMetricAlarm does: a known one keeps its state, and its tags.

    Args:
        request: its parameters.
        now: seconds since 1970.

    Returns:
        the alarm, and whether it is new.

    Raises:
        AlarmError: CloudWatch refuses it.
    """
    name = str(request.get("AlarmName") or "")
    known: Alarm | None = _CLOUDWATCH._alarms.get(name)
    _check(request)
    alarm = {key: request[key] for key in _KEPT if request.get(key) is not None}
    alarm |= {key: list(request.get(key) or []) for key in _ACTIONS}
    alarm |= {
        "AlarmArn": arn_of(name),
        "ActionsEnabled": request.get("ActionsEnabled", True),
        "AlarmConfigurationUpdatedTimestamp": now,
        "StateValue": verdict.INSUFFICIENT_DATA,
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }
    if "Metrics" not in alarm:
        alarm["Dimensions"] = list(request.get("Dimensions") or [])
    if "WarmUpConfiguration" in alarm:
        alarm[WARMING_SINCE] = now
    if known:
        kept = _STATE if "WarmUpConfiguration" not in alarm else (*_STATE, WARMING_SINCE)
        alarm |= {key: known[key] for key in kept if key in known}
    elif request.get("Tags"):
        _CLOUDWATCH._resource_tags[alarm["AlarmArn"]] = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    _CLOUDWATCH._alarms[name] = alarm
    return alarm, known is None


def _statistic(alarm: Mapping[str, Any]) -> str:
    return str(alarm.get("ExtendedStatistic") or alarm.get("Statistic"))


def _check(request: Mapping[str, Any]) -> None:
    name = request.get("AlarmName")
    if not name:
        raise AlarmError("1 validation error detected: Value null at 'alarmName' failed to satisfy constraint: "
                         "Member must not be null")  # fmt: skip
    if name in _CLOUDWATCH._composite_alarms:
        raise AlarmError(f"A composite alarm with name {name} exists already.")
    for key in _UNSUPPORTED:
        if request.get(key) is not None:
            raise AlarmError(f"{key} of an alarm is not supported by the embedded AWS")
    for key in _ACTIONS:
        if len(request.get(key) or []) > MOST_ACTIONS:
            raise AlarmError(f"{key}: at most {MOST_ACTIONS} actions, not {len(request[key])}")
    _check_rule(request)
    try:
        _check_metrics(request)
    except (QueryError, distributions.StatisticError) as error:
        raise AlarmError(str(error)) from error


def _check_rule(request: Mapping[str, Any]) -> None:
    for key in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        if request.get(key) is None:
            raise AlarmError(f"The parameter {key} must be specified.")
    if request["ComparisonOperator"] not in verdict.COMPARISONS:
        raise AlarmError(f"ComparisonOperator {request['ComparisonOperator']} is not supported by the embedded AWS")
    periods = int(request["EvaluationPeriods"])
    to_alarm = int(request.get("DatapointsToAlarm") or periods)
    if periods < 1 or not 1 <= to_alarm <= periods:
        raise AlarmError(
            f"The value {to_alarm} for parameter DatapointsToAlarm must be between 1 and EvaluationPeriods ({periods})."
        )
    least, most = _WARM_UP_MINUTES
    minutes = (request.get("WarmUpConfiguration") or {}).get("WarmUpPeriodDurationInMinutes", least)
    if not least <= minutes <= most:
        raise AlarmError(f"WarmUpPeriodDurationInMinutes {minutes}: must be between {least} and {most}")
    treatment = request.get("TreatMissingData", "missing")
    if treatment not in verdict.TREATMENTS:
        raise AlarmError(f"Value '{treatment}' for parameter TreatMissingData is not one of {verdict.TREATMENTS}")


def _check_metrics(request: Mapping[str, Any]) -> None:
    if request.get("Metrics"):
        if given := [key for key in _SINGLE if request.get(key)]:
            raise AlarmError(
                f"Metrics cannot be specified together with {', '.join(given)}.", "InvalidParameterCombination"
            )
    else:
        for key in ("MetricName", "Namespace", "Period"):
            if not request.get(key):
                raise AlarmError(f"The parameter {key} must be specified.")
        if bool(request.get("Statistic")) == bool(request.get("ExtendedStatistic")):
            raise AlarmError("Exactly one of Statistic and ExtendedStatistic must be specified.")
        if request.get("Statistic") not in (None, *distributions.BASIC):
            raise AlarmError(
                f"1 validation error detected: Value '{request['Statistic']}' at 'statistic' failed to satisfy "
                f"constraint: Member must satisfy enum value set: [{', '.join(distributions.BASIC)}]"
            )
        distributions.check(_statistic(request))
    period, periods = queries_of(request)[2], int(request["EvaluationPeriods"])
    if period < MINUTE or period % MINUTE:
        raise AlarmError(f"Period {period}: the embedded AWS has standard resolution, multiples of {MINUTE} seconds")
    longest = 7 * DAY if period >= 3600 else DAY  # noqa: PLR2004 - an hour
    if period * periods > longest:
        raise AlarmError(
            f"Metrics cannot be checked across more than {'seven days' if longest > DAY else 'a day'} "
            f"(EvaluationPeriods * Period must be <= {longest})."
        )
