"""Planners and workers that run at the same moment, in any order of their steps."""

import json
from collections.abc import Callable

import pytest

from tests.unit.billing.test_runs import hold, two_months
from tests.unit.billing.turns import Turns
from tests.unit.billing.world import World

pytestmark = pytest.mark.usefixtures("_plain_pages")

FINAL_RUN = "2026-11-04T06:00:00Z"
NEXT_DAY = "2026-11-05T06:00:00Z"


@pytest.fixture(scope="module")
def before() -> World:
    world = two_months()
    hold(world, "held")
    return world


def overlapping(before: World, seed: int, *times: str) -> World:
    """Call the planner at once for each time, beside workers that take any message, some of them twice."""
    world, turns = before.copy(), Turns(seed)
    world.aws.pause = world.lake.pause = turns.pause
    planning = set(range(len(times)))

    def planner(number: int) -> Callable[[], None]:
        def act() -> None:
            world.plan({"scheduled_time": times[number]})
            planning.remove(number)

        return act

    def worker() -> None:
        while planning or world.aws.tasks:
            turns.pause()
            if world.aws.tasks:
                message = turns.random.choice(world.aws.tasks)  # another worker may have it, too
                world.deliver(message)

    turns.run([*map(planner, planning.copy()), worker, worker, worker])
    world.drain()
    return world


@pytest.mark.parametrize("seed", range(6))
def test_a_schedule_delivered_twice_makes_the_bills_of_one(before: World, seed: int) -> None:
    single = before.copy()
    single.run(FINAL_RUN)
    assert overlapping(before, seed, FINAL_RUN, FINAL_RUN).state() == single.state()


@pytest.mark.parametrize("seed", range(6))
def test_runs_of_two_days_at_once_leave_one_invoice_each(before: World, seed: int) -> None:
    world = overlapping(before, seed, NEXT_DAY, FINAL_RUN)
    state = world.state()
    invoices = {
        item["number"]: (item["tenant_id"], str(item["period"]), item["total"])
        for name, item in state["items"].items()
        if "INVOICE#" in name
    }
    assert invoices == {
        "INV-2026-000001": ("late", "2026-09", "37.20"),
        "INV-2026-000002": ("late", "2026-10", "36.72"),
        "INV-2026-000003": ("quiet", "2026-10", "36.00"),
    }
    assert state["items"]["NUMBERS INV-2026"]["next"] == 4
    heads = {name: item for name, item in state["items"].items() if "BILL#" in name}
    for head in heads.values():  # what the state names is there, and says the same
        document = world.document(f"{head['location']}.json")
        assert (document["number"], document["total"], document["cutoff"]) == (
            head.get("number"),
            head["total"],
            head["cutoff"],
        )
    drafts = {name: item["as_of"] for name, item in heads.items() if item["state"] == "draft"}
    assert set(drafts.values()) == {NEXT_DAY}
    finals = [json.loads(entry["Detail"])["id"] for entry in world.aws.published]
    assert {one for one in finals if "finalized" in one} == {f"invoice.finalized/{number}" for number in invoices}
