"""One Firehose stream into one Iceberg table, and a bucket for what cannot be a row."""

import json

import pulumi
import pulumi_aws as aws

from components import _iam
from components._bucket import expire, private_bucket
from components._firehose import LogStreams, ProcessorParameters, log_streams, processor_parameters, stream_policy
from components._grants import grant_appending
from components._names import place_of
from components._producers import producer_role
from components.ingest_args import IngestPipelineArgs, check_ingest, error_output_prefix
from components.lambda_function import LambdaFunction
from components.stream import StreamArgs
from components.watched import WatchedPipelineArgs

TRANSFORM_TIMEOUT_SECONDS = 60


class IngestPipeline(pulumi.ComponentResource):
    """A stream whose records a Lambda function turns into rows of a table; what fails is kept with the reason.

    Creates: error bucket, transform function, role with policy, grants if Lake Formation guards the table, log group
    with two streams, delivery stream, if wanted a role for producers. Hands on: `delivery_stream_arn` to `MeteredApi`,
    to any other REST API's stage, or to whatever puts records itself.
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
        check_ingest(name, args)
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
        grants = grant_appending(name, role.arn, args, place=place, opts=child)
        stream = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            name=args["stream_name"],
            destination="iceberg",
            iceberg_configuration=_iceberg(args, transform, errors, logs, role),
            server_side_encryption={"enabled": True, "key_type": "AWS_OWNED_CMK"},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[policy, *grants, *logs], custom_timeouts=pulumi.CustomTimeouts(create="15m")
            ),
        )
        self.delivery_stream_arn = stream.arn
        self.delivery_stream_name = stream.name
        self.error_bucket_name = errors.bucket
        self.transform_function_name = transform.name
        self.producer_role_arn = pulumi.Output.from_input(
            producer_role(name, args["producers"], stream, place, child).arn if "producers" in args else None
        )
        self._watched: WatchedPipelineArgs = {
            "stream_name": stream.name,
            "stream_arn": stream.arn,
            "stream_log_group_name": logs[0].log_group_name,
            "error_bucket_name": errors.bucket,
            "error_bucket_arn": errors.arn,
            "error_retention_days": int(args.get("error_retention_days", 90)),
            "transform_function_name": transform.name,
            "transform_log_group_name": transform.log_group_name,
            "transform_timeout_seconds": TRANSFORM_TIMEOUT_SECONDS,
        }
        self.register_outputs({key: getattr(self, key) for key in IngestPipeline.__annotations__})

    def to_put(self) -> StreamArgs:
        """Return what a component that puts records to the stream takes."""
        return {"stream_name": self.delivery_stream_name, "stream_arn": self.delivery_stream_arn}

    def to_watch(self) -> WatchedPipelineArgs:
        """Return what a component that watches the pipeline takes."""
        return self._watched


def _environment(args: IngestPipelineArgs) -> dict[str, pulumi.Input[str]]:
    routes = args.get("unbillable_routes", [])
    return {"UNBILLABLE_ROUTES": json.dumps(routes)} if routes else {}


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
            "timeout_seconds": TRANSFORM_TIMEOUT_SECONDS,
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
            "error_output_prefix": error_output_prefix(args),
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
