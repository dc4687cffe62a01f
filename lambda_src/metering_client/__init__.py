"""Send usage events: from a service or a Lambda function through `POST /events`, from a trusted backend on the stream.

Standard library only: the folder works wherever it is copied to. docs/client.md shows how to use it.
"""

from metering_client.api import MeteringClient
from metering_client.event import Event, EventError
from metering_client.report import NotDeliveredError, Rejected, Report
from metering_client.sender import BufferFullError
from metering_client.stream import StreamSender
from metering_client.timing import Timing

__all__ = [
    "BufferFullError",
    "Event",
    "EventError",
    "MeteringClient",
    "NotDeliveredError",
    "Rejected",
    "Report",
    "StreamSender",
    "Timing",
]
