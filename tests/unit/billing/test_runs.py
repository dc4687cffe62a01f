"""Whole runs in memory: from accounts and rows to drafts, invoices and events."""

import json
from collections.abc import Callable

from billing.lake import Answer
from tests.unit.billing.world import World, at


def two_months() -> World:
    """September is billed; October is over, with late usage of September, a held tenant, and a fee without rows."""
    world = World()
    world.account("late", ("team", "2026-09-01", None))
    world.account("held", ("team", "2026-10-01", None))
    world.account("quiet", ("team", "2026-10-01", None))
    world.calls("late", "2026-09-10", 100)
    world.run("2026-10-04T06:00:00Z")
    world.calls("late", "2026-09-20", 50, ingested="2026-10-05T00:00:00")
    world.calls("late", "2026-10-02", 10)
    world.calls("held", "2026-10-02", 20)
    world.run("2026-10-20T06:00:00Z")
    return world


def hold(world: World, tenant: str) -> None:
    item = {"pk": "HOLDS", "sk": f"TENANT#{tenant}", "subject": f"TENANT#{tenant}", "by": "a", "reason": "b", "at": "c"}
    world.aws.dynamodb.tables["invoices"]["HOLDS", f"TENANT#{tenant}"] = item


def test_a_period_becomes_drafts_and_then_invoices() -> None:
    world = two_months()
    hold(world, "held")
    world.run("2026-11-04T06:00:00Z")
    heads = {
        name: (item["state"], item.get("number"), item["total"])
        for name, item in world.items("TENANT#").items()
        if "BILL#" in name and not name.endswith("2026-11")
    }
    assert heads == {
        "TENANT#held BILL#2026-10": ("draft", None, "36.24"),
        "TENANT#late BILL#2026-09": ("finalized", "INV-2026-000001", "37.20"),
        "TENANT#late BILL#2026-10": ("finalized", "INV-2026-000002", "36.72"),
        "TENANT#quiet BILL#2026-10": ("finalized", "INV-2026-000003", "36.00"),
    }
    gone = {item["expires"] for name, item in world.items("RUN#final-2026-10").items() if "outcome" in item}
    assert gone == {int(at("2027-11-05T06:00:00").timestamp())}  # a year and a day after the run
    document = world.document("final/period=2026-10/tenant=late/INV-2026-000002.json")
    [adjustment] = document["adjustments"]
    assert (adjustment["period"], adjustment["invoices"]) == ("2026-09", ["INV-2026-000001"])
    assert [(line["key"], line["amount"]) for line in adjustment["lines"]] == [("2026-09-01/api_calls", "0.50")]
    assert json.loads(json.dumps(world.aws.buried)) == []


def test_a_runs_queries_are_all_asked_before_the_first_is_waited_for() -> None:
    world, course = two_months(), []
    ask = world.lake.ask

    def watched(sql: str) -> Callable[[], Answer]:
        answered = ask(sql)
        course.append("asked")

        def wait() -> Answer:
            course.append("waited for")
            return answered()

        return wait

    world.lake.ask = watched  # type: ignore[method-assign]
    world.plan({"as_of": "2026-10-21T06:00:00Z", "period": "2026-10"})
    # October, its tombstones, and what came late of September.
    assert course == ["asked", "asked", "asked", "waited for", "waited for", "waited for"]
