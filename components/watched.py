"""What whoever watches a component must know of it: alarms, dashboard, reconciliation and operators."""

from typing import TypedDict

import pulumi


class WatchedPipelineArgs(TypedDict):
    """A pipeline to watch: what `IngestPipeline.to_watch` returns."""

    stream_name: pulumi.Input[str]
    """Name of the stream."""
    stream_arn: pulumi.Input[str]
    """ARN of the stream."""
    stream_log_group_name: pulumi.Input[str]
    """Name of the log group that Firehose writes its errors to."""
    error_bucket_name: pulumi.Input[str]
    """Name of the bucket of failed records."""
    error_bucket_arn: pulumi.Input[str]
    """ARN of that bucket."""
    error_retention_days: int
    """Days that failed records are kept."""
    transform_function_name: pulumi.Input[str]
    """Name of the transform function."""
    transform_log_group_name: pulumi.Input[str]
    """Name of its log group."""
    transform_timeout_seconds: int
    """Seconds before a call of it is cut off."""


class WatchedBillingArgs(TypedDict):
    """Billing to watch: what `UsageBilling.to_watch` returns."""

    planner_function_name: pulumi.Input[str]
    """Name of the function that plans runs."""
    planner_log_group_name: pulumi.Input[str]
    """Name of its log group."""
    worker_function_name: pulumi.Input[str]
    """Name of the function that works runs off."""
    rollup_function_name: pulumi.Input[str]
    """Name of the function that sums up usage so far."""
    dead_letter_queue_name: pulumi.Input[str]
    """Name of the queue of what nobody could handle."""
    dead_letter_queue_arn: pulumi.Input[str]
    """ARN of that queue."""
    reconciliation_table_name: pulumi.Input[str]
    """Name of the table of hours, each reconciled or not."""
    reconciliation_table_arn: pulumi.Input[str]
    """ARN of that table."""
    invoices_table_arn: pulumi.Input[str]
    """ARN of the table of bills, invoices and runs."""
    grace_hours: int
    """Hours from a period's end until its invoices become final."""


class WatchedApiArgs(TypedDict):
    """An API to watch: what `MeteredApi.to_watch` returns."""

    api_name: pulumi.Input[str]
    """Name of the REST API, by which CloudWatch knows it."""
    rest_api_id: pulumi.Input[str]
    """Id of the REST API, by which its rows are known."""
    stage_name: pulumi.Input[str]
    """Name of the stage."""


class WatchedEventsArgs(TypedDict):
    """The function behind `POST /events` to watch: what `CustomerApi.to_watch` returns."""

    function_name: pulumi.Input[str]
    """Name of the function."""
    log_group_name: pulumi.Input[str]
    """Name of its log group, in which each request is a line of counts."""
