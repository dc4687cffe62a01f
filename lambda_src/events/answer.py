"""The answer to `POST /events`: what became of each event, in the order in which they were sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from proxy.response import Response, json_response

RETRY_AFTER_SECONDS = 5
NOT_STORED = "could not be stored, send it again with the same id, source and time"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event."""

    source: str | None
    """As it was sent; None if it is no string. So are id and time."""
    id: str | None
    time: str | None
    """The server's for an event without one that could be taken."""
    reason: str | None
    """None if and only if it is accepted."""
    retry: bool = False
    """Whether it is valid and could not be stored."""

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        status = "accepted" if self.reason is None else "rejected"
        values = {"source": self.source, "id": self.id, "time": self.time, "status": status, "reason": self.reason}
        return {**values, "retry": True} if self.retry else values


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the counts that are worth a line in the log."""

    response: Response
    accepted: int = 0
    rejected: int = 0
    unstored: int = 0
    """Of the rejected ones, those that are valid."""
    refusals: Mapping[str, int] = field(default_factory=dict)
    """How often each error was met while records were put."""


def answer(results: Iterable[Result], refusals: Mapping[str, int]) -> Answer:
    """Answer with what became of events: 202, 207, 400, or 503 if none is stored and some valid one could not be."""
    listed = list(results)
    accepted = sum(result.reason is None for result in listed)
    rejected, unstored = len(listed) - accepted, sum(result.retry for result in listed)
    headers = {}
    if not rejected:
        status = HTTPStatus.ACCEPTED
    elif accepted:
        status = HTTPStatus.MULTI_STATUS
    elif unstored:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    else:
        status = HTTPStatus.BAD_REQUEST
    body = {"accepted": accepted, "rejected": rejected, "results": [result.to_json() for result in listed]}
    return Answer(json_response(status, body, headers), accepted, rejected, unstored, refusals)
