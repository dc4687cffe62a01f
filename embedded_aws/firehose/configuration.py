"""The configuration of a stream with an Iceberg destination: defaults, rules, and a typed view of it."""

import re
from dataclasses import dataclass
from typing import Any

from embedded_aws.firehose.faults import InvalidArgumentError, unsupported

MIB = 1024 * 1024
_S3_BUCKET = re.compile(r"arn:[^:]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LAMBDA = re.compile(r"arn:[^:]+:lambda:[^:]+:\d{12}:function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?")
_EXPRESSION = re.compile(r"!\{([^:}]*):?([^}]*)\}")
_TIME_PATTERN = re.compile(r"(?:'[^']*'|y+|(?<!M)M{1,2}(?!M)|d+|H+|m+|s+|D+|[^A-Za-z'])+")
_BUFFERING_DEFAULT = {"SizeInMBs": 5, "IntervalInSeconds": 300}
_OFF = {"Enabled": False}
_TRANSFORM_DEFAULTS = {"NumberOfRetries": "3", "BufferSizeInMBs": "1", "BufferIntervalInSeconds": "60"}
_TRANSFORM_RANGES = {"BufferSizeInMBs": (0.2, 3.0), "BufferIntervalInSeconds": (0, 900), "NumberOfRetries": (0, 300)}


@dataclass(frozen=True)
class Buffering:
    """A buffer is full at `size` bytes or `interval` seconds after its first record, whichever is first."""

    size: int
    interval: float


@dataclass(frozen=True)
class LogStream:
    """Where a destination reports its errors."""

    group: str
    stream: str


@dataclass(frozen=True)
class Transform:
    """The Lambda processor: its function is called up to `retries` times more when a call fails."""

    lambda_arn: str
    role_arn: str
    retries: int
    buffering: Buffering


@dataclass(frozen=True)
class ErrorOutput:
    """The bucket that takes what could not be delivered."""

    bucket_arn: str
    role_arn: str
    prefix: str
    log: LogStream | None


@dataclass(frozen=True)
class Destination:
    """An Iceberg table and the way to it.

    `retry_seconds` is how long a failing delivery is tried again; `version` counts the stream's configurations from 1.
    """

    version: int
    role_arn: str
    catalog_arn: str
    database: str
    table: str
    buffering: Buffering
    retry_seconds: int
    transform: Transform | None
    errors: ErrorOutput
    log: LogStream | None


def complete(given: dict[str, Any]) -> dict[str, Any]:
    """Fill an `IcebergDestinationConfiguration` with AWS's defaults, as DescribeDeliveryStream shows them.

    Raises:
        InvalidArgumentError: a rule of Firehose is broken, or the embedded AWS does not have what is asked for.
    """
    _refuse_unsupported(given)
    config = {
        "AppendOnly": False,
        "BufferingHints": dict(_BUFFERING_DEFAULT),
        "CloudWatchLoggingOptions": dict(_OFF),
        "ProcessingConfiguration": {**_OFF, "Processors": []},
        "RetryOptions": {"DurationInSeconds": 300},
        "S3BackupMode": "FailedDataOnly",
        **given,
    }
    config["S3Configuration"] = {
        "BufferingHints": dict(_BUFFERING_DEFAULT),
        "CloudWatchLoggingOptions": dict(_OFF),
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        **given["S3Configuration"],
    }
    for owner in (config, config["S3Configuration"]):
        _check_hints(owner["BufferingHints"])
        _check_logging(owner["CloudWatchLoggingOptions"])
    config["ProcessingConfiguration"] = _complete_processing(config["ProcessingConfiguration"], config["RoleARN"])
    _check_error_prefix(config["S3Configuration"].get("ErrorOutputPrefix", ""))
    if not _S3_BUCKET.fullmatch(config["S3Configuration"]["BucketARN"]):
        raise InvalidArgumentError(f"BucketARN {config['S3Configuration']['BucketARN']}: not the ARN of an S3 bucket")
    return config


def typed(config: dict[str, Any], version: int) -> Destination:
    """Read a configuration that `complete` gave."""
    table = config["DestinationTableConfigurationList"][0]
    s3 = config["S3Configuration"]
    return Destination(
        version=version,
        role_arn=config["RoleARN"],
        catalog_arn=config["CatalogConfiguration"]["CatalogARN"],
        database=table["DestinationDatabaseName"],
        table=table["DestinationTableName"],
        buffering=_buffering(config["BufferingHints"]["SizeInMBs"], config["BufferingHints"]["IntervalInSeconds"]),
        retry_seconds=config["RetryOptions"]["DurationInSeconds"],
        transform=_transform(config["ProcessingConfiguration"], config["RoleARN"]),
        errors=ErrorOutput(
            bucket_arn=s3["BucketARN"],
            role_arn=s3["RoleARN"],
            prefix=s3.get("ErrorOutputPrefix", ""),
            log=_log_stream(s3["CloudWatchLoggingOptions"]),
        ),
        log=_log_stream(config["CloudWatchLoggingOptions"]),
    )


def described(config: dict[str, Any]) -> dict[str, Any]:
    """Give the `IcebergDestinationDescription` of a configuration that `complete` gave."""
    given = {key: value for key, value in config.items() if key != "S3Configuration"}
    return {**given, "S3DestinationDescription": config["S3Configuration"]}


def _refuse_unsupported(given: dict[str, Any]) -> None:
    tables = given.get("DestinationTableConfigurationList") or []
    if len(tables) != 1:
        raise unsupported(f"{len(tables)} destination tables (exactly one is)")
    for name in ("UniqueKeys", "PartitionSpec", "S3ErrorOutputPrefix"):
        if tables[0].get(name):
            raise unsupported(f"{name} of a destination table")
    for name in ("SchemaEvolutionConfiguration", "TableCreationConfiguration"):
        if given.get(name, {}).get("Enabled"):
            raise unsupported(name)
    if given.get("S3BackupMode", "FailedDataOnly") != "FailedDataOnly":
        raise unsupported(f"S3BackupMode {given['S3BackupMode']} with an Iceberg destination")
    s3 = given["S3Configuration"]
    if s3.get("CompressionFormat", "UNCOMPRESSED") != "UNCOMPRESSED":
        raise unsupported(f"CompressionFormat {s3['CompressionFormat']} of the error bucket")
    if "KMSEncryptionConfig" in s3.get("EncryptionConfiguration", {}):
        raise unsupported("a KMS key of the error bucket's objects")
    if "CatalogARN" not in given["CatalogConfiguration"]:
        raise unsupported("a catalog without CatalogARN")


def _check_hints(hints: dict[str, Any]) -> None:
    if set(hints) != {"SizeInMBs", "IntervalInSeconds"}:
        raise InvalidArgumentError(
            "BufferingHints: SizeInMBs and IntervalInSeconds must both be specified if one of them is"
        )


def _check_logging(options: dict[str, Any]) -> None:
    if options.get("Enabled") and not (options.get("LogGroupName") and options.get("LogStreamName")):
        raise InvalidArgumentError("CloudWatchLoggingOptions: LogGroupName and LogStreamName must be specified")


def _check_error_prefix(prefix: str) -> None:
    expressions = _EXPRESSION.findall(prefix)
    for namespace, value in expressions:
        if namespace == "timestamp" and not _TIME_PATTERN.fullmatch(value):
            raise unsupported(f"the time pattern {value!r} in ErrorOutputPrefix")
        known = namespace == "timestamp" or (namespace, value) in {
            ("firehose", "random-string"),
            ("firehose", "error-output-type"),
        }
        if not known:
            raise InvalidArgumentError(f"ErrorOutputPrefix {prefix!r}: !{{{namespace}:{value}}} cannot be evaluated")
    if expressions and ("firehose", "error-output-type") not in expressions:
        raise InvalidArgumentError(
            f"ErrorOutputPrefix {prefix!r}: an expression without !{{firehose:error-output-type}}"
        )


def _complete_processing(given: dict[str, Any], role_arn: str) -> dict[str, Any]:
    processors = given.get("Processors", [])
    if not given.get("Enabled"):
        return {"Enabled": False, "Processors": processors}
    if len(processors) != 1 or processors[0]["Type"] != "Lambda":
        raise unsupported(f"processors {[one['Type'] for one in processors]} (one Lambda processor is)")
    parameters = {one["ParameterName"]: one["ParameterValue"] for one in processors[0].get("Parameters", [])}
    defaults = {**_TRANSFORM_DEFAULTS, "RoleArn": role_arn}
    _check_parameters({**defaults, **parameters})
    shown = [
        {"ParameterName": name, "ParameterValue": value}
        for name, value in parameters.items()
        if value != defaults.get(name)  # what equals a default is not stored
    ]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": shown}]}


def _check_parameters(parameters: dict[str, str]) -> None:
    if not _LAMBDA.fullmatch(parameters.get("LambdaArn", "")):
        raise InvalidArgumentError(f"LambdaArn {parameters.get('LambdaArn')!r}: not the ARN of a Lambda function")
    for name, (least, most) in _TRANSFORM_RANGES.items():
        try:
            number = float(parameters[name])
        except ValueError:
            raise InvalidArgumentError(f"{name} {parameters[name]!r}: not a number") from None
        if not least <= number <= most:
            raise InvalidArgumentError(f"{name} {parameters[name]}: must be between {least} and {most}")


def _transform(processing: dict[str, Any], role_arn: str) -> Transform | None:
    if not processing["Enabled"]:
        return None
    stored = {one["ParameterName"]: one["ParameterValue"] for one in processing["Processors"][0]["Parameters"]}
    values = {**_TRANSFORM_DEFAULTS, "RoleArn": role_arn, **stored}
    return Transform(
        lambda_arn=values["LambdaArn"],
        role_arn=values["RoleArn"],
        retries=int(float(values["NumberOfRetries"])),
        buffering=_buffering(float(values["BufferSizeInMBs"]), float(values["BufferIntervalInSeconds"])),
    )


def _buffering(size_in_mbs: float, interval: float) -> Buffering:
    return Buffering(size=int(size_in_mbs * MIB), interval=interval)


def _log_stream(options: dict[str, Any]) -> LogStream | None:
    return LogStream(options["LogGroupName"], options["LogStreamName"]) if options.get("Enabled") else None
