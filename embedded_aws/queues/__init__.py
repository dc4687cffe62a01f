"""SQS of the embedded AWS: ministack's queues, safe against the pollers' threads; and how services send to a queue."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.activity import ACTIVITY
from embedded_aws.queues import authorization, metrics
from embedded_aws.server import EmbeddedAws

_SQS = hooks.use(
    "ministack.services.sqs",
    "_HANDLERS",
    "_Err",
    "_act_send_message",
    "_collect_msgs",
    "_dlq_sweep",
    "_expire_retained",
    "_queue_by_arn",
    "_queues_lock",
    "_refresh_counts",
)
_EVENTS = hooks.use("ministack.services.eventbridge", "_dispatch_to_sqs")
_EVALUATOR = hooks.use("ministack.core.iam_evaluator", "pin_request_origin")
_RESPONSES = hooks.use("ministack.core.responses", "request_scope")

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
"""AWS's error code for a queue that is not there."""


class QueueError(Exception):
    """A queue did not take a message; `code` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install(aws: EmbeddedAws) -> None:
    """Let nothing touch a queue's messages while another thread does; authorize batches as AWS does; count messages."""
    authorization.install()
    metrics.install()
    aws.alarms.gauge(metrics.measure)
    _SQS._queues_lock = ACTIVITY.lock
    for action, handler in list(_SQS._HANDLERS.items()):
        if not inspect.iscoroutinefunction(handler):
            _SQS._HANDLERS[action] = _locked(handler)
    # ReceiveMessage waits between its looks; each of these is one.
    for name in ("_collect_msgs", "_dlq_sweep", "_expire_retained", "_refresh_counts"):
        setattr(_SQS, name, _locked(getattr(_SQS, name)))
    _EVENTS._dispatch_to_sqs = _locked(_EVENTS._dispatch_to_sqs)


def send(principal: iam.Principal, queue_arn: str, body: str, attributes: dict[str, str] | None = None) -> None:
    """Send a message to a queue as AWS's services do, with a role.

    Args:
        principal: who sends; needs `sqs:SendMessage`.
        queue_arn: the queue.
        body: the message.
        attributes: its message attributes, all of type String.

    Raises:
        iam.AccessDeniedError: the principal may not.
        QueueError: there is no such queue, its policy refuses, or the message is none that it takes.
    """
    iam.require(principal, "sqs:SendMessage", queue_arn)
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
    _, _, _, region, account, _ = queue_arn.split(":", 5)
    with _RESPONSES.request_scope(account, region), ACTIVITY.lock:
        _EVALUATOR.pin_request_origin("127.0.0.1", True)  # a service sends over TLS
        queue = _SQS._queue_by_arn(queue_arn)
        if queue is None:
            raise QueueError(NO_QUEUE, "The specified queue does not exist.")
        message = {"QueueUrl": queue["url"], "MessageBody": body, "MessageAttributes": typed}
        try:
            _SQS._act_send_message(message, queue["url"])
        except _SQS._Err as error:
            raise QueueError(error.code, error.message) from error


def _locked(called: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(called)
    def under_lock(*args: Any, **kwargs: Any) -> Any:
        with ACTIVITY.lock:
            return called(*args, **kwargs)

    return under_lock
