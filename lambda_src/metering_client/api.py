"""Events through `POST /events` of the metered API."""

import http.client
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from http import HTTPStatus

from metering_client.answers import outcome_of, told
from metering_client.delivery import Batch, Outcome, in_batches
from metering_client.event import Event
from metering_client.post import HttpAnswer, Poster
from metering_client.sender import Sender
from metering_client.timing import Timing

MOST_EVENTS = 1_000
MOST_BYTES = 1024 * 1024
"""Of one request, as the API takes them."""
CONTENT_TYPE = "application/cloudevents-batch+json"

Token = str | Callable[[], str]
"""An ID token of a user of the tenant, or what gives one: called at first, and again when the API refuses the last."""


class _TokenError(RuntimeError):
    """There is no token to send."""


class MeteringClient(Sender):
    """Sends a tenant's usage events; safe to share between threads.

    `record` takes an event and never waits for a retry; `flush` delivers all and tells what became of them. Both leave
    in the buffer what could not be sent. At the end of a `with` block the buffer is flushed, and what is not accepted
    is an error.

    Args:
        url: of the API with its stage, the stack's output `rest_api_url`.
        token: ID token, or a function that gives one.
        source: CloudEvents source of all events: what sends them, such as `https://example.com/ocr`.
        batch_size: events in the buffer that start a delivery, 1 to 1,000.
        retry_seconds: how long a flush tries again what fails for a reason that passes.
        max_buffered: events that may wait at most; `record` raises BufferFullError beyond.
        timeout: seconds that the API may take to answer; its own limit is 29.
        timing: clock and waits, for tests.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        source: str,
        batch_size: int = 100,
        retry_seconds: float = 30.0,
        max_buffered: int = 10_000,
        timeout: float = 30.0,
        timing: Timing | None = None,
    ) -> None:
        if not 1 <= batch_size <= MOST_EVENTS:
            raise ValueError(f"batch_size: must be 1 to {MOST_EVENTS}, is {batch_size}")
        if isinstance(token, str):
            _checked_token(token)
        super().__init__(
            source=source,
            batch_size=batch_size,
            retry_seconds=retry_seconds,
            max_buffered=max_buffered,
            timing=timing or Timing(),
        )
        self._poster = Poster(f"{url.rstrip('/')}/events", timeout)
        self._token = token
        self._current: str | None = None

    @property
    def requests(self) -> int:
        """HTTP requests that have been sent so far, retries among them."""
        return self._poster.posts

    def record(
        self,
        type: str,  # noqa: A002 - CloudEvents' name
        data: object = None,
        *,
        id: str | None = None,  # noqa: A002 - CloudEvents' name
        subject: str | None = None,
        time: datetime | None = None,
    ) -> str:
        """Take an event: its id and time are set now, and stay through every retry.

        Args:
            type: CloudEvents type, one that the catalog has a meter for.
            data: text, numbers, booleans, None, lists and mappings of them. A quantity is best a Decimal, an int or a
                text: a float is written as Python shows it.
            id: of the event, unique for this source; None for a new UUID. Give your own if you may record it twice.
            subject: CloudEvents subject.
            time: when it happened, with a time zone; None for now.

        Returns:
            The event's id.

        Raises:
            EventError: it can be no event; it has not been taken.
            BufferFullError: it has not been taken.
        """
        return self._record(type, data, id, time, subject=subject)

    def _batches(self, events: Sequence[Event]) -> Iterable[Batch]:
        return in_batches(events, self._batch_size, MOST_BYTES, around=1)

    def _send(self, batch: Batch) -> Outcome:
        body = f"[{','.join(event.text for event in batch)}]".encode()
        try:
            answer = self._post(body)
            if answer.status == HTTPStatus.UNAUTHORIZED and not isinstance(self._token, str):
                self._current = None
                answer = self._post(body)
        except _TokenError as error:
            return Outcome(again=batch, problem=str(error))
        except (OSError, http.client.HTTPException) as error:
            return Outcome(again=batch, problem=f"no answer: {type(error).__name__}: {error}")
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._current = None
            return Outcome(again=batch, problem=told(answer), is_final=True)
        return outcome_of(answer, batch, self._timing.now())

    def _post(self, body: bytes) -> HttpAnswer:
        headers = {"Authorization": self._authorization(), "Content-Type": CONTENT_TYPE, "Accept": "application/json"}
        return self._poster.post(body, headers)

    def _authorization(self) -> str:
        if isinstance(self._token, str):
            return self._token
        if self._current is None:
            try:
                self._current = _checked_token(self._token())
            except Exception as error:  # whatever the caller's function raises: the events stay
                raise _TokenError(f"no token: {type(error).__name__}: {error}") from error
        return self._current


def _checked_token(token: str) -> str:
    if not re.fullmatch(r"[!-~]+( [!-~]+)?", token):
        raise ValueError("token: must be visible ASCII characters, as an HTTP header takes them")
    return token
