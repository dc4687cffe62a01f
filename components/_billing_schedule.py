"""What starts billing and the rollups of usage."""

from components._schedule import Call
from components.lambda_function import LambdaFunction

RUNS, ROLLUPS = "schedule", "rollup-schedule"
"""Ends of the schedules' logical names."""
RUN_RETRY_SECONDS = 6 * 3600
"""A run that comes later than this is no loss: the next day's does what it would have done."""
ROLLUP_RETRY_SECONDS = 3600
"""By then the next hour's has come."""


def billing_calls(
    *, planner: LambdaFunction, schedule: str, rollup: LambdaFunction, rollup_schedule: str
) -> dict[str, Call]:
    """Return the calls of planner and rollup, each at the times of its cron expression in UTC."""
    return {
        RUNS: Call(planner, schedule, RUN_RETRY_SECONDS),
        ROLLUPS: Call(rollup, rollup_schedule, ROLLUP_RETRY_SECONDS),
    }
