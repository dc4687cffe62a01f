"""What starts billing and the rollups of usage: schedules of EventBridge Scheduler with a role of their own."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import _iam
from components._names import Place
from components.lambda_function import LambdaFunction

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler puts the time here for which a call was scheduled, in UTC, also when it is delivered late or twice."""
RETRIES = 24
RUN_RETRY_SECONDS = 6 * 3600
"""A run that comes later than this is no loss: the next day's does what it would have done."""
ROLLUP_RETRY_SECONDS = 3600
"""By then the next hour's has come."""


@dataclass(frozen=True)
class BillingSchedules:
    """The schedules of a billing."""

    group: aws.scheduler.ScheduleGroup
    runs: aws.scheduler.Schedule
    rollups: aws.scheduler.Schedule


def billing_schedules(
    name: str,
    *,
    runs: tuple[str, LambdaFunction],
    rollups: tuple[str, LambdaFunction],
    dead_letters: aws.sqs.Queue,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> BillingSchedules:
    """Make the schedules in a group of their own, so that their role can be for that group alone.

    Args:
        name: what the logical names begin with.
        runs: when billing runs, as a cron expression in UTC, and what is called, with the time in `scheduled_time`.
        rollups: the same of the rollups of usage.
        dead_letters: queue for calls that Lambda did not take.
        place: account that the schedules are in.
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
        policy=_iam.policy(_iam.invoke(runs[1].arn, rollups[1].arn), _iam.send_messages(dead_letters.arn)),
        opts=opts,
    )

    def schedule(name: str, expression: str, function: LambdaFunction, retry_seconds: int) -> aws.scheduler.Schedule:
        return aws.scheduler.Schedule(
            name,
            group_name=group.name,
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": function.arn,
                "role_arn": role.arn,
                "input": json.dumps({"scheduled_time": SCHEDULED_TIME}),
                "retry_policy": {"maximum_event_age_in_seconds": retry_seconds, "maximum_retry_attempts": RETRIES},
                "dead_letter_config": {"arn": dead_letters.arn},
            },
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
        )

    return BillingSchedules(
        group=group,
        runs=schedule(f"{name}-schedule", *runs, RUN_RETRY_SECONDS),
        rollups=schedule(f"{name}-rollup-schedule", *rollups, ROLLUP_RETRY_SECONDS),
    )
