"""The Lambda processor of a Firehose stream."""

import pulumi
import pulumi_aws as aws

ProcessorParameters = list[
    aws.kinesis.FirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessorParameterArgsDict
]

_DEFAULTS = {"BufferSizeInMBs": 1, "BufferIntervalInSeconds": 60, "NumberOfRetries": 3}


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
