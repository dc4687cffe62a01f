"""Malformed records, put on the stream directly: each wrong in one way, each carrying its run's id."""

import json
from collections.abc import Sequence
from typing import Any

from tools.outputs import StackOutputs


class NotAcceptedError(RuntimeError):
    """The stream did not take a record that the run needs."""


def records(run_id: str) -> list[bytes]:
    """Give one record of every kind that the transform must refuse; `run_id` stands in each as ASCII text."""
    return [
        f"{run_id} is not JSON".encode(),
        json.dumps([run_id]).encode(),
        json.dumps({"v": "1", "request_id": run_id}).encode(),
        json.dumps({"v": "99", "request_id": run_id}).encode(),
        json.dumps({"v": "1", "run": run_id, "status": 200}).encode(),
        b'{"v":"1","v":"1","request_id":"' + run_id.encode() + b'"}',
        b"\xff\xfe " + run_id.encode(),
    ]


def put(outputs: StackOutputs, data: Sequence[bytes]) -> int:
    """Put the records on the stream, as a broken producer would.

    Returns:
        How many the stream took.

    Raises:
        NotAcceptedError: Firehose refused some; names the first reason.
    """
    firehose: Any = outputs.session().client("firehose")
    answer = firehose.put_record_batch(
        DeliveryStreamName=outputs.delivery_stream_name, Records=[{"Data": record} for record in data]
    )
    if answer["FailedPutCount"]:
        reason = next(entry["ErrorCode"] for entry in answer["RequestResponses"] if "ErrorCode" in entry)
        raise NotAcceptedError(f"{outputs.delivery_stream_name}: {answer['FailedPutCount']} records refused: {reason}")
    return len(data)
