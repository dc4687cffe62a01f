"""Case by case: the whole answer, the record that is put, and that the transform makes its row of it."""

import json
from typing import Any

import pytest

from events import to_row
from tests.unit.events import attribute_cases as attributes
from tests.unit.events.data_cases import DATA, QUANTITIES
from tests.unit.events.events_kit import NOW, RULES, Answered, event, result, send

ATTRIBUTES = (
    attributes.REQUIRED
    | attributes.STRINGS
    | attributes.URIS
    | attributes.MEDIA_TYPES
    | attributes.TIMES
    | attributes.EXTENSIONS
)
NOW_MS = int(NOW.timestamp() * 1000)


def text_of(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def rows(answered: Answered) -> list[dict[str, Any]]:
    return [json.loads(to_row(raw, NOW_MS, RULES)) for raw in answered.stream.raw]


def test_there_are_cases_enough() -> None:
    assert len(ATTRIBUTES) > 150
    assert len(DATA) + len(QUANTITIES) > 90


@pytest.mark.parametrize("case", ATTRIBUTES)
def test_attributes_are_checked_as_the_specification_says(case: str) -> None:
    changes, reason = ATTRIBUTES[case]
    sent = event(**changes)
    told = {name: text_of(sent.get(name)) for name in ("source", "id", "time")}
    if reason is None and told["time"] is None:
        told["time"] = "2026-11-28T09:30:00.000Z"
    expected = {"accepted": int(not reason), "rejected": int(bool(reason)), "results": [result(reason, **told)]}
    single, batch = send(sent), send([sent])
    assert (single.status, single.body) == (400 if reason else 202, expected)
    assert (batch.status, batch.body) == (single.status, single.body)
    assert len(rows(single)) == expected["accepted"]
    for row in rows(single):
        kept = {"source": sent["source"], "id": sent["id"], "type": sent["type"], "subject": sent.get("subject")}
        assert {name: row.get(name) for name in kept} == kept


@pytest.mark.parametrize("case", DATA)
def test_data_is_read_as_the_specification_says(case: str) -> None:
    members, data, reason = DATA[case]
    body = json.dumps(event())[:-1] + (f", {members}" if members else "") + "}"
    answered = send(body, "application/cloudevents+json")
    accepted = int(reason is None)
    assert (answered.status, answered.body) == (
        202 if accepted else 400,
        {"accepted": accepted, "rejected": 1 - accepted, "results": [result(reason)]},
    )
    assert [row.get("data") for row in rows(answered)] == [data] * accepted
    assert send(f"[{body}]").body == answered.body


@pytest.mark.parametrize(("kind", "data"), QUANTITIES)
def test_quantities_are_what_the_meters_can_add_up(kind: str, data: str) -> None:
    reason = QUANTITIES[kind, data]
    answered = send(
        json.dumps(event(type=f"com.example.{kind}"))[:-1] + f', "data": {data}}}', "application/cloudevents+json"
    )
    assert (answered.status, answered.body["results"]) == (400 if reason else 202, [result(reason)])
    assert len(rows(answered)) == int(reason is None)


@pytest.mark.parametrize(
    ("members", "time"),
    [
        ("2018-04-05t17:31:00z", "2018-04-05T17:31:00.000Z"),
        ("2018-04-05T17:31:00.1Z", "2018-04-05T17:31:00.100Z"),
        ("2018-04-05T17:31:00.123456999Z", "2018-04-05T17:31:00.123456Z"),
        ("2018-04-05T17:31:00.999999999999Z", "2018-04-05T17:31:00.999999Z"),
        ("2018-04-05T00:31:00+02:00", "2018-04-04T22:31:00.000Z"),
        ("2018-04-05T23:31:00-02:00", "2018-04-06T01:31:00.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2017-01-01T00:59:60.5+01:00", "2016-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_stored_in_utc_to_the_microsecond(members: str, time: str) -> None:
    answered = send(event(time=members))
    assert [row["time"] for row in rows(answered)] == [time]
    assert answered.body["results"] == [result(time=members)]
