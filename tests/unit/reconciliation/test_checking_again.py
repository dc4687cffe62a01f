"""Runs of the reconciler over a pipeline in memory: which hours and months are looked at again, and acceptances."""

from datetime import timedelta

from billing.reconciliation import acceptance
from tests.unit.reconciliation.checking_kit import ROLES, ZEROS
from tests.unit.reconciliation.world import EVENTS, HOUR, REQUESTS, SECOND, World, at


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


def test_an_hour_of_an_earlier_check_is_not_written_over_by_a_run_that_was_held_up(world: World) -> None:
    world.count(REQUESTS, at("05T13:50"), 9)
    world.run(at("05T18:20"))
    later = dict(world.item(REQUESTS, "05T13"))
    world.cloudwatch.sums.clear()
    answer = world.run(at("05T15:20"))
    assert world.item(REQUESTS, "05T13") == later
    assert answer["hours"][0]["state"] == "missing"  # the answer is what stands
