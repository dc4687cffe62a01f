"""Parts of a Firehose stream: its log streams, its Lambda processor, and what its role may do."""

import pulumi
import pulumi_aws as aws

from components import _iam
from components._iam_lake import append_to_table
from components._names import Place
from components.appended_table import AppendedTableArgs
from components.lambda_function import LambdaFunction

ProcessorParameters = list[
    aws.kinesis.FirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessorParameterArgsDict
]

LogStreams = tuple[aws.cloudwatch.LogStream, aws.cloudwatch.LogStream]
"""Of delivery and of backup."""

_DELIVERY_LOG = "DestinationDelivery"
_BACKUP_LOG = "BackupDelivery"
"""Names that AWS's console gives a stream's log streams."""

_DEFAULTS = {"BufferSizeInMBs": 1, "BufferIntervalInSeconds": 60, "NumberOfRetries": 3}


def log_streams(name: str, stream_name: str, *, retention_days: int, opts: pulumi.ResourceOptions) -> LogStreams:
    """Make the log group and its two streams; Firehose makes none of them, and drops its errors without them."""
    group = aws.cloudwatch.LogGroup(
        name, name=f"/aws/kinesisfirehose/{stream_name}", retention_in_days=retention_days, opts=opts
    )
    return (
        aws.cloudwatch.LogStream(f"{name}-delivery", name=_DELIVERY_LOG, log_group_name=group.name, opts=opts),
        aws.cloudwatch.LogStream(f"{name}-backup", name=_BACKUP_LOG, log_group_name=group.name, opts=opts),
    )


def processor_parameters(
    function_arn: pulumi.Input[str], *, buffer_size_mib: int, buffer_interval_seconds: int, retries: int
) -> ProcessorParameters:
    """List the processor's parameters, without those that equal Firehose's defaults: AWS does not store them.

    They would come back as a difference at every `up`. The role is the stream's own, which is a default as well.
    """
    wanted = {
        "BufferSizeInMBs": int(buffer_size_mib),
        "BufferIntervalInSeconds": int(buffer_interval_seconds),
        "NumberOfRetries": int(retries),
    }
    parameters: ProcessorParameters = [{"parameter_name": "LambdaArn", "parameter_value": function_arn}]
    for key, value in wanted.items():
        if value != _DEFAULTS[key]:
            parameters.append({"parameter_name": key, "parameter_value": str(value)})
    return parameters


def stream_policy(
    table: AppendedTableArgs, *, transform: LambdaFunction, errors: aws.s3.Bucket, logs: LogStreams, place: Place
) -> pulumi.Output[str]:
    """Permit what Firehose does: append to one table, call one function, keep what fails, tell of it."""
    return _iam.policy(
        *append_to_table(
            catalog_arn=table["catalog_arn"],
            namespace=table["database_name"],
            table_name=table["table_name"],
            table_bucket_arn=table["table_bucket_arn"],
            table_arn=table["table_arn"],
        ),
        *_iam.deliver_to_bucket(errors.arn),
        _iam.invoke_alias(place.arn("lambda", "function:", transform.name), transform.arn),
        _iam.put_log_events([stream.arn for stream in logs]),
    )
