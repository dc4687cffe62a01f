"""Runs of the reconciler over a pipeline in memory: what lies in the error bucket, and what was replayed."""

from datetime import timedelta

import pytest

from tests.unit.reconciliation.checking_kit import ROLES
from tests.unit.reconciliation.world import EVENTS, REQUESTS, World, at


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


def test_counts_of_error_objects_are_kept_as_long_as_their_hours_can_be_reconciled(world: World) -> None:
    key = world.fail(REQUESTS, at("05T13:20"), 2)
    world.run(at("05T17:20"))
    item = world.dynamodb.tables["reconciliation"]["ERRORS#request-errors", key]
    assert item["expires"] == int((at("05T17:20") + timedelta(days=460)).timestamp())
    del world.dynamodb.tables["reconciliation"]["ERRORS#request-errors", key]  # the object is still there
    world.run(at("05T18:20"))
    assert (world.item(REQUESTS, "05T13")["failed"], world.metrics(REQUESTS)["FailedRecords"]) == (2, 2)
