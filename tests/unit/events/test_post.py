import json
from http import HTTPStatus
from typing import Any

import pytest

from tests.unit.events.events_kit import STRUCTURED, FakeStream, event, problem, result, send

TYPES = "com.example.credits, com.example.seats, com.example.tokens, com.example.usage, com.example.users"
KIB, MIB = 1024, 1024 * 1024
TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase  # has another one in later Pythons


def padded(size: int, **changes: Any) -> str:
    """Return the text of an event of exactly so many bytes."""
    spare = size - len(json.dumps(event(subject="", **changes)).encode())
    text = json.dumps(event(subject="x" * spare, **changes))
    assert len(text.encode()) == size
    return text


def test_every_event_accepted() -> None:
    answered = send([event(), event(id="b")])
    assert (answered.status, answered.body) == (
        202,
        {"accepted": 2, "rejected": 0, "results": [result(), result(id="b")]},
    )
    assert answered.headers == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


@pytest.mark.parametrize("body", ["[]", " [ \n] "])
def test_an_empty_batch_is_accepted_and_nothing_is_put(body: str) -> None:
    answered = send(body)
    assert (answered.status, answered.body) == (202, {"accepted": 0, "rejected": 0, "results": []})
    assert answered.stream.records == []


def test_some_accepted() -> None:
    bad: list[Any] = [5, None, [], {"source": 5, "id": "x", "time": "never"}]
    answered = send([event(), *bad, event(id="b")])
    reasons = [f"event must be a JSON object, got {shown}" for shown in ("5", "null", "a list")]
    unread = {"source": None, "id": None, "time": None}
    assert (answered.status, answered.body) == (
        207,
        {
            "accepted": 2,
            "rejected": 4,
            "results": [
                result(),
                *(result(reason, **unread) for reason in reasons),
                result("specversion missing, must be a string that is not empty", source=None, id="x", time="never"),
                result(id="b"),
            ],
        },
    )
    assert [record["id"] for record in answered.stream.records] == ["a-1", "b"]


def test_none_valid() -> None:
    answered = send([event(type="x"), event(id="")])
    assert (answered.status, answered.body) == (
        400,
        {
            "accepted": 0,
            "rejected": 2,
            "results": [
                result(f'type must be one that a meter counts ({TYPES}), got "x"'),
                result('id must be a string that is not empty, got ""', id=""),
            ],
        },
    )
    assert answered.stream.records == []


def test_what_is_not_stored_is_told_event_by_event() -> None:
    lost = result("could not be stored, send it again with the same id, source and time", retry=True)
    answered = send([event(id=one) for one in "abc"], stream=FakeStream(lambda record: record["id"] == "b"))
    assert (answered.status, answered.body) == (
        207,
        {"accepted": 2, "rejected": 1, "results": [result(id="a"), {**lost, "id": "b"}, result(id="c")]},
    )
    bad = event(id="")
    answered = send([bad, event()], stream=FakeStream(lambda _record: True))
    assert (answered.status, answered.headers["Retry-After"], answered.body) == (
        503,
        "5",
        {
            "accepted": 0,
            "rejected": 2,
            "results": [result('id must be a string that is not empty, got ""', id=""), lost],
        },
    )


def test_the_tenant_is_that_of_the_token_whatever_the_event_says() -> None:
    answered = send([event(tenantid="other"), event(tenantid=5), event(tenant_id="other")], tenant="acme")
    assert [record["tenantid"] for record in answered.stream.records] == ["acme", "acme"]
    assert answered.reasons[2] == 'names of attributes must be lower-case letters a to z and digits, got "tenant_id"'


@pytest.mark.parametrize(
    ("tenant", "expected"),
    [
        (None, problem(401, "Unauthorized", "the request must carry an ID token, whose tenant the events are of")),
        (
            "x" * 257,
            problem(
                403,
                "Forbidden",
                f'the token\'s tenant must have at most 256 bytes and no control characters, got "{"x" * 40}…"',
            ),
        ),
    ],
)
def test_without_a_tenant_nothing_is_taken(tenant: str | None, expected: tuple[int, dict[str, Any], str]) -> None:
    answered = send([event()], tenant=tenant)
    assert (answered.status, answered.body, answered.headers["Content-Type"]) == expected
    assert answered.stream.records == []


def test_an_event_without_time_is_of_the_servers_which_the_answer_tells() -> None:
    answered = send([event(time=None), event(type="x", time=None)])
    assert [one["time"] for one in answered.body["results"]] == ["2026-11-28T09:30:00.000Z", None]
    assert [record["time"] for record in answered.stream.records] == ["2026-11-28T09:30:00.000Z"]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-11-28T09:35:00Z", None),
        (
            "2026-11-28T10:35:00.000001+01:00",
            (
                "time must not be more than 5 minutes after 2026-11-28T09:30:00.000Z, when the event came, "
                "got 2026-11-28T09:35:00.000001Z"
            ),
        ),
        ("2026-10-31T23:59:59.999999Z", "time must not lie in a month whose bills are final, got 2026-10"),
        ("2026-10-31T23:30:00-01:00", None),
        ("2026-11-01T00:30:00+01:00", "time must not lie in a month whose bills are final, got 2026-10"),
        ("2026-09-30T23:59:59Z", None),
        ("2018-04-05T17:31:00Z", None),
    ],
)
def test_times_that_are_not_taken(time: str, reason: str | None) -> None:
    answered = send([event(time=time)], final={"2026-10"})
    assert answered.body["results"] == [result(reason, time=time)]


def test_a_record_is_what_a_row_is_made_of() -> None:
    sent = event(subject="s", ext=1, datacontenttype="application/json", dataschema="urn:a:b")
    answered = send(json.dumps(sent)[:-1] + ', "data": {"value": "1", "b": [ 1.50 ]}}', STRUCTURED)
    [record] = answered.stream.raw
    assert record == (
        b'{"specversion":"1.0","id":"a-1","source":"/orders","type":"com.example.usage",'
        b'"time":"2026-11-28T09:00:00.000Z","subject":"s","tenantid":"acme","data":{"value":"1","b":[1.50]}}'
    )


def test_a_key_that_is_there_twice_concerns_its_own_event_only() -> None:
    twice = json.dumps(event(id="b"))[:-1] + ', "subject": "x", "subject": "y"}'
    body = f"[{json.dumps(event())}, {twice}, {json.dumps(event(id='c'))}]"
    reason = 'each key must be there once in its object, got "subject" twice'
    assert send(body).body["results"] == [result(), result(reason, id="b"), result(id="c")]
    single = send(twice, STRUCTURED)
    assert (single.status, single.body["results"]) == (400, [result(reason, id="b")])


def test_the_largest_event() -> None:
    largest, too_large = padded(256 * KIB, id="b"), padded(256 * KIB + 1, id="c")
    assert send(largest, STRUCTURED).status == 202
    single = send(too_large, STRUCTURED)
    detail = "event must have at most 262144 bytes, got 262145"
    assert (single.status, single.body, single.headers["Content-Type"]) == problem(413, TOO_LARGE, detail)
    batch = send(f"[ {largest} ,  {too_large} , {json.dumps(event())}]")
    assert (batch.status, batch.body["results"]) == (207, [result(id="b"), result(detail, id="c"), result()])


def test_an_events_size_is_counted_in_bytes_as_they_are_sent() -> None:
    text = json.dumps(event(subject="ä" * 131_072), ensure_ascii=False)
    assert len(text) < 256 * KIB < len(text.encode())
    assert send(f"[{text}]").reasons == [f"event must have at most 262144 bytes, got {len(text.encode())}"]


def test_the_largest_body() -> None:
    text = json.dumps([event()])
    largest = text + " " * (MIB - len(text))
    assert send(largest).status == 202
    answered = send(largest + " ")
    expected = problem(413, TOO_LARGE, "body must have at most 1048576 bytes, got 1048577")
    assert (answered.status, answered.body, answered.headers["Content-Type"]) == expected


def test_the_longest_batch() -> None:
    events = [event(id=str(number)) for number in range(1001)]
    answered = send(events[:1000])
    assert (answered.status, answered.body["accepted"], len(answered.stream.records)) == (202, 1000, 1000)
    answered = send(events)
    expected = problem(413, TOO_LARGE, "body must hold at most 1000 events")
    assert (answered.status, answered.body, answered.headers["Content-Type"]) == expected
    assert answered.stream.records == []
