"""Accepting what of a month was never reconciled: by name, with a reason, until somebody knows better."""

import pytest

from billing.reconciliation import read_reconciliation, unreconciled
from rating.period import Period
from tests.unit.tools.operate_kit import WHO, World
from tests.unit.tools.test_operate_commands import typed
from tools.operate.hours import AcceptError, accept

OCTOBER = Period(2026, 10)
FIRST = "2026-10-01T00:00:00Z"


@pytest.fixture
def world() -> World:
    """October, of which the first hours, one that was late and the check as a whole are lacking."""
    world = World()
    world.aws.dynamodb.page_size = 500
    for day in range(1, 32):
        for hour in range(24):
            if (day, hour) > (1, 1):
                world.hour("api-requests", f"2026-10-{day:02}T{hour:02}:00:00Z", "balanced")
    world.hour("api-requests", "2026-10-03T04:00:00Z", "late", 2)
    world.hour("api-requests", "2026-10-04T04:00:00Z", "missing", 1)
    return world


def test_what_was_never_reconciled_is_accepted_and_what_is_open_is_not(world: World) -> None:
    none = {"state": "not reconciled", "missing": 0, "unexplained": 0}
    told = [
        {"hour": FIRST, **none},
        {"hour": "2026-10-01T01:00:00Z", **none},
        {"hour": "2026-10-03T04:00:00Z", "state": "late", "missing": 2, "unexplained": 0},
        {"hour": "PERIOD#2026-10", **none},
    ]
    before = {key: dict(item) for key, item in world.aws.dynamodb.tables["reconciliation"].items()}
    dry = accept(world.stack, "api-requests", OCTOBER, never=True)
    assert dry.to_json() == {"action_id": None, "source": "api-requests", "hours": told, "changed": []}
    assert world.aws.dynamodb.tables["reconciliation"] == before
    done = accept(world.stack, "api-requests", OCTOBER, never=True, reason="CloudWatch forgot them")
    assert done.to_json() == {**dry.to_json(), "action_id": done.action_id}
    accepted = {
        "by": WHO,
        "at": "2026-11-05T10:15:00Z",
        "reason": "CloudWatch forgot them",
        "missing": 0,
        "unexplained": 0,
        "action_id": done.action_id,
    }
    assert world.aws.dynamodb.tables["reconciliation"]["api-requests", FIRST] == {
        "source": "api-requests",
        "hour": FIRST,
        "state": "unreconciled",
        "missing": 0,
        "unexplained": 0,
        "accepted": accepted,
    }
    late = world.aws.dynamodb.tables["reconciliation"]["api-requests", "2026-10-03T04:00:00Z"]
    assert (late["state"], late["accepted"]) == ("late", {**accepted, "missing": 2})
    assert list(unreconciled(world.stack.store, "api-requests", OCTOBER)) == []
    found = read_reconciliation(world.stack.store, ["api-requests"], OCTOBER, world.stack.at, is_final=True)
    assert str(found) == "open: 1 hour"
    [action] = world.actions()
    assert action["arguments"] == {"source": "api-requests", "period": "2026-10", "unreconciled": True}


def test_an_hour_that_is_reconciled_meanwhile_is_not_accepted(world: World) -> None:
    writes = [0]

    def pause() -> None:
        writes[0] += 1
        if writes[0] == 5:  # hours, the month's check and the action are read and written
            world.hour("api-requests", FIRST, "missing", 5)

    world.aws.pause = pause
    found = accept(world.stack, "api-requests", OCTOBER, never=True, reason="why")
    assert found.changed == (FIRST,)
    assert "accepted" not in world.aws.dynamodb.tables["reconciliation"]["api-requests", FIRST]


@pytest.mark.parametrize(
    ("period", "message"),
    [
        (OCTOBER, "month 2026-10 of api-requests is reconciled: there is nothing to accept"),
        (Period(2026, 11), "month 2026-11 must be over to be accepted as it was never reconciled, is not"),
    ],
)
def test_what_is_reconciled_or_not_over_is_not_accepted(world: World, period: Period, message: str) -> None:
    accept(world.stack, "api-requests", OCTOBER, never=True, reason="why")
    with pytest.raises(AcceptError) as refused:
        accept(world.stack, "api-requests", period, never=True, reason="why")
    assert str(refused.value) == message


def test_the_command_is_for_a_month_and_shows_what_it_would_accept(world: World) -> None:
    shown = typed(world, "accept --unreconciled --period 2026-10 --source api-requests").splitlines()
    assert shown[-5:] == [
        "2026-10-01T00:00:00Z   not reconciled         0             0",
        "2026-10-01T01:00:00Z   not reconciled         0             0",
        "2026-10-03T04:00:00Z   late                   2             0",
        "PERIOD#2026-10         not reconciled         0             0",
        'Dry run, nothing is written: would accept 4 hours. Do it with --apply --reason "…".',
    ]
    with pytest.raises(AcceptError, match=r"^--unreconciled: must be with a --period, is with an --hour$"):
        typed(world, f"accept --unreconciled --hour {FIRST} --source api-requests")
