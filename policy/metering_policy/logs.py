"""Logs are kept for a time that somebody chose, and hold nothing of what was sent."""

import re
from collections.abc import Iterator
from typing import Any

from pulumi_policy import ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from metering_policy import _kinds as kinds
from metering_policy._reading import at, shown
from metering_policy._reasons import LOGGED_VARIABLES
from metering_policy._rule import resource_rule, stack_rule
from metering_policy._stack import Stack, StackMember, behind

# API Gateway knows `$context.a.b`, `$context.a['b c']`, and in other templates `$input` and `$stageVariables`.
_VARIABLE = re.compile(r"\$[A-Za-z]+(?:\.[A-Za-z]+|\['[^']*'\])*")


def _kept_for_ever(args: ResourceValidationArgs) -> Iterator[str]:
    days = at(args.props, "retentionInDays")
    if not days:
        yield f"`retentionInDays` must be set, got {shown(days)}"


def _function_without_log_group(function: StackMember, stack: Stack) -> Iterator[str]:
    if behind(function, "loggingConfig", kinds.LOG_GROUP):
        return
    group = at(function.props, "loggingConfig", "logGroup") or f"/aws/lambda/{at(function.props, 'name')}"
    if group not in [_name(resource) for resource in stack.of(kinds.LOG_GROUP)]:
        yield f"`loggingConfig.logGroup` must be a log group of this stack, got {group!r}"


def _name(group: StackMember) -> Any:
    try:
        return at(group.props, "name")
    except UnknownValueError:
        return None


def _payloads_are_traced(args: ResourceValidationArgs) -> Iterator[str]:
    if at(args.props, "settings", "dataTraceEnabled"):
        yield "`settings.dataTraceEnabled` must be false: it logs every request and answer whole, got True"
    level = at(args.props, "settings", "loggingLevel")
    if level not in (None, "OFF"):
        yield f"`settings.loggingLevel` must be 'OFF': execution logs hold headers and paths, got {level!r}"


def _callers_choose_what_is_logged(args: ResourceValidationArgs) -> Iterator[str]:
    text = at(args.props, "accessLogSettings", "format") or ""
    others = sorted(set(_VARIABLE.findall(text)) - LOGGED_VARIABLES)
    if others:
        yield f"`accessLogSettings.format` must have variables of reasons.json alone, got {shown(others)}"


RETENTION_SET = resource_rule(
    "log-retention-set",
    "Every log group has a retention: without one, CloudWatch keeps events for ever.",
    "Set the days",
    {kinds.LOG_GROUP: _kept_for_ever},
)
FUNCTION_LOGS = stack_rule(
    "function-has-log-group",
    "Every Lambda function logs to a log group of the stack: one that Lambda makes itself keeps events for ever.",
    "Make the function with components.LambdaFunction, or name a log group in its `logging_config`",
    {kinds.FUNCTION: _function_without_log_group},
)
NO_PAYLOAD = resource_rule(
    "no-payload-in-logs",
    "API Gateway logs no payload, and nothing that a caller can choose freely.",
    "Leave it out",
    {kinds.METHOD_SETTINGS: _payloads_are_traced, kinds.STAGE: _callers_choose_what_is_logged},
)
POLICIES = (RETENTION_SET, FUNCTION_LOGS, NO_PAYLOAD)
