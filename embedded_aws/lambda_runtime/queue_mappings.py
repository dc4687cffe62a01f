"""SQS event source mappings: messages are received in batches, handed to the function, and deleted if it was done.

What the function did not do becomes visible again after the queue's visibility timeout, and goes to the dead-letter
queue once it has been received as often as the queue's redrive policy allows.
"""

import functools
import logging
import time
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.activity import ACTIVITY, spawn
from embedded_aws.lambda_runtime import batches, mapping_checks
from embedded_aws.lambda_runtime.invocations import FunctionArn, NoFunctionError, execute

_LAMBDA = hooks.use(
    "ministack.services.lambda_svc",
    "_create_esm",
    "_esm_wake",
    "_iter_all_esms",
    "_poll_dynamodb_streams",
    "_poll_kinesis",
    "_poll_loop",
)
_SQS = hooks.use(
    "ministack.services.sqs",
    "_collect_msgs",
    "_delete_messages_for_esm",
    "_dlq_sweep",
    "_expire_retained",
    "_queue_by_arn",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json", "request_scope")
_LOG = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""How long to wait at most before a look for messages; a new message ends the wait."""
CONCURRENCY = 5
"""Batches at once where a mapping has no `MaximumConcurrency`; AWS begins with five pollers, too."""

Mapping = dict[str, Any]
"""ministack's record of an event source mapping."""


class Poller:
    """Looks for messages of all mappings, and runs each batch in a thread of its own."""

    def __init__(self) -> None:
        self._ended = False
        self._in_flight: dict[str, int] = {}
        self._waiting_since: dict[str, float] = {}

    def run(self) -> None:
        """Poll until `end`; ministack starts it with the first mapping."""
        while not self._ended:
            _LAMBDA._esm_wake.clear()
            try:
                pause = self.poll()
                if _of_streams():  # looking for them loads services that nobody may need
                    _LAMBDA._poll_kinesis()
                    _LAMBDA._poll_dynamodb_streams()
            except Exception:  # noqa: BLE001 - one mapping in trouble must not end the others
                _LOG.exception("event source mappings: a look for messages failed")
                pause = IDLE_SECONDS
            _LAMBDA._esm_wake.wait(pause)

    def end(self) -> None:
        """Receive no more messages."""
        self._ended = True
        _LAMBDA._esm_wake.set()

    def poll(self) -> float:
        """Hand on what is visible now; gives the seconds until something else may be."""
        pause = IDLE_SECONDS
        for account, region, mapping in _active():
            with _RESPONSES.request_scope(account, region):
                pause = min(pause, self._poll(mapping, account, region))
        return pause

    def _poll(self, mapping: Mapping, account: str, region: str) -> float:
        function = FunctionArn(mapping["FunctionArn"])
        limit = (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency") or CONCURRENCY
        while not self._ended and self._in_flight.get(mapping["UUID"], 0) < limit:
            messages, pause = self._receive(mapping, function)
            if not messages:
                return pause
            self._begin(mapping)
            batch = functools.partial(self._handle, mapping, function, messages)
            spawn(f"batch for {function.name}", (account, region), batch)
        return IDLE_SECONDS  # the end of a batch wakes the poller

    def _receive(self, mapping: Mapping, function: FunctionArn) -> tuple[list[batches.Message], float]:
        """Give the next batch, or none and the seconds until there may be one."""
        with ACTIVITY.lock:
            queue = _SQS._queue_by_arn(mapping["EventSourceArn"])
            if queue is None or not queue["messages"]:
                self._waiting_since.pop(mapping["UUID"], None)
                return [], IDLE_SECONDS
            if not _permitted(mapping, function):
                return [], IDLE_SECONDS
            _SQS._expire_retained(queue)
            _SQS._dlq_sweep(queue)
            now = time.time()
            visible = [message for message in queue["messages"] if message["visible_at"] <= now]
            wait = self._window_left(mapping, len(visible))
            if not visible or wait > 0:
                later = [message["visible_at"] - now for message in queue["messages"] if message["visible_at"] > now]
                return [], max(0.0, min([IDLE_SECONDS, *later, *([wait] if visible else [])]))
            self._waiting_since.pop(mapping["UUID"], None)
            taken: list[batches.Message] = _SQS._collect_msgs(
                queue, batches.fitting(visible, mapping["BatchSize"]), int(queue["attributes"]["VisibilityTimeout"])
            )
            return [dict(message) for message in taken], 0.0

    def _window_left(self, mapping: Mapping, visible: int) -> float:
        """Give the seconds that a batch may still wait to become full."""
        window = mapping.get("MaximumBatchingWindowInSeconds") or 0
        if not visible or visible >= mapping["BatchSize"]:
            return 0.0
        since = self._waiting_since.setdefault(mapping["UUID"], time.monotonic())
        return max(0.0, since + float(window) - time.monotonic())

    def _begin(self, mapping: Mapping) -> None:
        with ACTIVITY.lock:
            self._in_flight[mapping["UUID"]] = self._in_flight.get(mapping["UUID"], 0) + 1

    def _handle(self, mapping: Mapping, function: FunctionArn, messages: list[batches.Message]) -> None:
        """Run the function with a batch and delete what it has done."""
        try:
            event = batches.event(messages, mapping["EventSourceArn"], function.region)
            result = execute(function, event)
            partial = "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", [])
            done = batches.done(messages, result, partial=partial)
            _delete(mapping, function, done)
            mapping["LastProcessingResult"] = f"OK - {len(done)} records" if done else "FAILED"
        except (NoFunctionError, iam.AccessDeniedError) as error:
            mapping["LastProcessingResult"] = f"PROBLEM: {error}"
        finally:
            with ACTIVITY.lock:
                self._in_flight[mapping["UUID"]] -= 1
            _LAMBDA._esm_wake.set()


def install() -> None:
    """Replace how ministack polls queues; refuse mappings that AWS refuses."""
    poller = Poller()
    _LAMBDA._poll_loop = poller.run
    _LAMBDA._create_esm = _checked(_LAMBDA._create_esm)
    ACTIVITY.count(_under_way)
    ACTIVITY.at_stop(poller.end)


def _of_streams() -> bool:
    return any(mapping["EventSourceArn"].split(":")[2] != "sqs" for _, _, mapping in _LAMBDA._iter_all_esms())


def _active() -> list[tuple[str, str, Mapping]]:
    return [
        (account, region, mapping)
        for account, region, mapping in _LAMBDA._iter_all_esms()
        if mapping.get("Enabled", True) and mapping["EventSourceArn"].split(":")[2] == "sqs"
    ]


def _under_way() -> dict[str, int]:
    """Count the messages that a function is yet to do."""
    found = {}
    for account, region, mapping in _active():
        with _RESPONSES.request_scope(account, region):
            queue = _SQS._queue_by_arn(mapping["EventSourceArn"])
            if queue is not None:
                _SQS._dlq_sweep(queue)
                found[f"messages in {queue['name']}"] = len(queue["messages"])
    return found


def _permitted(mapping: Mapping, function: FunctionArn) -> bool:
    """Whether the function's role may poll; if not, the mapping says so and its messages stay."""
    try:
        mapping_checks.require(function, mapping["EventSourceArn"], *mapping_checks.ACTIONS)
    except (iam.AccessDeniedError, NoFunctionError) as error:
        mapping["LastProcessingResult"] = f"PROBLEM: {error}"
        return False
    return True


def _delete(mapping: Mapping, function: FunctionArn, done: list[batches.Message]) -> None:
    queue = _SQS._queue_by_arn(mapping["EventSourceArn"])
    if done and queue is not None:
        mapping_checks.require(function, mapping["EventSourceArn"], "sqs:DeleteMessage")
        _SQS._delete_messages_for_esm(queue["url"], {message["receipt_handle"] for message in done})


def _checked(create: Any) -> Any:
    def create_mapping(data: dict[str, Any]) -> Any:
        of_queue = str(data.get("EventSourceArn", "")).split(":")[2:3] == ["sqs"]
        problem = mapping_checks.problem(data) if of_queue else None
        if problem is not None:
            return _RESPONSES.error_response_json("InvalidParameterValueException", problem, 400)
        return create(data)

    return create_mapping
