"""Firehose of the embedded AWS: direct puts, a Lambda transform, an Iceberg table in S3 Tables, and an error bucket."""

from dataclasses import asdict
from typing import Any

from embedded_aws.controls import InvalidControlError
from embedded_aws.firehose.invoker import Invoker
from embedded_aws.firehose.operations import Operations
from embedded_aws.firehose.service import Firehose
from embedded_aws.firehose.tally import DeliveryReport, StreamCounts
from embedded_aws.server import EmbeddedAws

__all__ = ["DeliveryReport", "Firehose", "StreamCounts", "install"]


def install(aws: EmbeddedAws) -> None:
    """Put this part in place; the running streams are `aws.firehose`."""
    aws.firehose = Firehose(Invoker(aws.session()).invoke)
    Operations(aws.firehose).install()
    aws.alarms.gauge(aws.firehose.measure)
    aws.controls.add("POST", "firehose/flush", lambda body: _flush(aws.firehose, body))
    aws.controls.add("GET", "firehose", lambda _: _shown(aws.firehose.report()))
    aws.before_stop.callback(aws.firehose.stop)
    aws.afterwards.callback(aws.firehose.join)


def _flush(firehose: Firehose, body: dict[str, Any]) -> dict[str, Any]:
    """Deliver what is held: `{"streams": [names], "timeout": seconds}`, of all streams within a minute by default."""
    names, timeout = body.get("streams", []), body.get("timeout", 60)
    if not isinstance(names, list) or not isinstance(timeout, int | float):
        raise InvalidControlError("streams must be a list of names, and timeout a number of seconds")
    return _shown(firehose.flush(*map(str, names), timeout=timeout))


def _shown(report: DeliveryReport) -> dict[str, Any]:
    counts = {name: {**asdict(one), "undelivered": one.undelivered} for name, one in report.streams.items()}
    return {"streams": counts, "undelivered": report.undelivered}
