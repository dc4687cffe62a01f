"""What an ingest pipeline takes, and the rules for it."""

import json
from typing import NotRequired, TypedDict

import pulumi

from components import _rules
from components.lake_formation import LakeFormationArgs

UNBILLABLE_ROUTES_BYTES = 4000
"""Room that Lambda's 4 KB for a function's environment leave for the free routes."""


class IngestPipelineArgs(TypedDict):
    """Inputs of `IngestPipeline`."""

    stream_name: str
    """Name of the stream: 1 to 64 letters, digits, underscores, periods and hyphens."""
    catalog_arn: pulumi.Input[str]
    """ARN of the Glue catalog that has the table."""
    database_name: pulumi.Input[str]
    """Database of the table in that catalog."""
    table_name: pulumi.Input[str]
    """Name of the table; the stream is made when the name is known, so hand on one that waits for the table."""
    table_arn: pulumi.Input[str]
    """ARN of the table."""
    table_bucket_arn: pulumi.Input[str]
    """ARN of the table bucket that has the table."""
    lake_formation: NotRequired[LakeFormationArgs]
    """Where the stream's role needs grants; none are made if absent: policies alone decide then."""
    transform_handler: NotRequired[str]
    """Entry point of the transform below `lambda_src`; `handlers.transform.handler` if absent."""
    files: NotRequired[dict[str, str]]
    """Further files of the transform's zip: text by path; none if absent."""
    unbillable_routes: NotRequired[list[str]]
    """Routes, as `METHOD /path`, whose requests are never billable, 4000 bytes as JSON; none if absent."""
    producers: NotRequired[list[str]]
    """ARNs of who may assume a role that may only put records here; if empty, this account; no role if absent."""
    delivery_buffer_interval_seconds: NotRequired[int]
    """Seconds that rows are collected before a commit, 0 to 900; 60 if absent."""
    delivery_buffer_size_mib: NotRequired[int]
    """MiB of rows that are collected at most, 1 to 128; 64 if absent."""
    delivery_retry_seconds: NotRequired[int]
    """Seconds that a failing commit is tried again, 0 to 7200; 300 if absent."""
    transform_buffer_interval_seconds: NotRequired[int]
    """Seconds that records are collected before the transform is called, 0 to 900; 60 if absent."""
    transform_buffer_size_mib: NotRequired[int]
    """MiB of records that are collected at most, 1 to 3; 1 if absent."""
    transform_retries: NotRequired[int]
    """Times that a failing transform is called again, 0 to 300; 3 if absent."""
    error_output_prefix: NotRequired[str]
    """Where failed records go in the error bucket; by kind of error and day if absent."""
    error_retention_days: NotRequired[int]
    """Days that failed records are kept, 1 or more; 90 if absent."""
    log_retention_days: NotRequired[int]
    """Days that log events are kept, one of CloudWatch Logs' periods; 30 if absent."""
    protect: NotRequired[bool]
    """Whether the error bucket refuses deletion while it holds records; true if absent."""


def check_ingest(name: str, args: IngestPipelineArgs) -> None:
    """Hold the plain arguments of a pipeline to AWS's rules.

    Raises:
        ValueError: one breaks its rule; the message names it, the rule and the value.
    """
    _rules.check(f"{name}: stream_name", _rules.STREAM_NAME, args["stream_name"])
    _rules.check(f"{name}: error_output_prefix", _rules.ERROR_PREFIX, error_output_prefix(args))
    amounts = {
        "delivery_buffer_interval_seconds": (
            args.get("delivery_buffer_interval_seconds", 60),
            _rules.DELIVERY_INTERVAL_SECONDS,
        ),
        "delivery_buffer_size_mib": (args.get("delivery_buffer_size_mib", 64), _rules.DELIVERY_SIZE_MIB),
        "delivery_retry_seconds": (args.get("delivery_retry_seconds", 300), _rules.DELIVERY_RETRY_SECONDS),
        "transform_buffer_interval_seconds": (
            args.get("transform_buffer_interval_seconds", 60),
            _rules.TRANSFORM_INTERVAL_SECONDS,
        ),
        "transform_buffer_size_mib": (args.get("transform_buffer_size_mib", 1), _rules.TRANSFORM_SIZE_MIB),
        "transform_retries": (args.get("transform_retries", 3), _rules.TRANSFORM_RETRIES),
        "error_retention_days": (args.get("error_retention_days", 90), _rules.DAYS),
    }
    _rules.check_amounts(name, amounts)
    _rules.check_retention(f"{name}: log_retention_days", int(args.get("log_retention_days", 30)))
    for arn in args.get("producers", []):
        _rules.check(f"{name}: producers", _rules.PRINCIPAL_ARN, arn)
    size = len(json.dumps(args.get("unbillable_routes", [])).encode())
    if size > UNBILLABLE_ROUTES_BYTES:
        raise ValueError(
            f"{name}: unbillable_routes: must be at most {UNBILLABLE_ROUTES_BYTES} bytes as JSON, got {size} bytes"
        )


def error_output_prefix(args: IngestPipelineArgs) -> str:
    """Return where failed records go in the error bucket."""
    return args.get("error_output_prefix", _rules.DEFAULT_ERROR_PREFIX)
