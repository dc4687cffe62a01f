"""Metric filters of log groups: log events that match become data points when they come in."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from embedded_aws import hooks
from embedded_aws.cloudwatch import log_patterns
from embedded_aws.cloudwatch.log_patterns import MISSING, PatternError
from embedded_aws.cloudwatch.store import record

_LOGS = hooks.use(
    "ministack.services.cloudwatch_logs",
    "_compile_filter_pattern",
    "_metric_filters",
    "_put_log_events",
    "_put_metric_filter",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")
_LOG = logging.getLogger(__name__)
_OK = 200
_MOST_DIMENSIONS = 3

Test = Any


def install() -> None:
    """Let filters see what is put, and patterns in braces mean what they say."""
    _LOGS._compile_filter_pattern = _compiling(_LOGS._compile_filter_pattern)
    _LOGS._put_metric_filter = _checking(_LOGS._put_metric_filter)
    _LOGS._put_log_events = _filtering(_LOGS._put_log_events)


def _compiling(others: Any) -> Any:
    def compile_filter_pattern(pattern: str) -> Test:
        if not (pattern or "").strip().startswith("{"):
            return others(pattern)
        test = log_patterns.compile_json(pattern)
        return lambda message: test(log_patterns.parsed(message))

    return compile_filter_pattern


def _checking(put: Any) -> Any:
    def put_metric_filter(data: dict[str, Any]) -> Any:
        problem = _problem(data)
        if problem:
            return _RESPONSES.error_response_json("InvalidParameterException", problem, 400)
        return put(data)

    return put_metric_filter


def _problem(data: Mapping[str, Any]) -> str | None:
    try:
        _LOGS._compile_filter_pattern(data.get("filterPattern", ""))
    except PatternError as error:
        return str(error)
    transformations = data.get("metricTransformations") or []
    if len(transformations) != 1:
        return f"Exactly one metric transformation must be given, not {len(transformations)}"
    given = transformations[0]
    value = str(given.get("metricValue", ""))
    if not value.startswith("$.") and _number(value) is None:
        return f"Invalid metric transformation: metricValue {value!r} is neither a number nor a field ($.name)"
    dimensions = given.get("dimensions") or {}
    if dimensions and given.get("defaultValue") is not None:
        return "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
    if len(dimensions) > _MOST_DIMENSIONS:
        return f"Invalid metric transformation: at most {_MOST_DIMENSIONS} dimensions, not {len(dimensions)}"
    return None


def _filtering(put: Any) -> Any:
    def put_log_events(data: dict[str, Any]) -> Any:
        answer = put(data)
        if answer[0] == _OK:
            try:
                _look_at(data.get("logGroupName", ""), [event["message"] for event in data.get("logEvents", [])])
            except Exception:  # noqa: BLE001 - the events are stored, whatever a filter makes of them
                _LOG.exception("a metric filter of %s failed", data.get("logGroupName"))
        return answer

    return put_log_events


def _look_at(group: str, messages: list[str]) -> None:
    for (of, _), definition in list(_LOGS._metric_filters.items()):
        if of == group:
            _apply(definition, messages)


def _apply(definition: Mapping[str, Any], messages: list[str]) -> None:
    matches = _LOGS._compile_filter_pattern(definition["filterPattern"])
    found = [log_patterns.parsed(message) for message in messages if matches(message)]
    given = definition["metricTransformations"][0]
    values = [(value, event) for event in found if (value := _value(given["metricValue"], event)) is not None]
    for value, event in values:
        _record(given, value, _dimensions(given, event))
    if not values and messages and given.get("defaultValue") is not None:
        _record(given, float(given["defaultValue"]), {})


def _record(given: Mapping[str, Any], value: float, dimensions: Mapping[str, str] | None) -> None:
    if dimensions is not None:
        record(given["metricNamespace"], given["metricName"], value, given.get("unit") or "None", dimensions)


def _value(metric_value: str, event: Any) -> float | None:
    """Give the value of a matching event; None if the field has no number, which CloudWatch passes over."""
    if not metric_value.startswith("$."):
        return float(metric_value)
    value = log_patterns.value_at(metric_value, event)
    return None if value is MISSING or isinstance(value, bool) else _number(value)


def _dimensions(given: Mapping[str, Any], event: Any) -> dict[str, str] | None:
    """Give the dimensions of a matching event; None if a field is missing: then there is no data point."""
    found = {}
    for name, path in (given.get("dimensions") or {}).items():
        value = log_patterns.value_at(path, event)
        if value is MISSING or value is None or isinstance(value, dict | list):
            return None
        found[name] = value if isinstance(value, str) else json.dumps(value)
    return found


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
