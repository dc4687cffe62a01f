"""What queues are counted as in `AWS/SQS`: messages sent, received and deleted, and once a minute what they hold."""

import functools
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.activity import ACTIVITY
from embedded_aws.clock import CLOCK
from embedded_aws.cloudwatch.store import STORES, MetricName, dimensions_of, record

_SQS = hooks.use(
    "ministack.services.sqs",
    "_HANDLERS",
    "_act_delete_message",
    "_act_delete_message_batch",
    "_act_send_message",
    "_collect_msgs",
    "_delete_messages_for_esm",
    "_queue_by_arn",
    "_queues",
    "_refresh_counts",
)
_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region")
_SNS = hooks.use("ministack.services.sns", "_deliver_to_sqs")
_EVENTS = hooks.use("ministack.services.eventbridge", "_dispatch_to_sqs")

NAMESPACE: Final = "AWS/SQS"
ACTIVE: Final = timedelta(hours=6)
"""SQS tells what a queue holds while it is active, and for that long afterwards."""
_GAUGES: Final = {
    "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}
"""Metric -> attribute of the queue."""

Name = tuple[str, str, str]
"""Account, Region and name of a queue."""
Call = Callable[..., Any]

_active: dict[Name, datetime] = {}
"""When something was last done with a queue; under the lock of queues' messages, as all of it is."""


def install() -> None:
    """Count what is done with messages, whoever does it."""
    _SQS._act_send_message = _counted(_SQS._act_send_message, _count_sent)
    _SQS._act_delete_message = _counted(_SQS._act_delete_message, _count_deleted)
    _SQS._act_delete_message_batch = _counted(_SQS._act_delete_message_batch, _count_deleted_batch)
    _SQS._delete_messages_for_esm = _counted(_SQS._delete_messages_for_esm, _count_handled)
    _SQS._collect_msgs = _counted(_SQS._collect_msgs, _count_received)
    for action, name in (
        ("SendMessage", "_act_send_message"),
        ("DeleteMessage", "_act_delete_message"),
        ("DeleteMessageBatch", "_act_delete_message_batch"),
    ):
        _SQS._HANDLERS[action] = getattr(_SQS, name)
    _SNS._deliver_to_sqs = _counting_put(_SNS._deliver_to_sqs)
    _EVENTS._dispatch_to_sqs = _counting_put(_EVENTS._dispatch_to_sqs)


def measure(moment: datetime) -> None:
    """Record what every active queue holds, as of a moment."""
    with ACTIVITY.lock:
        for (account, region, _), queue in list(_SQS._queues._data.items()):
            if not queue["messages"] and not _is_active((account, region, queue["name"]), moment):
                continue
            _SQS._refresh_counts(queue)
            values = {metric: float(queue["attributes"][attribute]) for metric, attribute in _GAUGES.items()}
            values["ApproximateAgeOfOldestMessage"] = _age_of_oldest(queue)
            store, dimensions = STORES.of(account, region), dimensions_of({"QueueName": queue["name"]})
            store.add(
                [
                    (store.series(MetricName(NAMESPACE, name, dimensions), _unit(name)), value)
                    for name, value in values.items()
                ],
                moment.timestamp(),
            )


def _unit(metric: str) -> str:
    return "Seconds" if metric == "ApproximateAgeOfOldestMessage" else "Count"


def _is_active(queue: Name, moment: datetime) -> bool:
    last = _active.get(queue)
    return last is not None and abs(moment - last) <= ACTIVE


def _age_of_oldest(queue: dict[str, Any]) -> float:
    now = time.time()
    return max([now - message["sent_at"] for message in queue["messages"]], default=0.0)


def _counted(call: Call, count: Callable[[tuple[Any, ...], Any], None]) -> Call:
    @functools.wraps(call)
    def counted(*args: Any, **kwargs: Any) -> Any:
        result = call(*args, **kwargs)
        count(args, result)
        return result

    return counted


def _counting_put(put: Call) -> Call:
    """Count a message that a service puts into a queue straight away, if the queue took it."""

    @functools.wraps(put)
    def counting(target: Any, *args: Any, **kwargs: Any) -> Any:
        with ACTIVITY.lock:
            queue = _SQS._queue_by_arn(str(target))
            before = len(queue["messages"]) if queue else 0
            result = put(target, *args, **kwargs)
            if queue and len(queue["messages"]) > before:
                _add(queue["name"], "NumberOfMessagesSent", 1)
        return result

    return counting


def _count_sent(args: tuple[Any, ...], _: Any) -> None:
    queue = _named(args)
    _add(queue, "NumberOfMessagesSent", 1)
    size = len(str(args[0].get("MessageBody", "")).encode())
    record(NAMESPACE, "SentMessageSize", size, "Bytes", {"QueueName": queue})


def _count_received(args: tuple[Any, ...], messages: list[Any]) -> None:
    if messages:
        _add(args[0]["name"], "NumberOfMessagesReceived", len(messages))


def _count_deleted(args: tuple[Any, ...], _: Any) -> None:
    _add(_named(args), "NumberOfMessagesDeleted", 1)


def _count_deleted_batch(args: tuple[Any, ...], result: dict[str, Any]) -> None:
    if result["Successful"]:
        _add(_named(args), "NumberOfMessagesDeleted", len(result["Successful"]))


def _count_handled(args: tuple[Any, ...], _: Any) -> None:
    url, handles = args
    if handles:
        _add(url.rsplit("/", 1)[-1], "NumberOfMessagesDeleted", len(handles))


def _named(args: tuple[Any, ...]) -> str:
    """Give the queue's name from an action's arguments: its parameters, and the URL that the path had."""
    return str(args[0].get("QueueUrl") or args[1]).rsplit("/", 1)[-1]


def _add(queue: str, metric: str, number: int) -> None:
    _active[_RESPONSES.get_account_id(), _RESPONSES.get_region(), queue] = CLOCK.now()
    record(NAMESPACE, metric, number, "Count", {"QueueName": queue})
