"""Put records on the events' stream: in the portions that Firehose takes, and again what it refuses, for a while."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

MOST_RECORDS = 500
MOST_BYTES = 4_000_000
"""What one call may put: Firehose's limits."""
SECONDS = 20.0
"""How long it may take altogether: API Gateway waits 29 s for the whole request."""
CALL_SECONDS = 4.0
"""How long one call may take, by the client's time limits; so much before the end no other is begun."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.2
_PASSING = {
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailableException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """How time passes while records are put."""

    monotonic: Callable[[], float]
    """Seconds."""
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of records."""

    stored: tuple[bool, ...]
    """Of each record, in order, whether the stream has it."""
    refusals: Counter[str]
    """How often each error was met, by its name or AWS's code; tries that were repeated with success included."""


class Stream:
    """A delivery stream.

    Args:
        client: of boto3, for Firehose; with time limits that sum up to `CALL_SECONDS`, and without retries of its own.
        name: of the stream.
        errors: what the client raises.
        clock: to wait by.
    """

    def __init__(self, client: Any, name: str, errors: tuple[type[Exception], ...], clock: Clock) -> None:
        self._client, self._name, self._errors, self._clock = client, name, errors, clock

    def put(self, records: Sequence[bytes]) -> Delivery:
        """Put records, and put again for at most 20 seconds what is refused for a cause that may pass.

        Whatever happens, the answer tells of every record whether it is stored. One that is not known to be, since the
        answer of a call was lost, counts as not stored: that it is put twice does no harm.
        """
        last_call = self._clock.monotonic() + SECONDS - CALL_SECONDS
        refusals: Counter[str] = Counter()
        lost: list[int] = []
        pending, pause = list(range(len(records))), _FIRST_PAUSE
        while pending:
            refused: list[int] = []
            for portion in _portions(records, pending):
                if self._clock.monotonic() > last_call:
                    refused += portion
                    continue
                left, passing = self._try(records, portion, refusals)
                (refused if passing else lost).extend(left)
            pending = refused
            if not pending or self._clock.monotonic() + pause > last_call:
                break
            self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        missing = {*pending, *lost}
        return Delivery(tuple(place not in missing for place in range(len(records))), refusals)

    def _try(self, records: Sequence[bytes], portion: list[int], refusals: Counter[str]) -> tuple[list[int], bool]:
        """Put some records once; return the places of those that are not stored, and whether it may help to go on."""
        entries = [{"Data": records[place]} for place in portion]
        try:
            answer = self._client.put_record_batch(DeliveryStreamName=self._name, Records=entries)
        except self._errors as error:
            code, passing = _judge(error)
            refusals[code] += 1
            return portion, passing
        if not answer["FailedPutCount"]:
            return [], True
        answers = list(zip(portion, answer["RequestResponses"], strict=True))
        refusals.update(entry["ErrorCode"] for _, entry in answers if "ErrorCode" in entry)
        return [place for place, entry in answers if "ErrorCode" in entry], True


def _portions(records: Sequence[bytes], places: Sequence[int]) -> Iterator[list[int]]:
    portion: list[int] = []
    size = 0
    for place in places:
        length = len(records[place])
        if portion and (len(portion) == MOST_RECORDS or size + length > MOST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(place)
        size += length
    if portion:
        yield portion


def _judge(error: Exception) -> tuple[str, bool]:
    """Return an error's name, and whether it may pass: a lost connection, load, or a fault of the service."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return type(error).__name__, True
    code = str(response.get("Error", {}).get("Code", type(error).__name__))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code, code in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
