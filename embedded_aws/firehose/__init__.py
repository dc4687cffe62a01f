"""Firehose of the embedded AWS: direct puts, a Lambda transform, an Iceberg table in S3 Tables, and an error bucket."""

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
    aws.before_stop.callback(aws.firehose.stop)
    aws.afterwards.callback(aws.firehose.join)
