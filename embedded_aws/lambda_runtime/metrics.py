"""What invocations are counted as in `AWS/Lambda`: by function, and by function and the version or alias invoked."""

import functools
from datetime import datetime
from typing import Final

from embedded_aws import hooks
from embedded_aws.cloudwatch.store import STORES, MetricName, Series, Store, dimensions_of, record
from embedded_aws.lambda_runtime.environment import Outcome

_LAMBDA = hooks.use("ministack.services.lambda_svc", "_emit_lambda_metrics", "_functions")

NAMESPACE: Final = "AWS/Lambda"
_FUNCTION: Final = 6
"""Position of the function's name in its ARN; the version or alias follows it."""


def install() -> None:
    """Count invocations here, where the version or alias is known, and not in ministack once more."""
    _LAMBDA._emit_lambda_metrics = _emit


def count(function_arn: str, outcome: Outcome, started: datetime) -> None:
    """Count an invocation of a Python function, at the time of its start.

    Args:
        function_arn: as it was invoked, with the version or alias if there was one.
        outcome: how it ended.
        started: when it began.
    """
    values = {"Invocations": 1.0, "Errors": float(outcome.failed), "Throttles": 0.0, "Duration": outcome.seconds * 1000}
    store, series = _series(function_arn)
    store.add([(one, value) for name, value in values.items() for one in series[name]], started.timestamp())


@functools.lru_cache(maxsize=1000)
def _series(function_arn: str) -> tuple[Store, dict[str, list[Series]]]:
    """Give a function's metrics and the store that they are in, looked up once."""
    parts = function_arn.split(":")
    store, named = STORES.of(parts[4], parts[3]), {"FunctionName": parts[_FUNCTION]}
    both = [dimensions_of(named), dimensions_of({**named, "Resource": ":".join(parts[_FUNCTION:])})]
    units = {"Invocations": "Count", "Errors": "Count", "Throttles": "Count", "Duration": "Milliseconds"}
    return store, {
        name: [store.series(MetricName(NAMESPACE, name, dimensions), unit) for dimensions in both]
        for name, unit in units.items()
    }


def _emit(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:
    """Count what ministack asks to: invocations that were refused, and those of functions that it runs itself.

    An invocation that was only accepted, to be executed later, has no duration: it counts when it is executed. Of one
    that was refused ministack tells twice, once with a duration.
    """
    dimensions = {"FunctionName": function_name}
    if throttle and duration_ms <= 0:
        record(NAMESPACE, "Throttles", 1, "Count", dimensions)
        return
    known = _LAMBDA._functions.get(function_name) or {}
    runtime = str((known.get("config") or {}).get("Runtime", ""))
    if throttle or duration_ms <= 0 or runtime.startswith("python"):
        return
    record(NAMESPACE, "Invocations", 1, "Count", dimensions)
    record(NAMESPACE, "Errors", int(error), "Count", dimensions)
    record(NAMESPACE, "Duration", duration_ms, "Milliseconds", dimensions)
