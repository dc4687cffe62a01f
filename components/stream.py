"""What whoever puts records to a stream itself must know of it."""

from typing import TypedDict

import pulumi


class StreamArgs(TypedDict):
    """A stream to put records to: outputs of `IngestPipeline`, as its `to_put` returns them."""

    stream_name: pulumi.Input[str]
    """Name of the stream."""
    stream_arn: pulumi.Input[str]
    """ARN of the stream."""
