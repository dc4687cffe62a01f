"""Firehose's events out of fuzzed bytes, and the frame of the answers to them."""

import base64
import json
from collections.abc import Callable
from typing import Any

ARRIVAL_MS = 1_767_225_601_000
WHOLE = b"E"
"""First byte of an input that is a whole event, as JSON; any other is payloads, with a byte that no UTF-8 has between
them."""
BETWEEN = b"\xff"

Handler = Callable[[Any, object], Any]


def event_of(data: bytes) -> dict[str, Any] | None:
    """Return the event that an input stands for; None if it stands for none that a function is ever called with."""
    if data[:1] != WHOLE:
        return of_payloads(data.split(BETWEEN))
    try:
        event = json.loads(data[1:])
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def of_payloads(payloads: list[bytes]) -> dict[str, Any]:
    return {
        "records": [
            {
                "recordId": str(place),
                "approximateArrivalTimestamp": ARRIVAL_MS,
                "data": base64.b64encode(payload).decode(),
            }
            for place, payload in enumerate(payloads)
        ]
    }


def answered(handler: Handler, event: dict[str, Any]) -> list[tuple[dict[str, Any], bytes]] | None:
    """Return each record that became a row, and the row; None if the event is refused as a whole, as it must be."""
    records = event.get("records")
    try:
        response = handler(event, None)
    except TypeError:
        if isinstance(records, list):
            raise
        return None
    assert isinstance(records, list), "an event without records is answered"
    assert json.loads(json.dumps(response)) == response, "an answer is no JSON"
    assert set(response) == {"records"}
    named: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if isinstance(record, dict) and isinstance(record.get("recordId"), str):
            named.setdefault(record["recordId"], []).append(record)
    answers = response["records"]
    assert [answer["recordId"] for answer in answers] == list(named), "not every record is answered once, in order"
    return [row for answer in answers for row in _row(answer, named[answer["recordId"]])]


def _row(answer: dict[str, Any], records: list[dict[str, Any]]) -> list[tuple[dict[str, Any], bytes]]:
    if answer["result"] == "ProcessingFailed":
        assert set(answer) == {"recordId", "result"}
        return []
    assert answer["result"] == "Ok", answer["result"]
    assert set(answer) == {"recordId", "result", "data"}
    [record] = records  # of two under one id, none can be answered truthfully
    return [(record, base64.b64decode(answer["data"], validate=True))]
