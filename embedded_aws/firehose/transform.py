"""The Lambda transform: the event that Firehose sends, and how it reads the answer.

Codes and messages are AWS's. A call that fails, and an answer that is not of the required form, fail the batch and are
tried again; an answer of the right form that misses or repeats record ids fails just those records and is final.
"""

import base64
import binascii
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.firehose.records import Failure, Record, StreamName, Transformed

PAYLOAD_LIMIT = 6 * 1024 * 1024
_EVENT_OVERHEAD = 1024
_RECORD_OVERHEAD = 160


class TransformError(Exception):
    """A call of the transform failed as a whole.

    Attributes:
        code: AWS's error code.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Outcome:
    """What a transform made of a batch."""

    rows: list[Transformed] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    dropped: int = 0


def payloads(records: Sequence[Record]) -> Iterator[list[Record]]:
    """Cut a batch so that each call's event stays under Lambda's 6 MB."""
    part: list[Record] = []
    size = _EVENT_OVERHEAD
    for record in records:
        weight = len(record.data) * 4 // 3 + _RECORD_OVERHEAD
        if part and size + weight > PAYLOAD_LIMIT:
            yield part
            part, size = [], _EVENT_OVERHEAD
        part.append(record)
        size += weight
    yield part


def event(stream: StreamName, records: Sequence[Record]) -> bytes:
    """Write the event of one call; its `invocationId` is new for each."""
    return json.dumps(
        {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": stream.arn,
            "region": stream.region,
            "records": [
                {
                    "recordId": record.record_id,
                    "approximateArrivalTimestamp": record.arrived_ms,
                    "data": base64.b64encode(record.data).decode(),
                }
                for record in records
            ],
        }
    ).encode()


def read(payload: bytes, records: Sequence[Record], attempts: int) -> Outcome:
    """Read the function's answer to a batch.

    Raises:
        TransformError: it is not of the form that Firehose demands.
    """
    answers = _answers(payload)
    times = Counter(answer["recordId"] for answer in answers)
    by_id = {answer["recordId"]: answer for answer in answers}  # ids of no record in the batch are ignored
    outcome = Outcome()
    for record in records:
        match times[record.record_id], by_id.get(record.record_id, {}).get("result"):
            case 0, _:
                outcome.failed.append(_failure(record, "MissingRecordId", _MISSING, attempts))
            case 1, "Ok":
                outcome.rows.append(Transformed(record, _decoded(by_id[record.record_id])))
            case 1, "Dropped":
                outcome.dropped += 1
            case 1, _:
                outcome.failed.append(_failure(record, "ProcessingFailedStatus", _MARKED, attempts))
            case _:
                outcome.failed.append(_failure(record, "DuplicatedRecordId", _DUPLICATED, attempts))
    return outcome


_MISSING = "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."
_DUPLICATED = (
    "Multiple records were returned with the same record Id. "
    "Ensure that the Lambda function returns a unique record Id for each record."
)
_MARKED = "ProcessingFailed status set for record"
_MALFORMED = (
    "Check your function and make sure the output is in required format. In addition to that, make sure the processed "
    "records contain valid result status of Dropped, Ok, or ProcessingFailed"
)


def _failure(record: Record, code: str, message: str, attempts: int) -> Failure:
    return Failure(record, f"Lambda.{code}", message, attempts)


def _answers(payload: bytes) -> list[dict[str, Any]]:
    try:
        body = json.loads(payload)
    except ValueError:
        raise _malformed() from None
    answers = body.get("records") if isinstance(body, dict) else None
    if not isinstance(answers, list) or not all(_well_formed(answer) for answer in answers):
        raise _malformed()
    return answers


def _well_formed(answer: Any) -> bool:
    if not isinstance(answer, dict) or not isinstance(answer.get("recordId"), str):
        return False
    if answer.get("result") == "Ok":
        return _is_base64(answer.get("data"))
    return answer.get("result") in ("Dropped", "ProcessingFailed")


def _is_base64(data: Any) -> bool:
    try:
        return isinstance(data, str) and base64.b64decode(data, validate=True) is not None
    except (binascii.Error, ValueError):
        return False


def _decoded(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["data"])


def _malformed() -> TransformError:
    return TransformError("Lambda.FunctionError", _MALFORMED)
