"""Limits: what the guard reads, and events at 80 and 100 per cent, once however often and however badly it runs."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from billing.rollup_limits import LimitUse
from rating.catalog.plans import UsageLimit
from tests.unit.billing.fake_aws import KilledError
from tests.unit.billing.rollup_kit import RAW, body, stored, told
from tests.unit.billing.turns import Turns
from tests.unit.billing.world import World

NOW = "2026-11-16T00:00:00Z"
LATER = "2026-11-16T01:00:00Z"


def event(tenant_id: str, percent: int, used: int, *, soft: bool = False, at: str = NOW) -> dict[str, Any]:
    return {
        "id": f"usage.limit_reached/2026-11/api_calls/{percent}/{tenant_id}",
        "tenant_id": tenant_id,
        "period": "2026-11",
        "meter": "api_calls",
        "percent": percent,
        "limit": "100",
        "used": str(used),
        "soft": soft,
        "occurred_at": at,
    }


def using(plan: str, *counts: int) -> World:
    """Return a world in which tenants on a plan, named for their number of calls, made them."""
    world = World(RAW)
    for count in counts:
        world.account(f"t{count}", (plan, "2026-11-01", None))
        world.calls(f"t{count}", "2026-11-02", count)
    return world


@pytest.mark.parametrize(
    ("used", "thresholds", "is_over", "remaining"),
    [
        ("0", (), False, "10.5"),
        ("8.3", (), False, "2.2"),
        ("8.4", (80,), False, "2.1"),
        ("10.49", (80,), False, "0.01"),
        ("10.5", (80, 100), True, "0"),
        ("10.6", (80, 100), True, "0"),
        ("-3", (), False, "13.5"),
    ],
)
def test_a_limit_at_its_thresholds(used: str, thresholds: tuple[int, ...], is_over: bool, remaining: str) -> None:
    for soft in (False, True):
        use = LimitUse(UsageLimit("calls", Decimal("10.50"), soft), Decimal(used))
        assert (use.thresholds, use.is_over) == (thresholds, is_over and not soft)
        assert use.to_json() == {
            "limit": "10.5",
            "used": used,
            "remaining": remaining,
            "soft": soft,
            "reached": is_over,
        }


@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_both_kinds_are_told_and_only_the_hard_one_is_held_against_a_tenant(*, soft: bool) -> None:
    world = using("soft" if soft else "hard", 79, 80, 99, 100, 101)
    world.roll_up({"as_of": NOW})
    assert told(world) == [
        event(tenant, percent, int(tenant[1:]), soft=soft)
        for tenant, percent in (("t100", 80), ("t100", 100), ("t101", 80), ("t101", 100), ("t80", 80), ("t99", 80))
    ]
    over = {}
    for tenant_id in ("t79", "t80", "t99", "t100", "t101"):
        found = stored(world, tenant_id, "2026-11")
        assert found
        over[tenant_id] = found["over"]
    assert {tenant_id: found for tenant_id, found in over.items() if found} == (
        {}
        if soft
        else {
            "t100": [{"meter": "api_calls", "limit": "100", "used": "100"}],
            "t101": [{"meter": "api_calls", "limit": "100", "used": "101"}],
        }
    )


def test_each_threshold_is_told_once_a_period() -> None:
    world = using("hard", 85)
    for time in (NOW, NOW, LATER):
        world.roll_up({"as_of": time})
    assert told(world) == [event("t85", 80, 85)]
    world.calls("t85", "2026-11-16", 20, ingested="2026-11-16T00:30:00")
    world.roll_up({"as_of": NOW})  # older than what is there: says nothing
    assert told(world) == [event("t85", 80, 85)]
    world.roll_up({"as_of": "2026-11-16T02:00:00Z"})
    assert told(world)[1:] == [event("t85", 100, 105, at="2026-11-16T02:00:00Z")]
    world.calls("t85", "2026-12-01", 80)
    world.roll_up({"as_of": "2026-12-02T00:00:00Z"})
    assert [one["id"] for one in told(world)[2:]] == ["usage.limit_reached/2026-12/api_calls/80/t85"]
    assert world.items("OUTBOX") == {}


def test_many_thresholds_are_told_like_one() -> None:
    world = using("soft", *range(80, 140))
    world.roll_up({"as_of": NOW})
    world.roll_up({"as_of": LATER})
    assert sorted(one["id"] for one in told(world)) == sorted(
        f"usage.limit_reached/2026-11/api_calls/{percent}/t{count}"
        for count in range(80, 140)
        for percent in (80, 100)
        if count >= percent
    )


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rollup_killed_at_any_write_and_called_again_tells_what_one_does(when: str) -> None:
    before = using("hard", 85, 100)
    single = before.copy()
    single.roll_up({"as_of": NOW})
    writes = len(single.aws.writes)
    assert writes == 7
    for place in range(1, writes + 1):
        world = before.copy()
        world.aws.kill_at = (place, when)
        with pytest.raises(KilledError):
            world.roll_up({"as_of": NOW})
        world.roll_up({"as_of": NOW})
        killed = f"killed {when} write {place}, {world.aws.writes[place - 1]}"
        assert world.items("LIMITS") == single.items("LIMITS"), killed
        assert world.items("OUTBOX") == {}, killed
        assert body(world, "t100", "2026-11") == body(single, "t100", "2026-11"), killed
        ids = [one["id"] for one in told(world)]
        assert {one["id"] for one in told(single)} == set(ids), killed
        # Told again at most by the process that could not take note of it any more.
        assert len(ids) <= len(set(ids)) * 2, killed


@pytest.mark.parametrize("seed", range(6))
def test_two_rollups_at_once_leave_each_mark_once(seed: int) -> None:
    before = using("hard", 85, 100)
    single, world, turns = before.copy(), before.copy(), Turns(seed)
    single.roll_up({"as_of": LATER})
    world.aws.pause = world.lake.pause = turns.pause

    def rolling(time: str) -> Callable[[], None]:
        def act() -> None:
            world.roll_up({"as_of": time})

        return act

    turns.run([rolling(NOW), rolling(LATER)])
    assert body(world, "t100", "2026-11") == body(single, "t100", "2026-11")
    assert list(world.items("LIMITS")) == list(single.items("LIMITS"))
    assert world.items("OUTBOX") == {}
    found = {one["id"]: one["used"] for one in told(world)}
    assert found == {one["id"]: one["used"] for one in told(single)}
    for mark in world.items("LIMITS").values():  # what is told is what the mark says, whoever was first
        told_of = {
            one["occurred_at"] for one in told(world) if one["id"].endswith(f"/{mark['percent']}/{mark['tenant_id']}")
        }
        assert told_of == {mark["at"]}


def test_what_an_interrupted_rollup_left_in_the_outbox_is_told_by_the_next() -> None:
    world = using("hard", 100)
    world.roll_up({"as_of": NOW})
    publish = next(place for place, name in enumerate(world.aws.writes, 1) if name.startswith("publish"))
    again = using("hard", 100)
    again.aws.kill_at = (publish, "before")
    with pytest.raises(KilledError):
        again.roll_up({"as_of": NOW})
    assert (told(again), len(again.items("OUTBOX"))) == ([], 2)
    again.roll_up({"as_of": LATER})
    assert told(again) == [event("t100", 80, 100), event("t100", 100, 100)]
