"""What a run made of its tenants, told to whoever started it: nobody is left out in silence."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from billing.moments import moment_text
from tests.unit.billing.world import World, at
from tools.billing import outcomes

EARLY, NOW = "2026-10-20T06:00:00Z", "2026-10-21T06:00:00Z"


@pytest.fixture
def world() -> World:
    world = World()
    for tenant in ("a", "b"):
        world.account(tenant, ("team", "2026-10-01", None))
    return world


def _stack(world: World) -> Any:
    def scan(_: str, head: str) -> Iterator[Mapping[str, Any]]:
        return (item for name, item in world.items("TENANT#").items() if name.endswith(f" {head}"))

    parts = world.planner
    return SimpleNamespace(scan=scan, documents=parts.documents, store=parts.store, parts=parts)


def _october(world: World, time: str, found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Run billing and return what is told of October's draft run."""
    [run] = [one for one in world.plan({"as_of": time})["runs"] if one["period"] == "2026-10"]
    world.drain()
    letters = found or [
        {"about": {name: value for name, value in one.items() if name != "reason"}, "reason": one["reason"]}
        for one in world.aws.buried
    ]
    told = list(outcomes.results(_stack(world), run, time, letters))
    assert {(one["period"], one["kind"]) for one in told} == {("2026-10", "draft")}
    return [(one["tenant_id"], one["outcome"], one["total"], one["reason"]) for one in told]


def test_every_draft_is_told(world: World) -> None:
    assert _october(world, NOW, []) == [("a", "draft", "36.00", None), ("b", "draft", "36.00", None)]


def test_a_tenant_that_failed_is_told_with_its_reason_and_one_with_a_newer_draft_with_its_time(world: World) -> None:
    _october(world, NOW, [])
    world.account("broken", ("no-such-plan", "2026-10-01", None))
    world.calls("x" * 257, "2026-10-05", 1)
    reason = 'account: plan of the subscription must be in the catalog, got "no-such-plan"'
    later = f"of a later run, {moment_text(at('2026-10-21T06:00:00'))}"
    assert _october(world, EARLY, []) == [
        ("a", "kept", "36.00", later),
        ("b", "kept", "36.00", later),
        ("broken", "failed", None, reason),
        (None, "failed", None, f"tenant id must have 1 to 256 bytes, got '{'x' * 60}'"),
    ]


def test_without_its_letter_a_draft_that_was_not_written_is_told_all_the_same(world: World) -> None:
    _october(world, EARLY, [])
    world.account("b", ("no-such-plan", "2026-10-01", None))
    other = [{"about": {"run_id": "of another", "tenant_id": "b"}, "reason": "no"}]
    assert _october(world, NOW, other) == [
        ("a", "draft", "36.00", None),
        ("b", "kept", "36.00", "see `dead-letters`"),
    ]


def test_a_final_run_tells_what_became_of_each_candidate(world: World) -> None:
    world.account("homeless", ("team", "2026-10-01", None), address=[])
    answer = world.plan({"as_of": "2026-11-04T06:00:00Z"})
    world.drain()
    world.plan({"scheduled_time": "2026-11-04T06:00:00Z", "continued": True})
    [run] = [one for one in answer["runs"] if one["kind"] == "final"]
    assert run["period"] == "2026-10"
    told = list(outcomes.results(_stack(world), run, "2026-11-04T06:00:00Z", []))
    assert [(one["tenant_id"], one["number"], one["outcome"]) for one in told] == [
        ("a", "INV-2026-000001", "issue"),
        ("b", "INV-2026-000002", "issue"),
        ("homeless", None, "failed"),
    ]
