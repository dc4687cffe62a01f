"""CloudWatch of the embedded AWS: metrics by their exact dimensions, metric math, alarms that go off, metric filters.

ministack keeps composite rules, dashboards, tags and the history of alarms; metrics and their evaluation are here.
"""

from datetime import datetime
from typing import Any

from embedded_aws import hooks
from embedded_aws.clock import CLOCK, parse
from embedded_aws.cloudwatch import actions, authorization, log_filters, moment, operations
from embedded_aws.cloudwatch.alarms import Alarms
from embedded_aws.cloudwatch.store import record
from embedded_aws.controls import InvalidControlError, text_of
from embedded_aws.server import EmbeddedAws

__all__ = ["Alarms", "install", "record"]

_CLOUDWATCH = hooks.use(
    "ministack.services.cloudwatch",
    "_dispatch_alarm_actions",
    "_evaluate_alarm",
    "handle_request",
    "record_metric",
    "time",
)


def install(aws: EmbeddedAws) -> None:
    """Put this part in place; the alarms are `aws.alarms`."""
    aws.alarms = Alarms(CLOCK)
    _CLOUDWATCH.time = moment.Time
    _CLOUDWATCH.record_metric = record
    _CLOUDWATCH.handle_request = operations.handle_request
    _CLOUDWATCH._dispatch_alarm_actions = actions.perform
    _CLOUDWATCH._evaluate_alarm = aws.alarms.evaluate_alarm
    authorization.install()
    log_filters.install()
    aws.controls.add("POST", "alarms/evaluate", lambda body: _evaluate(aws.alarms, body))
    aws.alarms.start()
    aws.before_stop.callback(aws.alarms.stop)
    aws.afterwards.callback(aws.alarms.join)


def _evaluate(alarms: Alarms, body: dict[str, Any]) -> dict[str, Any]:
    at: datetime | None = parse(text_of(body, "at")) if "at" in body else None
    try:
        return dict(alarms.evaluate(at))
    except ValueError as error:
        raise InvalidControlError(f"at: {error}") from error
