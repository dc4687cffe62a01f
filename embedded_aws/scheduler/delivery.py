"""One execution of a schedule: its input is delivered to the target, tried again, and put aside if all fails."""

import json
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from embedded_aws import iam, queues
from embedded_aws.cloudwatch import record
from embedded_aws.lambda_runtime import asynchronous
from embedded_aws.lambda_runtime.invocations import FunctionArn, NoFunctionError, configuration
from embedded_aws.scheduler.definitions import LONGEST_AGE_SECONDS, MOST_RETRIES, assume

_LOG = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 0.5
_FIRST_WAIT_SECONDS = 0.05
"""Before a retry; the wait doubles each time. AWS waits from seconds to hours."""


class DeliveryError(Exception):
    """The target did not take an execution; `code` is the error code of the target's service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Execution:
    """A schedule that fires.

    Attributes:
        schedule: as GetSchedule shows it.
        group_arn: ARN of its group.
        due: its scheduled time.
    """

    schedule: Mapping[str, Any]
    group_arn: str
    due: datetime
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))

    def payload(self, attempt: int) -> str:
        """Give the target's input with its context attributes filled in; without input, AWS's own event."""
        values = {
            "schedule-arn": self.schedule["Arn"],
            "scheduled-time": time_text(self.due),
            "execution-id": self.identifier,
            "attempt-number": str(attempt),
        }
        text = self.schedule["Target"].get("Input") or self._default()
        for name, value in values.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return str(text)

    def _default(self) -> str:
        _, _, _, region, account, _ = self.schedule["Arn"].split(":", 5)
        event = {
            "version": "0",
            "id": self.identifier,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": account,
            "time": time_text(self.due),
            "region": region,
            "resources": [self.schedule["Arn"]],
            "detail": "{}",
        }
        return json.dumps(event)


def time_text(moment: datetime) -> str:
    """Write a time as the scheduler does: `2026-11-01T06:00:00Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def deliver(execution: Execution, ending: threading.Event) -> None:
    """Deliver an execution, with the retries of the schedule's policy, else to its dead-letter queue.

    Args:
        execution: what to deliver.
        ending: set when the server stops; then nothing is tried again.
    """
    policy = execution.schedule["Target"].get("RetryPolicy") or {}
    retries = policy.get("MaximumRetryAttempts", MOST_RETRIES)
    until = time.monotonic() + policy.get("MaximumEventAgeInSeconds", LONGEST_AGE_SECONDS)
    wait, attempt = _FIRST_WAIT_SECONDS, 1
    while True:
        _count(execution, "InvocationAttemptCount")
        try:
            _send(execution, execution.payload(attempt))
        except DeliveryError as error:
            failure = error
            _count(execution, "TargetErrorCount")
        else:
            return
        if attempt > retries:
            _put_aside(execution, failure, attempt, "MaximumRetryAttempts")
            return
        if time.monotonic() + wait > until:
            _put_aside(execution, failure, attempt, "MaximumEventAgeInSeconds")
            return
        if ending.wait(wait):
            _LOG.error("%s: not delivered before the stop: %s", execution.schedule["Arn"], failure)
            return
        attempt, wait = attempt + 1, min(wait * 2, LONGEST_WAIT_SECONDS)


def _send(execution: Execution, payload: str) -> None:
    target = execution.schedule["Target"]
    try:
        role = assume(target["RoleArn"], execution.group_arn)
        if target["Arn"].split(":")[2] == "sqs":
            queues.send(role, target["Arn"], payload)
            return
        iam.require(role, "lambda:InvokeFunction", target["Arn"])
        function = FunctionArn(target["Arn"])
        configuration(function)
        asynchronous.accept(function, json.loads(payload))
    except iam.AccessDeniedError as error:
        raise DeliveryError("AccessDeniedException", str(error)) from error
    except queues.QueueError as error:
        raise DeliveryError(error.code, str(error)) from error
    except NoFunctionError as error:
        raise DeliveryError("ResourceNotFoundException", str(error)) from error
    except ValueError as error:
        raise DeliveryError("InvalidRequestContentException", f"Could not parse payload into json: {error}") from error


def _put_aside(execution: Execution, failure: DeliveryError, attempts: int, exhausted: str) -> None:
    """Send what could not be delivered to the schedule's dead-letter queue, with AWS's message attributes."""
    target, arn = execution.schedule["Target"], execution.schedule["Arn"]
    _count(execution, "InvocationDroppedCount")
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        _LOG.error("%s: dropped after %d attempts: %s", arn, attempts, failure)
        return
    attributes = {
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": str(failure)[:1024],
        "EXECUTION_ID": execution.identifier,
        "EXHAUSTED_RETRY_CONDITION": exhausted,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(attempts - 1),
        "SCHEDULED_TIME": time_text(execution.due),
        "SCHEDULE_ARN": arn,
        "TARGET_ARN": target["Arn"],
    }
    try:
        role = assume(target["RoleArn"], execution.group_arn)
        queues.send(role, queue_arn, execution.payload(attempts), attributes)
        _count(execution, "InvocationsSentToDeadLetterCount")
    except (iam.AccessDeniedError, queues.QueueError) as error:
        _count(execution, "InvocationsFailedToBeSentToDeadLetterCount")
        _LOG.error("%s: dropped after %d attempts, its dead-letter queue refuses it: %s", arn, attempts, error)


def _count(execution: Execution, metric: str) -> None:
    """Count something of a group's schedules in `AWS/Scheduler`, in the account and Region that is acted in."""
    record("AWS/Scheduler", metric, 1, "Count", {"ScheduleGroup": execution.schedule["GroupName"]})
