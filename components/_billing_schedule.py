"""What starts billing: a schedule of EventBridge Scheduler with a role of its own."""

import json

import pulumi
import pulumi_aws as aws

from components import _iam
from components._names import Place

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler puts the time here for which a call was scheduled, in UTC, also when it is delivered late or twice."""
RETRIES = 24
RETRY_SECONDS = 6 * 3600
"""A run that comes later than this is no loss: the next day's does what it would have done."""


def billing_schedule(
    name: str,
    *,
    expression: str,
    function_arn: pulumi.Input[str],
    dead_letters: aws.sqs.Queue,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> aws.scheduler.Schedule:
    """Make the schedule in a group of its own, so that its role can be for that group alone.

    Args:
        name: what the logical names begin with.
        expression: when, as a cron expression in UTC.
        function_arn: ARN of the alias that is called, with the time in `scheduled_time`.
        dead_letters: queue for calls that Lambda did not take.
        place: account that the schedule is in.
        opts: options of every resource made here.
    """
    group = aws.scheduler.ScheduleGroup(f"{name}-schedules", opts=opts)
    role = aws.iam.Role(
        f"{name}-schedule-role",
        assume_role_policy=_iam.trust_scheduler(place.account_id, group.arn),
        opts=opts,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-schedule-policy",
        role=role.name,
        policy=_iam.policy(_iam.invoke(function_arn), _iam.send_messages(dead_letters.arn)),
        opts=opts,
    )
    return aws.scheduler.Schedule(
        f"{name}-schedule",
        group_name=group.name,
        schedule_expression=expression,
        schedule_expression_timezone="UTC",
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": function_arn,
            "role_arn": role.arn,
            "input": json.dumps({"scheduled_time": SCHEDULED_TIME}),
            "retry_policy": {"maximum_event_age_in_seconds": RETRY_SECONDS, "maximum_retry_attempts": RETRIES},
            "dead_letter_config": {"arn": dead_letters.arn},
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
    )
