from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from events import Clock, Delivery, Stream


class RefusedError(Exception):
    """A refusal, as boto3 raises it; without a response a lost connection."""

    def __init__(self, code: str | None = None, status: int = 400) -> None:
        super().__init__(code)
        if code:
            self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


Behaviour = Callable[[list[bytes], int], Sequence[str | None]]
"""Records of a call and its number -> the error of each record; or raises."""


class FakeFirehose:
    def __init__(self, behaviour: Behaviour, seconds: float = 0.0) -> None:
        self.behaviour, self.seconds, self.now = behaviour, seconds, 0.0
        self.calls: list[list[bytes]] = []
        self.begun: list[float] = []
        self.pauses: list[float] = []

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:  # noqa: N803
        assert DeliveryStreamName == "usage"
        self.calls.append([record["Data"] for record in Records])
        self.begun.append(self.now)
        self.now += self.seconds
        errors = self.behaviour(self.calls[-1], len(self.calls))
        answers = [
            {"RecordId": "r"} if error is None else {"ErrorCode": error, "ErrorMessage": "no"} for error in errors
        ]
        return {"FailedPutCount": sum("ErrorCode" in one for one in answers), "RequestResponses": answers}

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def put(self, records: list[bytes]) -> Delivery:
        return Stream(self, "usage", (RefusedError,), Clock(lambda: self.now, self.sleep)).put(records)


def takes_all(records: list[bytes], _call: int) -> list[None]:
    return [None] * len(records)


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


@pytest.mark.parametrize(
    ("lengths", "portions"),
    [
        ([1] * 500, [500]),
        ([1] * 501, [500, 1]),
        ([1] * 1001, [500, 500, 1]),
        ([1_000_000] * 4, [4]),
        ([1_000_000] * 4 + [1], [4, 1]),
        ([3_999_999, 1, 1], [2, 1]),
        ([3_999_999, 2], [1, 1]),
        ([5_000_000, 1], [1, 1]),
        ([], []),
    ],
)
def test_portions_are_those_that_one_call_takes(lengths: list[int], portions: list[int]) -> None:
    firehose = FakeFirehose(takes_all)
    records = [b"x" * length for length in lengths]
    assert firehose.put(records) == Delivery((True,) * len(records), Counter())
    assert [len(call) for call in firehose.calls] == portions
    assert [record for call in firehose.calls for record in call] == records


def test_only_what_is_refused_is_put_again() -> None:
    def behaviour(records: list[bytes], call: int) -> list[str | None]:
        return ["ServiceUnavailableException" if call == 1 and record in (b"1", b"3") else None for record in records]

    firehose = FakeFirehose(behaviour)
    assert firehose.put(numbered(5)) == Delivery((True,) * 5, Counter(ServiceUnavailableException=2))
    assert (firehose.calls, firehose.pauses) == ([numbered(5), [b"1", b"3"]], [0.1])


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RefusedError(), "RefusedError"),
        (RefusedError("ServiceUnavailableException", 503), "ServiceUnavailableException"),
        (RefusedError("ThrottlingException"), "ThrottlingException"),
        (RefusedError("InternalFailure", 500), "InternalFailure"),
        (RefusedError("LimitExceededException"), "LimitExceededException"),
    ],
)
def test_a_call_that_fails_for_a_while_is_made_again(error: Exception, name: str) -> None:
    def behaviour(records: list[bytes], call: int) -> list[None]:
        if call <= 2:
            raise error
        return takes_all(records, call)

    firehose = FakeFirehose(behaviour)
    assert firehose.put(numbered(2)) == Delivery((True, True), Counter({name: 2}))
    assert firehose.pauses == [0.1, 0.2]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "InvalidArgumentException"])
def test_a_call_that_cannot_succeed_is_not_made_again(code: str) -> None:
    def behaviour(records: list[bytes], call: int) -> list[None]:
        if call == 1:
            raise RefusedError(code)
        return takes_all(records, call)

    firehose = FakeFirehose(behaviour)
    assert firehose.put(numbered(501)) == Delivery((False,) * 500 + (True,), Counter({code: 1}))
    assert (len(firehose.calls), firehose.pauses) == (2, [])


def test_other_errors_are_not_hidden() -> None:
    def behaviour(_records: list[bytes], _call: int) -> list[None]:
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        FakeFirehose(behaviour).put(numbered(1))


@pytest.mark.parametrize("seconds", [0.0, 0.5, 4.0])
def test_after_20_seconds_it_is_told_what_is_not_stored(seconds: float) -> None:
    def behaviour(records: list[bytes], _call: int) -> list[str | None]:
        return ["ServiceUnavailableException" if record == b"1" else None for record in records]

    firehose = FakeFirehose(behaviour, seconds)
    assert firehose.put(numbered(3)).stored == (True, False, True)
    assert firehose.now <= 20.0
    assert firehose.begun[-1] + 4.0 <= 20.0
    assert firehose.now >= 20.0 - 4.0 - 3.2
    assert firehose.pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 3.2, 3.2, 3.2][: len(firehose.pauses)]


def test_calls_that_are_slow_leave_the_rest_unstored_in_time() -> None:
    firehose = FakeFirehose(takes_all, 4.0)
    delivery = firehose.put(numbered(10 * 500))
    assert firehose.begun == [0.0, 4.0, 8.0, 12.0, 16.0]
    assert delivery.stored == (True,) * 2500 + (False,) * 2500


def test_of_every_record_it_is_told_whether_it_is_stored() -> None:
    def pattern() -> Iterator[bool]:
        number = 0
        while True:
            number += 1
            yield number % 7 in (0, 3)

    refusing, has = pattern(), set[bytes]()

    def behaviour(records: list[bytes], call: int) -> list[str | None]:
        if call % 3 == 0:
            raise RefusedError("Throttling")
        errors = ["InternalFailure" if next(refusing) else None for _ in records]
        has.update(record for record, error in zip(records, errors, strict=True) if error is None)
        return errors

    records = numbered(1000)
    delivery = FakeFirehose(behaviour, 1.0).put(records)
    assert [record in has for record in records] == list(delivery.stored)
