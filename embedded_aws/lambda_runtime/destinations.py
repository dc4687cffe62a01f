"""Where the outcome of an asynchronous invocation is sent, with the function's own role."""

import json
import logging
from collections.abc import Callable
from typing import Any

from embedded_aws import hooks, iam, queues
from embedded_aws.lambda_runtime.invocations import FunctionArn, execution_role

_SNS = hooks.use("ministack.services.sns", "_fanout", "_topics")
_CLOUDWATCH = hooks.use("ministack.services.cloudwatch", "record_metric")
_RESPONSES = hooks.use("ministack.core.responses", "new_uuid")
_LOG = logging.getLogger(__name__)

ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}
"""What the role must be allowed, by the destination's service; the embedded AWS has no other destinations."""


def send(function: FunctionArn, destination: str, record: dict[str, Any]) -> None:
    """Send the record of an invocation to the destination of the function's settings.

    What cannot be sent is lost, as on AWS; it shows in the metric `DestinationDeliveryFailures` and in the log.

    Args:
        function: whose role sends.
        destination: ARN of a queue or topic.
        record: what became of the invocation.
    """
    _attempt(function, destination, "DestinationDeliveryFailures", lambda: _put(function, destination, record, {}))


def dead_letter(function: FunctionArn, target: str, payload: Any, attributes: dict[str, str]) -> None:
    """Send a failed event to the function's dead-letter queue (`DeadLetterConfig`): the event alone, no record.

    What cannot be sent is lost and counted as `DeadLetterErrors`.
    """
    _attempt(function, target, "DeadLetterErrors", lambda: _put(function, target, payload, attributes))


def _attempt(function: FunctionArn, destination: str, metric: str, put: Callable[[], None]) -> None:
    try:
        put()
    except (iam.AccessDeniedError, queues.QueueError) as error:
        _LOG.error("%s: %s gets no record of a failed invocation: %s", function.text, destination, error)
        _CLOUDWATCH.record_metric("AWS/Lambda", metric, 1, "Count", {"FunctionName": function.name})


def _put(function: FunctionArn, destination: str, value: Any, attributes: dict[str, str]) -> None:
    role, body = execution_role(function), json.dumps(value)
    if destination.split(":")[2] == "sqs":
        queues.send(role, destination, body, attributes)
        return
    iam.require(role, ACTIONS["sns"], destination)
    if destination not in _SNS._topics:
        raise queues.QueueError("NotFound", "Topic does not exist")
    _SNS._fanout(destination, _RESPONSES.new_uuid(), body, "", "", {})
