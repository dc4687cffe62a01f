"""A batch of messages as a function sees it, and what its answer says about each."""

from collections.abc import Sequence
from typing import Any

PAYLOAD_LIMIT = 6_000_000
"""Bytes of messages in one batch: with what surrounds them they fit into a synchronous request."""

Message = dict[str, Any]
"""ministack's record of a message."""


def fitting(visible: Sequence[Message], size: int) -> int:
    """Give how many of the first messages make the next batch: at most `size`, and no more than a request holds."""
    total = 0
    for number, message in enumerate(visible[:size]):
        total += len(message["body"].encode())
        if total > PAYLOAD_LIMIT and number:
            return number
    return min(size, len(visible))


def event(messages: Sequence[Message], queue_arn: str, region: str) -> dict[str, Any]:
    """Give the event of a batch, as Lambda words it."""
    return {"Records": [_record(message, queue_arn, region) for message in messages]}


def done(messages: Sequence[Message], result: dict[str, Any], *, partial: bool) -> list[Message]:
    """Give the messages that a function has done: those that are to be deleted.

    Args:
        messages: of the batch.
        result: ministack's record of the execution.
        partial: the mapping reports batch item failures (`ReportBatchItemFailures`).

    Returns:
        All of them or none, or with `partial` those that the answer does not name as failed. An answer that is not
        understood (no object, an identifier that is missing, empty or of no message) fails the whole batch.
    """
    if result.get("error"):
        return []
    if not partial:
        return list(messages)
    failed = _failed(result.get("body"))
    if failed is None or not failed <= {message["id"] for message in messages}:
        return []
    return [message for message in messages if message["id"] not in failed]


def _failed(answer: Any) -> set[str] | None:
    """Read the identifiers of what failed; None if the answer is not understood."""
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return None
    items = answer.get("batchItemFailures")
    if items is None:
        return set()
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    identifiers = [item.get("itemIdentifier") for item in items]
    return set(identifiers) if all(isinstance(one, str) and one for one in identifiers) else None


def _record(message: Message, queue_arn: str, region: str) -> dict[str, Any]:
    sent, first = (str(int(message[name] * 1000)) for name in ("sent_at", "first_receive_at"))
    system = message.get("sys") or {}
    attributes = {
        "ApproximateReceiveCount": str(message["receive_count"]),
        "SentTimestamp": sent,
        "SenderId": system.get("SenderId", ""),
        "ApproximateFirstReceiveTimestamp": first,
        **{name: system[name] for name in ("AWSTraceHeader", "DeadLetterQueueSourceArn") if name in system},
    }
    fifo = {"MessageGroupId": "group_id", "MessageDeduplicationId": "dedup_id", "SequenceNumber": "seq"}
    attributes |= {name: str(message[key]) for name, key in fifo.items() if message.get(key)}
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": attributes,
        "messageAttributes": {
            name: {part[0].lower() + part[1:]: value for part, value in given.items()}
            for name, given in (message.get("message_attributes") or {}).items()
        },
        "md5OfBody": message["md5_body"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
