"""One Firehose stream into one Iceberg table, and a bucket for what cannot be a row."""

import json
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _iam, _rules
from components._bucket import expire, private_bucket
from components._firehose import LogStreams, ProcessorParameters, log_streams, processor_parameters, stream_policy
from components._names import place_of
from components._producers import producer_role
from components.lambda_function import LambdaFunction
from components.stream import StreamArgs

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


class IngestPipeline(pulumi.ComponentResource):
    """A stream whose records a Lambda function turns into rows of a table; what fails is kept with the reason.

    Creates: error bucket, transform function, role with policy, log group with two streams, delivery stream, if wanted
    a role for producers. Hands on: `delivery_stream_arn` to `MeteredApi`, to any other REST API's stage, or to whatever
    puts records itself.
    """

    delivery_stream_arn: pulumi.Output[str]
    """ARN of the stream: destination of a stage's access log, if its name begins with `amazon-apigateway-`."""
    delivery_stream_name: pulumi.Output[str]
    """Name of the stream."""
    error_bucket_name: pulumi.Output[str]
    """Name of the bucket of failed records."""
    transform_function_name: pulumi.Output[str]
    """Name of the transform function."""
    producer_role_arn: pulumi.Output[str | None]
    """ARN of the role that may put to the stream and do nothing else; none without `producers`."""

    def __init__(self, name: str, args: IngestPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:IngestPipeline", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        place = place_of(self)
        errors = private_bucket(
            f"{name}-errors",
            rules=[expire(args.get("error_retention_days", 90))],
            force_destroy=not args.get("protect", True),
            opts=child,
        )
        transform = _transform(name, args, child)
        logs = log_streams(
            f"{name}-logs", args["stream_name"], retention_days=args.get("log_retention_days", 30), opts=child
        )
        role = aws.iam.Role(f"{name}-role", assume_role_policy=_iam.trust_firehose(place.account_id), opts=child)
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=stream_policy(args, transform=transform, errors=errors, logs=logs, place=place),
            opts=child,
        )
        stream = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            name=args["stream_name"],
            destination="iceberg",
            iceberg_configuration=_iceberg(args, transform, errors, logs, role),
            server_side_encryption={"enabled": True, "key_type": "AWS_OWNED_CMK"},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[policy, *logs], custom_timeouts=pulumi.CustomTimeouts(create="15m")
            ),
        )
        self.delivery_stream_arn = stream.arn
        self.delivery_stream_name = stream.name
        self.error_bucket_name = errors.bucket
        self.transform_function_name = transform.name
        self.producer_role_arn = pulumi.Output.from_input(
            producer_role(name, args["producers"], stream, place, child).arn if "producers" in args else None
        )
        self.register_outputs({key: getattr(self, key) for key in IngestPipeline.__annotations__})

    def to_put(self) -> StreamArgs:
        """Return what a component that puts records to the stream takes."""
        return {"stream_name": self.delivery_stream_name, "stream_arn": self.delivery_stream_arn}


def _check(name: str, args: IngestPipelineArgs) -> None:
    _rules.check(f"{name}: stream_name", _rules.STREAM_NAME, args["stream_name"])
    _rules.check(f"{name}: error_output_prefix", _rules.ERROR_PREFIX, _error_output_prefix(args))
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


def _environment(args: IngestPipelineArgs) -> dict[str, pulumi.Input[str]]:
    routes = args.get("unbillable_routes", [])
    return {"UNBILLABLE_ROUTES": json.dumps(routes)} if routes else {}


def _error_output_prefix(args: IngestPipelineArgs) -> str:
    return args.get("error_output_prefix", _rules.DEFAULT_ERROR_PREFIX)


def _transform(name: str, args: IngestPipelineArgs, opts: pulumi.ResourceOptions) -> LambdaFunction:
    return LambdaFunction(
        f"{name}-transform",
        {
            "handler": args.get("transform_handler", "handlers.transform.handler"),
            # Naming the table here has a purpose: a transform that knows a new column is published only when the table
            # has it. Firehose would drop the column's values until then.
            "description": pulumi.Output.concat("Turns records into rows of table ", args["table_name"]),
            "environment": _environment(args),
            "files": args.get("files", {}),
            # A batch of 3 MiB takes well under a second of CPU; memory buys CPU.
            "memory_mb": 512,
            "timeout_seconds": 60,
            "log_retention_days": args.get("log_retention_days", 30),
        },
        opts,
    )


def _iceberg(
    args: IngestPipelineArgs,
    transform: LambdaFunction,
    errors: aws.s3.Bucket,
    logs: LogStreams,
    role: aws.iam.Role,
) -> aws.kinesis.FirehoseDeliveryStreamIcebergConfigurationArgsDict:
    delivery_log, backup_log = logs
    interval = args.get("delivery_buffer_interval_seconds", 60)
    size = args.get("delivery_buffer_size_mib", 64)
    return {
        "catalog_arn": args["catalog_arn"],
        "role_arn": role.arn,
        "destination_table_configurations": [
            {"database_name": args["database_name"], "table_name": args["table_name"]}
        ],
        # Rows are never changed: duplicates are removed when they are read.
        "append_only": True,
        "buffering_interval": interval,
        "buffering_size": size,
        "retry_duration": args.get("delivery_retry_seconds", 300),
        "s3_backup_mode": "FailedDataOnly",
        "cloudwatch_logging_options": {
            "enabled": True,
            "log_group_name": delivery_log.log_group_name,
            "log_stream_name": delivery_log.name,
        },
        "processing_configuration": {
            "enabled": True,
            "processors": [{"type": "Lambda", "parameters": _transform_parameters(args, transform)}],
        },
        "s3_configuration": {
            "bucket_arn": errors.arn,
            "role_arn": role.arn,
            "buffering_interval": interval,
            "buffering_size": size,
            "error_output_prefix": _error_output_prefix(args),
            "cloudwatch_logging_options": {
                "enabled": True,
                "log_group_name": backup_log.log_group_name,
                "log_stream_name": backup_log.name,
            },
        },
    }


def _transform_parameters(args: IngestPipelineArgs, transform: LambdaFunction) -> ProcessorParameters:
    return processor_parameters(
        transform.arn,
        buffer_size_mib=args.get("transform_buffer_size_mib", 1),
        buffer_interval_seconds=args.get("transform_buffer_interval_seconds", 60),
        retries=args.get("transform_retries", 3),
    )
