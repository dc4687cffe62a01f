"""What can go wrong on the way to the API, each over a real connection."""

from collections.abc import Callable

import pytest

from metering_client import MeteringClient, Report
from tests.unit.metering_client.stub import (
    Answer,
    Api,
    Clock,
    Received,
    Script,
    accept,
    answer,
    hang_up,
    result,
    results,
)

Make = Callable[..., MeteringClient]


def _fill(client: MeteringClient, count: int) -> list[str]:
    return [client.record("t", {"n": number}) for number in range(count)]


def _unavailable(received: Received) -> Answer:
    """Answer as the product does if the stream has taken nothing in time."""
    found = [result(event, "rejected", "Firehose: slow down", retry=True) for event in received.events]
    return results(503, found, {"Retry-After": "2"})


@pytest.mark.parametrize(
    ("failure", "waits"),
    [
        pytest.param(hang_up, [0.2], id="the answer is lost"),
        pytest.param(answer(502, b"<html>"), [0.2], id="a gateway's error"),
        pytest.param(answer(504, {"message": "Endpoint request timed out"}), [0.2], id="the gateway's time is over"),
        pytest.param(answer(503, {"message": None}, Retry_After="7"), [7.0], id="unavailable, with a time"),
        pytest.param(answer(429, {"message": "Too Many Requests"}, Retry_After="3"), [3.0], id="throttled"),
        pytest.param(
            answer(429, b"", Retry_After="Mon, 23 Nov 2026 12:00:04 GMT"), [4.0], id="throttled until a moment"
        ),
        pytest.param(answer(429, b"", Retry_After="soon"), [0.2], id="throttled until nobody knows"),
        pytest.param(_unavailable, [2.0], id="the stream takes nothing"),
    ],
)
def test_what_passes_is_tried_again_with_the_same_ids_source_and_time(
    api: Api, make: Make, clock: Clock, failure: Script, waits: list[float]
) -> None:
    client = make()
    _fill(client, 3)
    api.script = [failure]
    clock.seconds = 0.0
    assert client.flush() == Report(accepted=3)
    first, second = api.received
    assert first.body == second.body
    assert len(set(first.identities)) == 3
    assert clock.waits == waits


def test_the_wait_doubles_and_the_time_is_limited(api: Api, make: Make, clock: Clock) -> None:
    client = make(retry_seconds=10.0)
    _fill(client, 2)
    api.script = [answer(500, {"message": "Internal server error"})] * 20
    assert client.flush() == Report(accepted=0, pending=2, problem="HTTP 500: Internal server error")
    assert clock.waits == [0.2, 0.4, 0.8, 1.6, 3.2]
    assert len(api.received) == 6
    api.script = []
    assert client.flush() == Report(accepted=2)
    assert len({received.body for received in api.received}) == 1


def test_a_wait_beyond_the_limit_is_not_begun(api: Api, make: Make, clock: Clock) -> None:
    client = make()
    _fill(client, 1)
    api.script = [answer(429, {"detail": "limit of api_calls reached"}, Retry_After="604800")]
    assert client.flush() == Report(accepted=0, pending=1, problem="HTTP 429: limit of api_calls reached")
    assert clock.waits == []


def test_only_what_was_not_stored_is_sent_again(api: Api, make: Make) -> None:
    def partly(received: Received) -> Answer:
        good, late, bad = received.events
        found = [
            result(good),
            result(late, "rejected", "Firehose: slow down", retry=True),
            result(bad, "rejected", "type 't': unknown"),
        ]
        return results(207, found, {"Retry-After": "1"})

    client = make()
    ids = _fill(client, 3)
    api.script = [partly]
    report = client.flush()
    assert (report.accepted, report.pending, report.problem, report.is_complete) == (2, 0, None, False)
    assert [(one.event.id, one.reason) for one in report.rejected] == [(ids[2], "type 't': unknown")]
    assert [[event["id"] for event in received.events] for received in api.received] == [ids, [ids[1]]]
    assert client.flush() == Report(accepted=0)


def test_a_batch_of_bad_events_alone_is_rejected_event_by_event(api: Api, make: Make) -> None:
    client = make()
    ids = _fill(client, 2)
    api.script = [lambda got: results(400, [result(event, "rejected", "no") for event in got.events])]
    report = client.flush()
    assert [(one.event.id, one.reason) for one in report.rejected] == [(ids[0], "no"), (ids[1], "no")]
    assert (report.accepted, report.pending) == (0, 0)


def test_a_token_that_has_expired_is_asked_for_again(api: Api, make: Make) -> None:
    tokens = iter(["old", "new"])
    client = make(token=lambda: next(tokens))
    api.script = [accept, answer(401, {"message": "The incoming token has expired"})]
    for _ in range(3):
        _fill(client, 1)
        assert client.flush() == Report(accepted=1)
    assert [received.headers["Authorization"] for received in api.received] == ["old", "old", "new", "new"]
    assert api.received[1].body == api.received[2].body


def test_a_token_that_is_refused_twice_is_not_tried_for_ever(api: Api, make: Make, clock: Clock) -> None:
    asked: list[int] = []
    client = make(token=lambda: str(asked.append(1) or len(asked)))
    _fill(client, 1)
    api.script = [answer(401, {"message": "Unauthorized"})] * 2
    assert client.flush() == Report(accepted=0, pending=1, problem="HTTP 401: Unauthorized")
    assert (len(asked), clock.waits) == (2, [])
    assert client.flush() == Report(accepted=1)
    assert api.received[-1].headers["Authorization"] == "3"


def test_a_text_that_is_refused_as_token_is_told(api: Api, make: Make) -> None:
    client = make(token="expired")
    _fill(client, 1)
    api.script = [answer(401, {"message": "Unauthorized"})]
    assert client.flush() == Report(accepted=0, pending=1, problem="HTTP 401: Unauthorized")
    assert len(api.received) == 1


def test_a_function_that_gives_no_token_costs_no_event(make: Make) -> None:
    def broken() -> str:
        raise LookupError("no session")

    client = make(token=broken, batch_size=1)
    client.record("t")
    report = client.flush()
    assert report == Report(accepted=0, pending=1, problem="no token: LookupError: no session")


def test_a_batch_that_is_too_large_is_split(api: Api, make: Make) -> None:
    def at_most_two(received: Received) -> Answer:
        if len(received.events) > 2:
            return Answer(413, {"detail": "1,000 events at most"})
        return accept(received)

    client = make()
    ids = _fill(client, 5)
    api.script = [at_most_two] * 6
    assert client.flush() == Report(accepted=5)
    taken = [event["id"] for received in api.received if len(received.events) <= 2 for event in received.events]
    assert taken == ids


@pytest.mark.parametrize("status", [400, 413, 422])
def test_the_one_event_that_spoils_a_batch_is_rejected_alone(api: Api, make: Make, status: int) -> None:
    def picky(received: Received) -> Answer:
        if any(event["data"]["n"] == 1 for event in received.events):
            return Answer(status, {"title": "No", "detail": "cannot be read"})
        return accept(received)

    client = make()
    ids = _fill(client, 4)
    api.script = [picky] * 9
    report = client.flush()
    assert (report.accepted, report.pending) == (3, 0)
    assert [(one.event.id, one.reason) for one in report.rejected] == [(ids[1], f"HTTP {status}: cannot be read")]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param(answer(403, {"message": "Forbidden"}), "HTTP 403: Forbidden", id="forbidden"),
        pytest.param(answer(301, b"", Location="http://127.0.0.1:1/"), "HTTP 301", id="moved: no token goes there"),
        pytest.param(answer(200, b"<html>sign in"), "HTTP 200: <html>sign in", id="somebody else's page"),
        pytest.param(answer(202, {"results": []}), "HTTP 202", id="results of other events"),
        pytest.param(
            lambda got: results(202, [result({**event, "id": "x"}) for event in got.events]),
            "HTTP 202",
            id="results by other ids",
        ),
    ],
)
def test_what_does_not_pass_is_told_at_once_and_the_events_stay(
    api: Api, make: Make, clock: Clock, script: Script, problem: str
) -> None:
    client = make()
    _fill(client, 2)
    api.script = [script]
    assert client.flush() == Report(accepted=0, pending=2, problem=problem)
    assert (len(api.received), clock.waits) == (1, [])
    assert client.flush() == Report(accepted=2)


def test_a_server_that_is_not_there_is_told(clock: Clock) -> None:
    client = MeteringClient("http://127.0.0.1:1/v1", "token", source="/ocr", retry_seconds=0.5, timing=clock.timing)
    client.record("t")
    report = client.flush()
    assert (report.accepted, report.pending) == (0, 1)
    assert report.problem is not None
    assert report.problem.startswith("no answer: ConnectionRefusedError")
    assert clock.waits == [0.2]
    assert client.flush().pending == 1
    client._buffer.clear()


def test_a_kept_connection_that_was_closed_is_opened_anew_without_a_wait(api: Api, make: Make, clock: Clock) -> None:
    client = make()
    api.script = [accept, accept, hang_up]
    for _ in range(3):
        _fill(client, 1)
        assert client.flush() == Report(accepted=1)
    assert (api.connections, len(api.received), client.requests, clock.waits) == (2, 4, 4, [])
