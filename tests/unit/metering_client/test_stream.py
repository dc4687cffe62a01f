import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from metering_client import EventError, Report, StreamSender
from tests.unit.metering_client.stub import Clock


class Stream:
    """Firehose: answers by a script, then takes all."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.script: list[Any] = []

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> Any:  # noqa: N803
        assert DeliveryStreamName == "events"
        self.calls.append([json.loads(record["Data"]) for record in Records])
        refused = self.script.pop(0) if self.script else []
        if isinstance(refused, Exception):
            raise refused
        entries = [
            {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"}
            if number in refused
            else {"RecordId": "r"}
            for number in range(len(Records))
        ]
        return {"FailedPutCount": len(refused), "RequestResponses": entries}

    @property
    def ids(self) -> list[list[str]]:
        return [[event["id"] for event in call] for call in self.calls]


def _error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutRecordBatch")  # type: ignore[typeddict-item]


@pytest.fixture
def stream() -> Stream:
    return Stream()


def _sender(stream: Stream, clock: Clock, **arguments: Any) -> StreamSender:
    return StreamSender(stream, "events", **{"source": "/batch", "timing": clock.timing, **arguments})


def test_an_event_names_its_tenant(stream: Stream, clock: Clock) -> None:
    with _sender(stream, clock) as sender:
        sender.record("com.example.tokens", {"value": 7}, tenant="acme", id="a")
    assert stream.calls == [
        [
            {
                "specversion": "1.0",
                "id": "a",
                "source": "/batch",
                "type": "com.example.tokens",
                "time": "2026-11-23T12:00:00Z",
                "tenantid": "acme",
                "data": {"value": 7},
            }
        ]
    ]


def test_what_the_stream_refuses_is_put_again_and_nothing_else(stream: Stream, clock: Clock) -> None:
    sender = _sender(stream, clock)
    ids = [sender.record("t", tenant="acme") for _ in range(4)]
    stream.script = [[1, 3], [0]]
    assert sender.flush() == Report(accepted=4)
    assert stream.ids == [ids, [ids[1], ids[3]], [ids[1]]]
    assert clock.waits == [0.2, 0.4]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(_error("ServiceUnavailableException", 503), id="unavailable"),
        pytest.param(_error("ThrottlingException", 400), id="throttled"),
        pytest.param(EndpointConnectionError(endpoint_url="https://firehose"), id="no connection"),
    ],
)
def test_an_error_that_passes_is_tried_again(stream: Stream, clock: Clock, error: Exception) -> None:
    sender = _sender(stream, clock)
    ids = [sender.record("t", tenant="acme")]
    stream.script = [error]
    assert sender.flush() == Report(accepted=1)
    assert stream.ids == [ids, ids]


def test_a_missing_permission_is_told_at_once(stream: Stream, clock: Clock) -> None:
    sender = _sender(stream, clock)
    sender.record("t", tenant="acme")
    stream.script = [_error("AccessDeniedException", 400)]
    report = sender.flush()
    assert (report.accepted, report.pending, len(stream.calls), clock.waits) == (0, 1, 1, [])
    assert report.problem is not None
    assert report.problem.startswith("ClientError: An error occurred (AccessDeniedException)")
    assert sender.flush() == Report(accepted=1)


def test_a_call_has_at_most_500_records_and_4_mib(stream: Stream, clock: Clock) -> None:
    sender = _sender(stream, clock, max_buffered=2000)
    stream.script = [[*range(500)]]
    for number in range(530):
        sender.record("t", "x" * (100_000 if number >= 500 else 1), tenant="acme")
    assert sender.flush() == Report(accepted=530)
    assert [len(call) for call in stream.calls[1:]] == [500, 30]
    stream.calls.clear()
    for _ in range(50):
        sender.record("t", "x" * 100_000, tenant="acme")
    assert sender.flush() == Report(accepted=50)
    assert [len(call) for call in stream.calls] == [41, 9]


@pytest.mark.parametrize(("tenant", "size"), [("", 0), ("ä" * 129, 258)])
def test_a_tenant_must_fit(stream: Stream, clock: Clock, tenant: str, size: int) -> None:
    sender = _sender(stream, clock)
    with pytest.raises(EventError, match=f"^tenant: must have 1 to 256 bytes, has {size}$"):
        sender.record("t", tenant=tenant)
    assert sender.flush() == Report(accepted=0)


def test_a_batch_is_no_larger_than_firehose_takes(stream: Stream, clock: Clock) -> None:
    with pytest.raises(ValueError, match=r"^batch_size: must be 1 to 500, is 501$"):
        _sender(stream, clock, batch_size=501)
