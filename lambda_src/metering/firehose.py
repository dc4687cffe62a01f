"""Firehose's data-transformation protocol: a batch of records in, an answer to each of them out."""

import binascii
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from metering.failure import Reason, RecordError
from metering.times import EPOCH_MS

RESPONSE_LIMIT = 6_291_556
"""Bytes of JSON that a synchronous invocation of a Lambda function can answer with."""


class Answer(TypedDict):
    """What becomes of one record. A failed one needs no `data`: Firehose puts the original into the error bucket."""

    recordId: str
    result: str
    data: NotRequired[str]


@dataclass(frozen=True)
class Batch:
    """The answers to one event, and how often each reason for a failure occurred."""

    answers: list[Answer]
    failures: Counter[Reason]


Convert = Callable[[bytes, int], bytes]
"""Payload and arrival time (epoch ms) -> row as UTF-8 JSON; raises `RecordError`."""


def transform_batch(event: dict[str, Any], convert: Convert) -> Batch:
    """Answer every record of a Firehose event once: `Ok` with its row, or `ProcessingFailed`, never dropped.

    An entry without a `recordId` cannot be answered; it is counted.

    Raises:
        TypeError: the event has no list of records, so there is nothing to answer; Firehose retries and keeps it.
    """
    records = event.get("records")
    if not isinstance(records, list):
        raise TypeError(f"Firehose event: `records` must be a list, not {type(records).__name__}")
    failures: Counter[Reason] = Counter()
    answers: dict[str, Answer] = {}
    for record in records:
        record_id = record.get("recordId") if isinstance(record, dict) else None
        if not isinstance(record_id, str):
            failures[Reason.NOT_A_RECORD] += 1
        elif record_id in answers:  # of two records under one id neither can be answered truthfully
            failures[Reason.DUPLICATE_RECORD_ID] += 1
            answers[record_id] = _failed(record_id)
        else:
            answers[record_id] = _answer(record_id, record, convert, failures)
    return Batch(_fit(list(answers.values()), failures), failures)


def _answer(record_id: str, record: dict[str, Any], convert: Convert, failures: Counter[Reason]) -> Answer:
    try:
        row = convert(_payload(record.get("data")), _arrival(record.get("approximateArrivalTimestamp")))
    except RecordError as error:
        failures[error.reason] += 1
        return _failed(record_id)
    return {"recordId": record_id, "result": "Ok", "data": binascii.b2a_base64(row, newline=False).decode("ascii")}


def _failed(record_id: str) -> Answer:
    return {"recordId": record_id, "result": "ProcessingFailed"}


def _payload(data: object) -> bytes:
    if not isinstance(data, str):
        raise RecordError(Reason.NOT_BASE64)
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        raise RecordError(Reason.NOT_BASE64) from None


def _arrival(timestamp: object) -> int:
    """Return the arrival time in epoch ms. Without one the record fails: a guess could move it to another bill."""
    if type(timestamp) is not int or timestamp not in EPOCH_MS:
        raise RecordError(Reason.NO_ARRIVAL_TIME)
    return timestamp


def _fit(answers: list[Answer], failures: Counter[Reason]) -> list[Answer]:
    """Fail the records whose rows do not fit into the response any more; the error bucket keeps them for a replay."""
    longest_escape, frame = 6, 64  # upper bounds that spare all but huge batches the exact count
    if sum(len(a["recordId"]) * longest_escape + frame + len(a.get("data", "")) for a in answers) <= RESPONSE_LIMIT:
        return answers
    size = _size({"records": [_failed(answer["recordId"]) for answer in answers]})
    fitting = []
    for answer in answers:
        failed = _failed(answer["recordId"])
        growth = _size(answer) - _size(failed)
        if size + growth > RESPONSE_LIMIT:
            failures[Reason.RESPONSE_TOO_LARGE] += 1
            fitting.append(failed)
        else:
            size += growth
            fitting.append(answer)
    return fitting


def _size(part: object) -> int:
    """Return the bytes of a part of the response, as Lambda's runtime writes it at its widest: escaped, with spaces."""
    return len(json.dumps(part))
