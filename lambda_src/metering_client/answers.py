"""What an answer of `POST /events` says of the events of a batch. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from metering_client.delivery import Batch, Outcome
from metering_client.event import Event
from metering_client.post import HttpAnswer
from metering_client.report import Rejected

_PER_EVENT = frozenset({202, 207, 400, 503})
"""Statuses of answers that have a result for each event."""
_REFUSED_WHOLE = frozenset({400, 413, 422})
"""What is in the batch is not taken: a smaller one may be."""
_SERVER_ERRORS = 500
_SHOWN = 200

Results = list[Mapping[str, Any]]


def outcome_of(answer: HttpAnswer, batch: Batch, now: datetime) -> Outcome:
    """Tell what became of each event.

    Args:
        answer: of the whole batch.
        batch: that was sent.
        now: when the answer came, for a `Retry-After` that is a date.
    """
    wait = retry_after(answer.headers.get("retry-after"), now)
    if answer.status in _PER_EVENT and (results := _results(answer.body, batch)) is not None:
        return _by_event(results, batch, answer, wait)
    problem = told(answer)
    if answer.status in _REFUSED_WHOLE:
        if len(batch) > 1:
            return Outcome(again=batch, problem=problem, too_large=True)
        return Outcome(rejected=(Rejected(batch[0], problem),))
    is_passing = answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= _SERVER_ERRORS
    return Outcome(again=batch, problem=problem, wait=wait, is_final=not is_passing)


def told(answer: HttpAnswer) -> str:
    """Say what an answer as a whole says: its status, and its problem's detail or its beginning."""
    detail: Any = None
    try:
        value = json.loads(answer.body)
    except ValueError:
        detail = answer.body.decode(errors="replace")
    else:
        if isinstance(value, dict):
            detail = value.get("detail") or value.get("message")
    shown = f": {detail}" if isinstance(detail, str) and detail else ""
    return f"HTTP {answer.status}{shown}"[:_SHOWN]


def retry_after(text: str | None, now: datetime) -> float:
    """Return the seconds that a `Retry-After` asks for; 0 if there is none, or it is neither a number nor a date."""
    if text is None:
        return 0.0
    if text.strip().isdecimal() and text.isascii():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:  # how `email` reads -0000
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _results(body: bytes, batch: Batch) -> Results | None:
    """Return the result of each event; None if the answer has none."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    results = value.get("results") if isinstance(value, dict) else None
    if not isinstance(results, list) or len(results) != len(batch):
        return None
    fits = all(
        isinstance(result, dict)
        and result.get("status") in {"accepted", "rejected"}
        and result.get("id") in {event.id, None}
        for event, result in zip(batch, results, strict=True)
    )
    return results if fits else None


def _by_event(results: Results, batch: Batch, answer: HttpAnswer, wait: float) -> Outcome:
    accepted, rejected, again = 0, list[Rejected](), list[Event]()
    problem = None
    for event, result in zip(batch, results, strict=True):
        if result["status"] == "accepted":
            accepted += 1
        elif result.get("retry") is True:
            again.append(event)
            problem = problem or f"HTTP {answer.status}: {result.get('reason')}"
        else:
            rejected.append(Rejected(event, str(result.get("reason"))))
    return Outcome(accepted, tuple(rejected), tuple(again), problem, wait)
