"""The error bucket: which records failed, where they are, and why."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from error_bucket import ErrorBucket
from tools.outputs import StackOutputs

_CLOCKS = timedelta(minutes=5)
"""How far Firehose's clock, by which objects are named, and ours may be apart."""


@dataclass(frozen=True)
class ErrorRecord:
    """A record that Firehose put aside: the object it is in, Firehose's reason, and its original bytes."""

    key: str
    code: str
    message: str
    raw: bytes


def read(
    outputs: StackOutputs, since: datetime, belongs: Callable[[bytes], bool], bucket: str = ""
) -> list[ErrorRecord]:
    """Read the failed records of a run.

    Args:
        outputs: the stack.
        since: older objects are not opened.
        belongs: tells by a record's original bytes whether it is of the run.
        bucket: the error bucket's name; that of the access logs' stream if empty.
    """
    errors = ErrorBucket(outputs.session().client("s3"), bucket or outputs.error_bucket_name)
    return [
        ErrorRecord(entry.key, record.code, record.message, record.raw)
        for entry in errors.objects(since=since - _CLOCKS)
        for record in errors.records(entry.key)
        if belongs(record.raw)
    ]


def transform_reasons(outputs: StackOutputs, since: datetime, function: str = "") -> Counter[str]:
    """Count the transform's own reasons, which say more than Firehose's one code; from its log, since a moment.

    The counts are of everything that the function refused since then, other producers' records too.

    Args:
        outputs: the stack.
        since: older log events are left out.
        function: the transform's name; that of the access logs if empty.
    """
    session = outputs.session()
    name = function or outputs.transform_function_name
    found: Any = session.client("lambda").get_function_configuration(FunctionName=name)
    pages = (
        session.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=found["LoggingConfig"]["LogGroup"],
            startTime=int((since - timedelta(seconds=5)).timestamp() * 1000),
            filterPattern='"reasons"',
        )
    )
    reasons: Counter[str] = Counter()
    for page in pages:
        for event in page["events"]:
            reasons.update(_reasons(event["message"]))
    return reasons


def _reasons(message: str) -> dict[str, int]:
    """Take the counts per reason from a log event of a transform; other lines have none."""
    try:
        line = json.loads(message)
    except ValueError:
        return {}  # the runtime's own lines may be text
    found = line.get("reasons") if isinstance(line, dict) else None
    return found if isinstance(found, dict) else {}
