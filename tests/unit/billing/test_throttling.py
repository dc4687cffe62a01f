"""Throttled services, once botocore's own tries are used up: the right bill, or a dead letter that says why."""

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.unit.billing.test_months import bill
from tests.unit.billing.test_runs import hold, two_months
from tests.unit.billing.world import World

pytestmark = pytest.mark.usefixtures("_plain_pages")

FINAL_RUN = "2026-11-04T06:00:00Z"
STRIDE = 3
"""The distance of the calls that are throttled, each in a run of its own."""


@pytest.fixture(scope="module")
def before() -> World:
    """October is to be billed: one tenant with late usage of September, one on hold, one with a fee and no rows."""
    world = two_months()
    hold(world, "held")
    return world


def throttle(world: World, is_throttled: Callable[[int], bool]) -> list[int]:
    """Refuse calls by their number; gives the list of all numbers so far."""
    calls: list[int] = []

    def pause() -> None:
        calls.append(len(calls) + 1)
        if is_throttled(calls[-1]):
            error = {"Code": "ProvisionedThroughputExceededException", "Message": "The level is exceeded"}
            raise ClientError({"Error": error}, "AnyCall")

    world.aws.pause = world.lake.pause = pause
    return calls


def test_a_run_throttled_at_any_call_ends_as_if_it_had_not_been(before: World) -> None:
    undisturbed = before.copy()
    calls = throttle(undisturbed, lambda _: False)
    undisturbed.run(FINAL_RUN)
    expected = undisturbed.state()
    assert len(calls) > 100
    for place in calls[::STRIDE]:
        world = before.copy()
        throttle(world, place.__eq__)
        world.run(FINAL_RUN)
        assert world.state() == expected, f"call {place} was throttled"


def test_a_table_throttled_for_long_is_named_by_a_dead_letter_and_billed_from_it(before: World) -> None:
    world = before.copy()
    world.plan({"scheduled_time": FINAL_RUN})
    put = world.aws.dynamodb.put_item

    def refused(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "PutItem")

    world.aws.dynamodb.put_item = refused  # type: ignore[method-assign]
    world.drain()
    assert {one["reason"] for one in world.aws.buried} == {
        "ClientError: An error occurred (ThrottlingException) when calling the PutItem operation: Rate exceeded"
    }
    assert bill(world, "quiet", "2026-10") == ("draft", None, "36.00")
    world.aws.dynamodb.put_item = put  # type: ignore[method-assign]
    letters = [json.dumps(one) for one in world.aws.buried]
    world.aws.tasks += [{"messageId": f"back-{n}", "body": body, "receives": 0} for n, body in enumerate(letters)]
    world.drain()
    assert bill(world, "quiet", "2026-10") == ("finalized", "INV-2026-000003", "36.00")
