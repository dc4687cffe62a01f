"""CloudWatch's API: what is done here, and what ministack does, each in every protocol."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.cloudwatch import actions, definitions, metrics, moment, wire
from embedded_aws.cloudwatch.definitions import AlarmError
from embedded_aws.cloudwatch.metrics import MetricError

_CLOUDWATCH = hooks.use(
    "ministack.services.cloudwatch",
    "_delete_alarms",
    "_delete_dashboards",
    "_describe_alarm_history",
    "_describe_alarms",
    "_disable_alarm_actions",
    "_enable_alarm_actions",
    "_get_dashboard",
    "_list_dashboards",
    "_list_tags_for_resource",
    "_put_composite_alarm",
    "_put_dashboard",
    "_set_alarm_state",
    "_tag_resource",
    "_untag_resource",
)
_KEPT: Final = {
    "DeleteAlarms": "_delete_alarms",
    "DeleteDashboards": "_delete_dashboards",
    "DescribeAlarmHistory": "_describe_alarm_history",
    "DescribeAlarms": "_describe_alarms",
    "DisableAlarmActions": "_disable_alarm_actions",
    "EnableAlarmActions": "_enable_alarm_actions",
    "GetDashboard": "_get_dashboard",
    "ListDashboards": "_list_dashboards",
    "ListTagsForResource": "_list_tags_for_resource",
    "PutCompositeAlarm": "_put_composite_alarm",
    "PutDashboard": "_put_dashboard",
    "SetAlarmState": "_set_alarm_state",
    "TagResource": "_tag_resource",
    "UntagResource": "_untag_resource",
}
"""Operations that ministack does well; it is asked in JSON, whatever the caller speaks."""
_STATES: Final = ("OK", "ALARM", "INSUFFICIENT_DATA")
_OK = 200


class _RefusedError(Exception):
    """ministack refused; its code, message and status go on to the caller."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


async def handle_request(
    method: str,  # noqa: ARG001 - ministack's form of a service
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> wire.Answer:
    """Answer a request to CloudWatch."""
    protocol = wire.protocol_of(headers)
    operation = wire.operation_of(headers, path, query, body)
    call = _own(operation)
    if call is None:
        return wire.failure(protocol, "InvalidAction", f"The embedded AWS has no CloudWatch operation {operation!r}")
    try:
        return wire.answer(protocol, operation, call(wire.request(protocol, operation, query, body)))
    except wire.MalformedError as error:
        return wire.failure(protocol, "SerializationException", str(error))
    except (MetricError, AlarmError) as error:
        return wire.failure(protocol, error.code, str(error))
    except _RefusedError as error:
        return wire.failure(protocol, error.code, str(error), error.status)


def put_metric_alarm(request: Mapping[str, Any]) -> dict[str, Any]:
    """Make or change a metric alarm; it is evaluated when the next minute has passed."""
    alarm, new = definitions.put(request, int(moment.now().timestamp()))
    verb, kind = ("created", "Create") if new else ("updated", "Update")
    actions.note(alarm, "ConfigurationUpdate", f'Alarm "{alarm["AlarmName"]}" {verb}', {"type": kind})
    return {}


def describe_alarms_for_metric(request: Mapping[str, Any]) -> dict[str, Any]:
    """Give the alarms of exactly one metric."""
    wanted = _metric(request)
    found = [
        alarm for alarm in _described({"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}) if _metric(alarm) == wanted
    ]
    return {"MetricAlarms": found}


def _described(request: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = _kept("DescribeAlarms")(request)
        found += page["MetricAlarms"]
        if not page.get("NextToken"):
            return found
        request = {**request, "NextToken": page["NextToken"]}


def _metric(named: Mapping[str, Any]) -> tuple[Any, ...]:
    pairs = sorted((pair["Name"], pair["Value"]) for pair in named.get("Dimensions") or [])
    return named.get("Namespace"), named.get("MetricName"), pairs


def set_alarm_state(request: Mapping[str, Any]) -> dict[str, Any]:
    """Set an alarm's state until its next evaluation."""
    if request.get("StateValue") not in _STATES:
        raise AlarmError(f"Value '{request.get('StateValue')}' at 'stateValue' failed to satisfy constraint: "
                         f"Member must satisfy enum value set: [{', '.join(_STATES)}]")  # fmt: skip
    return _kept("SetAlarmState")(request)


_OWN: Final[dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "DescribeAlarmsForMetric": describe_alarms_for_metric,
    "GetMetricData": metrics.get_metric_data,
    "GetMetricStatistics": metrics.get_metric_statistics,
    "ListMetrics": metrics.list_metrics,
    "PutMetricAlarm": put_metric_alarm,
    "PutMetricData": metrics.put_metric_data,
    "SetAlarmState": set_alarm_state,
}


def _own(operation: str) -> Callable[[Mapping[str, Any]], dict[str, Any]] | None:
    return _OWN.get(operation) or (_kept(operation) if operation in _KEPT else None)


def _kept(operation: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def call(request: Mapping[str, Any]) -> dict[str, Any]:
        plain = json.loads(json.dumps(request, default=lambda value: value.timestamp()))
        status, _, body = getattr(_CLOUDWATCH, _KEPT[operation])({}, plain, is_cbor=False, is_json=True)
        told = json.loads(body)
        if status != _OK:
            raise _RefusedError(told["__type"], told["message"], status)
        return wire.typed_answer(operation, told)

    return call
