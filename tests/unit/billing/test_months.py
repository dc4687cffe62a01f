"""Months of billing in memory: plan changes, late usage, holds, voids, deployments in between."""

from datetime import UTC, datetime
from typing import Any

from billing.void import Voider
from tests.unit.billing.test_runs import hold
from tests.unit.billing.world import CATALOG, World, plan_of


def bill(world: World, tenant: str, period: str) -> tuple[Any, ...]:
    item = world.items("TENANT#").get(f"TENANT#{tenant} BILL#{period}")
    return (item["state"], item.get("number"), item.get("total")) if item else (None,)


def document(world: World, tenant: str, period: str) -> dict[str, Any]:
    return world.document(world.items("TENANT#")[f"TENANT#{tenant} BILL#{period}"]["location"] + ".json")


def amounts(world: World, tenant: str, period: str) -> dict[str, str]:
    found = document(world, tenant, period)
    adjusted = {
        f"{one['period']} {line['key']}": line["amount"] for one in found["adjustments"] for line in one["lines"]
    }
    return {line["key"]: line["amount"] for line in found["lines"]} | adjusted


def test_a_change_of_plan_splits_the_month_and_its_usage() -> None:
    world = World()
    world.account("t", ("team", "2026-10-01", "2026-10-11"), ("pro", "2026-10-11", None))
    world.calls("t", "2026-10-10", 7)
    world.calls("t", "2026-10-11", 3)
    world.run("2026-10-20T06:00:00Z")
    assert amounts(world, "t", "2026-10") == {
        "2026-10-01/recurring": "9.68",
        "2026-10-01/api_calls": "0.07",
        "2026-10-11/recurring": "210.00",
        "2026-10-11/api_calls": "0.15",
    }
    assert document(world, "t", "2026-10")["evidence"]["rows_per_day"] == {"2026-10-10": 7, "2026-10-11": 3}


def test_two_due_periods_are_finalized_one_after_the_other_by_one_schedule() -> None:
    world = World()
    world.account("t", ("team", "2026-09-01", None))
    world.run("2026-10-02T06:00:00Z")
    world.calls("t", "2026-09-30", 5, ingested="2026-10-02T07:00:00")
    world.run("2026-11-10T06:00:00Z")
    assert bill(world, "t", "2026-09") == ("finalized", "INV-2026-000001", "36.06")
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000002", "36.00")
    periods = {name: (item["state"], item["issued"]) for name, item in world.items("PERIODS").items()}
    assert periods == {
        "PERIODS 2026-09": ("closed", 1),
        "PERIODS 2026-10": ("closed", 1),
        "PERIODS 2026-11": ("open", 0),
    }


def test_late_usage_is_shown_in_the_draft_and_billed_once() -> None:
    world = World()
    world.account("t", ("team", "2026-09-01", None))
    world.calls("t", "2026-09-10", 100)
    world.run("2026-10-04T06:00:00Z")
    world.calls("t", "2026-09-30", 300, ingested="2026-10-03T06:00:00")  # the cutoff itself is late
    world.run("2026-10-05T06:00:00Z")
    assert amounts(world, "t", "2026-10") == {
        "2026-10-01/recurring": "30.00",
        "2026-10-01/api_calls": "0.00",
        "2026-09 2026-09-01/api_calls": "3.00",
    }
    world.run("2026-11-04T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000002", "39.60")
    assert "2026-09 2026-09-01/api_calls" not in amounts(world, "t", "2026-11")
    world.run("2026-12-04T06:00:00Z")
    assert amounts(world, "t", "2026-11") == {"2026-11-01/recurring": "30.00", "2026-11-01/api_calls": "0.00"}


def test_late_usage_of_a_tenant_that_had_no_bill_freezes_its_terms() -> None:
    world = World()
    world.account("new")
    world.run("2026-10-04T06:00:00Z")
    assert world.items("PERIODS")["PERIODS 2026-09"]["state"] == "closed"
    world.calls("new", "2026-09-30", 10, ingested="2026-10-04T00:00:00")
    world.run("2026-11-04T06:00:00Z")
    assert bill(world, "new", "2026-09") == ("skipped", None, None)
    assert amounts(world, "new", "2026-10") == {"2026-09 2026-09-01/api_calls": "1.00"}
    world.deploy({**CATALOG, "plans": {**CATALOG["plans"], "payg": plan_of("9")}})
    world.calls("new", "2026-09-30", 1, ingested="2026-11-20T00:00:00")
    world.run("2026-12-04T06:00:00Z")
    assert amounts(world, "new", "2026-11") == {"2026-09 2026-09-01/api_calls": "0.10"}


def test_a_hold_keeps_the_bill_a_draft_until_it_is_lifted() -> None:
    world = World()
    for tenant in ("a", "b"):
        world.account(tenant, ("team", "2026-10-01", None))
    hold(world, "a")
    world.run("2026-11-04T06:00:00Z")
    assert (bill(world, "a", "2026-10"), bill(world, "b", "2026-10")) == (
        ("draft", None, "36.00"),
        ("finalized", "INV-2026-000001", "36.00"),
    )
    assert world.items("PERIODS")["PERIODS 2026-10"]["left"] == 1
    world.aws.dynamodb.tables["invoices"].pop(("HOLDS", "TENANT#a"))
    world.run("2026-11-05T06:00:00Z")
    assert bill(world, "a", "2026-10") == ("finalized", "INV-2026-000002", "36.00")
    period = world.items("PERIODS")["PERIODS 2026-10"]
    assert (period["state"], period["issued"], period["cutoff"]) == ("closed", 2, "2026-11-03T06:00:00Z")


def test_a_void_invoice_that_is_issued_anew_leaves_out_what_others_billed() -> None:
    world = World()
    world.account("t", ("team", "2026-09-01", None))
    world.calls("t", "2026-09-10", 100)
    world.run("2026-10-04T06:00:00Z")
    world.calls("t", "2026-09-11", 100, ingested="2026-10-05T00:00:00")
    world.run("2026-11-04T06:00:00Z")
    parts = world.planner
    voider = Voider(parts.store, parts.runs, parts.documents, parts.outbox, parts.settings)
    voider.void("t", "INV-2026-000001", by="me", reason="wrong", at=datetime(2026, 11, 5, tzinfo=UTC))
    voider.reissue("t", "INV-2026-000001")
    world.run("2026-11-06T06:00:00Z")
    assert bill(world, "t", "2026-09") == ("finalized", "INV-2026-000003", "37.20")
    assert amounts(world, "t", "2026-09") == {
        "2026-09-01/recurring": "30.00",
        "2026-09-01/api_calls": "2.00",
        "2026-09 2026-09-01/api_calls": "-1.00",
    }
    assert document(world, "t", "2026-09")["revision"] == 2


def test_a_run_goes_on_with_the_catalog_and_prefix_that_it_began_with() -> None:
    world = World()
    world.account("t", ("team", "2026-10-01", None))
    world.calls("t", "2026-10-02", 100)
    world.plan({"scheduled_time": "2026-11-04T06:00:00Z"})
    world.deploy({**CATALOG, "plans": {**CATALOG["plans"], "team": plan_of("9", "900")}})
    while not (world.items("FINAL") and world.items("FINAL")["FINAL CURRENT"]["state"] == "numbered"):
        world.deliver(world.aws.tasks[0])
    world.deploy(CATALOG, invoice_prefix="NEW", seller={**world.settings["seller"], "legal_name": "Other"})
    world.drain()
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "37.20")
    assert document(world, "t", "2026-10")["seller"]["legal_name"] == "Seller Ltd"


def test_zero_bills_are_skipped_and_what_comes_late_is_billed() -> None:
    world = World({**CATALOG, "plans": {**CATALOG["plans"], "team": plan_of("0.50", "0")}})
    world.account("t", ("team", "2026-09-01", None))
    world.run("2026-10-04T06:00:00Z")
    assert bill(world, "t", "2026-09") == ("skipped", None, "0.00")
    world.calls("t", "2026-09-11", 4, ingested="2026-10-05T00:00:00")
    world.run("2026-11-04T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("finalized", "INV-2026-000001", "2.40")
    assert [one["invoices"] for one in document(world, "t", "2026-10")["adjustments"]] == [[]]


def test_rows_that_only_a_draft_has_seen_are_late_usage() -> None:
    """They come after the final run's cutoff, and before its time: the draft of that day is the first and the last."""
    world = World()
    world.account("payg")
    world.run("2026-10-05T06:00:00Z")
    world.calls("payg", "2026-10-31", 10, ingested="2026-11-03T12:00:00")
    world.run("2026-11-04T06:00:00Z")
    assert bill(world, "payg", "2026-10") == ("draft", None, "1.20")
    assert world.items("PERIODS")["PERIODS 2026-10"]["state"] == "closed"
    world.run("2026-11-05T06:00:00Z")
    assert amounts(world, "payg", "2026-11") == {"2026-10 2026-10-01/api_calls": "1.00"}
    world.run("2026-12-04T06:00:00Z")
    assert bill(world, "payg", "2026-10") == ("skipped", None, None)
    assert bill(world, "payg", "2026-11") == ("finalized", "INV-2026-000001", "1.20")
    world.run("2027-01-04T06:00:00Z")
    assert bill(world, "payg", "2026-12") == (None,)


def test_a_draft_of_a_plan_that_was_taken_back_is_emptied_and_then_skipped() -> None:
    world = World()
    world.account("t", ("euro", "2026-10-01", None))
    world.run("2026-10-05T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("draft", None, "12.00")
    world.account("t")
    world.account("never")
    world.run("2026-10-06T06:00:00Z")
    assert bill(world, "t", "2026-10") == ("draft", None, "0.00")
    emptied = document(world, "t", "2026-10")
    assert (emptied["lines"], emptied["adjustments"], emptied["currency"]) == ([], [], "EUR")
    world.run("2026-11-04T06:00:00Z")
    assert (bill(world, "t", "2026-10"), bill(world, "never", "2026-10")) == (("skipped", None, "0.00"), (None,))
    world.calls("t", "2026-10-20", 5, ingested="2026-11-10T00:00:00")
    world.run("2026-12-04T06:00:00Z")
    assert amounts(world, "t", "2026-11") == {"2026-10 2026-10-01/api_calls": "0.50"}
