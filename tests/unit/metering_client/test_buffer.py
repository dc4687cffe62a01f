"""What the buffer sends by itself, what it keeps, and what the end of a block tells."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from metering_client import BufferFullError, MeteringClient, NotDeliveredError, Report
from tests.unit.metering_client.stub import Api, Clock, answer, result, results

Make = Callable[..., MeteringClient]


def _fill(client: MeteringClient, count: int) -> list[str]:
    return [client.record("t", {"n": number}) for number in range(count)]


def test_batches_hold_so_many_events_and_no_more_than_a_request_may_have(api: Api, make: Make) -> None:
    client = make(batch_size=40)
    api.script = [answer(500)]  # so that 40 wait, and all the others behind them
    for _ in range(79):
        client.record("t", "x" * 200_000)
    assert client.flush() == Report(accepted=79)
    sizes = [len(received.body) for received in api.received]
    assert max(sizes) <= 1024 * 1024
    assert [len(received.events) for received in api.received[1:]] == [5] * 15 + [4]


def test_a_full_batch_is_sent_without_a_flush_and_reported_by_the_next(api: Api, make: Make) -> None:
    client = make(batch_size=2)
    _fill(client, 5)
    assert [len(received.events) for received in api.received] == [2, 2]
    assert client.flush() == Report(accepted=5)


def test_record_waits_for_no_retry_and_does_not_try_at_every_event(api: Api, make: Make, clock: Clock) -> None:
    client = make(batch_size=2)
    api.script = [answer(503)] * 9
    _fill(client, 6)
    assert clock.waits == []
    assert [len(received.events) for received in api.received] == [2, 2, 2]
    api.script = []
    assert client.flush() == Report(accepted=6)


def test_a_full_buffer_refuses_and_keeps_what_it_has(api: Api, make: Make) -> None:
    client = make(batch_size=2, max_buffered=3)
    api.script = [answer(503, {"message": "down"})] * 2
    ids = _fill(client, 3)
    with pytest.raises(BufferFullError, match=r"^3 events wait, max_buffered is 3: HTTP 503: down$"):
        client.record("t")
    assert client.flush() == Report(accepted=3)
    stored = [event["id"] for received in api.received[-2:] for event in received.events]
    assert stored == ids


def test_a_block_delivers_at_its_end(api: Api, make: Make) -> None:
    with make() as client:
        _fill(client, 2)
    assert [len(received.events) for received in api.received] == [2]


def test_a_block_that_leaves_something_is_an_error(api: Api, make: Make) -> None:
    api.script = [
        lambda got: results(207, [result(got.events[0]), result(got.events[1], "rejected", "no such type")]),
        answer(403, {"message": "Forbidden"}),
    ]
    with pytest.raises(NotDeliveredError) as error, make(batch_size=2) as client:
        ids = _fill(client, 3)
    assert str(error.value) == (
        f"1 events accepted, 1 rejected, 1 not sent (/ocr {ids[1]}: no such type; 1 not sent: HTTP 403: Forbidden)"
    )
    assert (error.value.report.accepted, error.value.report.pending) == (1, 1)
    assert client.flush() == Report(accepted=1)


def test_an_error_of_the_block_is_not_hidden(api: Api, make: Make) -> None:
    api.script = [answer(403, {"message": "Forbidden"})]
    client = make()
    client.record("t")
    with pytest.raises(ZeroDivisionError) as error, client:
        raise ZeroDivisionError
    assert error.value.__notes__ == [
        "NotDeliveredError: 0 events accepted, 0 rejected, 1 not sent (1 not sent: HTTP 403: Forbidden)"
    ]
    assert client.flush() == Report(accepted=1)


def test_what_interrupts_a_try_loses_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make()
    _fill(client, 2)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(client._poster, "post", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.flush()
    assert client.flush() == Report(accepted=2)


def test_a_client_that_is_dropped_with_events_warns(make: Make) -> None:
    client = make()
    client.record("t")
    with pytest.warns(ResourceWarning, match=r"^MeteringClient: 1 events were never sent$"):
        del client


def test_threads_share_a_client(api: Api, make: Make) -> None:
    client = make(batch_size=7)
    threads = [threading.Thread(target=_fill, args=(client, 50)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush() == Report(accepted=300)
    ids = [event["id"] for received in api.received for event in received.events]
    assert (len(ids), len(set(ids))) == (300, 300)
