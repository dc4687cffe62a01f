from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from metering_client import EventError, MeteringClient, Report
from tests.unit.metering_client.stub import Api

Make = Callable[..., MeteringClient]
ROOM = 262_144 - 97
"""Characters of data for which an event of type `t` and id `a` has room."""


def test_an_event_is_a_cloudevent_with_an_id_and_the_time_of_its_record(api: Api, make: Make) -> None:
    client = make()
    event_id = client.record("com.example.tokens", {"value": Decimal("0.10"), "model": "large"}, subject="page 7")
    assert client.flush() == Report(accepted=1)
    [received] = api.received
    assert received.path == "/v1/events"
    assert received.headers["Content-Type"] == "application/cloudevents-batch+json"
    assert received.headers["Authorization"] == "token"
    assert len(event_id) == 36
    assert received.body.decode() == (
        f'[{{"specversion":"1.0","id":"{event_id}","source":"/ocr","type":"com.example.tokens",'
        '"time":"2026-11-23T12:00:00Z","subject":"page 7","data":{"value":0.10,"model":"large"}}]'
    )


def test_ids_are_new_each_time_and_ones_own_are_kept(api: Api, make: Make) -> None:
    client = make()
    ids = [client.record("t"), client.record("t"), client.record("t", id="mine")]
    client.flush()
    assert [event["id"] for event in api.received[0].events] == ids
    assert len(set(ids)) == 3
    assert ids[2] == "mine"


def test_a_time_of_ones_own_is_written_in_utc(api: Api, make: Make) -> None:
    client = make()
    zone = timezone(timedelta(hours=2))
    client.record("t", time=datetime(2026, 11, 1, 1, 30, 0, 125_000, tzinfo=zone))
    client.flush()
    assert api.received[0].events[0]["time"] == "2026-10-31T23:30:00.125000Z"


def test_data_is_that_of_the_record_even_if_it_changes_later(api: Api, make: Make) -> None:
    client, data = make(), {"value": 1}
    client.record("t", data)
    data["value"] = 2
    client.flush()
    assert api.received[0].events[0]["data"] == {"value": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"type": ""}, "type: must be a text that is not empty, is ''"),
        ({"type": 7}, "type: must be a text that is not empty, is 7"),
        ({"id": ""}, "id: must be a text that is not empty, is ''"),
        ({"id": "\ud800"}, "id: must be Unicode text, has a lone surrogate"),
        ({"subject": ""}, "subject: must be a text that is not empty, is ''"),
        ({"time": datetime(2026, 11, 23)}, "time: must have a time zone, is 2026-11-23T00:00:00"),  # noqa: DTZ001
        ({"data": {"value": float("nan")}}, "data.value: must be a finite number, is nan"),
        ({"data": "x" * (ROOM + 1)}, "event: must be 262144 bytes at most, is 262145"),
    ],
)
def test_what_can_be_no_event_is_refused_at_once(api: Api, make: Make, arguments: dict[str, Any], message: str) -> None:
    client = make()
    with pytest.raises(EventError) as error:
        client.record(**{"type": "t", "id": "a", **arguments})
    assert str(error.value) == message
    assert client.flush() == Report(accepted=0)
    assert api.received == []


def test_an_event_may_be_as_large_as_the_api_takes(api: Api, make: Make) -> None:
    client = make()
    client.record("t", "x" * ROOM, id="a")
    client.flush()
    assert len(api.received[0].body) == len("[]") + 262_144


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size: must be 1 to 1000, is 0"),
        ({"batch_size": 1001}, "batch_size: must be 1 to 1000, is 1001"),
        ({"max_buffered": 99}, "max_buffered: must be batch_size, 100, or more, is 99"),
        ({"retry_seconds": -1}, "retry_seconds: must be 0 or more, is -1"),
        ({"source": ""}, "source: must be a text that is not empty"),
        ({"token": "a\nb"}, "token: must be visible ASCII characters, as an HTTP header takes them"),
    ],
)
def test_arguments_that_cannot_be_are_refused(make: Make, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        make(**arguments)


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com/v1", "ftp://localhost/v1", "https:///v1", "https://me:secret@h/v1", "https://h/v1?a=b"],
)
def test_a_token_is_sent_to_nobody_in_the_clear(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: must be https://<host>/<stage>, or http on loopback, is ") as error:
        MeteringClient(url, "token", source="/ocr")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["http://localhost:1/v1/", "http://a.localhost:1", "http://[::1]:1", "https://h/v1"])
def test_https_and_loopback_are_fine(url: str) -> None:
    assert MeteringClient(url, "token", source="/ocr").flush() == Report(accepted=0)
