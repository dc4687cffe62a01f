"""Runs of the reconciler over a pipeline in memory."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from billing.lake import QueryError
from billing.reconciliation import acceptance
from reconciliation.metrics import MetricError
from tests.unit.reconciliation.world import EVENTS, HOUR, REQUESTS, SECOND, SETTINGS, World, at

ZEROS = ["duplicates", "failed", "replayed", "source_failed", "shifted", "source_shifted", "unreadable"]
ROLES = pytest.mark.parametrize("role", [REQUESTS, EVENTS])


@pytest.fixture
def world() -> World:
    return World()


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


@ROLES
def test_what_is_put_aside_is_missing_with_its_place_known(world: World, role: str) -> None:
    world.good(role, at("05T13:10"), 4)
    world.fail(role, at("05T13:20"), 3)
    world.run(at("05T17:20"))
    item = world.item(role, "05T13")
    assert (item["state"], item["missing"], item["failed"]) == ("missing", 3, 3)
    assert item["figures"]["failed"] == 3
    assert item["figures"]["source_failed"] == (3 if role == REQUESTS else 0)
    assert (world.metrics(role)["FailedRecords"], world.metrics(role)["FailedObjects"]) == (3, 1)


@ROLES
def test_what_was_replayed_is_answered_for_by_its_new_arrival(world: World, role: str) -> None:
    world.good(role, at("05T13:10"), 4)
    key = world.fail(role, at("05T13:20"), 3)
    world.mark(role, key, put=3, records=3, done=False)
    world.run(at("05T17:20"))
    assert world.item(role, "05T13")["missing"] == 3  # half-way is not done
    world.mark(role, key, put=3, records=3)
    world.take(role, at("05T18:10"), 3)
    for name in ("k5", "k6", "k7"):
        world.row(role, name, at("05T13:20"), at("05T18:10"))
    world.run(at("05T22:20"))
    assert world.states(role, "05") == {}
    assert (world.metrics(role)["FailedRecords"], world.metrics(role)["FailedObjects"]) == (0, 0)
    assert world.item(role, "05T13")["figures"]["replayed"] == 3


@ROLES
def test_what_fails_again_is_missing_in_its_new_hour_and_where_it_belongs(world: World, role: str) -> None:
    key = world.fail(role, at("05T13:20"), 3)
    world.mark(role, key, put=3, records=3)
    world.fail(role, at("05T13:20"), 3, arrived=at("05T18:10"))
    world.run(at("05T22:20"))
    assert world.states(role, "05") == ({13: "missing", 18: "missing"} if role == REQUESTS else {18: "missing"})
    assert [world.item(role, hour)["failed"] for hour in world.hours(role, "missing")] == [3] * (1 + (role == REQUESTS))


@ROLES
def test_what_can_be_no_row_stays_missing_when_the_rest_is_replayed(world: World, role: str) -> None:
    key = world.fail(role, at("05T13:20"), 2, raw=b"garbage")
    world.mark(role, key, put=0, records=2)
    world.run(at("05T17:20"))
    item = world.item(role, "05T13")
    assert (item["missing"], item["failed"], item["figures"]["replayed"]) == (2, 2, 0)
    assert world.metrics(role)["FailedObjects"] == 0  # somebody has seen to it
    world.mark(role, key, put=2, records=2)
    assert [world.item(role, "05T13")["figures"]["failed"] for _ in [world.run(at("05T18:20"))]] == [0]


@ROLES
def test_a_replay_outlives_its_object(world: World, role: str) -> None:
    gone = world.fail(role, at("05T13:20"), 3)
    lost = world.fail(role, at("05T14:20"), 2)
    world.run(at("05T17:20"))
    world.mark(role, gone, put=3, records=3)
    world.take(role, at("05T18:10"), 3)
    for name in ("k1", "k2", "k3"):
        world.row(role, name, at("05T13:20"), at("05T18:10"))
    del world.bucket(role)[gone], world.bucket(role)[lost]
    world.run(at("05T22:20"))
    assert world.states(role, "05") == {14: "missing"}
    assert world.item(role, "05T14")["failed"] == 0  # its place is not known any more


@ROLES
def test_an_object_is_read_once(world: World, role: str) -> None:
    keys = {world.fail(role, at(f"05T1{hour}:20"), 2) for hour in range(4)}
    world.run(at("05T14:20"))
    assert sorted(world.s3.read) == sorted(keys)
    world.s3.read.clear()
    new = world.fail(role, at("05T14:20"), 1)
    world.run(at("05T17:20"))
    assert world.s3.read == [new]
    assert world.metrics(role)["FailedRecords"] == 9


@ROLES
def test_an_object_that_cannot_be_read_is_told_and_keeps_nothing_from_being_counted(
    world: World, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    strange = "errors/x-1-2026-10-05-13-20-00-a"
    world.good(role, at("05T13:10"), 4)
    world.fail(role, at("05T13:30"), 2)
    world.bucket(role)[strange] = b'{"secret": 1}'
    world.run(at("05T17:20"))
    item = world.item(role, "05T13")
    assert (item["state"], item["missing"], item["failed"], item["figures"]["unreadable"]) == ("missing", 2, 2, 1)
    other = EVENTS if role == REQUESTS else REQUESTS
    assert (world.item(other, "05T13")["state"], world.item(other, "05T13")["figures"]["unreadable"]) == ("balanced", 0)
    assert (world.metrics(role)["FailedObjects"], world.metrics(role)["FailedRecords"]) == (2, 2)
    name = "request-errors" if role == REQUESTS else "event-errors"
    rule = "line 1: must be one of Firehose's error records: KeyError"
    assert caplog.messages == [
        f"an error object cannot be read: object {strange} of {name}, {rule}",
        f"error objects of {name} that cannot be read: 1, since 2026-10-05T13:00:00Z",
    ]
    world.s3.read.clear()
    caplog.clear()
    world.run(at("05T18:20"))
    assert (world.s3.read, len(caplog.messages)) == ([], 1)
    world.aside(role, strange)
    world.run(at("05T19:20"))
    assert world.metrics(role)["FailedObjects"] == 1
    assert world.item(role, "05T13")["figures"]["unreadable"] == 1


def test_what_could_not_be_read_and_was_replayed_is_read_again(world: World) -> None:
    key = world.fail(REQUESTS, at("05T13:20"), 2)
    readable = world.bucket(REQUESTS)[key]
    world.bucket(REQUESTS)[key] = b"?"
    world.run(at("05T17:20"))
    assert world.item(REQUESTS, "05T13")["figures"]["unreadable"] == 1
    world.bucket(REQUESTS)[key] = readable  # as a reader sees it that has learned its form
    world.mark(REQUESTS, key, put=2, records=2)
    world.take(REQUESTS, at("05T18:10"), 2)
    for name in ("k1", "k2"):
        world.row(REQUESTS, name, at("05T13:20"), at("05T18:10"))
    world.run(at("05T22:20"))
    assert world.states(REQUESTS, "05") == {}
    assert world.item(REQUESTS, "05T13")["figures"]["unreadable"] == 0


def test_hours_that_do_not_balance_are_checked_again_for_a_while_and_then_once_a_day() -> None:
    world = World(recheck_hours=6)
    world.count(REQUESTS, at("05T13:50"), 9)
    checks = []
    for hour in range(17, 22):
        world.run(at("05T00:20") + hour * HOUR)
        checks.append(world.item(REQUESTS, "05T13")["checks"])
    assert checks == [1, 2, 3, 3, 3]
    assert world.metrics(REQUESTS)["Missing"] == 9  # the alarm stays, though nobody looks
    world.run(at("06T04:20"))
    assert world.item(REQUESTS, "05T13")["checks"] == 4
    accept(world, REQUESTS, "05T13")
    world.run(at("07T04:20"))
    assert world.item(REQUESTS, "05T13")["checks"] == 4


def test_an_old_hour_balances_once_its_records_were_replayed(world: World) -> None:
    key = world.fail(REQUESTS, at("05T13:20"), 3)
    for day in ("05", "07", "09"):
        world.run(at(f"{day}T17:20"))
    assert world.states(REQUESTS, "05") == {13: "missing"}
    world.mark(REQUESTS, key, put=3, records=3)
    world.take(REQUESTS, at("09T18:10"), 3)
    for name in ("k1", "k2", "k3"):
        world.row(REQUESTS, name, at("05T13:20"), at("09T18:10"))
    world.run(at("09T20:20"))
    assert world.states(REQUESTS, "05") == {13: "missing"}
    world.run(at("10T04:20"))
    assert world.states(REQUESTS, "05") == {}
    assert world.metrics(REQUESTS)["OpenHours"] == 0


def accept(world: World, role: str, hour: str) -> None:
    item = world.item(role, hour)
    item["accepted"] = acceptance(item, by="me", at=at("05T18:00"), reason="lost in a test")


@ROLES
def test_an_acceptance_is_kept_and_holds_until_the_difference_grows(world: World, role: str) -> None:
    world.count(role, at("05T13:50"), 4)
    world.take(role, at("05T13:50"), 4)
    world.run(at("05T17:20"))
    assert (world.metrics(role)["Missing"], world.metrics(role)["OpenHours"]) == (4, 1)
    accept(world, role, "05T13")
    accepted = world.item(role, "05T13")["accepted"]
    world.row(role, "came", at("05T13:50"), at("05T13:50"))
    world.run(at("05T18:20"))
    assert world.item(role, "05T13")["missing"] == 3
    assert (world.metrics(role)["Missing"], world.metrics(role)["OpenHours"]) == (0, 0)
    world.take(role, at("05T13:50"), 2)
    world.run(at("05T19:20"))
    assert (world.item(role, "05T13")["missing"], world.item(role, "05T13")["accepted"]) == (5, accepted)
    assert (world.metrics(role)["Missing"], world.metrics(role)["OpenHours"]) == (5, 1)


@ROLES
def test_an_acceptance_holds_when_another_hour_no_longer_makes_up_for_a_part_of_it(world: World, role: str) -> None:
    world.good(role, at("05T13:10"), 5)
    world.count(role, at("05T13:50"), 3)
    world.take(role, at("05T13:50"), 3)  # lost
    for key in ("a", "b"):  # of the next hour, in which they are counted late
        world.row(role, key, at("05T14:10"), at("05T14:10"))
    world.run(at("05T18:20"))
    item = world.item(role, "05T13")
    assert (item["state"], item["missing"], item["own"]) == ("missing", 1, {"missing": 3, "unexplained": 0})
    accept(world, role, "05T13")
    world.count(role, at("05T14:10"), 2)
    world.take(role, at("05T14:10"), 2)
    world.run(at("05T19:20"))
    item = world.item(role, "05T13")
    assert (item["state"], item["missing"], item["accepted"]["missing"]) == ("missing", 3, 3)
    assert (world.metrics(role)["Missing"], world.metrics(role)["OpenHours"]) == (0, 0)
    world.take(role, at("05T13:55"))
    world.run(at("05T20:20"))
    assert (world.item(role, "05T13")["missing"], world.metrics(role)["OpenHours"]) == (4, 1)


def test_a_whole_period_is_checked_each_night_until_its_grace_is_over(world: World) -> None:
    world.good(REQUESTS, at("31T23:50"), 5)
    november = at("31T00:00") + timedelta(days=1)
    world.count(REQUESTS, at("12T10:00"), 1)
    world.run(november + 3 * HOUR + 1200 * SECOND)
    assert (REQUESTS, "PERIOD#2026-10") not in world.dynamodb.tables["reconciliation"]
    answer = world.run(november + 4 * HOUR + 1200 * SECOND)
    assert answer["sources"][REQUESTS] == {"balanced": 744 + 4 - 1, "missing": 1}
    item = world.item(REQUESTS, "PERIOD#2026-10")
    figures = dict.fromkeys(ZEROS, 0)
    assert item == {
        "source": REQUESTS,
        "hour": "PERIOD#2026-10",
        "state": "missing",
        "missing": 1,
        "unexplained": 0,
        "failed": 0,
        "hours": {"balanced": 743, "missing": 1},
        "figures": {**figures, "incoming": 5, "rows": 5, "keys": 5, "counted": 6, "source_keys": 5},
        "checked_at": "2026-11-01T04:20:00Z",
        "checks": 1,
    }
    for day in (4, 5):
        world.run(november + timedelta(days=day, hours=4, minutes=20))
    assert world.item(REQUESTS, "PERIOD#2026-10")["checked_at"] == "2026-11-05T04:20:00Z"
    assert world.item(EVENTS, "PERIOD#2026-10")["state"] == "balanced"


def test_a_period_that_was_never_checked_after_its_end_is_checked_by_the_next_run_at_night(world: World) -> None:
    world.run(at("20T03:20"))
    assert world.periods() == {}
    world.run(at("20T04:20"))
    assert world.periods() == {(role, "PERIOD#2026-09"): "balanced" for role in (REQUESTS, EVENTS)}
    assert world.item(EVENTS, "2026-09-01T00:00:00Z")["state"] == "balanced"
    world.run(at("21T04:20"))
    assert world.item(REQUESTS, "PERIOD#2026-09")["checks"] == 1
    world.item(EVENTS, "PERIOD#2026-09")["checked_at"] = "2026-09-30T23:20:00Z"
    world.run(at("22T04:20"))
    assert world.item(EVENTS, "PERIOD#2026-09")["checked_at"] == "2026-10-22T04:20:00Z"


def test_an_hour_that_was_accepted_unreconciled_says_nothing_of_its_neighbour(world: World) -> None:
    world.run(at("05T14:20"))
    table = world.dynamodb.tables["reconciliation"]
    accepted = {"by": "me", "missing": 0, "unexplained": 0}
    name = "2026-10-05T13:00:00Z"
    table[REQUESTS, name] = {"source": REQUESTS, "hour": name, "state": "unreconciled", "accepted": accepted}
    world.count(REQUESTS, at("05T13:50"))
    world.run(at("05T20:20"), **{"from": "2026-10-05T14:00:00Z", "to": "2026-10-05T15:00:00Z"})
    assert world.item(REQUESTS, "05T14")["state"] == "balanced"
    world.run(at("05T21:20"))
    item = world.item(REQUESTS, "05T13")
    assert (item["state"], item["missing"], item["accepted"]) == ("missing", 1, accepted)
    assert world.metrics(REQUESTS)["OpenHours"] == 1


def test_a_period_is_checked_on_demand_as_far_as_it_is_over(world: World) -> None:
    world.good(REQUESTS, at("05T13:10"), 5)
    answer = world.run(at("05T14:20"), period="2026-10")
    assert answer["sources"] == {REQUESTS: {"balanced": 4 * 24 + 14}, EVENTS: {"balanced": 4 * 24 + 14}}
    item = world.item(REQUESTS, "PERIOD#2026-10")
    assert (item["checked_at"], item["hours"]) == ("2026-10-05T14:20:00Z", {"balanced": 110})
    assert item["figures"]["rows"] == 5


def test_hours_are_checked_on_demand_and_no_others_are_written(world: World) -> None:
    world.good(REQUESTS, at("05T12:10"), 5)
    world.count(REQUESTS, at("05T12:59"))
    world.take(REQUESTS, at("05T12:59"))
    world.row(REQUESTS, "turn", at("05T12:59:59"), at("05T13:00"))
    answer = world.run(at("05T20:20"), **{"from": "2026-10-05T12:30:00Z", "to": "2026-10-05T12:40:00Z"})
    assert answer == {"sources": {REQUESTS: {"balanced": 1}, EVENTS: {"balanced": 1}}, "hours": []}
    assert list(world.dynamodb.tables["reconciliation"]) == [
        (REQUESTS, "2026-10-05T12:00:00Z"),
        (EVENTS, "2026-10-05T12:00:00Z"),
    ]
    assert world.item(REQUESTS, "05T12")["figures"]["shifted"] == 1
    assert "Rows" not in world.metrics(REQUESTS)  # it did not look at the newest hour


@ROLES
def test_hours_in_mid_month_are_judged_as_the_whole_month_judges_them(world: World, role: str) -> None:
    for hour in range(8, 18):
        world.good(role, at(f"05T{hour:02}:10"), 3)
    for moment in ("05T10:30", "06T10:30"):
        world.count(role, at(moment))
        world.take(role, at(moment))
        late = at(moment) + 5 * HOUR
        world.row(role, moment, late, late)  # carried over every turn of an hour until then
    world.run(at("08T20:20"), period="2026-10")
    whole = {hour: dict(world.item(role, hour)) for hour in ("05T10", "06T10")}
    assert [item["state"] for item in whole.values()] == ["balanced"] * 2
    for day in ("05", "06"):
        world.run(at("08T21:20"), **{"from": f"2026-10-{day}T10:00:00Z", "to": f"2026-10-{day}T11:00:00Z"})
    for hour, item in whole.items():
        found = world.item(role, hour)
        assert (found["checks"], found["state"], found["figures"]) == (2, item["state"], item["figures"])


def test_counts_of_error_objects_are_kept_as_long_as_their_hours_can_be_reconciled(world: World) -> None:
    key = world.fail(REQUESTS, at("05T13:20"), 2)
    world.run(at("05T17:20"))
    item = world.dynamodb.tables["reconciliation"]["ERRORS#request-errors", key]
    assert item["expires"] == int((at("05T17:20") + timedelta(days=460)).timestamp())
    del world.dynamodb.tables["reconciliation"]["ERRORS#request-errors", key]  # the object is still there
    world.run(at("05T18:20"))
    assert (world.item(REQUESTS, "05T13")["failed"], world.metrics(REQUESTS)["FailedRecords"]) == (2, 2)


def test_an_hour_of_an_earlier_check_is_not_written_over_by_a_run_that_was_held_up(world: World) -> None:
    world.count(REQUESTS, at("05T13:50"), 9)
    world.run(at("05T18:20"))
    later = dict(world.item(REQUESTS, "05T13"))
    world.cloudwatch.sums.clear()
    answer = world.run(at("05T15:20"))
    assert world.item(REQUESTS, "05T13") == later
    assert answer["hours"][0]["state"] == "missing"  # the answer is what stands


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
