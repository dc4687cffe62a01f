"""A function that is killed at any write, before or after it, leads to the very state of one that is not."""

import pytest

from tests.unit.billing.test_runs import hold, two_months
from tests.unit.billing.world import World

pytestmark = pytest.mark.usefixtures("_plain_pages")

FINAL_RUN = "2026-11-04T06:00:00Z"


@pytest.fixture(scope="module")
def before() -> World:
    """October is to be billed: one tenant with late usage of September, one on hold, one with a fee and no rows."""
    world = two_months()
    hold(world, "held")
    world.aws.writes.clear()
    return world


@pytest.fixture(scope="module")
def undisturbed(before: World) -> World:
    world = before.copy()
    world.run(FINAL_RUN)
    return world


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_killed_at_any_write_ends_as_if_it_had_not_been(before: World, undisturbed: World, when: str) -> None:
    expected, writes = undisturbed.state(), len(undisturbed.aws.writes)
    assert writes > 40
    for place in range(1, writes + 1):
        world = before.copy()
        world.aws.kill_at = (place, when)
        world.run(FINAL_RUN)
        killed = f"killed {when} write {place}, {world.aws.writes[place - 1]}"
        found = world.state()
        for part, value in expected.items():
            assert found[part] == value, f"{part} differ, {killed}"


def test_a_schedule_that_is_delivered_again_changes_nothing(undisturbed: World) -> None:
    expected = undisturbed.state()
    undisturbed.run(FINAL_RUN)
    assert undisturbed.state() == expected
