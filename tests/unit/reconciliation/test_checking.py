"""Runs of the reconciler over a pipeline in memory: what an hour is found to be, and what fails a run."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from billing.lake import QueryError
from reconciliation.metrics import MetricError
from tests.unit.reconciliation.checking_kit import ROLES, ZEROS
from tests.unit.reconciliation.world import EVENTS, REQUESTS, SETTINGS, World, at


def test_hours_in_which_all_became_rows_balance(world: World) -> None:
    world.good(REQUESTS, at("05T13:10"), 7)
    world.good(EVENTS, at("05T13:20"), 3)
    answer = world.run(at("05T14:20"))
    assert answer == {"sources": {REQUESTS: {"balanced": 48}, EVENTS: {"balanced": 48}}, "hours": []}
    rest = {"checked_at": "2026-10-05T14:20:00Z", "checks": 1, "state": "balanced"}
    none = {"missing": 0, "unexplained": 0, "failed": 0, "own": {"missing": 0, "unexplained": 0}}
    figures = dict.fromkeys(ZEROS, 0)
    assert world.item(REQUESTS, "05T13") == {
        "source": REQUESTS,
        "hour": "2026-10-05T13:00:00Z",
        **rest,
        **none,
        "figures": {**figures, "incoming": 7, "rows": 7, "keys": 7, "counted": 7, "source_keys": 7},
    }
    assert world.item(EVENTS, "05T13") == {
        "source": EVENTS,
        "hour": "2026-10-05T13:00:00Z",
        **rest,
        **none,
        "figures": {**figures, "incoming": 3, "rows": 3, "keys": 3, "counted": 3},
    }
    alarms = {"Missing": 0, "Unexplained": 0, "OpenHours": 0, "FailedRecords": 0, "FailedObjects": 0}
    assert world.metrics(REQUESTS) == {**alarms, "SourceCount": 7, "Rows": 7}
    assert world.metrics(EVENTS) == {**alarms, "SourceCount": 3, "Rows": 3}
    assert {(one["Namespace"], one["Timestamp"], one["Unit"]) for one in world.cloudwatch.put} == {
        ("SaasMetering/r", at("05T14:20"), "Count")
    }


def test_the_next_run_looks_at_the_new_hour_alone(world: World) -> None:
    world.run(at("05T14:20"))
    world.lake.asked.clear()
    world.good(REQUESTS, at("05T14:30"))
    answer = world.run(at("05T15:20"))
    assert answer["sources"] == {REQUESTS: {"balanced": 1}, EVENTS: {"balanced": 1}}
    assert len(world.lake.asked) == 3
    assert world.item(REQUESTS, "05T13")["checked_at"] == "2026-10-05T14:20:00Z"


def test_a_repeat_of_a_run_looks_at_nothing_and_tells_the_alarms_the_same(world: World) -> None:
    world.run(at("05T14:20"))
    world.cloudwatch.put.clear()
    assert world.run(at("05T14:20")) == {"sources": {REQUESTS: {}, EVENTS: {}}, "hours": []}
    alarms = {"Missing": 0, "Unexplained": 0, "OpenHours": 0, "FailedRecords": 0, "FailedObjects": 0}
    assert world.metrics(REQUESTS) == alarms
    assert world.item(REQUESTS, "05T13")["checks"] == 1


def test_what_an_hour_gave_one_that_is_late_is_not_missing_when_the_rest_has_come(world: World) -> None:
    world.good(REQUESTS, at("05T13:10"), 10)
    for key in ("a", "b"):  # the stream counts them in the next hour
        world.row(REQUESTS, key, at("05T14:00"), at("05T13:59"))
    for moment, number in ((at("05T14:00"), 2), (at("05T14:30"), 5)):
        world.count(REQUESTS, moment, number)
        world.take(REQUESTS, moment, number)
    world.run(at("05T15:20"))
    assert world.states(REQUESTS, "05") == {14: "late"}
    assert world.item(REQUESTS, "05T13")["figures"]["shifted"] == -2
    for _ in range(5):
        world.row(REQUESTS, world.new_key(), at("05T14:30"), at("05T14:31"))
    world.run(at("05T16:20"))
    assert world.states(REQUESTS, "05") == {}


@ROLES
def test_what_does_not_arrive_is_late_and_then_missing(world: World, role: str) -> None:
    world.good(role, at("05T13:10"), 5)
    world.count(role, at("05T13:50"), 2)
    world.take(role, at("05T13:50"), 2)
    answer = world.run(at("05T14:20"))
    assert answer["hours"] == [
        {
            "source": role,
            "hour": "2026-10-05T13:00:00Z",
            "state": "late",
            "missing": 2,
            "unexplained": 0,
            "failed": 0,
        }
    ]
    assert (world.metrics(role)["Missing"], world.metrics(role)["OpenHours"]) == (0, 0)
    world.run(at("05T16:59"))
    assert world.states(role, "05") == {13: "late"}
    world.run(at("05T17:00"))
    assert world.states(role, "05") == {13: "missing"}
    assert (world.metrics(role)["Missing"], world.metrics(role)["OpenHours"]) == (2, 1)
    assert world.item(role, "05T13")["checks"] == 3


@ROLES
def test_what_arrives_later_balances_its_hour(world: World, role: str) -> None:
    world.count(role, at("05T13:50"), 2)
    world.take(role, at("05T13:50"), 2)
    world.run(at("05T17:20"))
    assert world.states(role, "05") == {13: "missing"}
    for key in ("a", "b"):
        world.row(role, key, at("05T13:50"), at("05T13:50"))
    world.run(at("05T18:20"))
    assert world.states(role, "05") == {}
    assert world.metrics(role)["Missing"] == 0


def test_a_line_that_never_reached_the_stream_is_missing(world: World) -> None:
    world.good(REQUESTS, at("05T13:10"), 5)
    world.count(REQUESTS, at("05T13:50"), 2)
    world.run(at("05T17:20"))
    item = world.item(REQUESTS, "05T13")
    assert (item["state"], item["missing"], item["failed"]) == ("missing", 2, 0)
    assert (item["figures"]["incoming"], item["figures"]["counted"]) == (5, 7)
    world.row(REQUESTS, "x", at("05T13:50"), at("05T17:30"))  # backfilled
    world.row(REQUESTS, "y", at("05T13:50"), at("05T17:30"))
    world.take(REQUESTS, at("05T17:30"), 2)
    world.run(at("05T21:20"))
    assert world.states(REQUESTS, "05") == {}


def test_what_another_api_logs_to_the_stream_is_none_of_what_the_stage_counts(world: World) -> None:
    def log(key: str) -> None:
        world.take(REQUESTS, at("05T13:20"))
        world.row(REQUESTS, key, at("05T13:20"), at("05T13:20"))
        world.lake.others.add(key)

    world.good(REQUESTS, at("05T13:10"), 5)
    log("other-1")
    log("other-2")
    world.run(at("05T17:20"))
    item = world.item(REQUESTS, "05T13")
    assert (item["state"], item["figures"]["rows"], item["figures"]["source_keys"]) == ("balanced", 7, 5)
    log("other-3")
    world.lake.rows[REQUESTS].pop()  # what reached the stream is a row, whoever logs it
    world.count(REQUESTS, at("05T14:10"))  # and another API's row makes up for none of the stage's
    log("other-4")
    world.run(at("05T18:20"), period="2026-10")
    missing = {hour: world.item(REQUESTS, hour)["missing"] for hour in ("05T13", "05T14")}
    assert (world.states(REQUESTS, "05"), missing) == ({13: "missing", 14: "missing"}, {"05T13": 1, "05T14": 1})


def test_events_that_were_accepted_and_are_not_on_the_stream_are_missing(world: World) -> None:
    world.count(EVENTS, at("05T13:50"), 2)
    world.run(at("05T17:20"))
    assert world.item(EVENTS, "05T13")["missing"] == 2


def test_events_that_backends_put_directly_are_all_right(world: World) -> None:
    world.good(EVENTS, at("05T13:10"), 2)
    world.row(EVENTS, "direct", at("01T00:00"), at("05T13:50"))
    world.take(EVENTS, at("05T13:50"))
    world.run(at("05T17:20"))
    assert world.states(EVENTS, "05") == {}


@ROLES
def test_rows_of_which_nothing_was_counted_are_unexplained(world: World, role: str) -> None:
    world.good(role, at("05T13:10"), 2)
    world.row(role, "forged", at("05T13:10"), at("05T13:10"))
    world.run(at("05T17:20"))
    item = world.item(role, "05T13")
    assert (item["state"], item["missing"], item["unexplained"]) == ("unexplained", 0, 1)
    assert (world.metrics(role)["Unexplained"], world.metrics(role)["OpenHours"]) == (1, 1)


@ROLES
def test_a_batch_that_was_committed_twice_is_explained(world: World, role: str) -> None:
    world.good(role, at("05T13:10"), 4)
    world.lake.rows[role] += world.lake.rows[role][:3]
    world.run(at("05T17:20"))
    item = world.item(role, "05T13")
    assert (item["state"], item["figures"]["rows"], item["figures"]["duplicates"]) == ("balanced", 7, 3)
    assert item["figures"]["keys"] == 4


@ROLES
def test_records_at_the_turn_of_an_hour_are_not_missing(world: World, role: str) -> None:
    world.good(role, at("05T12:30"), 100)
    world.count(role, at("05T12:59"))
    world.take(role, at("05T13:00"))
    world.row(role, "turn", at("05T12:59:59"), at("05T12:59:59"))
    world.run(at("05T13:20"))
    assert world.states(role, "05") == {12: "late"}
    world.run(at("05T14:20"))
    assert world.states(role, "05") == {}
    figures = world.item(role, "05T12")["figures"], world.item(role, "05T13")["figures"]
    assert [one["shifted"] for one in figures] == [-1, 1]


def disturb(world: World, how: str) -> type[Exception]:
    if how == "metrics":
        world.cloudwatch.status = "InternalError"
        return MetricError
    if how == "queries":
        world.lake.failing = "no workers"
        return QueryError
    world.s3.denied = True
    return ClientError


@pytest.mark.parametrize("how", ["metrics", "queries", "buckets"])
def test_what_is_not_told_fails_the_run_and_writes_no_hour(world: World, how: str) -> None:
    world.run(at("05T14:20"))
    before: dict[Any, Any] = {key: dict(item) for key, item in world.dynamodb.tables["reconciliation"].items()}
    world.cloudwatch.put.clear()
    world.good(REQUESTS, at("05T14:30"))
    error = disturb(world, how)
    with pytest.raises(error):
        world.run(at("05T15:20"))
    assert world.dynamodb.tables["reconciliation"] == before
    assert world.cloudwatch.put == []


def test_the_months_of_a_call_are_asked_for_in_parts(world: World) -> None:
    world.good(REQUESTS, at("05T13:10"), 5)
    now = at("31T00:00") + timedelta(days=1, hours=20)
    answer = world.run(now, **{"from": "2026-08-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"})
    hours = 92 * 24
    assert answer["sources"] == {REQUESTS: {"balanced": hours}, EVENTS: {"balanced": hours}}
    assert len(world.lake.asked) == 3 * (hours // 96 + 1)
    assert world.cloudwatch.calls == 1
    assert len(world.dynamodb.tables["reconciliation"]) == 2 * hours


def test_a_source_that_is_not_reconciled_is_left_alone() -> None:
    world = World(sources={REQUESTS: SETTINGS["sources"][REQUESTS]})
    assert world.run(at("05T14:20"))["sources"] == {REQUESTS: {"balanced": 48}}
    assert world.metrics(EVENTS) == {}
