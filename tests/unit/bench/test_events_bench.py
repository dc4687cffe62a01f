"""The bench of `POST /events` prints its line; how fast it is, is the bench's to say and no test's."""

import json
from datetime import UTC, datetime

import pytest

from tests.bench import events_bench


def test_the_bench_prints_the_events_of_a_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[int, int]] = []

    def measure(batches: int, clients: int) -> events_bench.Measured:
        asked.append((batches, clients))
        return events_bench.Measured(batches * 100, clients, 2.5)

    monkeypatch.setattr(events_bench, "measure", measure)
    events_bench.main([])
    assert capsys.readouterr().out == (
        "POST /events: 3,200 events/s accepted (8,000 events in batches of 100, 4 clients, 2.5 s)\n"
    )
    events_bench.main(["--batches", "10", "--clients", "1"])
    assert asked == [(80, 4), (10, 1)]


def test_batches_are_of_a_hundred_events_with_ids_of_their_own() -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    events = [event for number in range(3) for event in json.loads(events_bench.batch(number, moment))]
    assert len({event["id"] for event in events}) == 300
    assert {(event["type"], "data" in event) for event in events} == {
        ("com.example.usage", False),
        ("com.example.tokens", True),
    }
