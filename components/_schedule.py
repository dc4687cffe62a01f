"""Schedules of EventBridge Scheduler in a group of their own, with a role that may call their functions alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import _iam
from components._names import Place
from components.lambda_function import LambdaFunction

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler puts the time here for which a call was scheduled, in UTC, also when it is delivered late or twice."""
RETRIES = 24


@dataclass(frozen=True)
class Call:
    """A call that a schedule makes, with the time in `scheduled_time`."""

    function: LambdaFunction
    expression: str
    """When, as a cron expression in UTC."""
    retry_seconds: int
    """After which a call that failed is not tried again."""


@dataclass(frozen=True)
class Schedules:
    """A group and its schedules, each by the end of its logical name."""

    group: aws.scheduler.ScheduleGroup
    by_role: Mapping[str, aws.scheduler.Schedule]


def schedules(
    name: str,
    calls: Mapping[str, Call],
    *,
    dead_letters_arn: pulumi.Input[str],
    place: Place,
    opts: pulumi.ResourceOptions,
) -> Schedules:
    """Make the schedules in a group of their own, so that their role can be for that group alone.

    Args:
        name: what the logical names begin with.
        calls: what is called, by the end of the schedule's logical name.
        dead_letters_arn: ARN of the queue for calls that Lambda did not take.
        place: account that the schedules are in.
        opts: options of every resource made here.
    """
    group = aws.scheduler.ScheduleGroup(f"{name}-schedules", opts=opts)
    role = aws.iam.Role(
        f"{name}-schedule-role",
        assume_role_policy=_iam.trust_scheduler(place.account_id, group.arn),
        opts=opts,
    )
    functions = [call.function.arn for call in calls.values()]
    policy = aws.iam.RolePolicy(
        f"{name}-schedule-policy",
        role=role.name,
        policy=_iam.policy(_iam.invoke(*functions), _iam.send_messages(dead_letters_arn)),
        opts=opts,
    )

    def schedule(end: str, call: Call) -> aws.scheduler.Schedule:
        return aws.scheduler.Schedule(
            f"{name}-{end}",
            group_name=group.name,
            schedule_expression=call.expression,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": call.function.arn,
                "role_arn": role.arn,
                "input": json.dumps({"scheduled_time": SCHEDULED_TIME}),
                "retry_policy": {
                    "maximum_event_age_in_seconds": call.retry_seconds,
                    "maximum_retry_attempts": RETRIES,
                },
                "dead_letter_config": {"arn": dead_letters_arn},
            },
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
        )

    return Schedules(group=group, by_role={end: schedule(end, call) for end, call in calls.items()})
