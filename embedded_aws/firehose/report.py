"""What a stream tells about itself: lines in its error log streams, and metrics in `AWS/Firehose`."""

import json
import logging
from datetime import datetime

from embedded_aws import hooks
from embedded_aws.cloudwatch.store import STORES, MetricName, dimensions_of
from embedded_aws.firehose import access
from embedded_aws.firehose.configuration import LogStream
from embedded_aws.firehose.records import StreamName, now_ms
from embedded_aws.iam import AccessDeniedError

_CLOUDWATCH = hooks.use("ministack.services.cloudwatch", "record_metric")
_LOGS = hooks.use("ministack.services.cloudwatch_logs", "_put_log_events")
_LOG = logging.getLogger(__name__)
_OK = 200
_UNITS = {"Bytes": "Bytes", "Duration": "Milliseconds", "DataFreshness": "Seconds"}


def metrics(stream: StreamName, values: dict[str, float]) -> None:
    """Record metrics of a stream; call it in the stream's account and Region.

    A metric that cannot be recorded is told on stderr and holds no record up.
    """
    for name, value in values.items():
        unit = _UNITS.get(name.rpartition(".")[2], "Bytes" if name == "IncomingBytes" else "Count")
        try:
            _CLOUDWATCH.record_metric("AWS/Firehose", name, value, unit, {"DeliveryStreamName": stream.name})
        except Exception:  # noqa: BLE001 - whatever it is, delivery goes before its figures
            _LOG.exception("%s: metric %s is lost", stream.name, name)


def freshness(stream: StreamName, seconds: float, moment: datetime) -> None:
    """Record the age of the oldest record that is still on its way; of those delivered, each commit tells.

    Args:
        stream: the stream.
        seconds: its age.
        moment: at which it was measured.
    """
    metric = MetricName(
        "AWS/Firehose", "DeliveryToIceberg.DataFreshness", dimensions_of({"DeliveryStreamName": stream.name})
    )
    store = STORES.of(stream.account, stream.region)
    store.add([(store.series(metric, "Seconds"), seconds)], moment.timestamp())


def error_line(
    stream: StreamName,
    log: LogStream | None,
    role_arn: str,
    *,
    version: int,
    destination: str,
    code: str,
    message: str,
    processor: str | None = None,
) -> None:
    """Write a line into a destination's error log, if it has one and the role may.

    As on AWS, an error that the log cannot take shows nowhere else in the account; it is told on stderr.

    Args:
        stream: the stream, in whose account and Region this is called.
        log: where to; None if the destination has no log.
        role_arn: the role that writes it.
        version: of the stream's configuration.
        code: AWS's error code.
        message: what went wrong.
        destination: ARN of the bucket or catalog that the records were meant for.
        processor: ARN of the transform function, if it failed.
    """
    line = {
        "deliveryStreamARN": stream.arn,
        "destination": destination,
        "deliveryStreamVersionId": version,
        "message": message,
        "errorCode": code,
    }
    if processor:
        line["processor"] = processor
    if log is None:
        _LOG.warning("%s: %s (%s), and the stream has no error log", stream.name, code, message)
        return
    try:
        access.write_log(access.assume(stream, role_arn), stream, log)
    except AccessDeniedError as error:
        _LOG.warning("%s: %s (%s) could not be logged: %s", stream.name, code, message, error)
        return
    events = [{"timestamp": now_ms(), "message": json.dumps(line)}]
    status, _, body = _LOGS._put_log_events(
        {"logGroupName": log.group, "logStreamName": log.stream, "logEvents": events}
    )
    if status != _OK:
        _LOG.warning("%s: %s (%s) could not be logged: %s", stream.name, code, message, body)
