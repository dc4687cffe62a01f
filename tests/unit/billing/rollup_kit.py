"""A catalog with all that a customer is shown of a plan, and items of the usage table read back."""

import json
from typing import Any

from rating.period import Period
from tests.unit.billing.world import CATALOG, METER, World, plan_of

TIERS = {
    "model": "graduated",
    "free_units": "10",
    "tiers": [{"up_to": "50", "unit_amount": "0.10"}, {"up_to": None, "unit_amount": "0.05"}],
}


def limited(
    limit: str, *, soft: bool = False, fee: str | None = None, price: Any = None, **keys: Any
) -> dict[str, Any]:
    """Return a plan with a limit on its calls."""
    plan = plan_of("0.10", fee, **keys)
    [version] = plan["versions"]
    limits = [{"meter": "api_calls", "limit": limit, "soft": soft}]
    prices = [{"meter": "api_calls", "price": price}] if price else version["prices"]
    return plan | {"versions": [{**version, "limits": limits, "prices": prices}]}


PLANS = {
    **CATALOG["plans"],
    "hard": limited("100"),
    "soft": limited("100", soft=True),
    "tiered": limited("100", fee="30", price=TIERS, description="Tiered plan"),
}
RAW = {**CATALOG, "meters": {"api_calls": METER}, "plans": PLANS}


def stored(world: World, tenant_id: str, period: str) -> dict[str, Any] | None:
    """The attributes of a tenant's item, its body read."""
    item = world.aws.dynamodb.tables["usage"].get((tenant_id, period))
    if item is None:
        return None
    assert world.planner.usage
    found = world.planner.usage.get(tenant_id, Period.parse(period))
    assert found
    return {**item, "body": json.loads(found.text())}


def body(world: World, tenant_id: str, period: str) -> dict[str, Any]:
    """The body of a tenant's item."""
    found = stored(world, tenant_id, period)
    assert found
    shown: dict[str, Any] = found["body"]
    return shown


def told(world: World) -> list[dict[str, Any]]:
    """The details of the events of limits that were published, in order."""
    return [
        json.loads(entry["Detail"]) for entry in world.aws.published if entry["DetailType"] == "usage.limit_reached"
    ]
