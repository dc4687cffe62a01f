"""CloudEvents 1.0 (v1.0.2): the JSON event format, structured and batched. No I/O, no AWS, no metering."""

from cloud_events.event import CloudEvent
from cloud_events.failure import CloudEventError, Fault, show
from cloud_events.formats import BATCHED, STRUCTURED, Mode, Reading, mode_of, read_batch, read_structured
from cloud_events.json_text import Json, canonical
from cloud_events.numbers import Figure, Number, figure_of
from cloud_events.text import is_text, problem_with
from cloud_events.timestamps import time_text

__all__ = [
    "BATCHED",
    "STRUCTURED",
    "CloudEvent",
    "CloudEventError",
    "Fault",
    "Figure",
    "Json",
    "Mode",
    "Number",
    "Reading",
    "canonical",
    "figure_of",
    "is_text",
    "mode_of",
    "problem_with",
    "read_batch",
    "read_structured",
    "show",
    "time_text",
]
