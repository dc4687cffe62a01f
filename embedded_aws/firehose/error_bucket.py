"""The error bucket: where every record ends that could not become a row, with the reason."""

import asyncio
import base64
import json
import re
import uuid
from collections.abc import Sequence
from time import struct_time

from embedded_aws import hooks
from embedded_aws.clock import CLOCK
from embedded_aws.firehose import access
from embedded_aws.firehose.configuration import Destination
from embedded_aws.firehose.records import Failure, StreamName
from embedded_aws.iam import AccessDeniedError

_S3 = hooks.use("ministack.services.s3", "handle_request")
_EXPRESSION = re.compile(r"!\{([^:}]+):([^}]*)\}")
_TIME_FIELD = re.compile(r"'([^']*)'|([yMdHmsD])\2*")
_OK = 200
PROCESSING_FAILED = "processing-failed"
ICEBERG_FAILED = "iceberg-failed"


class ErrorBucketError(Exception):
    """The error bucket did not take an object; the records must be kept.

    Attributes:
        code: AWS's error code.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def put(stream: StreamName, destination: Destination, kind: str, failures: Sequence[Failure]) -> str:
    """Put failed records as one object.

    Args:
        stream: the stream, in whose account and Region this is called.
        destination: has the error bucket.
        kind: `processing-failed` or `iceberg-failed`.
        failures: at least one.

    Returns:
        the object's key.

    Raises:
        ErrorBucketError: nothing was written.
    """
    now = CLOCK.now()
    stamp = f"{now:%Y-%m-%d-%H-%M-%S}"
    folder = prefix(destination.errors.prefix, kind, now.utctimetuple())
    key = f"{folder}{stream.name}-{destination.version}-{stamp}-{uuid.uuid4()}"
    lambda_arn = destination.transform.lambda_arn if destination.transform and kind == PROCESSING_FAILED else None
    body = "".join(json.dumps(line(failure, lambda_arn)) + "\n" for failure in failures).encode()
    try:
        principal = access.assume(stream, destination.errors.role_arn)
        access.write_errors(principal, destination.errors.bucket_arn, key)
    except AccessDeniedError as error:
        raise ErrorBucketError("S3.AccessDenied", str(error)) from error
    _put_object(destination.errors.bucket_arn.rsplit(":", 1)[1], key, body)
    return key


def line(failure: Failure, lambda_arn: str | None) -> dict[str, str | int]:
    """Give AWS's error record of a failure; `rawData` is the record as it was put, so that it can be put again.

    Args:
        failure: a record and why it failed.
        lambda_arn: of the transform, if that is what failed.
    """
    shown: dict[str, str | int] = {
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": failure.record.arrived_ms,
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptEndingTimestamp": failure.ended_ms,
        "rawData": base64.b64encode(failure.record.data).decode(),
    }
    return {**shown, "lambdaArn": lambda_arn} if lambda_arn else shown


def prefix(template: str, kind: str, when: struct_time) -> str:
    """Evaluate an `ErrorOutputPrefix`.

    Args:
        template: as configured; empty means AWS's default, the kind and the hour.
        kind: what `!{firehose:error-output-type}` becomes.
        when: in UTC.
    """

    def evaluated(expression: re.Match[str]) -> str:
        match expression.groups():
            case "timestamp", pattern:
                return _formatted(pattern, when)
            case "firehose", "error-output-type":
                return kind
        return uuid.uuid4().hex[:11]  # firehose:random-string, the only other one that a stream may have

    if not template:
        template = "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"
    return _EXPRESSION.sub(evaluated, template)


def _formatted(pattern: str, when: struct_time) -> str:
    """Write a time by a Java pattern, of which `configuration` lets the numeric fields pass."""
    fields = {
        "y": when.tm_year,
        "M": when.tm_mon,
        "d": when.tm_mday,
        "H": when.tm_hour,
        "m": when.tm_min,
        "s": when.tm_sec,
        "D": when.tm_yday,
    }

    def written(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[1] or "'"
        number = fields[found[2]] % 100 if found[0] == "yy" else fields[found[2]]
        return str(number).zfill(len(found[0]))

    return _TIME_FIELD.sub(written, pattern)


def _put_object(bucket: str, key: str, body: bytes) -> None:
    headers = {"content-type": "application/octet-stream", "content-length": str(len(body)), "host": "s3.localhost"}
    # In process rather than over HTTP: Firehose talks TLS, and a bucket policy may refuse anything else.
    status, _, answer = asyncio.run(_S3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True))
    if status != _OK:
        found = re.search(rb"<Code>(\w+)</Code>", answer or b"")
        raise ErrorBucketError(
            f"S3.{found.group(1).decode() if found else status}", f"PutObject of {bucket}/{key} failed"
        )
