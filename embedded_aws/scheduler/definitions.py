"""What EventBridge Scheduler refuses when a schedule is made or changed."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from embedded_aws import iam
from embedded_aws.scheduler.expressions import InvalidExpressionError, parse

SERVICE = "scheduler.amazonaws.com"
MOST_RETRIES = 185
LONGEST_AGE_SECONDS = 86_400
LONGEST_WINDOW_MINUTES = 1440
INPUT_LIMIT = 262_144
"""Characters of a target's input."""

_TARGETS = {
    "lambda": re.compile(r"arn:[^:]+:lambda:[^:]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?"),
    "sqs": re.compile(r"arn:[^:]+:sqs:[^:]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?"),
}


def assume(role_arn: str, group_arn: str) -> iam.Principal:
    """Let the scheduler assume a schedule's execution role.

    Args:
        role_arn: the role.
        group_arn: ARN of the schedule's GROUP, which is what AWS gives as `aws:SourceArn`.

    Raises:
        iam.AccessDeniedError: there is no such role, or it does not trust the scheduler for this group.
    """
    context = {"aws:SourceAccount": group_arn.split(":")[4], "aws:SourceArn": group_arn}
    return iam.service_role(role_arn, SERVICE, context, "scheduler")


def problem(schedule: dict[str, Any], group_arn: str) -> str | None:
    """Say why AWS refuses a schedule; None if it takes it.

    Args:
        schedule: as of CreateSchedule; what is missing is ministack's to refuse.
        group_arn: ARN of its group.
    """
    try:
        zone = schedule.get("ScheduleExpressionTimezone") or "UTC"
        parse(schedule["ScheduleExpression"], zone, datetime.now(UTC))
    except InvalidExpressionError as error:
        return str(error)
    if schedule.get("State", "ENABLED") not in ("ENABLED", "DISABLED"):
        return f"State: must be ENABLED or DISABLED: {schedule['State']!r}"
    return _window_problem(schedule["FlexibleTimeWindow"]) or _target_problem(schedule["Target"], group_arn)


def _window_problem(window: dict[str, Any]) -> str | None:
    mode, minutes = window.get("Mode"), window.get("MaximumWindowInMinutes")
    if mode not in ("OFF", "FLEXIBLE"):
        return f"FlexibleTimeWindow.Mode: must be OFF or FLEXIBLE: {mode!r}"
    if (mode == "FLEXIBLE") != (minutes is not None):
        return "FlexibleTimeWindow.MaximumWindowInMinutes: goes with the mode FLEXIBLE and only with it"
    return _range_problem("MaximumWindowInMinutes", minutes, 1, LONGEST_WINDOW_MINUTES)


def _target_problem(target: dict[str, Any], group_arn: str) -> str | None:
    if not target.get("Arn") or not target.get("RoleArn"):
        return None
    service = (target["Arn"].split(":") + [""] * 3)[2]
    if service not in _TARGETS:
        return f"Target.Arn: the embedded AWS delivers to {', '.join(_TARGETS)}: {target['Arn']}"
    if not _TARGETS[service].fullmatch(target["Arn"]):
        return f"Provided Arn is not in correct format: {target['Arn']}"
    dead_letter = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letter and not _TARGETS["sqs"].fullmatch(dead_letter):
        return f"Provided DeadLetterConfig Arn is not of a queue: {dead_letter}"
    try:
        assume(target["RoleArn"], group_arn)
    except iam.AccessDeniedError:
        return "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    retries = target.get("RetryPolicy") or {}
    return (
        _range_problem("MaximumRetryAttempts", retries.get("MaximumRetryAttempts"), 0, MOST_RETRIES)
        or _range_problem("MaximumEventAgeInSeconds", retries.get("MaximumEventAgeInSeconds"), 60, LONGEST_AGE_SECONDS)
        or _input_problem(service, target.get("Input"))
    )


def _input_problem(service: str, text: str | None) -> str | None:
    if text is None:
        return None
    if len(text) > INPUT_LIMIT:
        return f"Target.Input: must have at most {INPUT_LIMIT} characters: {len(text)}"
    if service == "lambda":
        try:
            json.loads(text)
        except ValueError:
            return "Invalid JSON format in Input."
    return None


def _range_problem(name: str, value: int | None, low: int, high: int) -> str | None:
    if value is None or low <= value <= high:
        return None
    return f"{name}: must be from {low} to {high}: {value}"
