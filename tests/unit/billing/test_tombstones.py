"""Usage that an operator takes out of account: before a month's cutoff, after its final bill, and all there is."""

from typing import Any

import pytest

from billing.recount import Recounter
from billing.verify import Difference, Verifier
from metering.tombstone import UNVOID
from tests.unit.billing.rollup_kit import body
from tests.unit.billing.test_months import amounts, bill, document
from tests.unit.billing.world import CATALOG, World, plan_of

CALLS, RECURRING = "2026-09-01/api_calls", "2026-09-01/recurring"


def verified(world: World, tenant: str, *periods: str) -> list[tuple[Difference, ...]]:
    """In what documents differ from the lake as it is now."""
    world.lake.answers = {}
    verifier = Verifier(world.planner.store, Recounter(world.lake, world.planner.catalogs))
    return [found for _, found in verifier.verify([document(world, tenant, period) for period in periods])]


def september() -> World:
    world = World()
    world.account("t", ("team", "2026-09-01", None))
    world.calls("t", "2026-09-10", 100)
    return world


def test_what_is_void_before_the_cutoff_is_not_billed() -> None:
    world = september()
    world.void("t", "2026-09-10", 40, at="2026-10-02T05:59:59")
    world.void("t", "2026-09-10", 100, at="2026-10-03T06:00:00")  # at the cutoff: too late for this bill
    world.run("2026-10-04T06:00:00Z")
    assert amounts(world, "t", "2026-09") == {RECURRING: "30.00", CALLS: "0.60"}
    assert document(world, "t", "2026-09")["evidence"]["rows_per_day"] == {"2026-09-10": 60}
    assert verified(world, "t", "2026-09") == [()]


def test_what_is_void_after_the_final_bill_is_taken_back_and_may_come_again() -> None:
    world = september()
    world.run("2026-10-04T06:00:00Z")
    assert amounts(world, "t", "2026-09") == {RECURRING: "30.00", CALLS: "1.00"}
    world.void("t", "2026-09-10", 40, at="2026-10-20T12:00:00")
    world.run("2026-11-04T06:00:00Z")
    october = {"2026-10-01/recurring": "30.00", "2026-10-01/api_calls": "0.00"}
    assert amounts(world, "t", "2026-10") == {**october, f"2026-09 {CALLS}": "-0.40"}
    [adjustment] = document(world, "t", "2026-10")["adjustments"]
    assert adjustment["evidence"]["rows_per_day"] == {"2026-09-10": 60}
    assert [(line["was"]["quantity"], line["now"]["quantity"]) for line in adjustment["lines"]] == [("100", "60")]
    world.void("t", "2026-09-10", 40, at="2026-11-20T12:00:00", action=UNVOID)
    world.run("2026-12-04T06:00:00Z")
    assert amounts(world, "t", "2026-11")[f"2026-09 {CALLS}"] == "0.40"
    world.run("2027-01-04T06:00:00Z")
    assert f"2026-09 {CALLS}" not in amounts(world, "t", "2026-12")
    assert verified(world, "t", "2026-09", "2026-10", "2026-11", "2026-12") == [(), (), (), ()]


def test_a_record_that_comes_again_stays_void_and_one_that_comes_first_too() -> None:
    world = september()
    world.void("t", "2026-09-10", 100, at="2026-09-20T00:00:00")
    first = world.lake.rows[0]
    world.lake.rows += [first, type(first)(first.key, "t", first.time, first.ingested_at.replace(day=25))]
    world.run("2026-10-04T06:00:00Z")
    assert amounts(world, "t", "2026-09") == {RECURRING: "30.00", CALLS: "0.00"}


@pytest.mark.parametrize(
    ("actions", "counted"),
    [
        (["void", "void"], "0.60"),
        (["void", "unvoid"], "0.60"),
        (["unvoid", "void"], "0.60"),
        (["unvoid"], "1.00"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_of_two_actions_at_once_the_void_one_counts(actions: list[str], counted: str) -> None:
    world = september()
    for action in actions:
        world.void("t", "2026-09-10", 40, at="2026-09-20T00:00:00", action=action)
    world.run("2026-10-04T06:00:00Z")
    assert amounts(world, "t", "2026-09")[CALLS] == counted


@pytest.mark.parametrize("plan", ["0.10", "0.10 and a fee"])
def test_a_tenant_of_whom_nothing_is_left_owes_nothing(plan: str) -> None:
    """Nobody has an account for it, so that after the void only tombstones tell of it."""
    fee = "25" if "fee" in plan else None
    world = World({**CATALOG, "plans": {**CATALOG["plans"], "payg": plan_of("0.10", fee)}})
    world.account("other")
    world.calls("all", "2026-10-10", 10)
    world.calls("other", "2026-10-10", 10)
    world.run("2026-10-12T06:00:00Z")
    world.roll_up({"scheduled_time": "2026-10-12T07:00:00Z"})
    drafted, used = bill(world, "all", "2026-10"), body(world, "all", "2026-10")["meters"][0]["quantity"]
    assert (drafted[0], drafted[2] != "0.00", used) == ("draft", True, "10")
    world.void("all", "2026-10-10", 10, at="2026-10-12T08:00:00")
    world.roll_up({"scheduled_time": "2026-10-12T09:00:00Z"})
    shown = body(world, "all", "2026-10")
    assert ([meter["quantity"] for meter in shown["meters"]], shown["bill"]) == (["0"], None)
    world.run("2026-10-13T06:00:00Z")
    assert bill(world, "all", "2026-10") == ("draft", None, "0.00")
    assert amounts(world, "all", "2026-10") == {}
    world.run("2026-11-04T06:00:00Z")
    assert (bill(world, "all", "2026-10"), bill(world, "other", "2026-10")[0]) == (
        ("skipped", None, "0.00"),
        "finalized",
    )
    assert world.items("PERIODS")["PERIODS 2026-10"]["state"] == "closed"


def test_a_tenant_that_lost_all_that_was_billed_gets_all_of_it_back() -> None:
    world = World({**CATALOG, "plans": {**CATALOG["plans"], "payg": plan_of("0.10", "25")}})
    world.account("all")
    world.calls("all", "2026-09-10", 10)
    world.run("2026-10-04T06:00:00Z")
    assert amounts(world, "all", "2026-09") == {RECURRING: "25.00", CALLS: "1.00"}
    world.void("all", "2026-09-10", 10, at="2026-10-20T12:00:00")
    world.calls("all", "2026-10-10", 1)
    world.run("2026-11-04T06:00:00Z")
    assert amounts(world, "all", "2026-10") == {
        "2026-10-01/recurring": "25.00",
        "2026-10-01/api_calls": "0.10",
        f"2026-09 {RECURRING}": "-25.00",
        f"2026-09 {CALLS}": "-1.00",
    }
    assert verified(world, "all", "2026-09", "2026-10") == [(), ()]


def test_late_usage_that_is_void_again_makes_no_bill() -> None:
    world = World()
    world.run("2026-10-04T06:00:00Z")
    world.calls("new", "2026-09-30", 10, ingested="2026-10-10T00:00:00")
    world.void("new", "2026-09-30", 10, at="2026-10-11T00:00:00")
    world.run("2026-11-04T06:00:00Z")
    assert [name for name in world.items("TENANT#") if "BILL" in name] == []


def test_a_dry_run_tells_what_a_void_will_take_back() -> None:
    world = september()
    world.run("2026-10-04T06:00:00Z")
    world.void("t", "2026-09-10", 100, at="2026-10-20T12:00:00")
    answer: dict[str, Any] = world.plan({"as_of": "2026-10-21T06:00:00Z", "dry_run": True, "period": "2026-10"})
    [one] = answer["bills"]
    [adjustment] = one["document"]["adjustments"]
    assert [(line["key"], line["amount"]) for line in adjustment["lines"]] == [(CALLS, "-1.00")]
