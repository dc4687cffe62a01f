"""What the planner logs: one line of counts per run, of which metrics are made."""

import logging
from typing import Any

import pytest

from billing import holds
from billing.records import Hold
from rating.period import Period
from tests.unit.billing.world import World

COUNTS = ("draft", "final", "left", "refused")
OCTOBER = Hold(holds.subject_of(Period(2026, 10)), "arn:ann", "prices", "2026-11-01T08:00:00Z")


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    lines = [record for record in caplog.records if record.getMessage().startswith("bills: ")]
    return [{key: vars(line)[key] for key in COUNTS if key in vars(line)} for line in lines]


def test_each_call_for_all_tenants_tells_how_many_bills_are_in_which_state(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    for tenant in ("acme", "beta"):
        world.account(tenant, ("team", "2026-10-01", None))
    with caplog.at_level(logging.INFO, "billing.planner"):
        world.run("2026-10-05T06:00:00Z")
        world.run("2026-11-04T06:00:00Z")
        world.run("2026-11-05T06:00:00Z")
    assert told(caplog) == [
        {"draft": 2, "final": 0, "left": 0, "refused": 0},
        {"final": 0, "left": 0, "refused": 0},  # called again when September's, which had no bills, had ended
        {"draft": 4, "final": 0, "left": 0, "refused": 0},  # October's, and November's
        {"final": 2, "left": 0, "refused": 0},  # and when October's had
        {"draft": 2, "final": 2, "left": 0, "refused": 0},
    ]


def test_periods_that_are_not_finalized_and_bills_that_are_left_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.account("acme", ("team", "2026-10-01", None))
    world.run("2026-10-05T06:00:00Z")
    holds.hold(world.planner.store, OCTOBER)
    with caplog.at_level(logging.INFO, "billing.planner"):
        world.run("2026-11-04T06:00:00Z")
        holds.release(world.planner.store, OCTOBER.subject)
        holds.hold(world.planner.store, Hold(holds.subject_of("acme"), "arn:ann", "look", "2026-11-04T08:00:00Z"))
        world.run("2026-11-05T06:00:00Z")
    assert [(line["left"], line["refused"]) for line in told(caplog)] == [(0, 1), (0, 0), (1, 0)]


def test_months_that_ought_to_be_final_are_counted_until_they_are(caplog: pytest.LogCaptureFixture) -> None:
    """October could be final from the 4th of November on. A month that a run has just opened is none of them."""
    world = World()
    world.account("acme", ("team", "2026-10-01", None))
    holds.hold(world.planner.store, OCTOBER)
    world.run("2026-10-20T06:00:00Z")
    with caplog.at_level(logging.INFO, "billing.planner"):
        for day in ("2026-11-11", "2026-11-12", "2027-01-20"):
            world.run(f"{day}T06:00:00Z")
        holds.release(world.planner.store, OCTOBER.subject)
        holds.hold(world.planner.store, Hold(holds.subject_of("acme"), "arn:ann", "look", "2027-01-20T08:00:00Z"))
        world.run("2027-01-21T06:00:00Z")
        world.run("2027-01-22T06:00:00Z")
    lines = [record for record in caplog.records if record.getMessage().startswith("bills: ")]
    counted = [(hasattr(line, "draft"), vars(line)["unfinalized"]) for line in lines]
    assert counted == [
        *[(True, 0), (True, 1)],
        *[(True, 2), (False, 2), (False, 1)],  # November, too, until it is; December is opened only now, and then it is
        *[(True, 1), (False, 0)],  # released; what is left of tenants on hold is told otherwise
        *[(True, 0), (False, 0)],
    ]


@pytest.mark.parametrize("partial", [{"tenants": ["acme"]}, {"period": "2026-10"}, {"dry_run": True}])
def test_what_is_not_all_of_it_is_not_told_as_if_it_were(
    partial: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.account("acme", ("team", "2026-10-01", None))
    with caplog.at_level(logging.INFO, "billing.planner"):
        world.plan({"as_of": "2026-10-05T06:00:00Z", **partial})
    assert told(caplog) == []
