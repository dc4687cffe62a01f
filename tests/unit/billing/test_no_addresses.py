"""Whatever keeps a customer from being billed: letters and logs name the field, and show no address and no name."""

import json
from typing import Any

import pytest

from tests.unit.billing.world import World

MARKS = {"legal_name": "Mark Ltd", "email": "mark@customer.example", "address": ["1 Mark Street", "Mark"]}
FAULTS: dict[str, dict[str, Any]] = {
    "no address": {"address": []},
    "no name": {"legal_name": ""},
    "a rate that is none": {"tax_rate": "much"},
    "no rate": {"tax_rate": None},
    "a plan that is none": {},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_customer_who_cannot_be_billed_is_told_of_without_name_and_address(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    plan = "none" if fault == "a plan that is none" else "team"
    world.account("t", (plan, "2026-10-01", None), **{**MARKS, **FAULTS[fault]})
    world.calls("t", "2026-10-05", 3)
    world.run("2026-11-04T06:00:00Z")
    assert [letter["tenant_id"] for letter in world.aws.buried if "tenant_id" in letter][:1] == ["t"]
    told = json.dumps(world.aws.buried) + caplog.text
    assert [mark for mark in ("Mark Ltd", "mark@", "Mark Street") if mark in told] == []
